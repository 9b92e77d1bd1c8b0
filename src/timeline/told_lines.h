/* told_lines.h: which lines of one item of evidence were read before, whichever of its sources has
 * them: by SHA-256, so that none can be made to look like another. */
#pragma once
#include <stdbool.h>
#include "base/str.h"

enum { TOLD_LINES_MOST = 4 << 20 }; /* lines that are known at the same time */

struct told_lines;
struct told_lines *told_lines_new(void);
void told_lines_free(struct told_lines *t); /* NULL is fine */
/* False: it was added before. Where there are too many it is told again. */
bool told_lines_add(struct told_lines *t, struct str line);
