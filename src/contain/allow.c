/* allow.c: judges whom a plan lets pass. */
#include "contain/allow.h"
#include <netinet/in.h>
#include "contain/action.h"

enum { NAMES_PORT = 53, LEAST_FOUR = 8, LEAST_SIX = 16 };

bool allow_is_too_wide(const struct net *n)
{
    return n->prefix < (n->size == 4 ? LEAST_FOUR : LEAST_SIX);
}

bool allow_is_wide(const struct endpoint *a)
{
    return a->protocol == 0;
}

bool allow_has_names(const struct endpoint *a)
{
    return a->protocol && a->way == ENDPOINT_OUT && a->port_first <= NAMES_PORT &&
           NAMES_PORT <= a->port_last;
}

static bool is_isolation(const struct plan *p)
{
    return str_is(str_of(p->action->name), "isolate");
}

static int judge_accepted(const struct plan *p, const struct endpoint *a, struct err *e)
{
    char text[ENDPOINT_TEXT_SIZE], net[NET_TEXT_SIZE];

    endpoint_text(text, a);
    net_text(net, &a->net);
    if (allow_is_wide(a) && !p->accepts_wide)
        return err_set(e, ERR_GATE,
                       "--allow %s lets everything to and from it pass, names looked up there too. "
                       "Say which port (--allow %s%s%s:22), or accept it: --accept-wide",
                       net, a->net.size == 16 ? "[" : "", net, a->net.size == 16 ? "]" : "");
    if (allow_has_names(a) && !p->accepts_names)
        return err_set(e, ERR_GATE,
                       "--allow %s lets names be looked up, and what is looked up can carry data "
                       "out and orders in. Leave it out, or accept it: --accept-names",
                       text);
    return 0;
}

int allow_judge(const struct plan *p, struct err *e)
{
    for (size_t i = 0; i < p->allow_count; i++) {
        const struct endpoint *a = &p->allow[i];
        char net[NET_TEXT_SIZE];
        int rc;

        if (allow_is_too_wide(&a->net))
            return err_set(e, ERR_GATE,
                           "--allow %s would let all of the Internet pass, or a good part of it: "
                           "name those who must pass",
                           net_text(net, &a->net));
        rc = is_isolation(p) ? judge_accepted(p, a, e) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

int allow_judge_host(const struct plan *p, const struct host_view *host, struct err *e)
{
    char net[NET_TEXT_SIZE], gateway[NET_TEXT_SIZE];
    int rc = allow_judge(p, e);

    for (size_t i = 0; rc == 0 && is_isolation(p) && i < p->allow_count; i++)
        for (size_t k = 0; k < host->gateway_count; k++)
            if (!net_is_one(&p->allow[i].net) && net_has(&p->allow[i].net, &host->gateways[k]))
                return err_set(e, ERR_GATE,
                               "--allow %s: %s, the gateway, lies in it, and what comes from a "
                               "gateway may come from anywhere. Name the addresses of those who "
                               "must pass",
                               net_text(net, &p->allow[i].net),
                               net_text(gateway, &host->gateways[k]));
    return rc;
}

void allow_warn(const struct plan *p, struct buf *out)
{
    char text[ENDPOINT_TEXT_SIZE], net[NET_TEXT_SIZE];

    for (size_t i = 0; is_isolation(p) && i < p->allow_count; i++) {
        if (allow_is_wide(&p->allow[i]))
            buf_addf(out, "warn wide %s\n", net_text(net, &p->allow[i].net));
        if (allow_has_names(&p->allow[i]))
            buf_addf(out, "warn names %s\n", endpoint_text(text, &p->allow[i]));
    }
    for (size_t i = 0; i < p->cut_count; i++)
        buf_addf(out, "warn cut %s\n", net_text(net, &p->cut[i]));
}

static bool covers(const struct endpoint *a, const struct endpoint *need)
{
    if (!net_has(&a->net, &need->net))
        return false;
    return !a->protocol || (a->protocol == need->protocol && a->way == need->way &&
                            a->port_first <= need->port_first && need->port_last <= a->port_last);
}

bool allow_covers(const struct plan *p, const struct endpoint *need)
{
    for (size_t i = 0; i < p->allow_count; i++)
        if (covers(&p->allow[i], need))
            return true;
    return false;
}

bool allow_is_cut(const struct plan *p, const struct net *n)
{
    for (size_t i = 0; i < p->cut_count; i++)
        if (net_has(&p->cut[i], n))
            return true;
    return false;
}
