/* network_state.h: what the network of this host is before a change of its packet filter: rules of
 * all owners, addresses, routes, neighbours and connections, as evidence (doc/format/containment.md
 * section 7.7). No undo reads it. */
#pragma once
#include "contain/host_view.h"

enum { NETWORK_STATE_SIZE = 4 << 20 };

/* Adds at most NETWORK_STATE_SIZE bytes. What the kernel does not tell, and what has no room, is
 * named there. */
void network_state_add(const struct host_view *host, struct buf *out);
/* Adds what one datagram of the kernel says of one kind of thing: table, chain, rule, set, object,
 * flowtable, interface, address, route, neighbour, elements. */
enum { NETWORK_PART_COUNT = 11 };
void network_state_tell(size_t kind, struct str answer, struct buf *out);
