/* route.c: reads gateways out of routes and nexthop objects. */
#include "contain/route.h"
#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/mem.h"

enum { VIA_FAMILY_SIZE = 2 };

void route_ways_release(struct route_ways *w)
{
    free(w->gateways);
    free(w->hops);
    *w = (struct route_ways){0};
}

/* Once each: a router has thousands of ways through one gateway. */
static bool add_gateway(struct route_ways *w, struct str address)
{
    struct net n;

    if (address.len != 4 && address.len != 16)
        return false;
    n = net_single(address.p, address.len == 16);
    for (size_t i = 0; i < w->gateway_count; i++)
        if (net_cmp(&w->gateways[i], &n) == 0)
            return true;
    w->gateways = mem_grow(w->gateways, w->gateway_count, &w->gateway_room, sizeof(n));
    w->gateways[w->gateway_count++] = n;
    return true;
}

static void add_hop(struct route_ways *w, uint32_t number)
{
    for (size_t i = 0; i < w->hop_count; i++)
        if (w->hops[i] == number)
            return;
    if (w->hop_count == ROUTE_HOP_COUNT)
        return;
    w->hops = mem_grow(w->hops, w->hop_count, &w->hop_room, sizeof(number));
    w->hops[w->hop_count++] = number;
}

static bool take_gateway(struct route_ways *w, const struct netlink_attribute *a)
{
    if (a->type == RTA_GATEWAY)
        return add_gateway(w, a->value);
    return a->type == RTA_VIA && add_gateway(w, str_from(a->value, VIA_FAMILY_SIZE));
}

/* One of several: a head of its own length, attributes within. */
static bool take_hop(struct str *rest, struct route_ways *w)
{
    struct netlink_attribute a;
    struct rtnexthop head;
    bool has_gateway = false;
    struct str inner;

    if (rest->len < sizeof(head))
        return false;
    memcpy(&head, rest->p, sizeof(head));
    if (head.rtnh_len < sizeof(head) || head.rtnh_len > rest->len)
        return false;
    inner = str_from(str_head(*rest, head.rtnh_len), sizeof(head));
    while (netlink_attribute(&inner, &a))
        has_gateway |= take_gateway(w, &a);
    w->has_link |= !has_gateway;
    w->index = w->index ? w->index : (uint32_t)head.rtnh_ifindex;
    *rest = str_from(*rest, RTNH_ALIGN(head.rtnh_len));
    return true;
}

int route_see(void *context, const struct netlink_message *m)
{
    struct route_ways *w = context;
    struct netlink_attribute a;
    struct str body = m->body;
    struct rtmsg head;
    bool is_elsewhere = false;

    if (m->type != RTM_NEWROUTE || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    w->is_there = true;
    while (netlink_attribute(&body, &a)) {
        if (a.type == RTA_NH_ID && a.value.len == sizeof(uint32_t))
            add_hop(w, netlink_u32(a.value));
        else if (a.type == RTA_OIF)
            w->index = netlink_u32(a.value);
        else if (a.type == RTA_MULTIPATH)
            while (take_hop(&a.value, w))
                ;
        else
            is_elsewhere |= take_gateway(w, &a);
        is_elsewhere |= a.type == RTA_NH_ID || a.type == RTA_MULTIPATH;
    }
    w->has_link |= !is_elsewhere;
    return 0;
}

static void take_group(struct route_ways *w, struct str value)
{
    struct nexthop_grp member;

    for (; value.len >= sizeof(member); value = str_from(value, sizeof(member))) {
        memcpy(&member, value.p, sizeof(member));
        add_hop(w, member.id);
    }
}

int route_see_hop(void *context, const struct netlink_message *m)
{
    struct route_ways *w = context;
    struct netlink_attribute a;
    struct str body = m->body;
    struct nhmsg head;
    bool is_elsewhere = false;

    if (m->type != RTM_NEWNEXTHOP || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        if (a.type == NHA_GROUP)
            take_group(w, a.value);
        else if (a.type == NHA_OIF && !w->index)
            w->index = netlink_u32(a.value);
        is_elsewhere |= a.type == NHA_GROUP || a.type == NHA_BLACKHOLE ||
                        (a.type == NHA_GATEWAY && add_gateway(w, a.value));
    }
    w->has_link |= !is_elsewhere;
    return 0;
}

/* Members of groups come to the end of the list, and their turn too. */
static int resolve(struct route_ways *w)
{
    int code = 0;

    for (size_t i = 0; i < w->hop_count && (code == 0 || code == -ENOENT); i++) {
        struct {
            struct nhmsg head;
            struct rtattr attribute;
            uint32_t number;
        } question = {
            .attribute = {.rta_len = sizeof(struct rtattr) + sizeof(uint32_t), .rta_type = NHA_ID},
            .number = w->hops[i]};

        code = netlink_get(NETLINK_ROUTE, RTM_GETNEXTHOP,
                           (struct str){(char *)&question, sizeof(question)}, route_see_hop, w);
    }
    return code == -ENOENT ? 0 : code; /* removed since */
}

int route_read_all(struct route_ways *w)
{
    struct rtmsg question = {0};
    int code = netlink_ask(NETLINK_ROUTE, RTM_GETROUTE,
                           (struct str){(char *)&question, sizeof(question)}, route_see, w);

    return code && code != -EINTR ? code : resolve(w);
}

static int ask_way(const struct net *to, uint32_t flags, struct route_ways *w)
{
    struct {
        struct rtmsg route;
        struct rtattr attribute;
        uint8_t address[16];
    } question = {.route = {.rtm_family = to->size == 16 ? AF_INET6 : AF_INET,
                            .rtm_dst_len = (uint8_t)(to->size * 8),
                            .rtm_flags = flags},
                  .attribute = {.rta_len = (uint16_t)(sizeof(struct rtattr) + to->size),
                                .rta_type = RTA_DST}};
    size_t size = sizeof(question.route) + sizeof(question.attribute) + to->size;

    memcpy(question.address, to->bytes, to->size);
    return netlink_get(NETLINK_ROUTE, RTM_GETROUTE, (struct str){(char *)&question, size},
                       route_see, w);
}

/* What the kernel would take now, and besides the entry that it took that from, with all of its
 * ways (RTM_F_FIB_MATCH: Linux 4.13; an older one tells the same again). */
int route_read_to(const struct net *to, struct route_ways *w)
{
    int code = ask_way(to, 0, w);

    if (code)
        return code;
    (void)ask_way(to, RTM_F_FIB_MATCH, w); /* where it fails, one way is known all the same */
    return resolve(w);
}
