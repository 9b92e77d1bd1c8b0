/* filter_count.c: reads the counters of all rules of nf_tables. */
#include "contain/filter_count.h"
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include "base/mem.h"
#include "contain/filter_see.h"

void filter_counters_release(struct filter_counters *c)
{
    free(c->all);
    *c = (struct filter_counters){.all = NULL};
}

static void take_name(char out[FILTER_COUNTER_NAME_SIZE], struct str value)
{
    size_t len = 0;

    for (; len < value.len && len < FILTER_COUNTER_NAME_SIZE - 1 && value.p[len]; len++)
        out[len] = value.p[len] > ' ' && value.p[len] < 127 ? value.p[len] : '_';
    out[len] = '\0';
}

int filter_see_counter(void *context, const struct netlink_message *m)
{
    struct filter_counters *all = context;
    struct filter_counter c = {.handle = 0};
    struct filter_sum sum = {0};
    struct str body = m->body;
    struct netlink_attribute a;
    struct nfgenmsg head;

    if ((m->type & 0xff) != NFT_MSG_NEWRULE || !netlink_fixed(&body, &head, sizeof(head)) ||
        all->count == FILTER_COUNTER_COUNT)
        return 0;
    c.family = head.nfgen_family;
    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_RULE_TABLE)
            take_name(c.table, a.value);
        else if (a.type == NFTA_RULE_CHAIN)
            take_name(c.chain, a.value);
        else if (a.type == NFTA_RULE_HANDLE)
            c.handle = netlink_be(a.value);
        else if (a.type == NFTA_RULE_EXPRESSIONS)
            filter_sum_counters(&sum, a.value);
    }
    if (!sum.has_counter)
        return 0;
    c.packets = sum.packets;
    all->all = mem_grow(all->all, all->count, &all->room, sizeof(c));
    all->all[all->count++] = c;
    return 0;
}

int filter_counters_read(struct filter_counters *out, struct err *e)
{
    struct nfgenmsg question = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};
    struct filter_counters c = {.all = NULL};
    int code =
        netlink_ask(NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
                    (struct str){(char *)&question, sizeof(question)}, filter_see_counter, &c);

    if (code && code != -EINTR) {
        filter_counters_release(&c);
        errno = -code;
        return err_errno(e, "cannot read the counters of nf_tables");
    }
    *out = c;
    return 0;
}

const char *filter_family_name(uint8_t family)
{
    switch (family) {
    case NFPROTO_INET:
        return "inet";
    case NFPROTO_IPV4:
        return "ip";
    case NFPROTO_IPV6:
        return "ip6";
    case NFPROTO_ARP:
        return "arp";
    case NFPROTO_BRIDGE:
        return "bridge";
    case NFPROTO_NETDEV:
        return "netdev";
    default:
        return "other";
    }
}
