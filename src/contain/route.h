/* route.h: the gateways that routes go over, however the kernel spells them: one, several of equal
 * rank, one of the other family, or by the number of a nexthop object (rtnetlink(7),
 * ip-nexthop(8)). */
#pragma once
#include "contain/net.h"
#include "sys/netlink.h"

enum { ROUTE_HOP_COUNT = 65536 };

struct route_ways {
    struct net *gateways; /* once each */
    size_t gateway_count;
    size_t gateway_room;
    uint32_t *hops; /* numbers of nexthop objects and of their groups, once each */
    size_t hop_count;
    size_t hop_room;
    uint32_t index; /* of an interface that packets leave by; 0: none was told */
    bool is_there;  /* there was a route */
    bool has_link;  /* one goes to who is on the link itself */
};

void route_ways_release(struct route_ways *w);
#define CLEANUP_ROUTE_WAYS CLEANUP(route_ways_release)

/* Context of both: struct route_ways. A route, or a nexthop object. */
netlink_see route_see;
netlink_see route_see_hop;

/* All that this host's routes go over. 0 or a negative errno. */
int route_read_all(struct route_ways *w);
/* What packets to that address may go over: all ways of the route that they would take. 0 or a
 * negative errno; one that says that there is no way counts as none. */
int route_read_to(const struct net *to, struct route_ways *w);
