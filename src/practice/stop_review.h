/* stop_review.h: what did not wait for approval is looked at afterwards. */
#pragma once
#include "practice/action.h"

extern const struct operation stop_review;
/* It was an emergency, or went past a gate, and nobody has reviewed it yet. */
bool stop_wants_review(const struct thing *action);
