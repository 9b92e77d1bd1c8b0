/* app.h: what sentences mean in logs of servers and services that name no program: each sentence is
 * such that its words alone tell whose it is, or what it says. */
#pragma once
#include "timeline/format.h"

/* Fills e from the text of a line behind its time, or of a message: as it stands, or behind a
 * level, numbers or a place in a source in front of it. False: no sentence that is known, and e is
 * as it was. */
bool app_understand(struct reader *r, struct event *e, struct str text);
/* "gw firewall,info drop-in input: in:ether1 …", "192.0.2.1 system,error,critical login failure …":
 * RouterOS behind the host and the time that rsyslog puts there; the host becomes the event's. */
bool app_understand_routeros(struct reader *r, struct event *e, struct str text);
/* Whether a program of that name, as tags of syslog have it, has such sentences. */
bool app_is_known(struct str name);
