/* snapshot.h: recorded states of systems: what snapshot.c and snapshot_read.c share. */
#pragma once
#include "practice/practice.h"

extern const struct operation snapshot_diff;    /* the difference of two, in words */
extern const struct operation snapshot_observe; /* what may be noticed in one */

/* The newest state of a system, other than one (NULL: any); NULL when there is none. */
const struct thing *snapshot_newest(const struct view *v, const struct thing *system,
                                    const struct thing *but);
