/* netscaler.h: what Citrix' NetScaler (ADC, Gateway) logs: a time, its name, the engine that wrote it,
 * a module and an event, and what happened. */
#pragma once
#include "timeline/format.h"

/* The same behind the head of a line of syslog, whose time e has. False: none, and e is as it was. */
bool netscaler_understand(struct reader *r, struct str message, struct event *e);
