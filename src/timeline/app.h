/* app.h: what sentences mean in logs of servers and services that name no program: each sentence is
 * such that its words alone tell whose it is, or what it says. */
#pragma once
#include "timeline/format.h"

/* Fills e from the text of a line behind its time, or of a message: as it stands, or behind what
 * programs put in front of a sentence (level, thread, place in the source, logger). False: no
 * sentence that is known, and e is as it was. */
bool app_understand(struct reader *r, struct event *e, struct str text);
/* Whether a program of that name, as tags of syslog have it, has such sentences. */
bool app_is_known(struct str name);
