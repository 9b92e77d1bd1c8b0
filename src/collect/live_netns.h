/* live_netns.h: the network namespaces of the host (network_namespaces(7)), one after the other. */
#pragma once
#include "collect/live.h"

enum { LIVE_NETNS_COUNT = 1024 }; /* that are looked into, our own besides */

struct live_netns {
    uint64_t number; /* its inode, as in /proc/PID/ns/net; 0 where unknown */
    bool is_own;
    bool is_entered;    /* what is asked of the kernel now is asked there */
    const char *folder; /* its /proc/net, relative to the root; NULL where no process runs in it and
                           it could not be entered */
};

/* Tells see of our own namespace and then of each other one in which a process runs or that has a
 * name in /run/netns or /run/docker/netns. On the running host see runs within it: in a thread of
 * its own, for a thread enters a namespace alone, and no other thread runs meanwhile. What could
 * not be entered is told too, and said in missing. */
typedef void live_netns_see(void *context, const struct live_netns *ns);
void live_netns_each(struct collection *c, live_netns_see *see, void *context);

/* "NAME in network namespace N", or NAME alone in our own; buf holds it. */
struct str live_netns_what(const struct live_netns *ns, const char *name, struct buf *buf);
