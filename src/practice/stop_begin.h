/* stop_begin.h: carrying out plans: one, or several at one moment (doc/format/containment.md
 * section 8.1). */
#pragma once
#include "practice/action.h"

extern const struct operation stop_apply;
