/* link_see.h: what becomes of one message of an answer about network interfaces. */
#pragma once
#include "contain/link_state.h"
#include "sys/netlink.h"

/* Context of both. */
struct link_reading {
    struct arena *arena;
    struct link_state *s; /* its name is looked for; its items are added to */
    bool is_there;
    enum link_kind kind; /* of the items that were asked for */
};
netlink_see link_see_link;
netlink_see link_see_item;
