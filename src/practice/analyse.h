/* analyse.h: how the possibilities stand, for the screens and the report. */
#pragma once
#include "practice/practice.h"

enum { ANALYSE_ROWS_MAX = 200 };

/* Over all hypotheses of a sort ("fault", "attack") that are not ruled out. */
struct balance {
    size_t hypotheses, for_count, against_count;
};
struct balance analyse_balance(const struct view *v, const char *sort);
const struct thing *analyse_conclusion(const struct view *v,
                                       const struct thing *system); /* the last; NULL for none */
/* The rows of the matrix: each weighed record's id in hex, once. */
size_t analyse_evidence(const struct view *v, struct str out[ANALYSE_ROWS_MAX]);
/* The last weighing of that evidence for a hypothesis; NULL for none. */
const struct thing *analyse_weight(const struct view *v, const struct thing *hypothesis,
                                   struct str evidence);
const char *analyse_mark_of(const struct thing *weight); /* "++" "+" "0" "-" "--", "" for NULL */
