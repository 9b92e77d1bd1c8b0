/* stop_nets.h: the addresses of a plan. */
#pragma once
#include "contain/plan.h"
#include "practice/practice.h"

/* Adds those of the field called param, of --from-file, one a line, and of --proposal. ERR_USAGE:
 * none was said, the file has none, or one is no address, with the file's line. */
MUST_CHECK int stop_nets(struct session *s, const struct view *v, const struct operation *op,
                         const struct input *in, const char *param, struct plan *plan,
                         struct err *e);
