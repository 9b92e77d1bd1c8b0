/* live_net.h: what the steps that ask the kernel's routing socket share. */
#pragma once
#include "collect/live_netns.h"

struct live_net {
    struct collection *c;
    struct bundle_lines *lines;
    uint16_t request; /* RTM_GET… */
    netlink_see *see;
    uint64_t netns;        /* which is being read */
    struct arena *arena;   /* of the names */
    struct id_name *names; /* of its interfaces */
    size_t name_count;
    size_t name_room;
};

extern const struct live_word live_families[];

/* Fills a member: asks for RTM_GET… in each network namespace and tells see, whose context is the
 * struct live_net, of each object. Says what went wrong. */
void live_net_step(struct collection *c, const char *member, uint16_t request, netlink_see *see);
/* Starts a line of the member. */
struct json *live_net_line(struct live_net *n);
/* The name, or "#7" in buf where it is unknown. */
const char *live_interface(const struct live_net *n, uint64_t index, struct buf *buf);
/* Left out where the index is 0. */
void live_put_interface(const struct live_net *n, struct json *j, const char *name, uint64_t index);
