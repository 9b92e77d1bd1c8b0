/* live_net.h: what the steps that ask the kernel's routing socket share. */
#pragma once
#include "collect/live.h"

struct live_net {
    struct collection *c;
    struct bundle_lines *lines;
    struct id_name *names; /* of interfaces; the texts are in the arena */
    size_t name_count;
    size_t name_room;
};

extern const struct live_word live_families[];

/* Opens the member and learns the interfaces' names; false, and it is said, where this is no
 * running host. */
bool live_net_begin(struct live_net *n, struct collection *c, const char *member);
/* Asks for RTM_GET…, tells see of each object, says what went wrong, and closes the member. */
void live_net_end(struct live_net *n, uint16_t request, netlink_see *see);
/* The name, or "#7" in buf where it is unknown. */
const char *live_interface(const struct live_net *n, uint64_t index, struct buf *buf);
/* Left out where the index is 0. */
void live_put_interface(const struct live_net *n, struct json *j, const char *name, uint64_t index);
