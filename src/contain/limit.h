/* limit.h: what a limit of a plan counts, and how much of it passes: for the packet filter of this
 * host and for the writers of other devices. */
#pragma once
#include "contain/filter_rule.h"
#include "contain/plan.h"

/* Which packets a rule counts. */
enum limit_counted {
    LIMIT_BEGINS, /* of TCP connections */
    LIMIT_UDP,
    LIMIT_DATA, /* what brings something in a TCP connection, however long that is open */
};
enum limit_counted limit_counted(const struct plan *p);
/* per_second 0: it does not limit that. */
struct filter_rate limit_packets(const struct plan *p);
struct filter_rate limit_bytes(const struct plan *p);
