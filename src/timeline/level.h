/* level.h: how programs name the severity of what they log. */
#pragma once
#include "timeline/event.h"

/* Puts log.level, by the names of syslog; false: it is no name of a level. */
bool level_put(struct event *e, struct str name);
