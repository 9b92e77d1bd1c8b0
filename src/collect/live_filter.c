/* live_filter.c: asks the kernel for its packet filters. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include "collect/live_nft.h"

static int ask(struct nft_lines *l, uint8_t message, uint8_t family, struct str attributes)
{
    CLEANUP_BUF struct buf body = {0};
    struct nfgenmsg head = {.nfgen_family = family, .version = NFNETLINK_V0};

    buf_add(&body, &head, sizeof(head));
    buf_addstr(&body, attributes);
    return netlink_ask(NETLINK_NETFILTER, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message),
                       buf_str(&body), live_nft_see, l);
}

static void say(struct nft_lines *l, const struct live_netns *ns, const char *name, int code)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str what = live_netns_what(ns, name, &buf);

    if (code == -EINTR)
        collection_missing(l->c, what, 0,
                           "it changed while it was listed: some may be missing or told twice");
    else if (code < 0)
        collection_missing(l->c, what, -code, "nf_tables: %s", strerror(-code));
}

static void add_name(struct buf *out, uint16_t type, struct str name)
{
    struct nlattr head = {.nla_len = (uint16_t)(sizeof(head) + name.len + 1), .nla_type = type};

    buf_add(out, &head, sizeof(head));
    buf_addstr(out, name);
    buf_addn(out, '\0', 4 - name.len % 4); /* its NUL, and up to the next four */
}

static void ask_elements(struct nft_lines *l, const struct live_netns *ns)
{
    CLEANUP_BUF struct buf names = {0};

    for (size_t i = 0; i < l->set_count && !l->c->status; i++) {
        l->set = &l->sets[i];
        buf_clear(&names);
        add_name(&names, NFTA_SET_ELEM_LIST_TABLE, l->set->table);
        add_name(&names, NFTA_SET_ELEM_LIST_SET, l->set->name);
        say(l, ns, "the elements of a set",
            ask(l, NFT_MSG_GETSETELEM, l->set->family, buf_str(&names)));
    }
    l->set = NULL;
}

static void ask_nf_tables(struct nft_lines *l, const struct live_netns *ns)
{
    static const struct {
        uint8_t message;
        const char *what;
    } dumps[] = {{NFT_MSG_GETTABLE, "tables"}, {NFT_MSG_GETCHAIN, "chains"},
                 {NFT_MSG_GETRULE, "rules"},   {NFT_MSG_GETSET, "sets"},
                 {NFT_MSG_GETOBJ, "objects"},  {NFT_MSG_GETFLOWTABLE, "flow tables"}};
    int code = 0;

    for (size_t i = 0; i < COUNT_OF(dumps) && (code == 0 || code == -EINTR); i++) {
        code = ask(l, dumps[i].message, NFPROTO_UNSPEC, (struct str){"", 0});
        say(l, ns, dumps[i].what, code);
    }
    ask_elements(l, ns);
}

static void read_network(void *context, const struct live_netns *ns)
{
    struct nft_lines *l = context;

    if (!ns->is_entered)
        return;
    l->netns = ns->number;
    l->set_count = 0;
    l->arena = arena_new();
    if (l->may_ask)
        ask_nf_tables(l, ns);
    live_iptables(l->c, l->lines, ns);
    arena_free(MOVE(l->arena));
}

void live_firewall(struct collection *c)
{
    struct nft_lines l = {.c = c};

    if (!c->host.is_live) {
        collection_missing(c, STR("the packet filter"), 0, "only a running kernel tells this");
        return;
    }
    l.lines = live_open(c, "live/firewall");
    l.may_ask = live_may_ask(c, "nf_tables", "the packet filter");
    live_netns_each(c, read_network, &l);
    live_close(c, l.lines);
    free(l.sets);
}
