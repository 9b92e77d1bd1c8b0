/* syslog_sent.h: messages of system logs that are records of other programs, of Suricata, of beats,
 * of Windows (winlog_sent.h). */
#pragma once
#include "timeline/winlog_sent.h"

/* eve-log of Suricata with filetype: syslog, and with the prefix that its suricata.yaml names; what
 * a beat sent on. e has the head. False: it is none, and e is as it was. */
bool syslog_put_json(struct reader *r, struct event *e, struct str message);
/* Whether Snare's columns begin here; behind a tab the name of the host stands in front, and is
 * taken. */
bool syslog_take_snare(struct str *line, struct event *e);
/* "2026:11:25-03:12:09", of Sophos UTM. */
bool syslog_take_utm_time(struct str *rest, struct stated *out);
