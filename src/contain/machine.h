/* machine.h: the machine that a plan is for. */
#pragma once
#include "contain/plan.h"

/* SHA-256 of the text of /etc/machine-id; zeros where that is empty. ERR_NOTFOUND, ERR_IO. */
MUST_CHECK int machine_read(struct hash *out, struct err *e);
/* ERR_GATE: the plan is for another one. */
MUST_CHECK int machine_check(const struct plan *p, struct err *e);
