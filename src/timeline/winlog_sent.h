/* winlog_sent.h: events of Windows behind the head of a line of syslog: in Snare's layout, and
 * NXLog's structured data and JSON. */
#pragma once
#include "timeline/format.h"

/* The line has its head in e. True: the message is such an event, whose values are in e with their
 * meaning. False: it is none, and e is as it was. */
bool winlog_sent_understand(struct reader *r, struct event *e, struct str message);
/* Of a document of Winlogbeat that a line carried, whose fields are in e: what its event means. */
void winlog_sent_mean(struct reader *r, struct event *e);
/* What a reader keeps for that; NULL is fine. */
void winlog_sent_free(struct winlog *w);
