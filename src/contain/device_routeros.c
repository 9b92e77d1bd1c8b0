/* device_routeros.c: a plan as commands of the console of MikroTik RouterOS. */
#include <netinet/in.h>
#include <string.h>
#include "contain/device_text.h"
#include "contain/limit.h"

/* What is written at the moment: one of the two menus. */
struct menu {
    const struct device_job *j;
    struct buf *out;
    unsigned size; /* of an address */
};

static const char *root(unsigned size)
{
    return size == 4 ? "/ip firewall" : "/ipv6 firewall";
}

static bool shuts_port(const struct device_job *j)
{
    return device_is(j, "isolate") && !j->place->is_host_itself && j->place->port.len &&
           !j->plan->allow_count;
}

static bool is_shut(const struct device_job *j)
{
    return device_is(j, "down") || shuts_port(j);
}

static struct str port_of(const struct device_job *j)
{
    return device_is(j, "down") ? plan_value(j->plan, "interface")->text : j->place->port;
}

static bool has_family(const struct device_job *j, unsigned size)
{
    if (device_is(j, "block"))
        return device_has_size(j, size);
    return j->place->is_host_itself || !j->place->host_count || device_host_has_size(j, size);
}

static bool uses_raw(const struct device_job *j)
{
    return !device_is(j, "limit") || plan_value(j->plan, "rate");
}

static bool uses_filter(const struct device_job *j)
{
    return device_is(j, "limit") && plan_value(j->plan, "connections");
}

/* table: "raw" or "filter". The rule's conditions follow, then end_rule. */
static void begin_rule(const struct menu *m, const char *table, const char *chain,
                       const char *action)
{
    buf_addf(m->out, "%s %s add chain=\"calm-%s-%s\" action=%s comment=\"calm-%s\"", root(m->size),
             table, m->j->tag, chain, action, m->j->tag);
}

static void end_rule(const struct menu *m)
{
    buf_addc(m->out, '\n');
}

static void add_pass(const struct menu *m, const char *table, const char *chain,
                     const struct device_pass *p)
{
    char net[NET_TEXT_SIZE];

    begin_rule(m, table, chain, "return");
    buf_addf(m->out, " %s-address=%s", p->is_in ? "src" : "dst", net_text(net, p->net));
    if (p->protocol) {
        buf_addf(m->out, " protocol=%s %s-port=%u", device_protocol(p->protocol),
                 p->is_source ? "src" : "dst", p->first);
        if (p->last > p->first)
            buf_addf(m->out, "-%u", p->last);
    }
    if (p->is_answer)
        buf_adds(m->out, " tcp-flags=ack");
    end_rule(m);
}

enum { WAY_IN = 1, WAY_OUT = 2 };
static void add_passes(const struct menu *m, const char *table, const char *chain, unsigned ways)
{
    struct device_pass passes[2];

    for (size_t i = 0; i < m->j->plan->allow_count; i++) {
        if (m->j->plan->allow[i].net.size != m->size)
            continue;
        device_passes(&m->j->plan->allow[i], passes);
        if (ways & WAY_IN)
            add_pass(m, table, chain, &passes[0]);
        if (ways & WAY_OUT)
            add_pass(m, table, chain, &passes[1]);
    }
}

static void add_discovery(const struct menu *m, const char *chain)
{
    for (unsigned type = 134; type <= 136 && m->size == 16; type++) {
        begin_rule(m, "raw", chain, "return");
        buf_addf(m->out, " protocol=icmpv6 icmp-options=%u:0-255 hop-limit=equal:255", type);
        end_rule(m);
    }
}

static void drop_hosts(const struct menu *m, const char *chain, const char *side)
{
    char net[NET_TEXT_SIZE];

    for (size_t i = 0; i < m->j->place->host_count; i++) {
        if (m->j->place->hosts[i].size != m->size)
            continue;
        begin_rule(m, "raw", chain, "drop");
        buf_addf(m->out, " %s-address=%s", side, net_text(net, &m->j->place->hosts[i]));
        end_rule(m);
    }
}

static void add_isolate(const struct menu *m)
{
    const struct device_place *place = m->j->place;

    add_passes(m, "raw", "in", place->is_host_itself ? WAY_IN : WAY_IN | WAY_OUT);
    add_discovery(m, "in");
    add_passes(m, "raw", "out", place->is_host_itself ? WAY_OUT : WAY_IN);
    add_discovery(m, "out");
    if (place->is_host_itself) {
        begin_rule(m, "raw", "in", "drop");
        end_rule(m);
        begin_rule(m, "raw", "out", "drop");
        end_rule(m);
        return;
    }
    if (!place->host_count) {
        begin_rule(m, "raw", "in", "drop");
        buf_addf(m->out, " in-interface=\"" STR_FMT "\"", STR_ARG(place->port));
        end_rule(m);
        begin_rule(m, "raw", "out", "drop");
        buf_addf(m->out, " out-interface=\"" STR_FMT "\"", STR_ARG(place->port));
        end_rule(m);
    }
    drop_hosts(m, "in", "src");
    drop_hosts(m, "in", "dst");
    drop_hosts(m, "out", "dst");
}

static void drop_list(const struct menu *m, const char *chain, const char *side)
{
    begin_rule(m, "raw", chain, "drop");
    if (m->j->place->port.len && strcmp(side, "src") == 0)
        buf_addf(m->out, " in-interface=\"" STR_FMT "\"", STR_ARG(m->j->place->port));
    buf_addf(m->out, " %s-address-list=\"calm-%s\"", side, m->j->tag);
    end_rule(m);
}

static void add_block(const struct menu *m)
{
    char net[NET_TEXT_SIZE];

    buf_addf(m->out, "%s address-list\n", root(m->size));
    for (size_t i = 0; i < m->j->plan->net_count; i++)
        if (m->j->plan->nets[i].size == m->size)
            buf_addf(m->out, "add list=\"calm-%s\" address=%s\n", m->j->tag,
                     net_text(net, &m->j->plan->nets[i]));
    buf_adds(m->out, "/\n");
    add_passes(m, "raw", "in", WAY_IN | WAY_OUT);
    add_passes(m, "raw", "out", WAY_IN | WAY_OUT);
    drop_list(m, "in", "src");
    drop_list(m, "in", "dst");
    drop_list(m, "out", "dst");
}

static void add_flood(const struct menu *m, enum limit_counted counted, const char *host)
{
    const struct plan_value *port = plan_value(m->j->plan, "port");
    static const char *const words[] = {[LIMIT_BEGINS] = "tcp tcp-flags=syn,!ack,!rst,!fin",
                                        [LIMIT_UDP] = "udp",
                                        [LIMIT_DATA] = "tcp tcp-flags=psh"};

    if (host)
        buf_addf(m->out, " dst-address=%s", host);
    buf_addf(m->out, " protocol=%s", words[counted]);
    if (port)
        buf_addf(m->out, " dst-port=%u", (unsigned)port->number);
}

static void add_rate(const struct menu *m, const char *host)
{
    uint64_t rate = device_number(m->j, "rate", 0);

    begin_rule(m, "raw", "in", "return");
    add_flood(m, limit_counted(m->j->plan), host);
    buf_adds(m->out, " dst-limit=");
    buf_add_u64(m->out, rate);
    buf_adds(m->out, "/1s,");
    buf_add_u64(m->out, device_number(m->j, "burst", rate * 2));
    buf_adds(m->out, ",src-address/1m");
    end_rule(m);
    begin_rule(m, "raw", "in", "drop");
    add_flood(m, limit_counted(m->j->plan), host);
    end_rule(m);
}

static void add_connections(const struct menu *m, const char *host)
{
    unsigned prefix = (unsigned)(m->size == 4 ? device_number(m->j, "prefix4", 32)
                                              : device_number(m->j, "prefix6", 64));

    begin_rule(m, "filter", "late", "drop");
    add_flood(m, LIMIT_BEGINS, host);
    buf_addf(m->out, " connection-limit=%u,%u", (unsigned)device_number(m->j, "connections", 0),
             prefix);
    end_rule(m);
}

static void add_limit(const struct menu *m, const char *table, const char *chain,
                      void (*add)(const struct menu *, const char *host))
{
    const struct device_place *place = m->j->place;
    char net[NET_TEXT_SIZE];

    add_passes(m, table, chain, WAY_IN);
    if (place->is_host_itself || !place->host_count)
        add(m, NULL);
    for (size_t i = 0; !place->is_host_itself && i < place->host_count; i++)
        if (place->hosts[i].size == m->size)
            add(m, net_text(net, &place->hosts[i]));
}

/* The rule that leads into our chain stands first: before the first that someone wrote, where there
 * is one. Those that the system itself put there cannot be passed. */
static void add_jump(const struct menu *m, const char *table, const char *hook, const char *chain)
{
    CLEANUP_BUF struct buf rule = {0};

    buf_addf(&rule, "%s %s add chain=%s action=jump jump-target=\"calm-%s-%s\" comment=\"calm-%s\"",
             root(m->size), table, hook, m->j->tag, chain, m->j->tag);
    buf_addf(m->out,
             ":if ([:len [%s %s find dynamic=no]] > 0) do={%s place-before=[:pick [%s %s find "
             "dynamic=no] 0]} else={%s}\n",
             root(m->size), table, buf_text(&rule), root(m->size), table, buf_text(&rule));
}

static void add_family(const struct menu *m)
{
    const struct device_job *j = m->j;

    if (device_is(j, "isolate"))
        add_isolate(m);
    else if (device_is(j, "block"))
        add_block(m);
    else if (uses_raw(j))
        add_limit(m, "raw", "in", add_rate);
    if (uses_filter(j))
        add_limit(m, "filter", "late", add_connections);
    if (uses_filter(j))
        add_jump(m, "filter", j->place->is_host_itself ? "input" : "forward", "late");
    if (uses_raw(j) && !device_is(j, "limit"))
        add_jump(m, "raw", "output", "out");
    if (uses_raw(j))
        add_jump(m, "raw", "prerouting", "in");
}

/* Jumps go first: what is left of a chain is entered by nobody. */
static void remove_from(const struct device_job *j, unsigned size, const char *table,
                        struct buf *out)
{
    buf_addf(out,
             "%s %s remove [find action=jump comment=\"calm-%s\"]\n"
             "%s %s remove [find comment=\"calm-%s\"]\n",
             root(size), table, j->tag, root(size), table, j->tag);
}

static void add_removal(const struct device_job *j, struct buf *out)
{
    if (is_shut(j)) {
        buf_addf(out,
                 ":if ([:len [/system script find name=\"calm-%s-was-up\"]] > 0) do={/interface "
                 "enable [find name=\"" STR_FMT "\"]}\n"
                 "/system script remove [find name=\"calm-%s-was-up\"]\n",
                 j->tag, STR_ARG(port_of(j)), j->tag);
    }
    for (unsigned size = 4; size <= 16 && !is_shut(j); size += 12) {
        if (!has_family(j, size))
            continue;
        if (uses_raw(j))
            remove_from(j, size, "raw", out);
        if (uses_filter(j))
            remove_from(j, size, "filter", out);
        if (device_is(j, "block"))
            buf_addf(out, "%s address-list remove [find list=\"calm-%s\"]\n", root(size), j->tag);
    }
    buf_addf(out,
             "/system scheduler remove [find name=\"calm-%s-end\"]\n"
             "/system scheduler remove [find name=\"calm-%s-back\"]\n",
             j->tag, j->tag);
}

/* The inside of a string of the console: what could end it or begin a variable is escaped. */
static void add_string(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (c == '\n')
            buf_adds(out, "\\r\\n");
        else if (c == '"' || c == '\\' || c == '$')
            buf_addf(out, "\\%c", c);
        else
            buf_addc(out, c);
    }
}

static void add_schedule(const struct device_job *j, const char *name, uint64_t seconds,
                         struct buf *out)
{
    CLEANUP_BUF struct buf back = {0};

    add_removal(j, &back);
    buf_addf(out, "/system scheduler add name=\"calm-%s-%s\" interval=", j->tag, name);
    buf_add_u64(out, seconds);
    buf_adds(out, "s policy=read,write on-event=\"");
    add_string(out, buf_str(&back));
    buf_adds(out, "\"\n");
}

/* Where the script is imported this ends it; where it is pasted, the schedule of the same name is
 * refused, and a rule that is there twice does no harm. */
static void add_guard(const struct device_job *j, struct buf *out)
{
    buf_addf(out,
             ":if ([:len [/ip firewall raw find comment=\"calm-%s\"]] > 0) do={:error \"calm %s is "
             "there already: undo it first\"}\n",
             j->tag, j->tag);
}

static void routeros_apply(const struct device_job *j, struct buf *out)
{
    if (!is_shut(j))
        add_guard(j, out);
    if (j->plan->expiry_s)
        add_schedule(j, "end", j->plan->expiry_s - j->place->now_s, out);
    if (j->plan->timer_s)
        add_schedule(j, "back", j->plan->timer_s, out);
    if (is_shut(j)) {
        buf_addf(out,
                 ":if ([:len [/interface find name=\"" STR_FMT "\" disabled=no]] > 0) do={/system "
                 "script add name=\"calm-%s-was-up\" source=\"\"}\n"
                 "/interface disable [find name=\"" STR_FMT "\"]\n",
                 STR_ARG(port_of(j)), j->tag, STR_ARG(port_of(j)));
        return;
    }
    for (unsigned size = 4; size <= 16; size += 12) {
        struct menu m = {.j = j, .out = out, .size = size};

        if (has_family(j, size))
            add_family(&m);
    }
}

static void routeros_check(const struct device_job *j, struct buf *out)
{
    for (unsigned size = 4; size <= 16 && !is_shut(j); size += 12) {
        if (!has_family(j, size))
            continue;
        if (uses_raw(j))
            buf_addf(out, "%s raw print stats where comment=\"calm-%s\"\n", root(size), j->tag);
        if (uses_filter(j))
            buf_addf(out, "%s filter print stats where comment=\"calm-%s\"\n", root(size), j->tag);
        if (device_is(j, "block"))
            buf_addf(out, "%s address-list print count-only where list=\"calm-%s\"\n", root(size),
                     j->tag);
    }
    if (is_shut(j))
        buf_addf(out, "/interface print where name=\"" STR_FMT "\"\n", STR_ARG(port_of(j)));
    buf_addf(out, "/system scheduler print where name~\"^calm-%s-\"\n", j->tag);
}

static void routeros_confirm(const struct device_job *j, struct buf *out)
{
    buf_addf(out, "/system scheduler remove [find name=\"calm-%s-back\"]\n", j->tag);
}

static int routeros_judge(const struct device_job *j, struct err *e)
{
    struct str port = port_of(j);
    int rc = 0;

    if (port.len)
        rc = device_judge_name(port, "an interface", "._-:/ ", DEVICE_PORT_SIZE, e);
    if (rc)
        return rc;
    if (j->plan->expiry_s && j->plan->expiry_s <= j->place->now_s)
        return err_set(e, ERR_USAGE, "the plan has expired");
    if (device_is(j, "limit") && plan_value(j->plan, "connections") &&
        str_is(plan_value(j->plan, "flood")->text, "udp"))
        return err_set(e, ERR_USAGE, "RouterOS counts open connections of TCP alone");
    if (device_is(j, "limit") && plan_value(j->plan, "bytes") && !plan_value(j->plan, "rate"))
        return err_set(e, ERR_USAGE, "RouterOS counts packets of a source, not bytes: say a rate");
    return 0;
}

static void lacks_limit(const struct device_job *j, struct buf *out)
{
    if (limit_bytes(j->plan).per_second)
        buf_adds(out, "Packets of a source are counted, not its bytes.\n");
    if (limit_counted(j->plan) == LIMIT_DATA)
        buf_adds(out, "Of what brings data in a connection, packets with the mark PSH are counted: "
                      "those that end what a program sent at once.\n");
    if (plan_value(j->plan, "rate"))
        buf_adds(out, "The rate holds for each address, whatever prefix the plan names.\n");
    if (uses_filter(j))
        buf_adds(out,
                 "Connections that FastTrack passes on are not counted again, and need not be: "
                 "only new ones are held.\n");
}

static void routeros_lacks(const struct device_job *j, struct buf *out)
{
    if (!is_shut(j)) {
        device_lacks_addresses(j, out);
        buf_adds(out, "Packets that this device passes on within a bridge are not held, unless the "
                      "bridge's use-ip-firewall is yes.\n");
    } else if (shuts_port(j)) {
        buf_adds(out, "All that is behind the port is cut, not only the host; who reaches this "
                      "device through it is cut too.\n");
    }
    if (device_is(j, "isolate") && !is_shut(j) && !j->place->is_host_itself &&
        !j->place->host_count)
        buf_adds(out, "What others send to the port is not held; nothing comes back from it.\n");
    if (device_is(j, "block") && j->place->port.len)
        buf_adds(out,
                 "What goes to the blocked networks is dropped whichever interface it takes.\n");
    if (device_is(j, "limit"))
        lacks_limit(j, out);
    if (j->plan->expiry_s)
        buf_adds(out,
                 "Its end is counted from when this was written, not from when it is applied.\n");
    if (j->plan->net_count > 1000)
        buf_adds(out,
                 "So many lines are brought as a file: upload it, then  import file-name=FILE .\n");
    buf_adds(out, "Ctrl-X before the first line is a second net: what was typed is undone when the "
                  "session is lost. Ctrl-X again keeps it.\n");
}

static const struct device_ability abilities[] = {
    {"isolate", NULL}, {"block", NULL}, {"limit", NULL}, {"down", NULL}, {0}};

static const char *const first[] = {NULL};
static const char *const errors[] = {"syntax error",
                                     "bad command",
                                     "expected ",
                                     "failure:",
                                     "input does not match",
                                     "invalid ",
                                     "no such ",
                                     "not enough permissions",
                                     "ambiguous",
                                     "missing ",
                                     "unknown parameter",
                                     "value ",
                                     "calm ",
                                     NULL};

static const struct device_ssh over_ssh = {.feed = DEVICE_CONSOLE,
                                           .last = "/quit",
                                           .user_suffix = "+ct511w4098h",
                                           .ends = ">",
                                           .needs = "the user must be at the console at once",
                                           .first = first,
                                           .errors = errors};

const struct contain_device device_routeros = {
    .name = "routeros",
    .title = "MikroTik RouterOS",
    .language = "rsc",
    .comment = "#",
    .how = "pasted at the console, or uploaded and imported",
    .ssh = &over_ssh,
    .abilities = abilities,
    .judge = routeros_judge,
    .lacks = routeros_lacks,
    .apply = routeros_apply,
    .check = routeros_check,
    .confirm = routeros_confirm,
    .undo = add_removal};
