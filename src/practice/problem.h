/* problem.h: the ranking of problems, for the screens and the report. */
#pragma once
#include "practice/practice.h"

enum { PROBLEMS_MAX = 64 };

struct ranked_problem {
    const struct thing *problem;
    unsigned score; /* impact × urgency, and trend */
    bool is_chosen; /* a person put it on top */
};

/* Impact × urgency, and trend; what was not said counts as medium and steady. */
unsigned problem_score(struct str impact, struct str urgency, struct str trend);
/* Open problems, the single most important one first. Returns how many. */
size_t problem_rank(const struct view *v, struct ranked_problem out[PROBLEMS_MAX]);
/* "impact high, urgency high, growing" */
void problem_reasons(const struct ranked_problem *p, struct buf *out);
