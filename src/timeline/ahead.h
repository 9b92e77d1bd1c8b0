/* ahead.h: looks at the lines of a source before any is read, for what a later one shows of those
 * before it. */
#pragma once
#include "timeline/format.h"

/* Where the format asks for it. *is_told: a later line showed what lines before left open. */
MUST_CHECK int ahead_look(struct reader *r, bool *is_told, struct err *e);
