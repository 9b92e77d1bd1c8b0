/* filter_words.c: judges plans for the packet filter by what this host is doing, and tells what
 * they would end. */
#include "contain/filter_words.h"
#include <netinet/in.h>
#include <stdlib.h>
#include "contain/allow.h"
#include "contain/passed.h"
#include "contain/people.h"
#include "contain/tunnel.h"

static bool is_allowed(const struct plan *p, const struct host_socket *s)
{
    for (size_t i = 0; i < p->allow_count; i++)
        if (endpoint_has(&p->allow[i], s))
            return true;
    return false;
}

static bool is_own(const struct host_view *host, const struct net *n)
{
    for (size_t i = 0; i < host->own_count; i++)
        if (net_has(&host->own[i], n) && n->size == host->own[i].size)
            return true;
    return net_is_loopback(n);
}

static int not_kept(const struct endpoint *need, const char *why, struct err *e)
{
    char net[NET_TEXT_SIZE], text[ENDPOINT_TEXT_SIZE];

    return err_set(e, ERR_GATE, "%s, %s, would be cut off. Name it: --allow %s",
                   net_text(net, &need->net), why, endpoint_text(text, need));
}

/* Whoever works here must go on to reach the service of this host on which the case lies. */
static int judge_service(const struct plan *p, const struct host_view *host,
                         const struct endpoint *service, struct err *e)
{
    struct endpoint need = *service;

    for (size_t i = 0; i < host->guarded_count; i++) {
        need.net = host->guarded[i].net;
        if (!host->guarded[i].protocol && !is_own(host, &need.net) && !allow_covers(p, &need))
            return not_kept(&need, "which reaches the case's files on this host", e);
    }
    for (size_t i = 0; i < host->socket_count; i++) {
        need.net = host->sockets[i].remote;
        if (host->sockets[i].is_ours && !is_own(host, &need.net) && !allow_covers(p, &need))
            return not_kept(&need, "which reaches the case's files on this host", e);
    }
    return 0;
}

/* One without a port is known by its address alone: which ports it needs its sockets tell. */
static bool has_net(const struct plan *p, const struct net *n)
{
    for (size_t i = 0; i < p->allow_count; i++)
        if (net_has(&p->allow[i].net, n))
            return true;
    return net_is_loopback(n);
}

static int judge_guarded(const struct plan *p, const struct host_view *host, struct err *e)
{
    for (size_t i = 0; i < host->guarded_count; i++) {
        const struct endpoint *g = &host->guarded[i];
        bool own = is_own(host, &g->net);
        int rc = 0;

        if (own && g->protocol && g->way == ENDPOINT_IN)
            rc = judge_service(p, host, g, e);
        else if (own || (g->protocol && g->way == ENDPOINT_IN))
            continue;
        else if (g->protocol && !allow_covers(p, g))
            rc = not_kept(g, "where the case lies", e);
        else if (!g->protocol && !has_net(p, &g->net))
            rc = not_kept(g, "from where you are connected or where the case lies", e);
        if (rc)
            return rc;
    }
    return 0;
}

static int judge_others(const struct plan *p, const struct host_view *host, struct err *e)
{
    for (size_t i = 0; i < host->other_count; i++) {
        const struct endpoint *o = &host->others[i];
        char net[NET_TEXT_SIZE], text[ENDPOINT_TEXT_SIZE];

        if (allow_covers(p, o) || allow_is_cut(p, &o->net) || is_own(host, &o->net))
            continue;
        net_text(net, &o->net);
        return err_set(
            e, ERR_GATE,
            "another plan in effect on this host lets %s pass, and this one would cut it "
            "off: keep it (--allow %s), or accept that: --cut %s",
            net, endpoint_text(text, o), net);
    }
    return 0;
}

int judge_isolate(const struct plan *p, const struct host_view *host, struct err *e)
{
    char text[NET_TEXT_SIZE];
    int rc = judge_guarded(p, host, e);

    for (size_t i = 0; rc == 0 && i < host->socket_count; i++) {
        const struct host_socket *s = &host->sockets[i];

        if (!s->is_ours || is_own(host, &s->remote) || is_allowed(p, s))
            continue;
        net_text(text, &s->remote);
        return err_set(
            e, ERR_GATE,
            "you are connected from %s to port %u of this host, and that would end. Name "
            "it: --allow %s%s%s:%u",
            text, s->local_port, s->remote.size == 16 ? "[" : "", text,
            s->remote.size == 16 ? "]" : "", s->local_port);
    }
    if (rc == 0)
        rc = judge_others(p, host, e);
    if (rc == 0)
        rc = allow_judge_host(p, host, e);
    return rc ? rc : tunnel_judge(p, host, e);
}

static int refuse(const struct net *n, const struct net *hit, const char *what, struct err *e)
{
    char blocked[NET_TEXT_SIZE], guarded[NET_TEXT_SIZE];

    return err_set(e, ERR_GATE, "%s cannot be blocked: %s, %s%s", net_text(blocked, n),
                   net_text(guarded, hit), what, net_is_one(n) ? "" : ", lies in it");
}

static int judge_net(const struct net *n, const struct plan *p, const struct host_view *host,
                     struct err *e)
{
    static const struct net loopback[] = {{.bytes = {127, 0, 0, 1}, .size = 4, .prefix = 32},
                                          {.bytes = {[15] = 1}, .size = 16, .prefix = 128}};

    for (size_t i = 0; i < COUNT_OF(loopback); i++)
        if (net_has(n, &loopback[i]))
            return refuse(n, &loopback[i], "by which this host talks to itself", e);
    for (size_t i = 0; i < host->own_count; i++)
        if (net_has(n, &host->own[i]))
            return refuse(n, &host->own[i], "an address of this host", e);
    for (size_t i = 0; i < host->gateway_count; i++)
        if (net_has(n, &host->gateways[i]))
            return refuse(n, &host->gateways[i], "the gateway", e);
    for (size_t i = 0; i < host->guarded_count; i++)
        if (net_has(n, &host->guarded[i].net) &&
            !(host->guarded[i].protocol && host->guarded[i].way == ENDPOINT_IN))
            return refuse(n, &host->guarded[i].net,
                          host->guarded[i].protocol
                              ? "where the case lies"
                              : "from where you are connected or where the case lies",
                          e);
    for (size_t i = 0; i < p->allow_count; i++)
        if (net_has(n, &p->allow[i].net) || net_has(&p->allow[i].net, n))
            return refuse(n, &p->allow[i].net, "which the same plan lets pass", e);
    for (size_t i = 0; i < host->other_count; i++) {
        const struct net *o = &host->others[i].net;

        if ((net_has(n, o) || net_has(o, n)) && !allow_is_cut(p, o))
            return refuse(n, o,
                          "which another plan in effect on this host lets pass (to cut it off all "
                          "the same, name it: --cut)",
                          e);
    }
    return 0;
}

/* Whoever is reached over a tunnel is cut off with its other end. */
static int judge_end(const struct plan *p, const struct host_view *host, const struct net *to,
                     struct err *e)
{
    const struct host_tunnel *t = tunnel_to(host, to);
    int rc = 0;

    for (size_t i = 0; t && t->end.size && i < p->net_count && rc == 0; i++)
        if (net_has(&p->nets[i], &t->end))
            rc = refuse(&p->nets[i], &t->end,
                        "the other end of the tunnel through which you are connected or the case "
                        "is reached",
                        e);
    return rc;
}

int judge_block(const struct plan *p, const struct host_view *host, struct err *e)
{
    int rc = allow_judge(p, e);

    for (size_t i = 0; i < p->net_count && rc == 0; i++)
        rc = judge_net(&p->nets[i], p, host, e);
    for (size_t i = 0; i < host->socket_count && rc == 0; i++) {
        const struct host_socket *s = &host->sockets[i];

        for (size_t k = 0; s->is_ours && k < p->net_count && rc == 0; k++)
            if (net_has(&p->nets[k], &s->remote))
                rc = refuse(&p->nets[k], &s->remote, "from where you are connected", e);
        if (s->is_ours && rc == 0)
            rc = judge_end(p, host, &s->remote, e);
    }
    for (size_t i = 0; i < host->guarded_count && rc == 0; i++)
        rc = judge_end(p, host, &host->guarded[i].net, e);
    return rc;
}

void preview_socket(struct buf *out, const char *what, const struct host_socket *s)
{
    char local[NET_TEXT_SIZE], remote[NET_TEXT_SIZE];

    buf_addf(out, "%s %s %s %u %s %u ", what, s->protocol == IPPROTO_TCP ? "tcp" : "udp",
             net_text(local, &s->local), s->local_port, net_text(remote, &s->remote),
             s->remote_port);
    if (!s->program[0])
        buf_addc(out, '-');
    for (const char *c = s->program; *c; c++)
        buf_addc(out, *c > 0x20 && *c < 0x7f ? *c : '_');
    buf_adds(out, s->is_passed_on ? " through" : s->is_listener || s->is_inbound ? " in" : " out");
    buf_adds(out, s->is_ours ? " yours\n" : "\n");
}

static void warn_leases(const struct host_view *host, struct buf *out)
{
    char text[NET_TEXT_SIZE];

    for (size_t i = 0; i < host->lease_count; i++)
        buf_addf(out, "warn lease %s %u\n", net_text(text, &host->leases[i].address),
                 host->leases[i].left_s);
}

/* To begin anew from there, some endpoint must let it in. */
static bool is_let_in(const struct plan *p, const struct net *from)
{
    for (size_t i = 0; i < p->allow_count; i++)
        if (p->allow[i].way != ENDPOINT_OUT && net_has(&p->allow[i].net, from))
            return true;
    return false;
}

static bool loses_by_isolation(const struct plan *p, const struct net *from)
{
    return !net_is_loopback(from) && !is_let_in(p, from);
}

int preview_isolate(const struct plan *p, const struct host_view *host, struct buf *out,
                    struct err *e)
{
    (void)e;
    warn_leases(host, out);
    tunnel_warn(p, host, out);
    passed_warn(host, out);
    people_preview(p, loses_by_isolation, out);
    for (size_t i = 0; i < host->socket_count; i++) {
        const struct host_socket *s = &host->sockets[i];

        if (is_own(host, s->is_listener ? &s->local : &s->remote) && !s->is_listener)
            continue;
        if (s->is_listener && net_is_loopback(&s->local))
            continue;
        preview_socket(out, s->is_listener ? "unreached" : is_allowed(p, s) ? "keep" : "end", s);
    }
    for (size_t i = 0; i < host->passed_count; i++)
        preview_socket(out, "end", &host->passed[i]);
    return 0;
}

/* The nets are sorted and none lies in another: the one before the first that is greater. */
static bool is_blocked(const struct plan *p, const struct net *n)
{
    size_t low = 0, high = p->net_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (net_cmp(&p->nets[middle], n) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (low > 0 && net_has(&p->nets[low - 1], n)) ||
           (low < p->net_count && net_has(&p->nets[low], n));
}

static bool loses_by_block(const struct plan *p, const struct net *from)
{
    return is_blocked(p, from) && !is_let_in(p, from);
}

int preview_block(const struct plan *p, const struct host_view *host, struct buf *out,
                  struct err *e)
{
    (void)e;
    passed_warn(host, out);
    people_preview(p, loses_by_block, out);
    for (size_t i = 0; i < host->socket_count; i++) {
        const struct host_socket *s = &host->sockets[i];

        if (!s->is_listener && !is_allowed(p, s) && is_blocked(p, &s->remote))
            preview_socket(out, "end", s);
    }
    for (size_t i = 0; i < host->passed_count; i++)
        if (is_blocked(p, &host->passed[i].local) || is_blocked(p, &host->passed[i].remote))
            preview_socket(out, "end", &host->passed[i]);
    return 0;
}
