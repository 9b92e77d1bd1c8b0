/* device_junos.c: a plan as commands of Junos. All of it stands in a configuration group of its
 * own, so that taking the group away leaves every other line as it was. */
#include <netinet/in.h>
#include <string.h>
#include "contain/device_text.h"

enum { NAME_SIZE = 63 };

/* A filter of one family in one direction of the port. */
struct filter {
    const struct device_job *j;
    struct buf *out;
    unsigned size; /* of an address */
    bool is_in;    /* of the port: what arrives there */
    unsigned term;
};

static bool is_shut(const struct device_job *j)
{
    return device_is(j, "down") ||
           (device_is(j, "isolate") && j->place->port.len && !j->plan->allow_count);
}

static struct str port_of(const struct device_job *j)
{
    return device_is(j, "down") ? plan_value(j->plan, "interface")->text : j->place->port;
}

static struct str bound(const struct filter *f)
{
    const struct device_place *p = f->j->place;

    if (f->size == 4)
        return f->is_in ? p->bound_in4 : p->bound_out4;
    return f->is_in ? p->bound_in6 : p->bound_out6;
}

static const char *family(unsigned size)
{
    return size == 4 ? "inet" : "inet6";
}

static const char *way(const struct filter *f)
{
    return f->is_in ? "in" : "out";
}

static void begin(const struct filter *f)
{
    buf_addf(f->out, "set groups calm-%s firewall family %s filter calm-%s-%s%s ", f->j->tag,
             family(f->size), f->j->tag, way(f), f->size == 4 ? "" : "6");
}

/* "from …" or "then …" of the term at work. */
static void add_term(const struct filter *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_term(const struct filter *f, const char *fmt, ...)
{
    va_list ap;

    begin(f);
    buf_addf(f->out, "term calm-%u ", f->term);
    va_start(ap, fmt);
    buf_addv(f->out, fmt, ap);
    va_end(ap);
    buf_addc(f->out, '\n');
}

/* With its prefix, also where it is a single address. */
static const char *prefix_text(char out[NET_TEXT_SIZE], const struct net *n)
{
    size_t len;

    net_text(out, n);
    len = strlen(out);
    if (net_is_one(n))
        snprintf(out + len, NET_TEXT_SIZE - len, "/%u", n->prefix);
    return out;
}

static void add_pass(struct filter *f, const struct device_pass *p)
{
    char net[NET_TEXT_SIZE];

    f->term++;
    add_term(f, "from %s-address %s", p->is_in ? "source" : "destination",
             prefix_text(net, p->net));
    if (p->protocol) {
        const char *side = p->is_source ? "source" : "destination";

        add_term(f, "from %s %s", f->size == 4 ? "protocol" : "next-header",
                 device_protocol(p->protocol));
        if (p->last > p->first)
            add_term(f, "from %s-port %u-%u", side, p->first, p->last);
        else
            add_term(f, "from %s-port %u", side, p->first);
    }
    if (p->is_answer)
        add_term(f, "from tcp-established");
    add_term(f, "then accept");
}

/* The port leads to the host at an isolation, and outside at a block. */
static void add_passes(struct filter *f)
{
    struct device_pass passes[2];
    bool wants_in = f->is_in != device_is(f->j, "isolate");

    for (size_t i = 0; i < f->j->plan->allow_count; i++) {
        if (f->j->plan->allow[i].net.size != f->size)
            continue;
        device_passes(&f->j->plan->allow[i], passes);
        add_pass(f, &passes[wants_in ? 0 : 1]);
    }
}

static void add_hold(struct filter *f)
{
    add_term(f, "then count calm-%s-%s%s", f->j->tag, way(f), f->size == 4 ? "" : "6");
    add_term(f, "then discard");
}

static void add_isolate(struct filter *f)
{
    const struct device_place *p = f->j->place;
    char net[NET_TEXT_SIZE];

    if (f->size == 16) {
        f->term++;
        add_term(f, "from next-header icmp6");
        add_term(f, "from icmp-type [ neighbor-solicit neighbor-advertisement "
                    "router-advertisement ]");
        add_term(f, "then accept");
    }
    f->term++;
    for (size_t i = 0; i < p->host_count; i++)
        if (p->hosts[i].size == f->size)
            add_term(f, "from %s-address %s", f->is_in ? "source" : "destination",
                     prefix_text(net, &p->hosts[i]));
    add_hold(f);
}

static void add_filter(struct filter *f)
{
    add_passes(f);
    if (device_is(f->j, "isolate")) {
        add_isolate(f);
    } else {
        f->term++;
        add_term(f, "from %s-prefix-list calm-%s-%c", f->is_in ? "source" : "destination",
                 f->j->tag, f->size == 4 ? '4' : '6');
        add_hold(f);
    }
    f->term++;
    if (!bound(f).len)
        add_term(f, "then accept");
}

static bool has_family(const struct device_job *j, unsigned size)
{
    if (device_is(j, "block"))
        return device_has_size(j, size);
    return !j->place->host_count || device_host_has_size(j, size);
}

static void for_filters(const struct device_job *j, struct buf *out, void (*add)(struct filter *))
{
    for (unsigned size = 4; size <= 16; size += 12)
        for (int is_in = 1; is_in >= 0 && has_family(j, size); is_in--) {
            struct filter f = {.j = j, .out = out, .size = size, .is_in = is_in};

            add(&f);
        }
}

/* "ge-0/0/1.5" is unit 5 of ge-0/0/1. */
static void split_port(const struct device_job *j, struct str *interface, struct str *unit)
{
    struct str port = port_of(j);

    *interface = str_cut(&port, '.');
    *unit = port.len ? port : STR("0");
}

static void add_bind(const struct filter *f, const char *begin_with)
{
    struct str interface, unit;

    split_port(f->j, &interface, &unit);
    buf_addf(f->out, "%s interfaces " STR_FMT " unit " STR_FMT " family %s filter %sput",
             begin_with, STR_ARG(interface), STR_ARG(unit), family(f->size), way(f));
}

static void bind_filter(struct filter *f)
{
    CLEANUP_BUF struct buf set = {0};

    buf_addf(&set, "set groups calm-%s", f->j->tag);
    if (!bound(f).len) {
        add_bind(f, buf_text(&set));
        buf_addf(f->out, " calm-%s-%s%s\n", f->j->tag, way(f), f->size == 4 ? "" : "6");
        return;
    }
    add_bind(f, "delete");
    buf_addc(f->out, '\n');
    add_bind(f, "set");
    buf_addf(f->out, "-list [ calm-%s-%s%s " STR_FMT " ]\n", f->j->tag, way(f),
             f->size == 4 ? "" : "6", STR_ARG(bound(f)));
}

static void unbind_filter(struct filter *f)
{
    if (!bound(f).len)
        return;
    add_bind(f, "delete");
    buf_adds(f->out, "-list\n");
    add_bind(f, "set");
    buf_addf(f->out, " " STR_FMT "\n", STR_ARG(bound(f)));
}

static void add_prefixes(const struct device_job *j, struct buf *out)
{
    char net[NET_TEXT_SIZE];

    for (size_t i = 0; i < j->plan->net_count; i++)
        buf_addf(out, "set groups calm-%s policy-options prefix-list calm-%s-%c %s\n", j->tag,
                 j->tag, j->plan->nets[i].size == 4 ? '4' : '6',
                 prefix_text(net, &j->plan->nets[i]));
}

static void junos_apply(const struct device_job *j, struct buf *out)
{
    struct str interface, unit;

    split_port(j, &interface, &unit);
    buf_adds(out, "configure exclusive\n");
    if (is_shut(j)) {
        buf_addf(out, "set groups calm-%s interfaces " STR_FMT " disable\n", j->tag,
                 STR_ARG(interface));
    } else {
        if (device_is(j, "block"))
            add_prefixes(j, out);
        for_filters(j, out, add_filter);
        for_filters(j, out, bind_filter);
    }
    buf_addf(out, "set apply-groups calm-%s\n", j->tag);
    if (j->plan->timer_s)
        buf_addf(out, "commit confirmed %u comment \"calm %s\"\n", device_minutes(j->plan->timer_s),
                 j->tag);
    else
        buf_addf(out, "commit comment \"calm %s\"\n", j->tag);
    buf_adds(out, "exit\n");
}

static void show_filter(struct filter *f)
{
    buf_addf(f->out, "show firewall filter calm-%s-%s%s\n", f->j->tag, way(f),
             f->size == 4 ? "" : "6");
}

static void junos_check(const struct device_job *j, struct buf *out)
{
    struct str interface, unit;

    split_port(j, &interface, &unit);
    buf_addf(out, "show configuration apply-groups\nshow interfaces " STR_FMT " terse\n",
             STR_ARG(interface));
    if (!is_shut(j)) {
        buf_addf(out, "show interfaces filters " STR_FMT "\n", STR_ARG(interface));
        for_filters(j, out, show_filter);
    }
    buf_adds(out, "show system commit\n");
}

static void junos_confirm(const struct device_job *j, struct buf *out)
{
    buf_addf(out, "configure exclusive\ncommit comment \"calm %s confirmed\"\nexit\n", j->tag);
}

static void junos_undo(const struct device_job *j, struct buf *out)
{
    buf_adds(out, "configure exclusive\n");
    if (!is_shut(j))
        for_filters(j, out, unbind_filter);
    buf_addf(out,
             "delete apply-groups calm-%s\ndelete groups calm-%s\n"
             "commit comment \"calm %s undone\"\nexit\n",
             j->tag, j->tag, j->tag);
}

static int junos_judge(const struct device_job *j, struct err *e)
{
    const struct str names[] = {j->place->bound_in4, j->place->bound_out4, j->place->bound_in6,
                                j->place->bound_out6};
    struct str port = port_of(j);
    int rc = 0;

    if (j->place->is_host_itself)
        return err_set(e, ERR_USAGE,
                       "a router is written for as what stands before the host; for "
                       "itself take its console");
    if (!port.len)
        return err_set(e, ERR_USAGE, "Junos filters at an interface: say the port");
    rc = device_judge_name(port, "an interface", ".-:/", DEVICE_PORT_SIZE, e);
    for (size_t i = 0; i < COUNT_OF(names) && rc == 0; i++)
        if (names[i].len)
            rc = device_judge_name(names[i], "a filter", "._-", NAME_SIZE, e);
    return rc;
}

static void lacks_filter(const struct device_job *j, struct buf *out)
{
    const struct device_place *p = j->place;

    device_lacks_addresses(j, out);
    if (p->bound_in4.len || p->bound_out4.len || p->bound_in6.len || p->bound_out6.len)
        buf_adds(out,
                 "A filter that is bound is asked after ours by a list of filters, which an EX "
                 "switch does not have: there the commit fails and nothing changes. What the plan "
                 "lets pass goes "
                 "past it.\n");
    else
        buf_adds(out, "Where a filter is bound to the port already ours has no effect: look first "
                      "with  show interfaces filters  and name what is bound.\n");
    buf_adds(out, "The port must be a routed one or an irb: a port of a switch takes no filters of "
                  "this kind.\n");
    if (j->plan->net_count > 1000)
        buf_adds(out, "So many lines are loaded from a file: load set FILE, in place of the lines "
                      "that begin with set.\n");
}

static void junos_lacks(const struct device_job *j, struct buf *out)
{
    device_lacks_expiry(j, out);
    if (j->plan->timer_s % 60)
        buf_addf(out, "Unconfirmed it goes back after %u minutes: Junos counts no seconds.\n",
                 device_minutes(j->plan->timer_s));
    if (is_shut(j))
        buf_adds(out, "All that is behind the port is cut, not only the host; who reaches this "
                      "device through it is cut too.\n");
    else
        lacks_filter(j, out);
}

static const struct device_ability abilities[] = {
    {"isolate", NULL}, {"block", NULL}, {"down", NULL}, {0}};

static const char *const first[] = {"set cli screen-length 0", NULL};
static const char *const errors[] = {
    "error:",           "syntax error", "unknown command", "invalid ",
    "missing argument", "ambiguous",    "commit failed",   NULL};

static const struct device_ssh over_ssh = {
    .feed = DEVICE_CONSOLE,
    .last = "exit",
    .ends = ">#",
    .needs = "the user must be in operational mode at once, not in a shell",
    .first = first,
    .errors = errors};

const struct contain_device device_junos = {.name = "junos",
                                            .title = "Junos",
                                            .language = "txt",
                                            .comment = "#",
                                            .how = "typed or pasted in operational mode",
                                            .ssh = &over_ssh,
                                            .abilities = abilities,
                                            .judge = junos_judge,
                                            .lacks = junos_lacks,
                                            .apply = junos_apply,
                                            .check = junos_check,
                                            .confirm = junos_confirm,
                                            .undo = junos_undo};
