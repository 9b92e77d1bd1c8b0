/* filter_see.h: what becomes of one message of an answer about the packet filter. */
#pragma once
#include "sys/netlink.h"

/* What the counters in a list of a rule's expressions have counted. */
struct filter_sum {
    bool has_counter;
    uint64_t packets;
    uint64_t bytes;
};
void filter_sum_counters(struct filter_sum *sum, struct str list);

/* Context: struct filter_seen; rules of the table whose chain has the mark. */
struct filter_seen {
    const char *table;
    struct str mark; /* what the names of the plan's chains end with */
    size_t rule_count;
    struct filter_sum sum;
};
netlink_see filter_see_rule;
/* Context: struct filter_others; whose tables and chains there are. */
enum { FILTER_OTHER_COUNT = 3 };
struct filter_others {
    bool has[FILTER_OTHER_COUNT];
    bool has_more;
};
netlink_see filter_see_chain;
/* Context: struct filter_counters. */
netlink_see filter_see_counter;

/* Context: struct filter_listing; what a table of ours is made of, chains before their rules. */
struct filter_listed {
    struct buf line; /* spelled, but for the digest of a chain's rules */
    struct buf rules;
    uint8_t family;
    bool is_chain;
    bool is_set;
    uint32_t set_flags;
};
struct filter_listing {
    const char *table;
    struct filter_listed *all;
    size_t count;
    size_t room;
};
netlink_see filter_see_listed;
void filter_listing_add(struct filter_listing *l, struct buf *out);
void filter_listing_release(struct filter_listing *l);
/* Context: struct filter_elements_seen. */
struct filter_elements_seen {
    uint64_t count;
    uint64_t sum;
};
netlink_see filter_see_elements;
