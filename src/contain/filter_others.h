/* filter_others.h: who else filters packets on this host. */
#pragma once
#include "base/str.h"

/* Adds "warn firewall NAME" for each that is known (firewalld, ufw, docker, or other), nothing
 * where the kernel does not tell (it takes root). */
void filter_others(struct buf *out);
