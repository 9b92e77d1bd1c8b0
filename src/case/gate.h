/* gate.h: what must be done before calm helps with a change, and why. */
#pragma once
#include "case/operation.h"

/* ERR_GATE with what is missing and how to do it, unless the gate is open. target is the system or
 * action that the change is about; NULL when none is named. */
MUST_CHECK int gate_check(const struct view *v, enum gate gate, const struct thing *target,
                          struct err *e);
const char *gate_help(enum gate gate); /* for help and manual; NULL for GATE_NONE */
