/* json_cutter.h: cuts a source of JSON over several lines, or with many objects in one, into these
 * objects. */
#pragma once
#include "timeline/cutter.h"

/* As cutter_next: an object, or a line between them. */
MUST_CHECK int json_cutter_next(struct cutter *c, struct line *out, struct err *e);
