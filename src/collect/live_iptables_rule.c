/* live_iptables_rule.c: what the rules of a table of the packet filter before nf_tables say. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include "collect/live_iptables.h"

/* A match or a target: size (2 bytes), name (29), revision (1), then what is its own. */
enum { EXTENSION_HEAD = sizeof(struct xt_entry_match), NAME_OFF = 2 };

static const char *const hooks[IPTABLES_HOOK_COUNT] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
                                                       "POSTROUTING"};

/* What both kinds of entries have. */
struct entry {
    bool is_six;
    struct ipt_ip four;
    struct ip6t_ip6 six;
    struct xt_counters counters;
    struct str matches;
    struct str target;
    size_t size;
};

static bool read_entry(const struct iptables_table *t, size_t off, struct entry *e)
{
    struct str bytes = str_from(t->entries, off);
    struct ipt_entry four;
    struct ip6t_entry six;
    size_t head;
    size_t target;

    *e = (struct entry){.is_six = strcmp(t->family, "ip6") == 0};
    head = e->is_six ? sizeof(six) : sizeof(four);
    if (bytes.len < head)
        return false;
    if (e->is_six) {
        memcpy(&six, bytes.p, sizeof(six));
        e->six = six.ipv6;
        e->counters = six.counters;
        target = six.target_offset;
        e->size = six.next_offset;
    } else {
        memcpy(&four, bytes.p, sizeof(four));
        e->four = four.ip;
        e->counters = four.counters;
        target = four.target_offset;
        e->size = four.next_offset;
    }
    if (target < head || target > e->size || e->size > bytes.len ||
        e->size - target < EXTENSION_HEAD)
        return false;
    e->matches = (struct str){bytes.p + head, target - head};
    e->target = (struct str){bytes.p + target, e->size - target};
    return true;
}

/* Takes the next extension; false at the end and where the bytes make no sense. */
static bool take_extension(struct str *rest, struct str *name, struct str *info)
{
    uint16_t size;

    if (rest->len < EXTENSION_HEAD)
        return false;
    memcpy(&size, rest->p, sizeof(size));
    if (size < EXTENSION_HEAD || size > rest->len)
        return false;
    *name = live_text((struct str){rest->p + NAME_OFF, EXTENSION_HEAD - NAME_OFF - 1});
    *info = (struct str){rest->p + EXTENSION_HEAD, size - EXTENSION_HEAD};
    *rest = str_from(*rest, size);
    return true;
}

/* The name that stands in the target of the entry in front of a chain of one's own. */
static bool read_chain_name(const struct entry *e, struct str *out)
{
    struct str target = e->target;
    struct str name;
    struct str info;

    if (!take_extension(&target, &name, &info) || !str_is(name, XT_ERROR_TARGET))
        return false;
    *out = live_text(info);
    return true;
}

static bool hook_at(const struct iptables_table *t, const uint32_t *offsets, size_t off,
                    size_t *out)
{
    for (size_t i = 0; i < IPTABLES_HOOK_COUNT; i++) {
        if (!(t->valid_hooks & 1u << i) || offsets[i] != off)
            continue;
        *out = i;
        return true;
    }
    return false;
}

/* The chain whose first rule stands there. */
static void add_chain_at(const struct iptables_table *t, size_t wanted, struct buf *out)
{
    struct entry e;
    struct str name;

    for (size_t off = 0; off < wanted && read_entry(t, off, &e); off += e.size) {
        if (off + e.size == wanted && read_chain_name(&e, &name)) {
            buf_addstr(out, name);
            return;
        }
    }
    buf_addf(out, "offset %zu", wanted);
}

static void add_verdict(const struct iptables_table *t, struct str info, struct buf *out)
{
    int32_t verdict = 0;

    if (info.len >= sizeof(verdict))
        memcpy(&verdict, info.p, sizeof(verdict));
    if (verdict >= 0) {
        buf_adds(out, "jump:");
        add_chain_at(t, (size_t)verdict, out);
        return;
    }
    switch (-verdict - 1) {
    case NF_DROP:
        buf_adds(out, "DROP");
        return;
    case NF_ACCEPT:
        buf_adds(out, "ACCEPT");
        return;
    case NF_QUEUE:
        buf_adds(out, "QUEUE");
        return;
    case NF_REPEAT: /* XT_RETURN */
        buf_adds(out, "RETURN");
        return;
    default:
        buf_addf(out, "verdict %d", (int)verdict);
    }
}

static void add_target(const struct iptables_table *t, const struct entry *e, struct buf *out)
{
    struct str target = e->target;
    struct str name;
    struct str info;

    if (!take_extension(&target, &name, &info))
        return;
    buf_adds(out, "target=");
    if (name.len == 0) {
        add_verdict(t, info, out);
    } else {
        buf_addstr(out, name);
        buf_adds(out, " info=");
        hex_add(out, info.p, info.len);
    }
    buf_addc(out, '\0');
}

static void add_ports(struct buf *out, const char *name, const uint16_t ports[2], bool is_not)
{
    if (ports[0] != 0 || ports[1] != UINT16_MAX)
        buf_addf(out, " %s%s=%u-%u", name, is_not ? "!" : "", ports[0], ports[1]);
}

static void add_match(struct buf *out, struct str name, struct str info)
{
    struct xt_tcp tcp;
    struct xt_udp udp;

    buf_adds(out, "match=");
    buf_addstr(out, name);
    if (str_is(name, "tcp") && info.len >= sizeof(tcp)) {
        memcpy(&tcp, info.p, sizeof(tcp));
        add_ports(out, "sports", tcp.spts, tcp.invflags & XT_TCP_INV_SRCPT);
        add_ports(out, "dports", tcp.dpts, tcp.invflags & XT_TCP_INV_DSTPT);
        if (tcp.flg_mask)
            buf_addf(out, " flags%s=%u/%u", tcp.invflags & XT_TCP_INV_FLAGS ? "!" : "", tcp.flg_cmp,
                     tcp.flg_mask);
    } else if (str_is(name, "udp") && info.len >= sizeof(udp)) {
        memcpy(&udp, info.p, sizeof(udp));
        add_ports(out, "sports", udp.spts, udp.invflags & XT_UDP_INV_SRCPT);
        add_ports(out, "dports", udp.dpts, udp.invflags & XT_UDP_INV_DSTPT);
    } else if (str_is(name, "comment")) {
        buf_adds(out, " text=");
        buf_addstr(out, live_text(info));
    } else {
        buf_adds(out, " info=");
        hex_add(out, info.p, info.len);
    }
    buf_addc(out, '\0');
}

static unsigned bits_of(const uint8_t *mask, size_t size)
{
    unsigned bits = 0;

    for (size_t i = 0; i < size; i++)
        bits += (unsigned)__builtin_popcount(mask[i]);
    return bits;
}

static void add_network(struct buf *out, const char *name, bool is_not, int family,
                        const void *address, const void *mask)
{
    size_t size = family == AF_INET6 ? 16 : 4;
    unsigned bits = bits_of(mask, size);
    char text[INET6_ADDRSTRLEN];

    if (bits == 0 || !inet_ntop(family, address, text, sizeof(text)))
        return;
    buf_addf(out, "%s%s=%s/%u", name, is_not ? "!" : "", text, bits);
    buf_addc(out, '\0');
}

static void add_interface(struct buf *out, const char *name, bool is_not, const char *interface,
                          const unsigned char *mask)
{
    struct str text = live_text((struct str){interface, IFNAMSIZ});

    if (text.len == 0)
        return;
    buf_addf(out, "%s%s=" STR_FMT, name, is_not ? "!" : "", STR_ARG(text));
    /* Where the NUL does not count, any end fits; iptables(8) writes the + itself. */
    if (text.len < IFNAMSIZ && !mask[text.len] && !str_ends(text, "+"))
        buf_addc(out, '+');
    buf_addc(out, '\0');
}

static void add_conditions(struct buf *out, const struct entry *e)
{
    const struct ipt_ip *a = &e->four;
    const struct ip6t_ip6 *b = &e->six;
    unsigned inverted = e->is_six ? b->invflags : a->invflags;
    unsigned protocol = e->is_six ? b->proto : a->proto;
    int family = e->is_six ? AF_INET6 : AF_INET;

    add_network(out, "source", inverted & IPT_INV_SRCIP, family,
                e->is_six ? (const void *)&b->src : &a->src,
                e->is_six ? (const void *)&b->smsk : &a->smsk);
    add_network(out, "destination", inverted & IPT_INV_DSTIP, family,
                e->is_six ? (const void *)&b->dst : &a->dst,
                e->is_six ? (const void *)&b->dmsk : &a->dmsk);
    add_interface(out, "in", inverted & IPT_INV_VIA_IN, e->is_six ? b->iniface : a->iniface,
                  e->is_six ? b->iniface_mask : a->iniface_mask);
    add_interface(out, "out", inverted & IPT_INV_VIA_OUT, e->is_six ? b->outiface : a->outiface,
                  e->is_six ? b->outiface_mask : a->outiface_mask);
    if (protocol) {
        buf_addf(out, "protocol%s=%u", inverted & XT_INV_PROTO ? "!" : "", protocol);
        buf_addc(out, '\0');
    }
}

static struct json *begin(struct bundle_lines *l, const struct iptables_table *t, const char *kind,
                          struct str chain)
{
    struct json *j = bundle_line_begin(l);

    json_put_text(j, "from", "ip_tables");
    if (t->netns)
        json_put_u64(j, "netns", t->netns);
    json_put_text(j, "kind", kind);
    json_put_text(j, "family", t->family);
    put_bytes(j, "table", t->name);
    put_bytes(j, strcmp(kind, "chain") == 0 ? "name" : "chain", chain);
    return j;
}

static void put_counters(struct json *j, const struct entry *e)
{
    json_put_u64(j, "packets", e->counters.pcnt);
    json_put_u64(j, "bytes", e->counters.bcnt);
}

static void add_policy(struct collection *c, struct bundle_lines *l, const struct iptables_table *t,
                       const struct entry *e, struct str chain)
{
    CLEANUP_BUF struct buf text = {0};
    struct json *j = begin(l, t, "chain", chain);

    add_target(t, e, &text);
    put_some(j, "policy", str_from(live_text(buf_str(&text)), strlen("target=")));
    put_counters(j, e);
    live_line_end(c, l);
}

static void add_rule(struct collection *c, struct bundle_lines *l, const struct iptables_table *t,
                     const struct entry *e, struct str chain)
{
    enum { MOST = 96 << 10 }; /* bytes of JSON */
    CLEANUP_BUF struct buf text = {0};
    struct json *j = begin(l, t, "rule", chain);
    struct str matches = e->matches;
    struct str name;
    struct str info;

    add_conditions(&text, e);
    while (take_extension(&matches, &name, &info))
        add_match(&text, name, info);
    add_target(t, e, &text);
    if (live_put_strings(j, "expressions", buf_str(&text), MOST))
        json_put_bool(j, "expressions_cut", true);
    put_counters(j, e);
    live_line_end(c, l);
}

/* The kernel's list ends each chain of one's own by a rule that returns; it is none of the host's.
 */
static bool ends_own_chain(const struct iptables_table *t, size_t next)
{
    struct entry e;
    struct str name;

    return read_entry(t, next, &e) && read_chain_name(&e, &name);
}

void live_iptables_table(struct collection *c, struct bundle_lines *l,
                         const struct iptables_table *t)
{
    struct str chain = {"", 0};
    struct entry e;
    struct str name;
    size_t hook;

    for (size_t off = 0; !c->status && read_entry(t, off, &e); off += e.size) {
        if (read_chain_name(&e, &name)) {
            chain = name;
            if (off + e.size < t->entries.len) { /* the last entry ends the table */
                begin(l, t, "chain", chain);
                live_line_end(c, l);
            }
            continue;
        }
        if (hook_at(t, t->hook_entry, off, &hook))
            chain = str_of(hooks[hook]);
        if (hook_at(t, t->underflow, off, &hook))
            add_policy(c, l, t, &e, str_of(hooks[hook]));
        else if (!ends_own_chain(t, off + e.size))
            add_rule(c, l, t, &e, chain);
    }
}
