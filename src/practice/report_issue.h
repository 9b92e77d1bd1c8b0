/* report_issue.h: the life of a report, from draft to evidence. */
#pragma once
#include "practice/practice.h"

extern const struct kind report_kind;
extern const struct operation report_draft;
extern const struct operation report_review;
extern const struct operation report_approve;
extern const struct operation report_issue;
const struct thing *
report_last(const struct view *v); /* the last that was drafted; NULL for none */
