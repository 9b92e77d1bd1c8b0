/* action_history.h: the states that an action went through, when, and by whom. */
#pragma once
#include "practice/practice.h"

/* "planned 03:12 by ana, approved 03:14 by bo, applied 03:15 by ana, confirmed 03:16 by ana" */
void action_history(const struct view *v, const struct thing *action, struct buf *out);
/* "history": [{"step": "planned", "time": …, "by": "ana", "record": 7}, …], within an object. */
void action_history_json(const struct view *v, const struct thing *action, struct json *j);
/* What a record says of an action that was in this state before, in one word; NULL where it says
 * nothing of it. */
const char *action_step(struct str before, struct str state, struct str check, struct str review);
