/* link_state.h: all that a network interface loses when it is taken down: addresses, routes and
 * fixed neighbours, as the kernel itself tells of them (rtnetlink(7)). */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

enum link_kind { LINK_ADDRESS, LINK_ROUTE, LINK_NEIGHBOUR, LINK_KIND_COUNT };
enum { LINK_ITEM_COUNT = 200000 };

struct link_item {
    enum link_kind kind;
    struct str body; /* of the kernel's message RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH */
};

struct link_state {
    struct str name;
    uint32_t index;
    uint32_t flags; /* IFF_UP … (netdevice(7)) */
    struct id boot;
    uint64_t clock_ms; /* CLOCK_BOOTTIME when this was read: lifetimes count from there */
    struct link_item *items;
    size_t count;
    size_t room;
    struct hash *keys; /* of the items, sorted */
};

void link_state_release(struct link_state *s);
#define CLEANUP_LINK_STATE CLEANUP(link_state_release)

/* ERR_NOTFOUND: no such interface; ERR_IO. The bodies lie in the arena. */
MUST_CHECK int link_state_read(struct arena *a, struct str name, struct link_state *out,
                               struct err *e);
void link_state_add(const struct link_state *s, struct buf *out);
MUST_CHECK int link_state_take(struct arena *a, struct str text, struct link_state *out,
                               struct err *e);
/* Up or down. */
MUST_CHECK int link_set_up(const struct link_state *s, bool is_up, struct err *e);
/* Up where it was, with all that it had then and lacks now; what the kernel made besides goes.
 * ERR_CONFLICT: another interface has its name. */
MUST_CHECK int link_state_restore(const struct link_state *s, struct err *e);
