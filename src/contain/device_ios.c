/* device_ios.c: a plan as lines for a terminal of Cisco IOS and IOS XE. */
#include <netinet/in.h>
#include <string.h>
#include "contain/device_text.h"

enum { ROOM = 9, HARDWARE_COUNT = 2000 };

/* A list of one family in one direction of the port. */
struct list {
    const struct device_job *j;
    struct buf *out;
    unsigned size;   /* of an address */
    bool is_in;      /* of the port: what arrives there */
    uint32_t number; /* of the next entry */
    bool counts;     /* nothing is written */
};

static bool shuts_port(const struct device_job *j)
{
    return device_is(j, "isolate") && j->place->port.len && !j->plan->allow_count;
}

static struct str bound(const struct list *l)
{
    const struct device_place *p = l->j->place;

    if (l->size == 4)
        return l->is_in ? p->bound_in4 : p->bound_out4;
    return l->is_in ? p->bound_in6 : p->bound_out6;
}

static void add_name(const struct list *l, struct buf *out)
{
    struct str name = bound(l);

    if (name.len)
        buf_addstr(out, name);
    else
        buf_addf(out, "calm-%s-%s%s", l->j->tag, l->is_in ? "in" : "out", l->size == 4 ? "" : "6");
}

/* Begins an entry; false where it is only counted. */
static bool begin(struct list *l, const char *action)
{
    l->number++;
    if (l->counts)
        return false;
    buf_addf(l->out, " %s%u %s", l->size == 4 ? "" : "sequence ", l->number, action);
    return true;
}

static void add_side(const struct list *l, const struct net *n)
{
    char text[NET_TEXT_SIZE], mask[16];
    struct net address;

    if (!n || n->prefix == 0) {
        buf_adds(l->out, " any");
    } else if (net_is_one(n)) {
        buf_addf(l->out, " host %s", net_text(text, n));
    } else if (n->size == 16) {
        buf_addf(l->out, " %s", net_text(text, n));
    } else {
        address = *n;
        address.prefix = 32;
        buf_addf(l->out, " %s %s", net_text(text, &address), device_wildcard(mask, n->prefix));
    }
}

static void add_port(const struct list *l, const struct device_pass *p, bool is_source)
{
    if (!p->protocol || p->is_source != is_source)
        return;
    if (p->last > p->first)
        buf_addf(l->out, " range %u %u", p->first, p->last);
    else
        buf_addf(l->out, " eq %u", p->first);
}

static const char *all(const struct list *l)
{
    return l->size == 4 ? "ip" : "ipv6";
}

static void add_pass(struct list *l, const struct device_pass *p)
{
    if (!begin(l, "permit "))
        return;
    buf_adds(l->out, p->protocol ? device_protocol(p->protocol) : all(l));
    add_side(l, p->is_in ? p->net : NULL);
    add_port(l, p, true);
    add_side(l, p->is_in ? NULL : p->net);
    add_port(l, p, false);
    buf_adds(l->out, p->is_answer ? " established\n" : "\n");
}

/* The port leads to the host at an isolation, and outside at a block: what comes to the host leaves
 * by the one and arrives by the other. */
static void add_passes(struct list *l)
{
    struct device_pass passes[2];
    bool wants_in = l->is_in != device_is(l->j, "isolate");

    for (size_t i = 0; i < l->j->plan->allow_count; i++) {
        if (l->j->plan->allow[i].net.size != l->size)
            continue;
        device_passes(&l->j->plan->allow[i], passes);
        add_pass(l, &passes[wants_in ? 0 : 1]);
    }
}

static void add_discovery(struct list *l)
{
    static const char *const kinds[] = {"nd-ns", "nd-na", "router-advertisement"};

    for (size_t i = 0; i < COUNT_OF(kinds) && l->size == 16; i++)
        if (begin(l, "permit icmp any any "))
            buf_addf(l->out, "%s\n", kinds[i]);
}

static void deny(struct list *l, const struct net *source, const struct net *destination)
{
    if (!begin(l, "deny "))
        return;
    buf_adds(l->out, all(l));
    add_side(l, source);
    add_side(l, destination);
    buf_addc(l->out, '\n');
}

static void deny_hosts(struct list *l)
{
    const struct device_place *p = l->j->place;

    if (!p->host_count)
        deny(l, NULL, NULL);
    for (size_t i = 0; i < p->host_count; i++)
        if (p->hosts[i].size == l->size)
            deny(l, l->is_in ? &p->hosts[i] : NULL, l->is_in ? NULL : &p->hosts[i]);
}

static void deny_nets(struct list *l)
{
    const struct plan *p = l->j->plan;

    if (l->size == 4) {
        if (begin(l, "deny ip "))
            buf_addf(l->out,
                     l->is_in ? "object-group calm-%s-block any\n"
                              : "any object-group calm-%s-block\n",
                     l->j->tag);
        return;
    }
    for (size_t i = 0; i < p->net_count; i++)
        if (p->nets[i].size == 16)
            deny(l, l->is_in ? &p->nets[i] : NULL, l->is_in ? NULL : &p->nets[i]);
}

static void add_entries(struct list *l)
{
    add_passes(l);
    if (device_is(l->j, "isolate")) {
        add_discovery(l);
        deny_hosts(l);
    } else {
        deny_nets(l);
    }
    if (!bound(l).len && (l->j->place->host_count || device_is(l->j, "block")) &&
        begin(l, "permit "))
        buf_addf(l->out, "%s any any\n", all(l));
}

static uint32_t count_entries(const struct device_job *j, unsigned size, bool is_in)
{
    struct list l = {.j = j, .size = size, .is_in = is_in, .counts = true};

    add_entries(&l);
    return l.number;
}

static bool has_family(const struct device_job *j, unsigned size)
{
    if (device_is(j, "block"))
        return device_has_size(j, size);
    return !j->place->host_count || device_host_has_size(j, size);
}

static void for_lists(const struct device_job *j, struct buf *out, void (*add)(struct list *))
{
    for (unsigned size = 4; size <= 16; size += 12)
        for (int is_in = 1; is_in >= 0 && has_family(j, size); is_in--) {
            struct list l = {.j = j, .out = out, .size = size, .is_in = is_in};

            add(&l);
        }
}

static void add_list(struct list *l)
{
    buf_adds(l->out, l->size == 4 ? "ip access-list extended " : "ipv6 access-list ");
    add_name(l, l->out);
    buf_addc(l->out, '\n');
    add_entries(l);
    buf_adds(l->out, " exit\n");
}

static void bind_list(struct list *l, const char *no)
{
    if (bound(l).len)
        return;
    buf_addf(l->out, " %s%s ", no, l->size == 4 ? "ip access-group" : "ipv6 traffic-filter");
    add_name(l, l->out);
    buf_adds(l->out, l->is_in ? " in\n" : " out\n");
}

static void add_binding(struct list *l)
{
    bind_list(l, "");
}

static void remove_binding(struct list *l)
{
    bind_list(l, "no ");
}

/* Of a list that was there, the entries from the last on: what denies goes first. */
static void remove_list(struct list *l)
{
    uint32_t count = count_entries(l->j, l->size, l->is_in);

    if (!bound(l).len)
        buf_adds(l->out, "no ");
    buf_adds(l->out, l->size == 4 ? "ip access-list extended " : "ipv6 access-list ");
    add_name(l, l->out);
    buf_addc(l->out, '\n');
    if (!bound(l).len)
        return;
    for (uint32_t i = count; i > 0; i--)
        buf_addf(l->out, " no %s%u\n", l->size == 4 ? "" : "sequence ", i);
    buf_adds(l->out, " exit\n");
}

static void add_group(const struct device_job *j, struct buf *out)
{
    char text[NET_TEXT_SIZE], mask[16];

    buf_addf(out, "object-group network calm-%s-block\n", j->tag);
    for (size_t i = 0; i < j->plan->net_count; i++) {
        struct net n = j->plan->nets[i];
        unsigned prefix = n.prefix;

        if (n.size != 4)
            continue;
        n.prefix = 32;
        if (prefix == 0)
            buf_adds(out, " any\n");
        else if (prefix == 32)
            buf_addf(out, " host %s\n", net_text(text, &n));
        else
            buf_addf(out, " %s %s\n", net_text(text, &n), device_mask(mask, prefix));
    }
    buf_adds(out, " exit\n");
}

static struct str port_of(const struct device_job *j)
{
    return device_is(j, "down") ? plan_value(j->plan, "interface")->text : j->place->port;
}

static void add_interface(const struct device_job *j, struct buf *out)
{
    buf_addf(out, "interface " STR_FMT "\n", STR_ARG(port_of(j)));
}

static bool is_shut(const struct device_job *j)
{
    return device_is(j, "down") || shuts_port(j);
}

#define LOOK_ENDS "| include ^ shutdown"

/* The device keeps no mark of how the port was, so whoever types it looks. */
static void add_look(const struct device_job *j, struct buf *out)
{
    buf_addf(out,
             "! Look first: type the next line alone. Where it shows \"shutdown\" the port is shut "
             "already: type nothing more, and give this up, for its undo would open the port.\n"
             "show running-config interface " STR_FMT " " LOOK_ENDS "\n",
             STR_ARG(port_of(j)));
}

static void ios_apply(const struct device_job *j, struct buf *out)
{
    if (is_shut(j))
        add_look(j, out);
    if (j->plan->timer_s)
        buf_addf(out,
                 "! Type the next line alone: it asks whether to save (no) and whether to proceed "
                 "(Enter). Paste the rest after.\n"
                 "reload in %u reason calm %s\n",
                 device_minutes(j->plan->timer_s), j->tag);
    buf_adds(out, "configure terminal\n");
    if (is_shut(j)) {
        add_interface(j, out);
        buf_adds(out, " shutdown\n");
    } else {
        if (device_is(j, "block") && device_has_size(j, 4))
            add_group(j, out);
        for_lists(j, out, add_list);
        add_interface(j, out);
        for_lists(j, out, add_binding);
    }
    buf_adds(out, "end\n");
}

static void show_list(struct list *l)
{
    buf_adds(l->out, l->size == 4 ? "show ip access-lists " : "show ipv6 access-list ");
    add_name(l, l->out);
    buf_addc(l->out, '\n');
}

static void ios_check(const struct device_job *j, struct buf *out)
{
    buf_addf(out, "show running-config interface " STR_FMT "\n", STR_ARG(port_of(j)));
    if (!is_shut(j))
        for_lists(j, out, show_list);
    if (device_is(j, "block") && device_has_size(j, 4))
        buf_addf(out, "show object-group calm-%s-block\n", j->tag);
    buf_adds(out, "show reload\n");
}

static void ios_confirm(const struct device_job *j, struct buf *out)
{
    (void)j;
    buf_adds(out, "reload cancel\n"
                  "! It is in memory alone; to keep it over a restart, with all else that is not "
                  "saved: copy running-config startup-config\n");
}

static void ios_undo(const struct device_job *j, struct buf *out)
{
    if (is_shut(j))
        buf_adds(out, "! Only where the port was open before: where the look with which apply "
                      "begins showed \"shutdown\", it stays shut, and nothing of this is typed.\n");
    buf_adds(out, "configure terminal\n");
    add_interface(j, out);
    if (is_shut(j)) {
        buf_adds(out, " no shutdown\n");
    } else {
        for_lists(j, out, remove_binding);
        buf_adds(out, " exit\n");
        for_lists(j, out, remove_list);
        if (device_is(j, "block") && device_has_size(j, 4))
            buf_addf(out, "no object-group network calm-%s-block\n", j->tag);
    }
    buf_adds(out, "end\n");
    if (j->plan->timer_s)
        buf_adds(out, "reload cancel\n");
}

static int judge_names(const struct device_job *j, struct err *e)
{
    const struct plan_value *v = plan_value(j->plan, "interface");
    const struct str names[] = {j->place->bound_in4, j->place->bound_out4, j->place->bound_in6,
                                j->place->bound_out6};
    int rc = 0;

    if (v)
        rc = device_judge_name(v->text, "an interface", "._-:/", DEVICE_PORT_SIZE, e);
    if (rc == 0 && j->place->port.len)
        rc = device_judge_name(j->place->port, "an interface", "._-:/", DEVICE_PORT_SIZE, e);
    for (size_t i = 0; i < COUNT_OF(names) && rc == 0; i++)
        if (names[i].len)
            rc = device_judge_name(names[i], "an access list", "._-", DEVICE_PORT_SIZE, e);
    return rc;
}

static int judge_room(const struct device_job *j, struct err *e)
{
    uint32_t room = j->place->room ? j->place->room : ROOM;

    for (unsigned size = 4; size <= 16; size += 12)
        for (int is_in = 0; is_in < 2 && has_family(j, size); is_in++) {
            struct list l = {.j = j, .size = size, .is_in = is_in};
            uint32_t count = count_entries(j, size, is_in);

            if (bound(&l).len && count > room)
                return err_set(e, ERR_LIMIT,
                               "%u entries must go before those of access list \"" STR_FMT
                               "\", and %u numbers are free there: make room on the device with  "
                               "%s access-list resequence " STR_FMT " 10000 10  and say so",
                               count, STR_ARG(bound(&l)), room, size == 4 ? "ip" : "ipv6",
                               STR_ARG(bound(&l)));
        }
    return 0;
}

static int ios_judge(const struct device_job *j, struct err *e)
{
    int rc = judge_names(j, e);

    if (rc)
        return rc;
    if (j->place->is_host_itself)
        return err_set(e, ERR_USAGE,
                       "a router is written for as what stands before the host; for "
                       "itself take its console");
    if (device_is(j, "down"))
        return 0;
    if (!j->place->port.len)
        return err_set(e, ERR_USAGE, "IOS filters at an interface: say the port");
    return is_shut(j) ? 0 : judge_room(j, e);
}

static void lacks_filter(const struct device_job *j, struct buf *out)
{
    const struct device_place *p = j->place;

    device_lacks_addresses(j, out);
    if (!p->bound_in4.len && !p->bound_out4.len && !p->bound_in6.len && !p->bound_out6.len)
        buf_addf(out,
                 "A list that is bound to the port already would be replaced by ours: look first "
                 "with  show running-config interface " STR_FMT "  and name what is bound.\n",
                 STR_ARG(p->port));
    else if (j->plan->allow_count)
        buf_adds(out, "What the plan lets pass goes past the list that is bound, too.\n");
    buf_adds(out, "A port of a switch (not of a router) takes lists for what arrives alone: there "
                  "the ones for what leaves are refused.\n");
    if (j->plan->net_count > HARDWARE_COUNT)
        buf_addf(out,
                 "The list names %zu networks; hardware of such devices holds a few hundred to a "
                 "few thousand entries, and what does not fit is refused or makes the device "
                 "slow.\n",
                 j->plan->net_count);
}

static void ios_lacks(const struct device_job *j, struct buf *out)
{
    if (j->plan->timer_s)
        buf_addf(
            out,
            "Unconfirmed, the device starts again after %u minutes with what it had saved: all "
            "traffic through it stops meanwhile, and changes of others that are not saved are "
            "lost.\n",
            device_minutes(j->plan->timer_s));
    device_lacks_boot(j, out);
    device_lacks_expiry(j, out);
    if (is_shut(j))
        buf_adds(out, "All that is behind the port is cut, not only the host; who reaches this "
                      "device through it is cut too.\n");
    else
        lacks_filter(j, out);
}

static const struct device_ability abilities[] = {
    {"isolate", NULL}, {"block", NULL}, {"down", NULL}, {0}};

static const struct device_question questions[] = {
    {"[yes/no]:", "no"}, /* whether to save what others changed, too */
    {"[confirm]", ""},
    {0}};
static const struct device_guard guard = {
    .ends = LOOK_ENDS,
    .begins = "shutdown",
    .means = "the port is shut already, so there is nothing to do, and an undo would open it"};
static const char *const first[] = {"terminal length 0", NULL};
static const char *const errors[] = {"% ", "%Error", "Command rejected", NULL};

static const struct device_ssh over_ssh = {
    .feed = DEVICE_CONSOLE,
    .last = "exit",
    .ends = "#",
    .needs = "the user must be at the # prompt at once (privilege 15)",
    .first = first,
    .errors = errors,
    .questions = questions,
    .guard = &guard};

const struct contain_device device_ios = {.name = "ios",
                                          .title = "Cisco IOS",
                                          .language = "txt",
                                          .comment = "!",
                                          .how = "typed or pasted at the prompt that ends with #",
                                          .ssh = &over_ssh,
                                          .abilities = abilities,
                                          .judge = ios_judge,
                                          .lacks = ios_lacks,
                                          .apply = ios_apply,
                                          .check = ios_check,
                                          .confirm = ios_confirm,
                                          .undo = ios_undo};
