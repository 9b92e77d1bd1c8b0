/* cisco.h: messages of Cisco's IOS, IOS XE, NX-OS and ASA: "%FACILITY-SEVERITY-MNEMONIC: text". */
#pragma once
#include "timeline/format.h"

extern const struct program_list cisco_programs;

/* What stands before such a message's time, off the front of *rest: "45: ", "45: web1: *", ": ".
 * *host is empty where none is named. False: it is no such front, and *rest is as it was. */
bool cisco_front(struct str *rest, struct str *host);
/* Whether a message begins here, or its own front and time, as behind a collector's head. */
bool cisco_is_message(struct str s);
/* Fills e from a message, by r's patterns. */
bool cisco_understand(struct reader *r, struct str sentence, struct event *e);
