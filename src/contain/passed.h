/* passed.h: connections of others that this host passes on (containers, virtual machines, networks
 * behind it), as the kernel's connection tracking lists them; no socket of this host tells of them.
 */
#pragma once
#include "contain/host_view.h"
#include "sys/netlink.h"

/* Context: struct host_view, its own addresses known. One connection that is tracked. */
netlink_see passed_see;
/* Whether this host passes packets on, and what it lists. Where it lists nothing, or this process
 * may not ask, that stands in the view and is no error. */
void passed_read(struct host_view *v);
/* "warn routed": it passes packets on, and nothing tells whose. */
void passed_warn(const struct host_view *v, struct buf *out);
