/* timeline_left.h: items of which the last try made no timeline, and why: that is on record, so
 * that the others are read all the same, and what ended one is not met again at each run. */
#pragma once
#include "practice/practice.h"

extern const struct kind timeline_left_kind; /* "timeline-left", tf1 …: what ended a try */

/* What ended the last try, where no timeline of the item was made since; NULL: nothing. */
const struct thing *timeline_left_of(const struct view *v, const struct thing *item);
/* Whether these formats would meet it again. */
bool timeline_left_stays(const struct thing *left);
/* Puts on record what ended it. */
MUST_CHECK int timeline_left_record(struct session *s, const struct operation *op,
                                    const struct input *in, const struct thing *item,
                                    const struct err *why, struct err *e);
