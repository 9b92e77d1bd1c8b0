/* filter_count.h: what the rules of this host's packet filter have counted, whoever made them. */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum { FILTER_COUNTER_COUNT = 4096, FILTER_COUNTER_NAME_SIZE = 32 };

struct filter_counter {
    uint64_t handle; /* of the rule, within its table */
    uint64_t packets;
    uint8_t family;                       /* NFPROTO_… */
    char table[FILTER_COUNTER_NAME_SIZE]; /* names are cut to what fits, and printable */
    char chain[FILTER_COUNTER_NAME_SIZE];
};
struct filter_counters {
    struct filter_counter *all;
    size_t count;
    size_t room;
};
void filter_counters_release(struct filter_counters *c);

/* Rules with a counter, as the kernel lists them, at most FILTER_COUNTER_COUNT. ERR_DENIED without
 * the right (CAP_NET_ADMIN), ERR_NOTFOUND without nf_tables, ERR_IO. */
MUST_CHECK int filter_counters_read(struct filter_counters *out, struct err *e);
const char *filter_family_name(uint8_t family); /* "inet", "ip" …; "other" */
