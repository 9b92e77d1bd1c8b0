/* openings.h: values beside a journal, and whether they are those that it commits to (section 5).
 */
#pragma once
#include "verify/journal.h"

struct opening_place {
    uint64_t off; /* of its line in the file */
    uint32_t len;
    uint32_t record; /* the record that it names */
    struct slice name;
    const char *commitment; /* its 64 digits in the record's line */
};

struct openings {
    struct slice text;
    struct opening_place *places;
    size_t count;
    size_t room;
};

struct opening_counts {
    uint64_t matching;
    uint64_t withheld;
    uint64_t redacted;
};

/* Reads an openings file, which may have no line. Returns 0, or -1 where a line is malformed.
 * Release in either case. */
MUST_CHECK int openings_read(struct openings *o, struct slice text, unsigned threads,
                             struct finding *f);
void openings_release(struct openings *o);

/* Compares each opening with the commitment that it yields, and counts. j was judged to its end.
 * Returns -1 with *f where one fits no field, or two the same. */
MUST_CHECK int openings_match(struct openings *o, const struct journal *j, unsigned threads,
                              struct opening_counts *out, struct finding *f);
