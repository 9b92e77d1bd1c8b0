/* wrap.h: text broken into lines by the columns that it takes on a terminal. */
#pragma once
#include "base/str.h"

/* Calls of wrap_next take one line after the other from *rest, which must already be free of
 * control characters other than newlines. A line takes at most columns (at least 2); it is broken
 * at spaces, within words that are wider than a line, and at newlines. Spaces at its end are left
 * out. False when nothing is left. */
bool wrap_next(struct str *rest, size_t columns, struct str *line);

/* Writes text (escaped for a terminal here, newlines kept) as lines ended by newlines: first stands
 * before the first line, then before each other, and both count. first and then must be plain. */
void wrap_add(struct buf *out, struct str text, size_t columns, struct str first, struct str then);

/* Escapes for a terminal, cuts to columns with …, and pads with spaces to columns when pad is set.
 */
void wrap_cut(struct buf *out, struct str text, size_t columns, bool pad);
/* The same, but what is left out is in the middle: of names that begin alike the ends differ. */
void wrap_cut_middle(struct buf *out, struct str text, size_t columns, bool pad);

/* Breaks the lines of text that are too wide, at spaces and hanging behind their first column. The
 * text is already fit for a terminal. Lines that show a command of this program stay whole, because
 * people copy them; so do lines with styles, which were wrapped when they were written. */
void wrap_fold(struct buf *out, struct str text, size_t columns);

/* The columns of the widest line and of the widest word. */
size_t wrap_widest_line(struct str text);
size_t wrap_widest_word(struct str text);
