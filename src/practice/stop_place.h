/* stop_place.h: where a system is cut off from outside: cable, switch port, hypervisor. */
#pragma once
#include "practice/practice.h"

/* " (web1: rack 3; switch port sw2/14)" of every system of the action whose place is known, as the
 * organisation file or `calm assess mark --place` says; nothing where none is. */
void stop_place(const struct view *v, const struct thing *action, struct buf *out);
