/* merge.h: which record of which copy stands where in a journal that took in other copies
 * (doc/format/journal.md §10). Internal to the journal. */
#pragma once
#include "journal/record.h"

/* B's records b to b+k−1 are A's a to a+k−1. */
struct merge_skip {
    uint64_t b, a, k;
};

/* One merge/1, in its own place or itself merged. */
struct merge {
    uint64_t seq; /* where it stands in the journal that is being followed */
    uint64_t count;
    uint64_t fork;
    uint64_t size;
    struct merge_skip *skips;
    size_t skip_count;
};

struct merges {
    struct merge *items; /* ascending by seq */
    size_t count;
    size_t room;
};

void merges_release(struct merges *m);
/* Reads a merge/1 that passed record_check_public and that stands at seq in the journal in which it
 * was written. The caller releases out->skips with free. ERR_TAMPER where it breaks a rule. */
MUST_CHECK int merge_read(struct merge *out, const struct statement *s, uint64_t seq,
                          struct err *e);
void merges_add(struct merges *m, const struct merge *merge); /* takes merge->skips over */
void merges_forget(struct merges *m, uint64_t from);          /* those that stand there or later */

/* The smallest fork of the merges through which the record at seq came, one copy after the other;
 * UINT64_MAX for a record in its own place. ERR_LIMIT beyond LIMIT_MERGE_DEPTH copies. */
MUST_CHECK int merges_smallest_fork(const struct merges *m, uint64_t seq, uint64_t *out,
                                    struct err *e);
