/* json_web.h: JSON of web servers and of programs behind them, whose members show together what
 * they mean (doc/format/timeline.md section 1, "JSON"). */
#pragma once
#include "timeline/format.h"

/* e has all members as fields. */
void json_web_put(struct reader *r, struct event *e);
