/* calm.h: the case as a whole, for the screens and the report. */
#pragma once
#include "practice/practice.h"

enum { PRACTICES_MAX = 16 };

const struct thing *calm_case(const struct view *v);
const char *
calm_conclusion_words(const struct view *v); /* "suspected incident" until it is confirmed */
/* How each practice stands, all[i] for practices[i]; each is to be released. */
void calm_statuses(const struct view *v, struct practice_status *all);
/* The practice whose next step comes first; NULL when none has one. */
const struct practice *calm_next(const struct practice_status *all);
extern const struct operation calm_status_operation;
