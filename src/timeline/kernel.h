/* kernel.h: what Linux itself says in the system log. */
#pragma once
#include "timeline/pattern.h"

extern const struct program_list kernel_programs;

/* Fills e from a sentence of the kernel, with what its drivers put in front ("e1000e 0000:00:1f.6
 * eth0: "); false: it is none that is known. */
bool kernel_understand(struct pattern_set *set, struct str sentence, struct event *e);
