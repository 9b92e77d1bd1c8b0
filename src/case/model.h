/* model.h: the kinds of things that a case holds, and the types of records that make and change
 * them.
 *
 * The state of a case is a set of things. A record of type "KIND/1" makes one; a record
 * "KIND-change/1" refers to one and gives fields anew. The practices bring their kinds and
 * operations in one struct model; this layer knows no kind by name but those of case/kinds.h that
 * rules depend on. */
#pragma once
#include "case/field.h"

struct kind {
    const char *name; /* "problem": also the record type "problem/1" */
    const char
        *prefix; /* "p": the third is called p3. NULL: called by the value of its first field */
    const char *words;          /* what a record of it says in the log: "problem raised" */
    const char *change_words;   /* "problem changed" */
    const struct field *fields; /* the first one names it */
    size_t field_count;
    bool keeps_no_values; /* a note: no thing is made; its text stays in the store and is fetched
                             when shown; called r17 */
};

struct operation;

struct model {
    const struct kind *const *kinds;
    size_t kind_count;
    const struct operation *const *operations;
    size_t operation_count;
};

const struct kind *model_kind(const struct model *m, struct str name);
/* The kind that a record type makes or changes; NULL for a type that this version does not know or
 * that makes nothing. */
const struct kind *model_type(const struct model *m, struct str type, bool *is_change);
