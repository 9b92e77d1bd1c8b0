/* device_windows_rules.c: rules of the Windows firewall. There a rule that blocks wins over one
 * that allows, so what passes is what no rule names. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "contain/device_windows.h"

enum { RULE_COUNT = 1000, PORT_MOST = 65535 };

struct rules {
    const struct device_job *j;
    struct buf *out;
    unsigned count; /* of rules */
};

static void add_rule(struct rules *r, const char *direction, const char *remote, const char *more)
{
    r->count++;
    buf_addf(r->out,
             "New-NetFirewallRule -Name 'calm-%s-%u' -DisplayName 'calm %s %u' -Group 'calm-%s' "
             "-Direction %s -Action Block -Profile Any -RemoteAddress %s%s | Out-Null\n",
             r->j->tag, r->count, r->j->tag, r->count, r->j->tag, direction, remote, more);
}

static void add_both(struct rules *r)
{
    add_rule(r, "Inbound", "$addresses", "");
    add_rule(r, "Outbound", "$addresses", "");
}

/* The address before, or behind. */
static void step(uint8_t *bytes, unsigned size, int by)
{
    for (unsigned i = size; i-- > 0;) {
        bytes[i] = (uint8_t)(bytes[i] + by);
        if (bytes[i] != (by > 0 ? 0 : 0xff))
            return;
    }
}

static void add_range(struct buf *out, const uint8_t *from, const uint8_t *to, unsigned size,
                      bool *is_first)
{
    char text[2][INET6_ADDRSTRLEN];
    int family = size == 4 ? AF_INET : AF_INET6;

    inet_ntop(family, from, text[0], sizeof(text[0]));
    inet_ntop(family, to, text[1], sizeof(text[1]));
    if (memcmp(from, to, size) == 0)
        buf_addf(out, "%s    '%s'", *is_first ? "" : ",\n", text[0]);
    else
        buf_addf(out, "%s    '%s-%s'", *is_first ? "" : ",\n", text[0], text[1]);
    *is_first = false;
}

/* All addresses of that size around the networks, which are sorted and apart. */
static void add_around(struct buf *out, const struct net *nets, size_t count, unsigned size,
                       bool *is_first)
{
    uint8_t next[16] = {0}, last[16];
    static const uint8_t zero[16];
    bool is_at_end = false;

    for (size_t i = 0; i < count; i++) {
        if (nets[i].size != size)
            continue;
        if (memcmp(nets[i].bytes, next, size) != 0) {
            memcpy(last, nets[i].bytes, sizeof(last));
            step(last, size, -1);
            add_range(out, next, last, size, is_first);
        }
        net_last(&nets[i], next);
        step(next, size, 1);
        is_at_end = memcmp(next, zero, size) == 0;
    }
    memset(last, 0xff, sizeof(last));
    if (!is_at_end)
        add_range(out, next, last, size, is_first);
}

static size_t gather_allowed(const struct plan *p, struct net *nets)
{
    /* Link-local and multicast: neighbour discovery. */
    static const struct net link[] = {{.bytes = {0xfe, 0x80}, .size = 16, .prefix = 10},
                                      {.bytes = {0xff}, .size = 16, .prefix = 8}};
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(link); i++)
        nets[count++] = link[i];
    for (size_t i = 0; i < p->allow_count; i++)
        nets[count++] = p->allow[i].net;
    return net_list_normalise(nets, count);
}

/* Ports of one net, one protocol and one way that no endpoint names. */
static bool add_ports(const struct plan *p, const struct net *n, uint8_t protocol,
                      enum endpoint_way way, struct buf *out)
{
    bool is_named[PORT_MOST + 2] = {false};
    bool has_any = false, is_first = true;

    for (size_t i = 0; i < p->allow_count; i++) {
        const struct endpoint *a = &p->allow[i];

        if (net_cmp(&a->net, n) != 0 || a->protocol != protocol || a->way != way)
            continue;
        has_any = true;
        memset(is_named + a->port_first, 1, (size_t)(a->port_last - a->port_first) + 1);
    }
    if (!has_any)
        return true;
    is_named[PORT_MOST + 1] = true;
    for (unsigned port = 0, from = 0; port <= PORT_MOST + 1; port++) {
        if (!is_named[port])
            continue;
        if (port > from) {
            buf_addf(out, from + 1 == port ? "%s'%u'" : "%s'%u-%u'", is_first ? "" : ",", from,
                     port - 1);
            is_first = false;
        }
        from = port + 1;
    }
    return !is_first;
}

/* What a responder may not do, who may do something. */
static void add_rest(struct rules *r, const struct net *n, enum endpoint_way way)
{
    static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
    const char *direction = way == ENDPOINT_IN ? "Inbound" : "Outbound";
    char net[NET_TEXT_SIZE], remote[NET_TEXT_SIZE + 2];

    snprintf(remote, sizeof(remote), "'%s'", net_text(net, n));
    for (size_t i = 0; i < COUNT_OF(protocols); i++) {
        CLEANUP_BUF struct buf ports = {0}, more = {0};

        if (!add_ports(r->j->plan, n, protocols[i], way, &ports))
            continue;
        buf_addf(&more, " -Protocol %s", protocols[i] == IPPROTO_TCP ? "TCP" : "UDP");
        if (ports.len)
            buf_addf(&more, " %s %s", way == ENDPOINT_IN ? "-LocalPort" : "-RemotePort",
                     buf_text(&ports));
        add_rule(r, direction, remote, buf_text(&more));
    }
    add_rule(r, direction, remote, n->size == 4 ? " -Protocol ICMPv4" : " -Protocol ICMPv6");
}

static bool passes_wholly(const struct plan *p, const struct net *n)
{
    for (size_t i = 0; i < p->allow_count; i++)
        if (!p->allow[i].protocol && net_cmp(&p->allow[i].net, n) == 0)
            return true;
    return false;
}

static bool is_named_before(const struct plan *p, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (net_cmp(&p->allow[i].net, &p->allow[at].net) == 0)
            return true;
    return false;
}

void windows_add_isolate(const struct device_job *j, struct buf *out)
{
    struct net allowed[PLAN_ALLOW_COUNT + 2];
    size_t count = gather_allowed(j->plan, allowed);
    struct rules r = {.j = j, .out = out};
    bool is_first = true;

    buf_adds(out, "$addresses = @(\n");
    add_around(out, allowed, count, 4, &is_first);
    add_around(out, allowed, count, 16, &is_first);
    buf_adds(out, "\n)\n");
    add_both(&r);
    for (size_t i = 0; i < j->plan->allow_count; i++) {
        const struct net *n = &j->plan->allow[i].net;

        if (passes_wholly(j->plan, n) || is_named_before(j->plan, i))
            continue;
        add_rest(&r, n, ENDPOINT_IN);
        add_rest(&r, n, ENDPOINT_OUT);
    }
}

void windows_add_block(const struct device_job *j, struct buf *out)
{
    const struct plan *p = j->plan;
    struct rules r = {.j = j, .out = out};
    char net[NET_TEXT_SIZE];

    for (size_t i = 0; i < p->net_count; i++) {
        bool is_last = i + 1 == p->net_count || i % RULE_COUNT == RULE_COUNT - 1;

        if (i % RULE_COUNT == 0)
            buf_adds(out, "$addresses = @(\n");
        buf_addf(out, "'%s'%s\n", net_text(net, &p->nets[i]), is_last ? "" : ",");
        if (!is_last)
            continue;
        buf_adds(out, ")\n");
        add_both(&r);
    }
}

/* A rule that blocks wins: what is in the list is blocked for responders too. */
static int judge_blocked(const struct plan *p, const struct net *allowed, struct err *e)
{
    char one[NET_TEXT_SIZE], other[NET_TEXT_SIZE];

    for (size_t i = 0; i < p->net_count; i++)
        if (net_has(&p->nets[i], allowed) || net_has(allowed, &p->nets[i]))
            return err_set(e, ERR_USAGE,
                           "%s is to pass and %s to be blocked: a Windows firewall cannot let one "
                           "through within the other",
                           net_text(one, allowed), net_text(other, &p->nets[i]));
    return 0;
}

int windows_judge_allow(const struct device_job *j, struct err *e)
{
    const struct plan *p = j->plan;
    char one[NET_TEXT_SIZE], other[NET_TEXT_SIZE];

    for (size_t i = 0; i < p->allow_count; i++) {
        int rc = judge_blocked(p, &p->allow[i].net, e);

        if (rc)
            return rc;
        for (size_t k = 0; k < p->allow_count; k++)
            if (device_is(j, "isolate") && net_cmp(&p->allow[i].net, &p->allow[k].net) != 0 &&
                net_has(&p->allow[i].net, &p->allow[k].net) &&
                (p->allow[i].protocol || p->allow[k].protocol))
                return err_set(e, ERR_USAGE,
                               "%s lies in %s, and each passes in another way: a Windows firewall "
                               "cannot tell them apart",
                               net_text(other, &p->allow[k].net), net_text(one, &p->allow[i].net));
    }
    return 0;
}
