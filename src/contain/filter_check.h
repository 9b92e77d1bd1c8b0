/* filter_check.h: what the kernel says of our rules. */
#pragma once
#include "contain/plan.h"

/* Adds "dropped PACKETS BYTES" of the plan's rules. ERR_GATE: there are none; ERR_IO. */
MUST_CHECK int filter_check(const struct plan *p, struct buf *saw, struct err *e);
