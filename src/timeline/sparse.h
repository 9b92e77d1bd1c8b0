/* sparse.h: the layout of a log of which few lines state a time, and the others are of another
 * manner: traces of a runtime, tables, statements, dumps (doc/format/timeline.md section 2). */
#pragma once
#include "timeline/look.h"

/* By the samples of l, which no format knows by most of their lines. NULL: it is no such log. */
const struct format *sparse_find(struct look *l);
