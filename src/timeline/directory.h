/* directory.h: text within lines of a timeline's directory (doc/format/timeline.md section 3.2). */
#pragma once
#include "base/str.h"

enum { DIRECTORY_MOST = 1 << 29 }; /* bytes of one */

/* \xHH for what is below 0x20, 0x7F and the backslash. */
void directory_add_text(struct buf *out, struct str text);
/* What was spelled so; any other backslash stands for itself. */
void directory_read_text(struct buf *out, struct str text);
