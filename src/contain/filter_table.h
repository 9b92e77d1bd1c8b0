/* filter_table.h: a table of ours in the packet filter, "calm" as a rule. It is made anew, in one
 * transaction, from all plans in effect, and is gone when there are none; no other table is
 * touched.
 *
 * Each plan has chains of its own, and a packet passes only where every plan lets it. Until a plan
 * is confirmed its chains are entered only while an element that the kernel itself forgets is
 * there: that goes back even where every process of ours was killed. */
#pragma once
#include "contain/filter_rule.h"
#include "contain/plan.h"

enum { FILTER_NAME_SIZE = 32, FILTER_NEIGHBOUR_COUNT = 256, FILTER_DEVICE_COUNT = 1024 };

/* Whom ARP and neighbour discovery must find for a plan's responders to be reached: they themselves
 * where they are on the link, else the gateway. */
struct filter_neighbour {
    struct net net;
    uint8_t mac[6]; /* zeros: not known */
};

struct filter_plan {
    const struct plan *plan;
    uint64_t stays_ms; /* the kernel forgets it then; 0: stays */
    struct filter_neighbour neighbours[FILTER_NEIGHBOUR_COUNT];
    size_t neighbour_count;
};

/* What this host's packet filter can be asked for. */
struct filter_place_list {
    bool has_arp;
    bool has_bridge;                       /* packets that a bridge passes on */
    bool has_egress;                       /* packets that programs send past the other hooks */
    char devices[FILTER_DEVICE_COUNT][16]; /* all but loopback */
    size_t device_count;
    size_t bridge_count; /* interfaces of these that are bridges */
};

enum filter_place {
    FILTER_IN,      /* what arrives, before it is routed */
    FILTER_OUT,     /* what this host sends */
    FILTER_FORWARD, /* what it would pass on */
    FILTER_LATE,    /* what arrives, when connections are known */
    FILTER_PLACE_COUNT,
};

/* What an action's rules function adds to: one plan's chains in one family. */
struct filter_table {
    struct filter_batch *batch;
    const struct filter_plan *now;
    const struct plan *plan; /* of now */
    uint8_t family;          /* NFPROTO_INET, NFPROTO_ARP, NFPROTO_BRIDGE, NFPROTO_NETDEV */
    bool has_bridges;        /* this host has one now */
    uint32_t set_count;
    bool has_chain[FILTER_PLACE_COUNT];
};

struct filter_set {
    char name[FILTER_NAME_SIZE];
    uint32_t id;
};

/* Begins a rule in the plan's chain at that place. */
void filter_table_rule(struct filter_table *t, enum filter_place place, struct filter_rule *r);
/* A set of the plan's own. */
void filter_table_set(struct filter_table *t, const char *name, enum filter_key key, uint32_t flags,
                      uint32_t count, struct filter_set *out);

/* Conditions that rules share. */
void filter_is_ip(struct filter_rule *r, uint8_t family, unsigned size); /* 4 or 16 */
enum filter_side { FILTER_SOURCE, FILTER_DESTINATION };
void filter_address(struct filter_rule *r, unsigned size, enum filter_side side); /* loads it */
/* What was loaded, an address, lies in the network. */
void filter_is_within(struct filter_rule *r, const struct net *n);
void filter_is_net(struct filter_rule *r, const struct net *n, enum filter_side side);
void filter_is_protocol(struct filter_rule *r, uint8_t protocol);
void filter_is_port(struct filter_rule *r, uint16_t first, uint16_t last, enum filter_side side);
/* Counts and ends. */
void filter_drop(struct filter_rule *r);
/* Lets what the plan allows pass, at IN, OUT and LATE. */
void filter_table_allow(struct filter_table *t, enum filter_place place);

/* ERR_DENIED, ERR_NOTFOUND (no nf_tables), ERR_IO; nothing was changed then. count 0 removes all.
 */
MUST_CHECK int filter_table_make(const char *table, const struct filter_plan *plans, size_t count,
                                 const struct filter_place_list *places, struct err *e);
/* Adds the chains of these interfaces, which came later, to the table of netdev that is there. Each
 * of the plans has a chain in it. */
MUST_CHECK int filter_table_add_devices(const char *table, const struct filter_plan *plans,
                                        size_t count, const struct filter_place_list *places,
                                        struct err *e);
/* Lines "warn …" of a preview: what of this plan the kernel cannot hold. */
void filter_warn(const struct plan *p, struct buf *out);
bool filter_table_is_ours(struct str table);
/* What the kernel of this host lets be used; asks it with a transaction that changes nothing, and
 * that takes the kernel some time. */
MUST_CHECK int filter_places(struct filter_place_list *out, struct err *e);
/* The same where the kernel lets all be used, without asking. */
MUST_CHECK int filter_places_all(struct filter_place_list *out, struct err *e);
