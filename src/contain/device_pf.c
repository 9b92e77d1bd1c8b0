/* device_pf.c: a plan as a shell script for an anchor of pf(4), on OpenBSD, FreeBSD and macOS. */
#include <string.h>
#include "contain/device_shell.h"

enum { KILL_COUNT = 1000 }; /* networks whose states are killed one by one */

static const struct shell_link link_words = {"ifconfig %s | grep -q \"<UP\"", "ifconfig %s down",
                                             "ifconfig %s up"};

static const char *family(unsigned size)
{
    return size == 4 ? "inet" : "inet6";
}

static void add_port(const struct device_pass *p, bool is_source, struct buf *out)
{
    if (!p->protocol || p->is_source != is_source)
        return;
    buf_addf(out, " port %u", p->first);
    if (p->last > p->first)
        buf_addf(out, ":%u", p->last);
}

/* Stateless, so that a connection that is open already goes on. */
static void add_pass(const struct device_pass *p, struct buf *out)
{
    char net[NET_TEXT_SIZE];

    buf_addf(out, "pass quick %s", family(p->net->size));
    if (p->protocol)
        buf_addf(out, " proto %s", device_protocol(p->protocol));
    buf_addf(out, " from %s", p->is_in ? net_text(net, p->net) : "any");
    add_port(p, true, out);
    buf_addf(out, " to %s", p->is_in ? "any" : net_text(net, p->net));
    add_port(p, false, out);
    buf_addf(out, "%s no state\n", p->is_answer ? " flags A/A" : "");
}

static void add_passes(const struct device_job *j, struct buf *out)
{
    struct device_pass passes[2];

    for (size_t i = 0; i < j->plan->allow_count; i++) {
        device_passes(&j->plan->allow[i], passes);
        add_pass(&passes[0], out);
        add_pass(&passes[1], out);
    }
}

static void add_isolate(const struct device_job *j, struct buf *out)
{
    const struct device_place *place = j->place;
    char net[NET_TEXT_SIZE];

    if (place->is_host_itself)
        buf_adds(out, "pass quick on lo0 all no state\n");
    add_passes(j, out);
    buf_adds(out, "pass quick inet6 proto icmp6 all icmp6-type { neighbrsol, neighbradv, routeradv "
                  "} no state\n");
    if (place->is_host_itself)
        buf_adds(out, "block drop quick all\n");
    else if (!place->host_count)
        buf_addf(out, "block drop quick on " STR_FMT " all\n", STR_ARG(place->port));
    for (size_t i = 0; !place->is_host_itself && i < place->host_count; i++) {
        const char *host = net_text(net, &place->hosts[i]);

        buf_addf(out, "block drop quick from %s to any\nblock drop quick from any to %s\n", host,
                 host);
    }
}

static void add_block(const struct device_job *j, struct buf *out)
{
    CLEANUP_BUF struct buf on = {0};

    if (j->place->port.len)
        buf_addf(&on, " on " STR_FMT, STR_ARG(j->place->port));
    buf_addf(out, "table <calm> persist file \"/var/run/calm-%s.table\"\n", j->tag);
    add_passes(j, out);
    buf_addf(out,
             "block drop in quick%s from <calm> to any\n"
             "block drop out quick%s from any to <calm>\n",
             buf_text(&on), buf_text(&on));
}

static void add_limit_to(const struct device_job *j, const char *host, struct buf *out)
{
    const struct plan_value *rate = plan_value(j->plan, "rate");
    const struct plan_value *most = plan_value(j->plan, "connections");

    buf_addf(out,
             "pass in quick proto tcp from any to %s port %u flags S/SA keep state (source-track "
             "rule",
             host, (unsigned)device_number(j, "port", 0));
    if (most)
        buf_addf(out, ", max-src-conn %u", (unsigned)most->number);
    if (rate)
        buf_addf(out, ", max-src-conn-rate %u/1", (unsigned)rate->number);
    buf_adds(out, ", overload <calm_flood> flush)\n");
}

static void add_limit(const struct device_job *j, struct buf *out)
{
    const struct device_place *place = j->place;
    char net[NET_TEXT_SIZE];

    buf_adds(out, "table <calm_flood> persist\n");
    add_passes(j, out);
    buf_addf(out, "block drop in quick proto tcp from <calm_flood> to any port %u\n",
             (unsigned)device_number(j, "port", 0));
    if (place->is_host_itself || !place->host_count)
        add_limit_to(j, "any", out);
    for (size_t i = 0; !place->is_host_itself && i < place->host_count; i++)
        add_limit_to(j, net_text(net, &place->hosts[i]), out);
}

static void add_table(const struct device_job *j, struct buf *out)
{
    char net[NET_TEXT_SIZE];

    buf_addf(out, "cat >/var/run/calm-%s.table <<'CALM_END'\n", j->tag);
    for (size_t i = 0; i < j->plan->net_count; i++)
        buf_addf(out, "%s\n", net_text(net, &j->plan->nets[i]));
    buf_adds(out, "CALM_END\n");
}

/* States are asked before rules: what is open already would go on. */
static void kill_states(const struct device_job *j, struct buf *out)
{
    const struct device_place *place = j->place;
    char net[NET_TEXT_SIZE];

    if (device_is(j, "block") && j->plan->net_count <= KILL_COUNT) {
        buf_addf(out,
                 "while read -r net; do\n"
                 "    case \"$net\" in *:*) all=::/0 ;; *) all=0.0.0.0/0 ;; esac\n"
                 "    pfctl -q -k \"$net\" -k \"$all\"\n"
                 "    pfctl -q -k \"$all\" -k \"$net\"\n"
                 "done </var/run/calm-%s.table\n",
                 j->tag);
    } else if (device_is(j, "isolate") && (place->is_host_itself || !place->host_count)) {
        buf_adds(out, "pfctl -q -F states\n");
    } else if (device_is(j, "isolate")) {
        for (size_t i = 0; i < place->host_count; i++) {
            const char *all = place->hosts[i].size == 4 ? "0.0.0.0/0" : "::/0";
            const char *host = net_text(net, &place->hosts[i]);

            buf_addf(out, "pfctl -q -k %s -k %s\npfctl -q -k %s -k %s\n", host, all, all, host);
        }
    }
}

static void undo_all(const struct device_job *j, struct buf *out)
{
    buf_addf(out,
             "pfctl -q -a calm/%s -F rules; pfctl -q -a calm/%s -F Tables; rm -f "
             "/var/run/calm-%s.table /var/run/calm-%s.pending",
             j->tag, j->tag, j->tag, j->tag);
}

static void add_watches(const struct device_job *j, struct buf *out)
{
    CLEANUP_BUF struct buf back = {0};

    if (j->plan->expiry_s) {
        undo_all(j, &back);
        shell_add_left(j, out);
        shell_add_later(out, "\"$left\"", buf_text(&back));
    }
    if (!j->plan->timer_s)
        return;
    buf_clear(&back);
    buf_addf(&back, "if [ -e /var/run/calm-%s.pending ]; then ", j->tag);
    undo_all(j, &back);
    buf_adds(&back, "; fi");
    buf_addf(out, ": >/var/run/calm-%s.pending\nleft=%u\n", j->tag, j->plan->timer_s);
    shell_add_later(out, "\"$left\"", buf_text(&back));
}

static void pf_apply(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_apply(j, &link_words, out);
        return;
    }
    buf_addf(out,
             "set -eu\numask 077\n"
             "if ! pfctl -s rules | grep -q '^anchor \"calm/\\*\"'; then\n"
             "    echo 'the main rules do not ask calm: put  anchor \"calm/*\"  before the first "
             "quick rule of /etc/pf.conf, then  pfctl -f /etc/pf.conf' >&2; exit 1; fi\n"
             "if [ -n \"$(pfctl -a calm/%s -s rules 2>/dev/null)\" ]; then echo \"calm %s is there "
             "already: undo it first\" >&2; exit 1; fi\n",
             j->tag, j->tag);
    if (device_is(j, "block"))
        add_table(j, out);
    add_watches(j, out);
    buf_addf(out, "pfctl -q -a calm/%s -f - <<'CALM_END'\n", j->tag);
    if (device_is(j, "isolate"))
        add_isolate(j, out);
    else if (device_is(j, "block"))
        add_block(j, out);
    else
        add_limit(j, out);
    buf_adds(out, "CALM_END\n");
    kill_states(j, out);
    buf_addf(out, "echo \"calm %s is in effect\"\n", j->tag);
}

static void pf_check(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_check(j, &link_words, out);
        return;
    }
    buf_addf(out,
             "if [ -z \"$(pfctl -a calm/%s -s rules 2>/dev/null)\" ] || ! pfctl -s info | grep -q "
             "'Status: Enabled'; then echo \"calm %s is not in effect\"; exit 1; fi\n"
             "pfctl -a calm/%s -v -s rules\necho \"calm %s is in effect\"\n",
             j->tag, j->tag, j->tag, j->tag);
}

static void pf_confirm(const struct device_job *j, struct buf *out)
{
    shell_down_confirm(j, out);
}

static void pf_undo(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down")) {
        shell_down_undo(j, &link_words, out);
        return;
    }
    undo_all(j, out);
    buf_addf(out, "\necho \"calm %s is undone\"\n", j->tag);
}

static int pf_judge(const struct device_job *j, struct err *e)
{
    if (device_is(j, "limit") && !str_is(plan_value(j->plan, "flood")->text, "tcp"))
        return err_set(
            e, ERR_USAGE,
            "pf counts what one source sends by its TCP connections; UDP it cannot limit "
            "so, nor what comes within a connection");
    if (device_is(j, "limit") && !plan_value(j->plan, "port"))
        return err_set(e, ERR_USAGE, "pf can limit connections to a port: say which");
    return shell_judge(j, e);
}

static void pf_lacks(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "down"))
        return;
    device_lacks_boot(j, out);
    device_lacks_addresses(j, out);
    if (device_is(j, "block") && j->plan->net_count > KILL_COUNT)
        buf_adds(out,
                 "Connections that are open already go on until they are idle: pfctl -F states "
                 "ends all of them.\n");
    if (device_is(j, "block") && j->plan->net_count > 100000)
        buf_adds(out, "A table of so many networks may need  set limit table-entries  in "
                      "/etc/pf.conf.\n");
    if (device_is(j, "isolate") && (j->place->is_host_itself || !j->place->host_count))
        buf_adds(out, "All states of this device are forgotten: connections of others through it "
                      "are cut too.\n");
    if (device_is(j, "limit") && plan_value(j->plan, "burst"))
        buf_adds(out, "A burst is not counted apart: the rate holds for each second.\n");
}

static const struct device_ability abilities[] = {
    {"isolate", "ARP is not filtered, and neighbour discovery passes: others on the link still see "
                "that the host is there."},
    {"block", NULL},
    {"limit", "A source is one address, whatever prefix the plan names; one that goes above is "
              "blocked until it is undone; and the port is open to all others, whatever later "
              "rules say."},
    {"down", "Routes that were set by hand are lost with the interface."},
    {0}};

const struct contain_device device_pf = {.name = "pf",
                                         .title = "pf on a BSD",
                                         .language = "sh",
                                         .comment = "#",
                                         .how = "as root: sh FILE",
                                         .ssh = &device_ssh_shell,
                                         .abilities = abilities,
                                         .judge = pf_judge,
                                         .lacks = pf_lacks,
                                         .apply = pf_apply,
                                         .check = pf_check,
                                         .confirm = pf_confirm,
                                         .undo = pf_undo};
