/* script.h: printable scripts (data/scripts/). */
#pragma once
#include "practice/practice.h"

extern const struct operation notify_script;
/* Puts a value behind what the line holds already; further lines begin below its first. */
void script_add_value(struct buf *line, struct str value);
