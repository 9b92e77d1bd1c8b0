/* level.h: how programs name the severity of what they log. */
#pragma once
#include "timeline/event.h"

/* Puts log.level, by the names of syslog; false: it is no name of a level. */
bool level_put(struct event *e, struct str name);
/* Whether the word is a level's name and hardly that of a host, a program or anything else. */
bool level_is_plain(struct str word);
