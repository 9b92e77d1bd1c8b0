/* live_iptables.h: one table of the packet filter before nf_tables, in the bytes that the kernel
 * gives it in (struct ipt_entry, struct ip6t_entry). */
#pragma once
#include "collect/live.h"

enum { IPTABLES_HOOK_COUNT = 5 };

struct iptables_table {
    uint64_t netns;     /* 0 where unknown */
    const char *family; /* "ip", "ip6" */
    struct str name;
    struct str entries;
    uint32_t valid_hooks; /* a bit for each of the chains that are built in … */
    uint32_t hook_entry[IPTABLES_HOOK_COUNT]; /* … and the offset of its first rule */
    uint32_t underflow[IPTABLES_HOOK_COUNT];  /* and of its last, the policy */
};
void live_iptables_table(struct collection *c, struct bundle_lines *l,
                         const struct iptables_table *t);
