/* filter_check.h: what the kernel says of our rules. */
#pragma once
#include "contain/plan.h"

/* Adds "dropped PACKETS BYTES" of the plan's rules in that table. put: how the table was when it
 * was made (filter_listing.h); empty: that is not known. ERR_GATE: there are none, or the table is
 * not as it was; ERR_IO. */
MUST_CHECK int filter_check(const struct plan *p, const char *table, struct str put,
                            struct buf *saw, struct err *e);
