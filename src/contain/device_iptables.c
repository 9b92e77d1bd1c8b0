/* device_iptables.c: a plan as a shell script around iptables-restore and ip6tables-restore. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "contain/device_shell.h"
#include "contain/limit.h"

enum {
    PLAIN_COUNT = 1000,     /* networks of a family that are compared one by one */
    RATE_MOST = 1000000,    /* of hashlimit, a second */
    TIME_MOST = 2147483647, /* of the match for time */
};

static const struct shell_link link_words = {"ip link show up dev %s | grep -q .",
                                             "ip link set dev %s down", "ip link set dev %s up"};

/* One of the two programs, and what it is to write. */
struct family {
    const struct device_job *j;
    unsigned size;       /* of an address */
    const char *program; /* "iptables", "ip6tables" */
    struct buf *out;
};

static struct family family_of(const struct device_job *j, unsigned size, struct buf *out)
{
    return (struct family){j, size, size == 4 ? "iptables" : "ip6tables", out};
}

static bool has_family(const struct device_job *j, unsigned size)
{
    if (device_is(j, "block"))
        return device_has_size(j, size);
    return j->place->is_host_itself || !j->place->host_count || device_host_has_size(j, size);
}

/* What is at a port and leaves through it is seen in the table mangle alone. */
static bool uses_raw(const struct device_job *j)
{
    return !device_is(j, "limit") || plan_value(j->plan, "rate") || plan_value(j->plan, "bytes");
}

static bool uses_mangle(const struct device_job *j)
{
    if (device_is(j, "limit"))
        return plan_value(j->plan, "connections") != NULL;
    return device_is(j, "isolate") && !j->place->is_host_itself && !j->place->host_count;
}

static bool uses_out(const struct device_job *j)
{
    return !device_is(j, "limit");
}

static bool uses_set(const struct device_job *j, unsigned size)
{
    return device_count_size(j, size) > PLAIN_COUNT;
}

static const char *mangle_hook(const struct device_job *j)
{
    return device_is(j, "limit") ? "PREROUTING" : "POSTROUTING";
}

static void begin(const struct family *f, const char *chain)
{
    buf_addf(f->out, "-A CALM-%s-%s", f->j->tag, chain);
}

static void add_pass(const struct family *f, const char *chain, const struct device_pass *p)
{
    char net[NET_TEXT_SIZE];

    begin(f, chain);
    buf_addf(f->out, " %s %s", p->is_in ? "-s" : "-d", net_text(net, p->net));
    if (p->protocol) {
        const char *protocol = device_protocol(p->protocol);

        buf_addf(f->out, " -p %s -m %s --%s %u", protocol, protocol,
                 p->is_source ? "sport" : "dport", p->first);
        if (p->last > p->first)
            buf_addf(f->out, ":%u", p->last);
    }
    buf_addf(f->out, "%s -j RETURN\n", p->is_answer ? " ! --syn" : "");
}

/* ways: which of the two kinds of packets of an endpoint. */
enum { WAY_IN = 1, WAY_OUT = 2 };
static void add_passes(const struct family *f, const char *chain, unsigned ways)
{
    struct device_pass passes[2];

    for (size_t i = 0; i < f->j->plan->allow_count; i++) {
        if (f->j->plan->allow[i].net.size != f->size)
            continue;
        device_passes(&f->j->plan->allow[i], passes);
        if (ways & WAY_IN)
            add_pass(f, chain, &passes[0]);
        if (ways & WAY_OUT)
            add_pass(f, chain, &passes[1]);
    }
}

static void add_discovery(const struct family *f, const char *chain)
{
    for (unsigned type = 134; type <= 136 && f->size == 16; type++) {
        begin(f, chain);
        buf_addf(f->out, " -p ipv6-icmp -m icmp6 --icmpv6-type %u -m hl --hl-eq 255 -j RETURN\n",
                 type);
    }
}

static void add_hosts(const struct family *f, const char *chain, const char *side)
{
    char net[NET_TEXT_SIZE];

    for (size_t i = 0; i < f->j->place->host_count; i++) {
        if (f->j->place->hosts[i].size != f->size)
            continue;
        begin(f, chain);
        buf_addf(f->out, " %s %s -j DROP\n", side, net_text(net, &f->j->place->hosts[i]));
    }
}

static void isolate_itself(const struct family *f, const char *chain, const char *link,
                           unsigned way)
{
    begin(f, chain);
    buf_addf(f->out, " %s lo -j RETURN\n", link);
    add_passes(f, chain, way);
    add_discovery(f, chain);
    begin(f, chain);
    buf_adds(f->out, " -j DROP\n");
}

static void add_isolate(const struct family *f)
{
    if (f->j->place->is_host_itself) {
        isolate_itself(f, "I", "-i", WAY_IN);
        isolate_itself(f, "O", "-o", WAY_OUT);
        return;
    }
    add_passes(f, "I", WAY_IN | WAY_OUT);
    add_discovery(f, "I");
    add_hosts(f, "I", "-s");
    add_hosts(f, "I", "-d");
    if (!f->j->place->host_count) {
        begin(f, "I");
        buf_addf(f->out, " -i " STR_FMT " -j DROP\n", STR_ARG(f->j->place->port));
    }
    add_passes(f, "O", WAY_IN);
    add_discovery(f, "O");
    add_hosts(f, "O", "-d");
}

static void add_net(const struct family *f, const char *chain, const char *side, const char *net)
{
    begin(f, chain);
    if (side[1] == 's' && f->j->place->port.len)
        buf_addf(f->out, " -i " STR_FMT, STR_ARG(f->j->place->port));
    if (net)
        buf_addf(f->out, " %s %s -j DROP\n", side, net);
    else
        buf_addf(f->out, " -m set --match-set calm_%s_%c %s -j DROP\n", f->j->tag,
                 f->size == 4 ? '4' : '6', side[1] == 's' ? "src" : "dst");
}

static void add_nets(const struct family *f, const char *chain, const char *side)
{
    char net[NET_TEXT_SIZE];

    if (uses_set(f->j, f->size)) {
        add_net(f, chain, side, NULL);
        return;
    }
    for (size_t i = 0; i < f->j->plan->net_count; i++)
        if (f->j->plan->nets[i].size == f->size)
            add_net(f, chain, side, net_text(net, &f->j->plan->nets[i]));
}

static void add_block(const struct family *f)
{
    add_passes(f, "I", WAY_IN | WAY_OUT);
    add_nets(f, "I", "-s");
    add_nets(f, "I", "-d");
    add_passes(f, "O", WAY_IN | WAY_OUT);
    add_nets(f, "O", "-d");
}

static void add_flood(const struct family *f, const char *chain, bool counts_data, const char *host)
{
    bool is_udp = limit_counted(f->j->plan) == LIMIT_UDP;
    const struct plan_value *port = plan_value(f->j->plan, "port");

    begin(f, chain);
    if (host)
        buf_addf(f->out, " -d %s", host);
    buf_adds(f->out, is_udp ? " -p udp -m udp" : " -p tcp -m tcp");
    if (port)
        buf_addf(f->out, " --dport %u", (unsigned)port->number);
    buf_adds(f->out, is_udp ? "" : counts_data ? " --tcp-flags PSH PSH" : " --syn");
}

static unsigned prefix_of(const struct family *f)
{
    return (unsigned)(f->size == 4 ? device_number(f->j, "prefix4", 32)
                                   : device_number(f->j, "prefix6", 64));
}

static void add_meter(const struct family *f, const char *host, const struct filter_rate *rate)
{
    add_flood(f, "I", limit_counted(f->j->plan) == LIMIT_DATA, host);
    buf_adds(f->out, " -m hashlimit --hashlimit-above ");
    buf_add_u64(f->out, rate->per_second);
    buf_adds(f->out, rate->is_bytes ? "b/s --hashlimit-burst " : "/sec --hashlimit-burst ");
    buf_add_u64(f->out, rate->burst);
    buf_addf(f->out,
             "%s --hashlimit-mode srcip --hashlimit-srcmask %u --hashlimit-htable-expire 60000 "
             "--hashlimit-name calm%s%s -j DROP\n",
             rate->is_bytes ? "b" : "", prefix_of(f), f->j->tag, rate->is_bytes ? "b" : "");
}

static void add_rate(const struct family *f, const char *host)
{
    struct filter_rate packets = limit_packets(f->j->plan), bytes = limit_bytes(f->j->plan);

    if (packets.per_second)
        add_meter(f, host, &packets);
    if (bytes.per_second)
        add_meter(f, host, &bytes);
}

static void add_connections(const struct family *f, const char *host)
{
    add_flood(f, "M", false, host);
    buf_adds(f->out, " -m connlimit --connlimit-above ");
    buf_add_u64(f->out, device_number(f->j, "connections", 0));
    buf_addf(f->out, " --connlimit-mask %u --connlimit-saddr -j DROP\n", prefix_of(f));
}

/* For each address of the host, where the device stands before it. */
static void add_limit(const struct family *f, const char *chain,
                      void (*add)(const struct family *, const char *host))
{
    char net[NET_TEXT_SIZE];

    add_passes(f, chain, WAY_IN);
    if (f->j->place->is_host_itself || !f->j->place->host_count)
        add(f, NULL);
    for (size_t i = 0; !f->j->place->is_host_itself && i < f->j->place->host_count; i++)
        if (f->j->place->hosts[i].size == f->size)
            add(f, net_text(net, &f->j->place->hosts[i]));
}

/* The rule that leads into a chain, without -I or -D. */
static void add_jump(const struct device_job *j, const char *hook, const char *chain,
                     const char *place, struct buf *out)
{
    char time[UTC_PLAIN_SIZE];

    buf_addf(out, " %s%s", hook, place);
    if (j->plan->expiry_s) {
        utc_plain(time, (struct utc){.sec = (int64_t)j->plan->expiry_s});
        buf_addf(out, " -m time --datestop %.10sT%.8s", time, time + 11);
    }
    buf_addf(out, " -j CALM-%s-%s", j->tag, chain);
}

static void add_raw(const struct family *f)
{
    const struct device_job *j = f->j;

    buf_addf(f->out, "*raw\n:CALM-%s-I - [0:0]\n", j->tag);
    if (uses_out(j))
        buf_addf(f->out, ":CALM-%s-O - [0:0]\n", j->tag);
    if (device_is(j, "isolate"))
        add_isolate(f);
    else if (device_is(j, "block"))
        add_block(f);
    else
        add_limit(f, "I", add_rate);
    buf_adds(f->out, "-I");
    add_jump(j, "PREROUTING", "I", " 1", f->out);
    if (uses_out(j)) {
        buf_adds(f->out, "\n-I");
        add_jump(j, "OUTPUT", "O", " 1", f->out);
    }
    buf_adds(f->out, "\nCOMMIT\n");
}

static void add_mangle(const struct family *f)
{
    buf_addf(f->out, "*mangle\n:CALM-%s-M - [0:0]\n", f->j->tag);
    if (device_is(f->j, "limit")) {
        add_limit(f, "M", add_connections);
    } else {
        add_passes(f, "M", WAY_IN);
        add_discovery(f, "M");
        begin(f, "M");
        buf_addf(f->out, " -o " STR_FMT " -j DROP\n", STR_ARG(f->j->place->port));
    }
    buf_adds(f->out, "-I");
    add_jump(f->j, mangle_hook(f->j), "M", " 1", f->out);
    buf_adds(f->out, "\nCOMMIT\n");
}

static void add_set(const struct family *f)
{
    const struct plan *p = f->j->plan;
    char net[NET_TEXT_SIZE], name[2] = {f->size == 4 ? '4' : '6', '\0'};

    buf_addf(f->out,
             "ipset restore <<'CALM_END' || fail\n"
             "create calm_%s_%s hash:net family %s hashsize 65536 maxelem %zu\n",
             f->j->tag, name, f->size == 4 ? "inet" : "inet6", device_count_size(f->j, f->size));
    for (size_t i = 0; i < p->net_count; i++)
        if (p->nets[i].size == f->size)
            buf_addf(f->out, "add calm_%s_%s %s\n", f->j->tag, name, net_text(net, &p->nets[i]));
    buf_adds(f->out, "CALM_END\n");
}

/* What undoes one table, as words for printf(1) within double quotes: declaring a chain empties it,
 * and makes it where half of it is gone. */
static void undo_table(const struct family *f, const char *table, const char *const chains[],
                       const char *const hooks[])
{
    const char *tag = f->j->tag;

    buf_addf(f->out,
             "if %s -w 5 -t %s -n -L CALM-%s-%s >/dev/null 2>&1; then printf \"%%s\\n\" \"*%s\"",
             f->program, table, tag, chains[0], table);
    for (size_t i = 0; chains[i]; i++)
        buf_addf(f->out, " \":CALM-%s-%s - [0:0]\"", tag, chains[i]);
    for (size_t i = 0; chains[i]; i++) {
        buf_adds(f->out, " \"-D");
        add_jump(f->j, hooks[i], chains[i], "", f->out);
        buf_addf(f->out, "\" \"-X CALM-%s-%s\"", tag, chains[i]);
    }
    buf_addf(f->out, " COMMIT | %s-restore -w 5 --noflush; fi", f->program);
}

static void undo_family(const struct family *f)
{
    static const char *const raw[] = {"I", "O", NULL}, *const raw_hooks[] = {"PREROUTING",
                                                                             "OUTPUT"};
    static const char *const one[] = {"I", NULL}, *const late[] = {"M", NULL};
    const char *hook = mangle_hook(f->j);

    if (uses_raw(f->j))
        undo_table(f, "raw", uses_out(f->j) ? raw : one, raw_hooks);
    if (uses_raw(f->j) && uses_mangle(f->j))
        buf_adds(f->out, "; ");
    if (uses_mangle(f->j))
        undo_table(f, "mangle", late, &hook);
    if (uses_set(f->j, f->size))
        buf_addf(f->out,
                 "; if ipset -n list calm_%s_%c >/dev/null 2>&1; then ipset destroy calm_%s_%c; fi",
                 f->j->tag, f->size == 4 ? '4' : '6', f->j->tag, f->size == 4 ? '4' : '6');
}

static unsigned first_size(const struct device_job *j)
{
    return has_family(j, 4) ? 4 : 16;
}

/* The chain that is there until someone confirms. */
static void add_mark(const struct device_job *j, const char *verb, struct buf *out)
{
    buf_addf(out, "%s -w 5 -t raw %s CALM-%s-T", first_size(j) == 4 ? "iptables" : "ip6tables",
             verb, j->tag);
}

static void undo_all(const struct device_job *j, struct buf *out)
{
    for (unsigned size = 4; size <= 16; size += 12) {
        struct family f = family_of(j, size, out);

        if (!has_family(j, size))
            continue;
        undo_family(&f);
        buf_adds(out, "; ");
    }
    if (j->plan->timer_s) {
        buf_adds(out, "if ");
        add_mark(j, "-n -L", out);
        buf_adds(out, " >/dev/null 2>&1; then ");
        add_mark(j, "-X", out);
        buf_adds(out, "; fi");
    } else {
        buf_adds(out, ":");
    }
}

static void add_watch(const struct device_job *j, struct buf *out)
{
    CLEANUP_BUF struct buf back = {0};
    char seconds[16];

    snprintf(seconds, sizeof(seconds), "%u", j->plan->timer_s);
    add_mark(j, "-N", out);
    buf_adds(out, " || exit 1\n");
    add_mark(j, "-n -L", &back);
    buf_adds(&back, " || exit 0; ");
    undo_all(j, &back);
    shell_add_later(out, seconds, buf_text(&back));
}

static void add_family(const struct family *f)
{
    if (uses_set(f->j, f->size))
        add_set(f);
    buf_addf(f->out, "%s-restore -w 5 --noflush <<'CALM_END' || fail\n", f->program);
    if (uses_mangle(f->j))
        add_mangle(f);
    if (uses_raw(f->j))
        add_raw(f);
    buf_adds(f->out, "CALM_END\n");
}

static void iptables_apply(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_apply(j, &link_words, out);
        return;
    }
    buf_addf(out, "set -u\nfail() { ");
    undo_all(j, out);
    buf_addf(out, "; echo \"calm %s: refused by this system, and undone\" >&2; exit 1; }\n",
             j->tag);
    for (unsigned size = 4; size <= 16; size += 12)
        if (has_family(j, size))
            buf_addf(out,
                     "if %s -w 5 -t %s -n -L CALM-%s-%s >/dev/null 2>&1; then echo \"calm %s is "
                     "there already: undo it first\" >&2; exit 1; fi\n",
                     size == 4 ? "iptables" : "ip6tables", uses_raw(j) ? "raw" : "mangle", j->tag,
                     uses_raw(j) ? "I" : "M", j->tag);
    shell_add_left(j, out);
    if (uses_set(j, 4) || uses_set(j, 16))
        buf_adds(out, "if ! command -v ipset >/dev/null; then echo \"ipset is missing: install it, "
                      "or ask calm for nftables\" >&2; exit 1; fi\n");
    if (j->plan->timer_s)
        add_watch(j, out);
    for (unsigned size = 4; size <= 16; size += 12) {
        struct family f = family_of(j, size, out);

        if (has_family(j, size))
            add_family(&f);
    }
    buf_addf(out, "echo \"calm %s is in effect\"\n", j->tag);
}

static void iptables_check(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_check(j, &link_words, out);
        return;
    }
    shell_add_left(j, out);
    for (unsigned size = 4; size <= 16; size += 12)
        if (has_family(j, size))
            buf_addf(out,
                     "if ! %s -w 5 -t %s -v -n -L CALM-%s-%s; then echo \"calm %s is not in "
                     "effect\"; exit 1; fi\n",
                     size == 4 ? "iptables" : "ip6tables", uses_raw(j) ? "raw" : "mangle", j->tag,
                     uses_raw(j) ? "I" : "M", j->tag);
    buf_addf(out, "echo \"calm %s is in effect\"\n", j->tag);
}

static void iptables_confirm(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_confirm(j, out);
        return;
    }
    add_mark(j, "-X", out);
    buf_addf(out,
             " || { echo \"calm %s is confirmed, or went back\" >&2; exit 1; }\n"
             "echo \"calm %s is confirmed\"\n",
             j->tag, j->tag);
}

static void iptables_undo(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_undo(j, &link_words, out);
        return;
    }
    undo_all(j, out);
    buf_addf(out, "\necho \"calm %s is undone\"\n", j->tag);
}

static int iptables_judge(const struct device_job *j, struct err *e)
{
    if (device_is(j, "limit") &&
        (device_number(j, "rate", 0) > RATE_MOST || device_number(j, "burst", 0) > RATE_MOST ||
         device_number(j, "rate", 0) * 2 > RATE_MOST))
        return err_set(e, ERR_LIMIT,
                       "iptables counts at most %d packets at once of one source; nftables more",
                       RATE_MOST);
    if (j->plan->expiry_s > TIME_MOST)
        return err_set(e, ERR_LIMIT, "iptables knows no time after the 19th of January 2038");
    return shell_judge(j, e);
}

static void iptables_lacks(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down"))
        return;
    device_lacks_boot(j, out);
    device_lacks_addresses(j, out);
    if (device_is(j, "limit") && limit_counted(j->plan) == LIMIT_DATA)
        buf_adds(out, "Of what brings data in a connection, packets with the mark PSH are counted: "
                      "those that end what a program sent at once.\n");
    if (device_is(j, "block") && j->place->port.len)
        buf_adds(out,
                 "What goes to the blocked networks is dropped whichever interface it takes.\n");
    if (uses_set(j, 4) || uses_set(j, 16))
        buf_adds(out, "It needs ipset: iptables alone compares every packet with each network.\n");
    if (!j->place->is_host_itself)
        buf_adds(out, "Packets that this device passes on within a bridge are not held, unless "
                      "net.bridge.bridge-nf-call-iptables is 1.\n");
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

const struct contain_device device_iptables = {.name = "iptables",
                                               .title = "iptables on Linux",
                                               .language = "sh",
                                               .comment = "#",
                                               .how = "as root: sh FILE",
                                               .ssh = &device_ssh_shell,
                                               .abilities = abilities,
                                               .judge = iptables_judge,
                                               .lacks = iptables_lacks,
                                               .apply = iptables_apply,
                                               .check = iptables_check,
                                               .confirm = iptables_confirm,
                                               .undo = iptables_undo};
