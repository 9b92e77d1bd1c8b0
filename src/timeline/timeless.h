/* timeless.h: events whose source states no time, and that took none from another
 * (doc/format/timeline.md section 4). */
#pragma once
#include "timeline/query.h"

/* Adds the rows of the block that are so. ERR_FORMAT. */
MUST_CHECK int block_timeless(struct block *b, struct rows *out, struct err *e);
