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

/* Context: struct filter_seen; rules of the table "calm" whose chain has the mark. */
struct filter_seen {
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
