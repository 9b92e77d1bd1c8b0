/* script.h: printable scripts (data/scripts/). */
#pragma once
#include "practice/practice.h"

extern const struct operation notify_script;
/* Puts a value behind what the line holds already; further lines begin below its first. */
void script_add_value(struct buf *line, struct str value);
/* When somebody hears from us again, as it was typed: ERR_USAGE where that is a time that is over.
 * A bare 11:00 is over where it was within the last twelve hours; else it is the next one. What is
 * no time ("after the meeting") is taken as it is. */
MUST_CHECK int script_check_next(struct str text, struct utc now, struct err *e);
