/* merge.h: builds the other copy of a journal again from a merge/1 (section 10). */
#pragma once
#include "verify/journal.h"

/* What is shared by all copies built for one file. */
struct copies {
    uint32_t *place_of[MERGE_DEPTH_MAX + 1]; /* by depth, for every record of the file */
    uint64_t built;                          /* lines, so far */
};
void copies_release(struct copies *c);

/* Lays out which records the copy of the merge at a place has. Returns 0 with *copy open and map
 * filled, or -1 where the merge's numbers do not fit together: *why says how. `cut` is set where
 * they do but the journal ends before `count` records. */
MUST_CHECK int merge_lay_out(struct copies *c, struct journal *j, uint32_t place,
                             const struct public *merge, struct journal *copy, const char **why,
                             bool *cut);

/* Builds the lines of a copy that was laid out: its tree, and the state of keys at its fork.
 * Returns false where a line becomes longer than a line may be. */
MUST_CHECK bool merge_build(struct journal *copy, struct hasher *h);

/* Judges the limits of section 10 from the shapes of all merges, before any other rule of them.
 * Returns 0, or -1 with *f. */
MUST_CHECK int merge_limits(const struct skeleton *s, struct finding *f);
