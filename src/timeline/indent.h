/* indent.h: blanks in front of lines that state their time: of a source that is indented as a
 * whole, or of text that a line before quotes. */
#pragma once
#include "timeline/format.h"

/* Looks at the beginning of the source how far its lines are indented, where the format may have
 * such lines. */
MUST_CHECK int indent_find(struct reader *r, struct err *e);
/* Whether a line that states a time behind blanks is of the line before all the same, as journalctl
 * prints what a message has behind its first line end. Of lines while a source is recognised none
 * is. */
bool indent_is_deeper(const struct reader *r, struct str line);
