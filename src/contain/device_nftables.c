/* device_nftables.c: a plan as a shell script around one transaction of nft(8). */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "contain/device_shell.h"
#include "contain/limit.h"

#define TIME_MOST 9000000000u /* nanoseconds of 63 bits */

/* Which packets a chain sees. */
enum chain_kind { CHAIN_ARRIVE, CHAIN_LEAVE, CHAIN_FORWARD };

static const struct shell_link link_words = {"ip link show up dev %s | grep -q .",
                                             "ip link set dev %s down", "ip link set dev %s up"};

static const char *family(const struct net *n)
{
    return n->size == 4 ? "ip" : "ip6";
}

static void add_ports(const struct device_pass *p, struct buf *out)
{
    if (!p->protocol)
        return;
    buf_addf(out, " %s %s %u", device_protocol(p->protocol), p->is_source ? "sport" : "dport",
             p->first);
    if (p->last > p->first)
        buf_addf(out, "-%u", p->last);
    if (p->is_answer)
        buf_adds(out, " tcp flags & (fin | syn | rst | ack) != syn");
}

static void add_pass(const struct device_pass *p, struct buf *out)
{
    char net[NET_TEXT_SIZE];

    buf_addf(out, "        %s %s %s", family(p->net), p->is_in ? "saddr" : "daddr",
             net_text(net, p->net));
    add_ports(p, out);
    buf_adds(out, " return\n");
}

/* What comes to the host arrives where the device is the host, and leaves where it stands before.
 */
static void add_passes(const struct device_job *j, enum chain_kind kind, struct buf *out)
{
    bool is_isolate = device_is(j, "isolate");
    bool wants_in = j->place->is_host_itself == (kind == CHAIN_ARRIVE);
    struct device_pass passes[2];

    if (is_isolate && j->place->is_host_itself && kind == CHAIN_FORWARD)
        return;
    for (size_t i = 0; i < j->plan->allow_count; i++) {
        device_passes(&j->plan->allow[i], passes);
        for (size_t k = 0; k < COUNT_OF(passes); k++)
            if (!is_isolate || passes[k].is_in == wants_in)
                add_pass(&passes[k], out);
    }
}

static void add_isolate(const struct device_job *j, enum chain_kind kind, struct buf *out)
{
    const struct device_place *place = j->place;
    const char *side = kind == CHAIN_ARRIVE ? "saddr" : "daddr";
    char net[NET_TEXT_SIZE];

    if (place->is_host_itself && kind != CHAIN_FORWARD)
        buf_addf(out, "        meta %s \"lo\" return\n",
                 kind == CHAIN_ARRIVE ? "iifname" : "oifname");
    add_passes(j, kind, out);
    if (!place->is_host_itself || kind != CHAIN_FORWARD)
        buf_adds(out,
                 "        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert "
                 "} ip6 hoplimit 255 return\n");
    if (place->is_host_itself)
        buf_adds(out, "        counter drop\n");
    else if (!place->host_count)
        buf_addf(out, "        meta %s \"" STR_FMT "\" counter drop\n",
                 kind == CHAIN_ARRIVE ? "iifname" : "oifname", STR_ARG(place->port));
    for (size_t i = 0; !place->is_host_itself && i < place->host_count; i++)
        buf_addf(out, "        %s %s %s counter drop\n", family(&place->hosts[i]), side,
                 net_text(net, &place->hosts[i]));
}

static void add_block(const struct device_job *j, enum chain_kind kind, struct buf *out)
{
    bool arrives = kind == CHAIN_ARRIVE;

    add_passes(j, kind, out);
    for (unsigned size = 4; size <= 16; size += 12) {
        if (!device_has_size(j, size))
            continue;
        buf_adds(out, "        ");
        if (j->place->port.len)
            buf_addf(out, "meta %s \"" STR_FMT "\" ", arrives ? "iifname" : "oifname",
                     STR_ARG(j->place->port));
        buf_addf(out, "%s %s @block%d counter drop\n", size == 4 ? "ip" : "ip6",
                 arrives ? "saddr" : "daddr", size == 4 ? 4 : 6);
    }
}

/* Which packets a limit counts: of new connections, of UDP, or what brings data in a connection, to
 * the port. */
static void add_flood(const struct device_job *j, unsigned size, bool counts_data, struct buf *out)
{
    bool is_udp = limit_counted(j->plan) == LIMIT_UDP;
    const struct plan_value *port = plan_value(j->plan, "port");
    char net[NET_TEXT_SIZE];
    bool is_first = true;

    buf_addf(out, "        meta nfproto %s ", size == 4 ? "ipv4" : "ipv6");
    for (size_t i = 0; !j->place->is_host_itself && i < j->place->host_count; i++) {
        if (j->place->hosts[i].size != size)
            continue;
        buf_addf(out, "%s%s", is_first ? (size == 4 ? "ip daddr { " : "ip6 daddr { ") : ", ",
                 net_text(net, &j->place->hosts[i]));
        is_first = false;
    }
    buf_addf(out, "%smeta l4proto %s ", is_first ? "" : " } ", is_udp ? "udp" : "tcp");
    if (port)
        buf_addf(out, "%s dport %u ", is_udp ? "udp" : "tcp", (unsigned)port->number);
    if (!is_udp)
        buf_adds(out, counts_data ? "meta l4proto tcp @ih,0,8 >= 0 "
                                  : "tcp flags & (fin | syn | rst | ack) == syn ");
}

static void add_source(const struct device_job *j, unsigned size, struct buf *out)
{
    unsigned prefix =
        (unsigned)(size == 4 ? device_number(j, "prefix4", 32) : device_number(j, "prefix6", 64));
    struct net mask = {.size = (uint8_t)size, .prefix = (uint8_t)(size * 8)};
    char text[NET_TEXT_SIZE];

    for (unsigned bit = 0; bit < prefix; bit++)
        mask.bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    buf_addf(out, "%s saddr", size == 4 ? "ip" : "ip6");
    if (prefix < size * 8)
        buf_addf(out, " & %s", net_text(text, &mask));
}

static bool limits_size(const struct device_job *j, unsigned size)
{
    return j->place->is_host_itself || !j->place->host_count || device_host_has_size(j, size);
}

static void add_meter(const struct device_job *j, unsigned size, const struct filter_rate *rate,
                      struct buf *out)
{
    add_flood(j, size, limit_counted(j->plan) == LIMIT_DATA, out);
    buf_addf(out, "update @%s%d { ", rate->is_bytes ? "bytes" : "rate", size == 4 ? 4 : 6);
    add_source(j, size, out);
    buf_adds(out, " limit rate over ");
    buf_add_u64(out, rate->per_second);
    buf_adds(out, rate->is_bytes ? " bytes/second burst " : "/second burst ");
    buf_add_u64(out, rate->burst);
    buf_adds(out, rate->is_bytes ? " bytes } counter drop\n" : " packets } counter drop\n");
}

static void add_rate(const struct device_job *j, struct buf *out)
{
    struct filter_rate packets = limit_packets(j->plan), bytes = limit_bytes(j->plan);

    add_passes(j, CHAIN_ARRIVE, out);
    for (unsigned size = 4; size <= 16; size += 12) {
        if (!limits_size(j, size))
            continue;
        if (packets.per_second)
            add_meter(j, size, &packets, out);
        if (bytes.per_second)
            add_meter(j, size, &bytes, out);
    }
}

static void add_connections(const struct device_job *j, struct buf *out)
{
    uint64_t most = device_number(j, "connections", 0);

    add_passes(j, CHAIN_ARRIVE, out);
    for (unsigned size = 4; size <= 16; size += 12) {
        if (!limits_size(j, size))
            continue;
        add_flood(j, size, false, out);
        buf_addf(out, "add @open%d { ", size == 4 ? 4 : 6);
        add_source(j, size, out);
        buf_adds(out, " ct count over ");
        buf_add_u64(out, most);
        buf_adds(out, " } counter drop\n");
    }
}

static void add_nets(const struct device_job *j, unsigned size, struct buf *out)
{
    char net[NET_TEXT_SIZE];
    bool is_first = true;

    if (!device_has_size(j, size))
        return;
    buf_addf(out,
             "    set block%d {\n        type %s\n        flags interval\n        elements = {\n",
             size == 4 ? 4 : 6, size == 4 ? "ipv4_addr" : "ipv6_addr");
    for (size_t i = 0; i < j->plan->net_count; i++) {
        if (j->plan->nets[i].size != size)
            continue;
        buf_addf(out, "%s%s", is_first ? "" : ",\n", net_text(net, &j->plan->nets[i]));
        is_first = false;
    }
    buf_adds(out, "\n}\n    }\n");
}

static void add_counters(struct buf *out, const char *name, unsigned size, bool forgets)
{
    buf_addf(
        out,
        "    set %s%d {\n        type %s\n        size 65535\n        flags dynamic%s\n%s    }\n",
        name, size == 4 ? 4 : 6, size == 4 ? "ipv4_addr" : "ipv6_addr", forgets ? ",timeout" : "",
        forgets ? "        timeout 1m\n" : "");
}

static void add_sets(const struct device_job *j, struct buf *out)
{
    if (j->plan->timer_s)
        buf_addf(out,
                 "    set stays {\n        typeof meta nfproto\n        flags timeout\n        "
                 "elements = { ipv4 "
                 "timeout %us, ipv6 timeout %us }\n    }\n",
                 j->plan->timer_s, j->plan->timer_s);
    for (unsigned size = 4; size <= 16; size += 12) {
        add_nets(j, size, out);
        if (device_is(j, "limit") && plan_value(j->plan, "rate"))
            add_counters(out, "rate", size, true);
        if (device_is(j, "limit") && limit_bytes(j->plan).per_second)
            add_counters(out, "bytes", size, true);
        if (device_is(j, "limit") && plan_value(j->plan, "connections"))
            add_counters(out, "open", size, false);
    }
}

static void add_hook(const struct device_job *j, const char *name, const char *hook, int priority,
                     struct buf *out)
{
    buf_addf(out,
             "    chain %s {\n        type filter hook %s priority %d; policy accept;\n        ",
             name, hook, priority);
    if (j->plan->expiry_s) {
        buf_adds(out, "meta time < ");
        buf_add_u64(out, j->plan->expiry_s);
        buf_addc(out, ' ');
    }
    if (j->plan->timer_s)
        buf_adds(out, "meta nfproto @stays ");
    buf_addf(out, "jump plan_%s\n    }\n", name);
}

static void add_chain(const struct device_job *j, const char *name, const char *hook,
                      enum chain_kind kind, struct buf *out)
{
    buf_addf(out, "    chain plan_%s {\n", name);
    if (device_is(j, "isolate"))
        add_isolate(j, kind, out);
    else
        add_block(j, kind, out);
    buf_adds(out, "    }\n");
    add_hook(j, name, hook, -310, out);
}

static void add_limit_chains(const struct device_job *j, struct buf *out)
{
    if (plan_value(j->plan, "rate") || limit_bytes(j->plan).per_second) {
        buf_adds(out, "    chain plan_in {\n");
        add_rate(j, out);
        buf_adds(out, "    }\n");
        add_hook(j, "in", "prerouting", -310, out);
    }
    if (plan_value(j->plan, "connections")) {
        buf_adds(out, "    chain plan_late {\n");
        add_connections(j, out);
        buf_adds(out, "    }\n");
        add_hook(j, "late", "prerouting", -150, out);
    }
}

static void add_table(const struct device_job *j, struct buf *out)
{
    buf_addf(out, "table inet calm_%s {\n", j->tag);
    add_sets(j, out);
    if (device_is(j, "limit")) {
        add_limit_chains(j, out);
    } else {
        add_chain(j, "in", "prerouting", CHAIN_ARRIVE, out);
        add_chain(j, "out", "output", CHAIN_LEAVE, out);
        add_chain(j, "forward", "forward", CHAIN_FORWARD, out);
    }
    buf_adds(out, "}\n");
}

static void add_is_there(const struct device_job *j, struct buf *out)
{
    buf_addf(out, "nft list tables | grep -qx 'table inet calm_%s'", j->tag);
}

static void nft_apply(const struct device_job *j, struct buf *out)
{
    CLEANUP_BUF struct buf back = {0};
    char seconds[16];

    if (device_is(j, "down")) {
        shell_down_apply(j, &link_words, out);
        return;
    }
    buf_adds(out, "set -eu\nif ");
    add_is_there(j, out);
    buf_addf(out, "; then echo \"calm %s is there already: undo it first\" >&2; exit 1; fi\n",
             j->tag);
    shell_add_left(j, out);
    buf_adds(out, "nft -f - <<'CALM_END'\n");
    add_table(j, out);
    buf_adds(out, "CALM_END\n");
    if (j->plan->timer_s) {
        snprintf(seconds, sizeof(seconds), "%u", j->plan->timer_s + 1);
        buf_addf(&back,
                 "nft get element inet calm_%s stays \"{ ipv4 }\" || nft delete table inet calm_%s",
                 j->tag, j->tag);
        shell_add_later(out, seconds, buf_text(&back));
    }
    buf_addf(out, "echo \"calm %s is in effect\"\n", j->tag);
}

static void nft_check(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_check(j, &link_words, out);
        return;
    }
    shell_add_left(j, out);
    buf_adds(out, "if ! ");
    add_is_there(j, out);
    if (j->plan->timer_s)
        buf_addf(out, " || ! nft get element inet calm_%s stays '{ ipv4 }' >/dev/null 2>&1",
                 j->tag);
    buf_addf(out,
             "; then echo \"calm %s is not in effect\"; exit 1; fi\n"
             "echo \"calm %s is in effect\"\n"
             "nft list table inet calm_%s | grep counter\n",
             j->tag, j->tag, j->tag);
}

static void nft_confirm(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_confirm(j, out);
        return;
    }
    buf_addf(out,
             "set -eu\n"
             "nft -f - <<'CALM_END'\n"
             "delete element inet calm_%s stays { ipv4, ipv6 }\n"
             "add element inet calm_%s stays { ipv4, ipv6 }\n"
             "CALM_END\n"
             "echo \"calm %s is confirmed\"\n",
             j->tag, j->tag, j->tag);
}

static void nft_undo(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_undo(j, &link_words, out);
        return;
    }
    buf_adds(out, "set -eu\nif ");
    add_is_there(j, out);
    buf_addf(out, "; then nft delete table inet calm_%s; fi\necho \"calm %s is undone\"\n", j->tag,
             j->tag);
}

static int nft_judge(const struct device_job *j, struct err *e)
{
    if (j->plan->expiry_s > TIME_MOST)
        return err_set(e, ERR_LIMIT, "nftables knows no time after the year 2255");
    return shell_judge(j, e);
}

static void nft_lacks(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down"))
        return;
    device_lacks_boot(j, out);
    device_lacks_addresses(j, out);
    if (!j->place->is_host_itself)
        buf_adds(out,
                 "Packets that this device passes on within a bridge are not held: they do not "
                 "come by.\n");
}

static const struct device_ability abilities[] = {
    {"isolate", "ARP is not filtered, and neighbour discovery passes: others on the link still see "
                "that the host is there."},
    {"block", NULL},
    {"limit", NULL},
    {"down",
     "Routes and IPv6 addresses that were set by hand are lost with the interface, and come "
     "back only with the configuration of its network."},
    {0}};

const struct contain_device device_nftables = {.name = "nftables",
                                               .title = "nftables on Linux",
                                               .language = "sh",
                                               .comment = "#",
                                               .how = "as root: sh FILE",
                                               .ssh = &device_ssh_shell,
                                               .abilities = abilities,
                                               .judge = nft_judge,
                                               .lacks = nft_lacks,
                                               .apply = nft_apply,
                                               .check = nft_check,
                                               .confirm = nft_confirm,
                                               .undo = nft_undo};
