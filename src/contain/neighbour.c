/* neighbour.c: asks the kernel for the way to each responder. */
#include "contain/neighbour.h"
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include "contain/neighbour_see.h"
#include "contain/route.h"

enum { MAC_SIZE = 6 };

static void take_address(struct net *out, struct str address)
{
    if (address.len != 4 && address.len != 16)
        return;
    memcpy(out->bytes, address.p, address.len);
    out->size = (uint8_t)address.len;
    out->prefix = (uint8_t)(address.len * 8);
}

static bool is_listed(const struct filter_plan *out, const struct net *n)
{
    for (size_t i = 0; i < out->neighbour_count; i++)
        if (net_has(&out->neighbours[i].net, n))
            return true;
    return false;
}

static void add(struct filter_plan *out, const struct net *n)
{
    if (!is_listed(out, n) && out->neighbour_count < FILTER_NEIGHBOUR_COUNT)
        out->neighbours[out->neighbour_count++].net = *n;
}

static void add_ways(const struct net *to, struct filter_plan *out)
{
    CLEANUP_ROUTE_WAYS struct route_ways w = {0};

    if (route_read_to(to, &w) || !w.is_there) {
        add(out, &(struct net){.size = to->size}); /* everybody */
        return;
    }
    for (size_t i = 0; i < w.gateway_count; i++)
        add(out, &w.gateways[i]);
    if (w.has_link || !w.gateway_count)
        add(out, to);
}

int neighbour_see(void *context, const struct netlink_message *m)
{
    struct filter_plan *plan = context;
    struct net n = {0};
    struct str body = m->body, mac = {0};
    struct netlink_attribute a;
    struct ndmsg head;

    if (m->type != RTM_NEWNEIGH || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        if (a.type == NDA_DST)
            take_address(&n, a.value);
        else if (a.type == NDA_LLADDR)
            mac = a.value;
    }
    if (mac.len != MAC_SIZE || n.size != 16)
        return 0;
    for (size_t i = 0; i < plan->neighbour_count; i++)
        if (net_is_one(&plan->neighbours[i].net) && net_has(&plan->neighbours[i].net, &n))
            memcpy(plan->neighbours[i].mac, mac.p, MAC_SIZE);
    return 0;
}

int neighbours_find(const struct plan *p, struct filter_plan *out, struct err *e)
{
    struct ndmsg question = {.ndm_family = AF_INET6};
    int code;

    out->neighbour_count = 0;
    for (size_t i = 0; i < p->allow_count; i++)
        add_ways(&p->allow[i].net, out);
    code = netlink_ask(NETLINK_ROUTE, RTM_GETNEIGH,
                       (struct str){(char *)&question, sizeof(question)}, neighbour_see, out);
    if (code && code != -EINTR) {
        errno = -code;
        return err_errno(e, "cannot ask the kernel for its neighbours");
    }
    return 0;
}
