/* filter_check.c: reads our rules back from the kernel. */
#include "contain/filter_check.h"
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include "contain/filter_listing.h"
#include "contain/filter_see.h"

static void sum_counter(struct filter_sum *sum, struct str data)
{
    struct netlink_attribute a;

    sum->has_counter = true;
    while (netlink_attribute(&data, &a)) {
        if (a.type == NFTA_COUNTER_PACKETS)
            sum->packets += netlink_be(a.value);
        else if (a.type == NFTA_COUNTER_BYTES)
            sum->bytes += netlink_be(a.value);
    }
}

/* The kernel ends the name with a NUL. */
void filter_sum_counters(struct filter_sum *sum, struct str list)
{
    struct netlink_attribute element, a;

    while (netlink_attribute(&list, &element)) {
        bool is_counter = false;

        while (netlink_attribute(&element.value, &a)) {
            if (a.type == NFTA_EXPR_NAME)
                is_counter = str_eq(a.value, (struct str){"counter", 8});
            else if (a.type == NFTA_EXPR_DATA && is_counter)
                sum_counter(sum, a.value);
        }
    }
}

int filter_see_rule(void *context, const struct netlink_message *m)
{
    struct filter_seen *seen = context;
    struct str body = m->body, chain = {0}, table = {0}, list = {0};
    struct netlink_attribute a;
    struct nfgenmsg head;

    if ((m->type & 0xff) != NFT_MSG_NEWRULE || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_RULE_TABLE)
            table = a.value;
        else if (a.type == NFTA_RULE_CHAIN)
            chain = a.value;
        else if (a.type == NFTA_RULE_EXPRESSIONS)
            list = a.value;
    }
    if (!str_is(netlink_text(table), seen->table) || !chain.len ||
        !memmem(chain.p, chain.len, seen->mark.p, seen->mark.len))
        return 0;
    seen->rule_count++;
    filter_sum_counters(&seen->sum, list);
    return 0;
}

static int compare(const char *table, struct str put, struct str mark, struct err *e)
{
    CLEANUP_BUF struct buf now = {0};
    int rc = put.len ? filter_listing_read(table, &now, e) : 0;

    return rc || !put.len ? rc : filter_listing_compare(put, buf_str(&now), mark, e);
}

int filter_check(const struct plan *p, const char *table, struct str put, struct buf *saw,
                 struct err *e)
{
    struct nfgenmsg question = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};
    char mark[10] = {'-'};
    struct filter_seen seen = {.table = table, .mark = {mark, 9}};
    int code;

    hex_write(mark + 1, p->id.b, 4);
    code = netlink_ask(NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
                       (struct str){(char *)&question, sizeof(question)}, filter_see_rule, &seen);
    if (code && code != -EINTR) {
        errno = -code;
        return err_errno(e, "cannot read the packet filter back");
    }
    if (seen.rule_count == 0)
        return err_set(e, ERR_GATE, "the packet filter has none of this plan's rules");
    code = compare(table, put, seen.mark, e);
    if (code)
        return code;
    buf_adds(saw, "dropped ");
    buf_add_u64(saw, seen.sum.packets);
    buf_addc(saw, ' ');
    buf_add_u64(saw, seen.sum.bytes);
    buf_addc(saw, '\n');
    return 0;
}
