/* network_state.c: spells what the kernel tells of this host's network. */
#include "contain/network_state.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "contain/filter_count.h"
#include "contain/filter_table.h"
#include "contain/ledger.h"
#include "contain/spell.h"
#include "sys/file.h"
#include "sys/netlink.h"

enum { NAMES_SIZE = 65536 };

struct telling {
    struct buf *out;
    size_t start;
    const struct part *part;
    size_t cut;      /* lines of this part that had no room */
    struct buf sets; /* what is asked for next: family, table and name, each with a NUL */
};

/* One kind of thing that the kernel lists. */
struct part {
    const char *word;
    int protocol;
    uint16_t type;     /* of the question; the answer's is lower */
    uint16_t lower_by; /* 1 for nf_tables, 2 for rtnetlink */
    uint16_t names[2]; /* attributes whose text tells which it is; 0: none */
    void (*tell)(const struct part *part, struct str body, struct buf *line);
};

/* "rule inet filter input" */
static void tell_filter(const struct part *part, struct str body, struct buf *line)
{
    struct nfgenmsg head;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    spell_add_word(line, str_of(filter_family_name(head.nfgen_family)));
    for (size_t i = 0; i < COUNT_OF(part->names) && part->names[i]; i++)
        spell_add_word(line, netlink_text(netlink_find(body, part->names[i])));
}

static void add_address(struct buf *line, struct str bytes, unsigned prefix)
{
    char text[INET6_ADDRSTRLEN];

    if (bytes.len != 4 && bytes.len != 16) {
        buf_adds(line, " -");
        return;
    }
    inet_ntop(bytes.len == 16 ? AF_INET6 : AF_INET, bytes.p, text, sizeof(text));
    buf_addf(line, " %s", text);
    if (prefix < bytes.len * 8)
        buf_addf(line, "/%u", prefix);
}

static void tell_link(const struct part *part, struct str body, struct buf *line)
{
    struct ifinfomsg head;

    (void)part;
    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    buf_addf(line, " %d %s", head.ifi_index, head.ifi_flags & 1 ? "up" : "down");
    spell_add_word(line, netlink_text(netlink_find(body, IFLA_IFNAME)));
}

static void tell_address(const struct part *part, struct str body, struct buf *line)
{
    struct ifaddrmsg head;
    struct str local;

    (void)part;
    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    local = netlink_find(body, IFA_LOCAL);
    buf_addf(line, " %u", head.ifa_index);
    add_address(line, local.len ? local : netlink_find(body, IFA_ADDRESS), head.ifa_prefixlen);
}

static void tell_route(const struct part *part, struct str body, struct buf *line)
{
    struct str to, via, table;
    struct rtmsg head;

    (void)part;
    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    to = netlink_find(body, RTA_DST);
    via = netlink_find(body, RTA_VIA);
    table = netlink_find(body, RTA_TABLE);
    if (to.len)
        add_address(line, to, head.rtm_dst_len);
    else
        buf_adds(line, head.rtm_family == AF_INET6 ? " ::/0" : " 0.0.0.0/0");
    add_address(line, via.len > 2 ? str_from(via, 2) : netlink_find(body, RTA_GATEWAY), 128);
    buf_addf(line, " %u %u", netlink_u32(netlink_find(body, RTA_OIF)),
             table.len ? netlink_u32(table) : head.rtm_table);
}

static void tell_neighbour(const struct part *part, struct str body, struct buf *line)
{
    struct ndmsg head;
    struct str mac;

    (void)part;
    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    mac = netlink_find(body, NDA_LLADDR);
    buf_addf(line, " %d", head.ndm_ifindex);
    add_address(line, netlink_find(body, NDA_DST), 128);
    buf_adds(line, mac.len ? " " : " -");
    hex_add(line, mac.p, mac.len);
}

#define NFT(get) ((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | (get)))
#define FILTER(word, get, first, second)                                                           \
    {                                                                                              \
        word, NETLINK_NETFILTER, NFT(get), 1, {first, second}, tell_filter                         \
    }

static const struct part parts[] = {
    FILTER("table", NFT_MSG_GETTABLE, NFTA_TABLE_NAME, 0),
    FILTER("chain", NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME),
    FILTER("rule", NFT_MSG_GETRULE, NFTA_RULE_TABLE, NFTA_RULE_CHAIN),
    FILTER("set", NFT_MSG_GETSET, NFTA_SET_TABLE, NFTA_SET_NAME),
    FILTER("object", NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, NFTA_OBJ_NAME),
    FILTER("flowtable", NFT_MSG_GETFLOWTABLE, NFTA_FLOWTABLE_TABLE, NFTA_FLOWTABLE_NAME),
    {"interface", NETLINK_ROUTE, RTM_GETLINK, 2, {0}, tell_link},
    {"address", NETLINK_ROUTE, RTM_GETADDR, 2, {0}, tell_address},
    {"route", NETLINK_ROUTE, RTM_GETROUTE, 2, {0}, tell_route},
    {"neighbour", NETLINK_ROUTE, RTM_GETNEIGH, 2, {0}, tell_neighbour},
};
static const struct part elements =
    FILTER("elements", NFT_MSG_GETSETELEM, NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET);

static void add_line(struct telling *t, struct str line)
{
    if (t->out->len - t->start + line.len > NETWORK_STATE_SIZE - NAMES_SIZE)
        t->cut++;
    else
        buf_addstr(t->out, line);
}

/* Ours are made from the plans, which are evidence. */
static void remember_set(struct telling *t, struct str body)
{
    struct nfgenmsg head;
    struct str table, name;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    table = netlink_text(netlink_find(body, NFTA_SET_TABLE));
    name = netlink_text(netlink_find(body, NFTA_SET_NAME));
    if (filter_table_is_ours(table) || t->sets.len > NAMES_SIZE)
        return;
    buf_addc(&t->sets, (char)head.nfgen_family);
    buf_addstr(&t->sets, table);
    buf_addc(&t->sets, '\0');
    buf_addstr(&t->sets, name);
    buf_addc(&t->sets, '\0');
}

static int see(void *context, const struct netlink_message *m)
{
    struct telling *t = context;
    CLEANUP_BUF struct buf line = {0};

    if (m->type != t->part->type - t->part->lower_by)
        return 0;
    if ((t->part->type & 0xff) == NFT_MSG_GETSET && t->part->protocol == NETLINK_NETFILTER)
        remember_set(t, m->body);
    buf_adds(&line, t->part->word);
    t->part->tell(t->part, m->body, &line);
    if (t->part->type != RTM_GETLINK || t->part->protocol != NETLINK_ROUTE) {
        buf_addc(&line, ' ');
        hex_add(&line, m->body.p, m->body.len);
    }
    buf_addc(&line, '\n');
    add_line(t, buf_str(&line));
    return 0;
}

static void tell_part(struct telling *t, const struct part *part, struct str question)
{
    int code;

    t->part = part;
    t->cut = 0;
    code = netlink_ask(part->protocol, part->type, question, see, t);
    if (code == -EINTR)
        buf_addf(t->out, "changed %s\n", part->word);
    else if (code)
        buf_addf(t->out, "missing %s %d\n", part->word, -code);
    if (t->cut)
        buf_addf(t->out, "cut %s %zu\n", part->word, t->cut);
}

static void add_attribute(struct buf *question, uint16_t type, struct str text)
{
    struct nlattr head = {.nla_len = (uint16_t)(sizeof(head) + text.len + 1), .nla_type = type};

    buf_add(question, &head, sizeof(head));
    buf_addstr(question, text);
    buf_addn(question, '\0', 1 + (4 - (text.len + 1) % 4) % 4);
}

static void tell_elements(struct telling *t)
{
    struct str rest = buf_str(&t->sets);

    while (rest.len) {
        struct nfgenmsg head = {.nfgen_family = (uint8_t)rest.p[0], .version = NFNETLINK_V0};
        CLEANUP_BUF struct buf question = {0};
        struct str table, name;

        rest = str_from(rest, 1);
        table = str_cut(&rest, '\0');
        name = str_cut(&rest, '\0');
        buf_add(&question, &head, sizeof(head));
        add_attribute(&question, NFTA_SET_ELEM_LIST_TABLE, table);
        add_attribute(&question, NFTA_SET_ELEM_LIST_SET, name);
        tell_part(t, &elements, buf_str(&question));
    }
}

/* Tables of the older packet filter, which netlink does not tell. */
static void tell_legacy(struct telling *t)
{
    static const char *const paths[] = {"/proc/net/ip_tables_names", "/proc/net/ip6_tables_names",
                                        "/proc/net/arp_tables_names"};

    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        CLEANUP_BUF struct buf names = {0};
        struct str rest;

        if (file_read(&names, paths[i], NAMES_SIZE, NULL))
            continue;
        for (rest = buf_str(&names); rest.len;) {
            struct str name = str_cut(&rest, '\n');

            buf_addf(t->out, "legacy %s", paths[i] + strlen("/proc/net/"));
            spell_add_word(t->out, name);
            buf_addc(t->out, '\n');
        }
    }
}

static void tell_sockets(struct telling *t, const struct host_view *host)
{
    t->cut = 0;
    for (size_t i = 0; i < host->socket_count; i++) {
        const struct host_socket *s = &host->sockets[i];
        char local[NET_TEXT_SIZE], remote[NET_TEXT_SIZE];
        CLEANUP_BUF struct buf line = {0};

        buf_addf(&line, "socket %s %s %u %s %u", s->protocol == IPPROTO_TCP ? "tcp" : "udp",
                 net_text(local, &s->local), s->local_port, net_text(remote, &s->remote),
                 s->remote_port);
        spell_add_word(&line, str_of(s->program));
        buf_addf(&line, " %s\n", s->is_listener ? "listens" : s->is_inbound ? "in" : "out");
        add_line(t, buf_str(&line));
    }
    if (t->cut)
        buf_addf(t->out, "cut socket %zu\n", t->cut);
}

void network_state_add(const struct host_view *host, struct buf *out)
{
    struct telling t = {.out = out, .start = out->len};
    const uint8_t zeros[32] = {0};
    struct id boot;

    boot_id_read(&boot);
    buf_adds(out, "network 1\nboot ");
    hex_add(out, boot.b, sizeof(boot.b));
    buf_adds(out, "\nclock ");
    buf_add_u64(out, boot_now_ms());
    buf_addc(out, '\n');
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        tell_part(&t, &parts[i],
                  (struct str){(const char *)zeros, parts[i].protocol == NETLINK_NETFILTER
                                                        ? sizeof(struct nfgenmsg)
                                                        : sizeof(struct rtmsg)});
    tell_elements(&t);
    tell_legacy(&t);
    tell_sockets(&t, host);
    buf_release(&t.sets);
}

void network_state_tell(size_t kind, struct str answer, struct buf *out)
{
    struct telling t = {.out = out, .start = out->len};
    bool changed = false;

    _Static_assert(COUNT_OF(parts) + 1 == NETWORK_PART_COUNT, "all of them, and the elements");
    t.part = kind < COUNT_OF(parts) ? &parts[kind] : &elements;
    (void)netlink_see_answer(answer, see, &t, &changed);
    buf_release(&t.sets);
}
