/* notify_answer.h: what a person says of a message: sent, answered, not arrived, told to somebody
 * else instead. */
#pragma once
#include "practice/notify.h"

extern const struct operation notify_sent, notify_acknowledged, notify_failed, notify_escalate;
