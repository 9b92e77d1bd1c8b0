/* stop_begin.h: carrying out plans: one, or several at one moment (doc/format/containment.md
 * section 8.1). */
#pragma once
#include "practice/stop_apply.h"

extern const struct operation stop_apply;
/* Planned, and approved or gone on with. ERR_GATE. */
stop_may stop_may_begin;
