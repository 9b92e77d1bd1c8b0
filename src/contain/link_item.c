/* link_item.c: reads the kernel's messages on addresses, routes and neighbours, and turns them into
 * requests. */
#include "contain/link_item.h"
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include "sys/netlink.h"

enum {
    TICKS = 100, /* a second, as the kernel tells times to programs */
    FOREVER = -1,
    /* The others are what the kernel makes of an address. */
    ADDRESS_FLAGS = IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
                    IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN,
    ROUTE_FLAGS = RTNH_F_ONLINK | RTNH_F_PERVASIVE,
    MADE_BY_LINK = 3, /* IFAPROT_KERNEL_LL */
    PROTOCOL = 11,    /* IFA_PROTO, which older headers lack */
};

static const uint16_t types[] = {
    [LINK_ADDRESS] = RTM_NEWADDR, [LINK_ROUTE] = RTM_NEWROUTE, [LINK_NEIGHBOUR] = RTM_NEWNEIGH};

uint16_t link_item_type(enum link_kind kind)
{
    return types[kind];
}

static size_t head_size(enum link_kind kind)
{
    return kind == LINK_ADDRESS ? sizeof(struct ifaddrmsg)
           : kind == LINK_ROUTE ? sizeof(struct rtmsg)
                                : sizeof(struct ndmsg);
}

/* What stands behind the fixed part; empty where that is cut. */
static struct str attributes_of(const struct link_item *item)
{
    return str_from(item->body, head_size(item->kind));
}

static struct str attribute(const struct link_item *item, uint16_t type)
{
    struct str rest = attributes_of(item);
    struct netlink_attribute a;

    while (netlink_attribute(&rest, &a))
        if (a.type == type)
            return a.value;
    return (struct str){0};
}

static void read_head(const struct link_item *item, void *out)
{
    if (item->body.len < head_size(item->kind))
        BUG("a message of %zu bytes", item->body.len); /* link_item_is_of lets none pass */
    memcpy(out, item->body.p, head_size(item->kind));
}

/* Each nexthop of a route over several ways; false at the end. */
static bool next_hop(struct str *rest, struct rtnexthop *out)
{
    if (rest->len < sizeof(*out))
        return false;
    memcpy(out, rest->p, sizeof(*out));
    if (out->rtnh_len < sizeof(*out) || out->rtnh_len > rest->len)
        return false;
    *rest = str_from(*rest, RTNH_ALIGN(out->rtnh_len));
    return true;
}

static bool is_route_of(const struct link_item *item, uint32_t index)
{
    struct str hops = attribute(item, RTA_MULTIPATH);
    struct rtnexthop hop;
    struct rtmsg head;

    read_head(item, &head);
    if ((head.rtm_family != AF_INET && head.rtm_family != AF_INET6) ||
        (head.rtm_flags & RTM_F_CLONED))
        return false;
    if (head.rtm_table == RT_TABLE_LOCAL && head.rtm_protocol == RTPROT_KERNEL)
        return false;
    while (next_hop(&hops, &hop))
        if ((uint32_t)hop.rtnh_ifindex == index)
            return true;
    return netlink_u32(attribute(item, RTA_OIF)) == index;
}

bool link_item_is_of(const struct link_item *item, uint32_t index)
{
    struct ifaddrmsg address;
    struct ndmsg neighbour;

    if (item->body.len < head_size(item->kind))
        return false;
    switch (item->kind) {
    case LINK_ADDRESS:
        read_head(item, &address);
        return address.ifa_index == index &&
               (address.ifa_family == AF_INET || address.ifa_family == AF_INET6);
    case LINK_ROUTE:
        return is_route_of(item, index);
    default:
        read_head(item, &neighbour);
        return (uint32_t)neighbour.ndm_ifindex == index &&
               (neighbour.ndm_family == AF_INET || neighbour.ndm_family == AF_INET6) &&
               ((neighbour.ndm_state & NUD_PERMANENT) || (neighbour.ndm_flags & NTF_PROXY));
    }
}

bool link_item_is_newest_first(const struct link_item *item)
{
    struct ifaddrmsg head;

    if (item->kind != LINK_ADDRESS)
        return false;
    read_head(item, &head);
    return head.ifa_family == AF_INET6;
}

bool link_item_is_by_number(const struct link_item *item)
{
    return item->kind == LINK_ROUTE && attribute(item, RTA_NH_ID).len;
}

static void add_attribute(struct buf *out, uint16_t type, struct str value)
{
    struct rtattr head = {.rta_len = (uint16_t)(sizeof(head) + value.len), .rta_type = type};

    buf_add(out, &head, sizeof(head));
    buf_addstr(out, value);
    buf_addn(out, '\0', RTA_ALIGN(value.len) - value.len);
}

/* With the marks that say whether it holds others. */
static uint16_t full_type(struct str value)
{
    struct rtattr head;

    memcpy(&head, value.p - sizeof(head), sizeof(head));
    return head.rta_type;
}

/* What passes: a way that is down now may be up then. */
static void add_hops(struct buf *out, uint16_t type, struct str value)
{
    CLEANUP_BUF struct buf hops = {0};
    struct rtnexthop hop;
    struct str rest = value;

    buf_addstr(&hops, value);
    for (size_t at = 0; next_hop(&rest, &hop); at = value.len - rest.len) {
        hop.rtnh_flags &= ROUTE_FLAGS;
        memcpy(hops.p + at, &hop, sizeof(hop)); /* the last may end before its padding */
    }
    add_attribute(out, type, buf_str(&hops));
}

static void add_route(const struct link_item *item, struct buf *out)
{
    struct str rest = attributes_of(item);
    struct netlink_attribute a;
    struct rtmsg head;

    read_head(item, &head);
    head.rtm_flags &= ROUTE_FLAGS;
    buf_add(out, &head, sizeof(head));
    while (netlink_attribute(&rest, &a)) {
        if (a.type == RTA_MULTIPATH)
            add_hops(out, full_type(a.value), a.value);
        else if (a.type != RTA_CACHEINFO && a.type != RTA_EXPIRES)
            add_attribute(out, full_type(a.value), a.value);
    }
}

static void add_address_key(const struct link_item *item, struct buf *out)
{
    struct ifaddrmsg head;

    read_head(item, &head);
    buf_addc(out, (char)head.ifa_family);
    buf_addc(out, (char)head.ifa_prefixlen);
    add_attribute(out, IFA_LOCAL, attribute(item, IFA_LOCAL));
    add_attribute(out, IFA_ADDRESS, attribute(item, IFA_ADDRESS));
}

static void add_neighbour_key(const struct link_item *item, struct buf *out)
{
    struct ndmsg head;

    read_head(item, &head);
    buf_addc(out, (char)head.ndm_family);
    buf_addc(out, (char)(head.ndm_flags & NTF_PROXY));
    buf_add(out, &head.ndm_state, sizeof(head.ndm_state));
    add_attribute(out, NDA_DST, attribute(item, NDA_DST));
    add_attribute(out, NDA_LLADDR, attribute(item, NDA_LLADDR));
}

struct hash link_item_key(const struct link_item *item)
{
    CLEANUP_BUF struct buf key = {0};

    buf_addc(&key, (char)item->kind);
    if (item->kind == LINK_ADDRESS)
        add_address_key(item, &key);
    else if (item->kind == LINK_NEIGHBOUR)
        add_neighbour_key(item, &key);
    else
        add_route(item, &key);
    return hash_bytes(key.p, key.len);
}

bool link_item_is_made(const struct link_item *item)
{
    struct str protocol = attribute(item, PROTOCOL);
    struct rtmsg route;

    if (item->kind == LINK_ADDRESS)
        return protocol.len == 1 && protocol.p[0] == MADE_BY_LINK;
    if (item->kind == LINK_NEIGHBOUR)
        return false;
    read_head(item, &route);
    return route.rtm_protocol == RTPROT_KERNEL;
}

/* False when it is over; forever stays forever. */
static bool age(uint32_t *seconds, uint64_t by)
{
    if (*seconds == (uint32_t)FOREVER)
        return true;
    *seconds = *seconds > by ? (uint32_t)(*seconds - by) : 0;
    return *seconds > 0;
}

static bool ask_address(const struct link_item *item, uint64_t age_s, struct buf *out)
{
    struct str rest = attributes_of(item), times = attribute(item, IFA_CACHEINFO);
    struct ifa_cacheinfo life = {.ifa_prefered = (uint32_t)FOREVER, .ifa_valid = (uint32_t)FOREVER};
    uint32_t flags = netlink_u32(attribute(item, IFA_FLAGS));
    struct netlink_attribute a;
    struct ifaddrmsg head;

    read_head(item, &head);
    flags = (flags | head.ifa_flags) & ADDRESS_FLAGS;
    head.ifa_flags = (uint8_t)flags;
    if (times.len >= sizeof(life))
        memcpy(&life, times.p, sizeof(life));
    (void)age(&life.ifa_prefered, age_s); /* 0: deprecated, which is right */
    if (!age(&life.ifa_valid, age_s))
        return false;
    buf_add(out, &head, sizeof(head));
    while (netlink_attribute(&rest, &a))
        if (a.type != IFA_FLAGS && a.type != IFA_CACHEINFO)
            add_attribute(out, full_type(a.value), a.value);
    add_attribute(out, IFA_FLAGS, (struct str){(char *)&flags, sizeof(flags)});
    add_attribute(out, IFA_CACHEINFO, (struct str){(char *)&life, sizeof(life)});
    return true;
}

static bool ask_route(const struct link_item *item, uint64_t age_s, struct buf *out)
{
    struct str times = attribute(item, RTA_CACHEINFO);
    struct rta_cacheinfo life = {0};
    uint32_t left;

    add_route(item, out);
    if (times.len >= sizeof(life))
        memcpy(&life, times.p, sizeof(life));
    if (life.rta_expires <= 0)
        return life.rta_expires == 0;
    left = (uint32_t)life.rta_expires / TICKS;
    if (!age(&left, age_s))
        return false;
    add_attribute(out, RTA_EXPIRES, (struct str){(char *)&left, sizeof(left)});
    return true;
}

static void ask_neighbour(const struct link_item *item, struct buf *out)
{
    struct str rest = attributes_of(item);
    struct netlink_attribute a;
    struct ndmsg head;

    read_head(item, &head);
    buf_add(out, &head, sizeof(head));
    while (netlink_attribute(&rest, &a))
        if (a.type != NDA_CACHEINFO && a.type != NDA_PROBES)
            add_attribute(out, full_type(a.value), a.value);
}

bool link_item_ask(const struct link_item *item, uint64_t age_s, struct buf *out)
{
    if (item->kind == LINK_ADDRESS)
        return ask_address(item, age_s, out);
    if (item->kind == LINK_ROUTE)
        return ask_route(item, age_s, out);
    ask_neighbour(item, out);
    return true;
}

uint16_t link_item_flags(const struct link_item *item)
{
    if (item->kind == LINK_ADDRESS)
        return NLM_F_CREATE | NLM_F_EXCL;
    if (item->kind == LINK_NEIGHBOUR || attribute(item, RTA_MULTIPATH).len)
        return NLM_F_CREATE | NLM_F_REPLACE;
    return NLM_F_CREATE | NLM_F_APPEND; /* beside another to the same place */
}
