/* neighbour.c: asks the kernel for the way to each responder. */
#include "contain/neighbour.h"
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include "sys/netlink.h"

enum { MAC_SIZE = 6, VIA_FAMILY_SIZE = 2 };

struct way {
    struct net gateway; /* size 0: none, it is on the link */
    bool is_there;
};

static void take_gateway(struct net *out, struct str address)
{
    if (address.len != 4 && address.len != 16)
        return;
    memcpy(out->bytes, address.p, address.len);
    out->size = (uint8_t)address.len;
    out->prefix = (uint8_t)(address.len * 8);
}

static int see_route(void *context, const struct netlink_message *m)
{
    struct way *way = context;
    struct str body = m->body;
    struct netlink_attribute a;
    struct rtmsg route;

    if (m->type != RTM_NEWROUTE || !netlink_fixed(&body, &route, sizeof(route)))
        return 0;
    way->is_there = true;
    while (netlink_attribute(&body, &a)) {
        if (a.type == RTA_GATEWAY)
            take_gateway(&way->gateway, a.value);
        else if (a.type == RTA_VIA)
            take_gateway(&way->gateway, str_from(a.value, VIA_FAMILY_SIZE));
    }
    return 0;
}

static int find_way(const struct net *to, struct way *way)
{
    struct {
        struct rtmsg route;
        struct rtattr attribute;
        uint8_t address[16];
    } question = {.route = {.rtm_family = to->size == 16 ? AF_INET6 : AF_INET,
                            .rtm_dst_len = (uint8_t)(to->size * 8)},
                  .attribute = {.rta_len = (uint16_t)(sizeof(struct rtattr) + to->size),
                                .rta_type = RTA_DST}};
    size_t size = sizeof(question.route) + sizeof(question.attribute) + to->size;

    memcpy(question.address, to->bytes, to->size);
    *way = (struct way){0};
    return netlink_get(NETLINK_ROUTE, RTM_GETROUTE, (struct str){(char *)&question, size},
                       see_route, way);
}

static bool is_listed(const struct filter_plan *out, const struct net *n)
{
    for (size_t i = 0; i < out->neighbour_count; i++)
        if (net_has(&out->neighbours[i].net, n))
            return true;
    return false;
}

static int see_neighbour(void *context, const struct netlink_message *m)
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
            take_gateway(&n, a.value);
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
    int code = 0;

    out->neighbour_count = 0;
    for (size_t i = 0; i < p->allow_count; i++) {
        const struct net *n = &p->allow[i].net;
        struct net any = {.size = n->size};
        struct way way;

        code = find_way(n, &way);
        if (code || !way.is_there)
            n = &any;
        else if (way.gateway.size)
            n = &way.gateway;
        if (!is_listed(out, n) && out->neighbour_count < FILTER_NEIGHBOUR_COUNT)
            out->neighbours[out->neighbour_count++].net = *n;
    }
    code = netlink_ask(NETLINK_ROUTE, RTM_GETNEIGH,
                       (struct str){(char *)&question, sizeof(question)}, see_neighbour, out);
    if (code && code != -EINTR) {
        errno = -code;
        return err_errno(e, "cannot ask the kernel for its neighbours");
    }
    return 0;
}
