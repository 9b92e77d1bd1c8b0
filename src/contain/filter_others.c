/* filter_others.c: tells other owners of the packet filter by the names of their tables and chains.
 */
#include "contain/filter_others.h"
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include "contain/filter_see.h"
#include "contain/filter_table.h"

static const struct {
    const char *table; /* its name, or NULL: any */
    const char *chain; /* what a chain of it begins with, or NULL: any */
    const char *name;
} known[FILTER_OTHER_COUNT] = {
    {"firewalld", NULL, "firewalld"}, {NULL, "ufw", "ufw"}, {NULL, "DOCKER", "docker"}};

static void take(struct filter_others *o, struct str table, struct str chain)
{
    bool is_known = false;

    for (size_t i = 0; i < FILTER_OTHER_COUNT; i++) {
        if (known[i].table ? !str_is(table, known[i].table) : !str_starts(chain, known[i].chain))
            continue;
        o->has[i] = true;
        is_known = true;
    }
    o->has_more |= !is_known;
}

int filter_see_chain(void *context, const struct netlink_message *m)
{
    struct str body = m->body, table = {0}, chain = {0};
    struct netlink_attribute a;
    struct nfgenmsg head;

    if ((m->type & 0xff) != NFT_MSG_NEWCHAIN || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_CHAIN_TABLE)
            table = netlink_text(a.value);
        else if (a.type == NFTA_CHAIN_NAME)
            chain = netlink_text(a.value);
    }
    if (!filter_table_is_ours(table))
        take(context, table, chain);
    return 0;
}

void filter_others(struct buf *out)
{
    struct nfgenmsg question = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};
    struct filter_others o = {0};
    bool is_told = false;

    (void)netlink_ask(NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN,
                      (struct str){(char *)&question, sizeof(question)}, filter_see_chain, &o);
    for (size_t i = 0; i < FILTER_OTHER_COUNT; i++) {
        if (o.has[i])
            buf_addf(out, "warn firewall %s\n", known[i].name);
        is_told |= o.has[i];
    }
    if (o.has_more && !is_told)
        buf_adds(out, "warn firewall other\n");
}
