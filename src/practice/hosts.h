/* hosts.h: which systems are captured: by what, when, and what was missing. */
#pragma once
#include "practice/practice.h"

extern const struct operation preserve_hosts;
extern const struct operation preserve_observed;
/* The newest collection of whose observations nobody made anything yet; NULL when there is none. */
const struct thing *observed_not_looked_at(const struct view *v);

/* The newest collection or state of a system; NULL when there is none. */
const struct thing *host_newest(const struct view *v, const struct thing *system);
