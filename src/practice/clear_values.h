/* clear_values.h: the values that a person may see, in clear, as an openings file
 * (doc/format/journal.md §5). */
#pragma once
#include "practice/practice.h"

struct clear_count {
    uint64_t written;
    uint64_t damaged; /* values that do not open to what was signed, though their key is held */
    uint64_t missing; /* values that are not there, though no redaction destroyed them */
    uint64_t first;   /* the first record with one of either; UINT64_MAX for none */
};

/* Which values of a record are written. */
enum clear_wish {
    CLEAR_NONE,
    CLEAR_ALL,
    CLEAR_WHO, /* of a person who they are, and nothing else: name, role, position, key */
};

/* Writes those of records before to; to a descriptor, from where it stands, whose name is for the
 * error. wanted has an enum clear_wish for each record; NULL: all of all. What is in other
 * compartments, labelled higher than the person is cleared, or damaged, is left out. */
MUST_CHECK int clear_values_write(const struct view *v, uint64_t to, const uint8_t *wanted, int fd,
                                  const char *name, struct clear_count *out, struct err *e);
