/* live_route.c: routes and the rules that choose between their tables, as the kernel tells them. */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include "collect/live_net.h"
#include "collect/net.h"

static const struct live_word origins[] = {
    {0, "unspecified"}, {1, "redirect"}, {2, "kernel"},      {3, "boot"},    {4, "static"},
    {8, "gated"},       {9, "ra"},       {10, "mrt"},        {11, "zebra"},  {12, "bird"},
    {15, "xorp"},       {16, "dhcp"},    {18, "keepalived"}, {42, "babel"},  {186, "bgp"},
    {187, "isis"},      {188, "ospf"},   {189, "rip"},       {192, "eigrp"}, {0, NULL}};

static bool add_address(struct buf *out, int family, struct str bytes)
{
    char text[INET6_ADDRSTRLEN];

    if ((family != AF_INET && family != AF_INET6) || bytes.len < (family == AF_INET ? 4 : 16) ||
        !inet_ntop(family, bytes.p, text, sizeof(text)))
        return false;
    buf_adds(out, text);
    return true;
}

static void put_network(struct json *j, const char *name, int family, struct str bytes,
                        unsigned size)
{
    CLEANUP_BUF struct buf text = {0};

    if (!add_address(&text, family, bytes))
        buf_adds(&text, family == AF_INET6 ? "::" : "0.0.0.0");
    buf_addf(&text, "/%u", size);
    json_put_str(j, name, buf_str(&text));
}

/* struct rtvia: a gateway of another family (RFC 5549). */
static bool add_via(struct buf *out, struct str value)
{
    uint16_t family;

    if (value.len < sizeof(family))
        return false;
    memcpy(&family, value.p, sizeof(family));
    return add_address(out, family, str_from(value, sizeof(family)));
}

/* "via 10.0.0.1 dev eth0 weight 1" for each way. */
static void put_hops(struct live_net *n, struct json *j, int family, struct str hops)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf name = {0};
    struct rtnexthop head;

    json_name(j, "hops");
    json_array_begin(j);
    while (hops.len >= sizeof(head)) {
        struct str attributes;
        struct netlink_attribute a;

        memcpy(&head, hops.p, sizeof(head));
        if (head.rtnh_len < sizeof(head) || head.rtnh_len > hops.len)
            break;
        attributes = (struct str){hops.p + sizeof(head), head.rtnh_len - sizeof(head)};
        buf_clear(&text);
        while (netlink_attribute(&attributes, &a)) {
            if (a.type != RTA_GATEWAY && a.type != RTA_VIA)
                continue;
            buf_adds(&text, "via ");
            (void)(a.type == RTA_VIA ? add_via(&text, a.value)
                                     : add_address(&text, family, a.value));
            buf_addc(&text, ' ');
        }
        buf_addf(&text, "dev %s weight %u", live_interface(n, (uint64_t)head.rtnh_ifindex, &name),
                 head.rtnh_hops + 1u);
        json_str(j, buf_str(&text));
        hops = str_from(hops, (head.rtnh_len + 3u) & ~3u);
    }
    json_array_end(j);
}

static void put_route_attribute(struct live_net *n, struct json *j, const struct rtmsg *head,
                                const struct netlink_attribute *a)
{
    CLEANUP_BUF struct buf text = {0};

    if (a->type == RTA_GATEWAY)
        live_put_address(j, "gateway", head->rtm_family, a->value);
    else if (a->type == RTA_VIA && add_via(&text, a->value))
        json_put_str(j, "gateway", buf_str(&text));
    else if (a->type == RTA_PREFSRC)
        live_put_address(j, "preferred_source", head->rtm_family, a->value);
    else if (a->type == RTA_OIF)
        live_put_interface(n, j, "interface", netlink_u32(a->value));
    else if (a->type == RTA_PRIORITY)
        json_put_u64(j, "metric", netlink_u32(a->value));
    else if (a->type == RTA_MULTIPATH)
        put_hops(n, j, head->rtm_family, a->value);
    else if (a->type == RTA_EXPIRES)
        json_put_u64(j, "expires_s", netlink_u32(a->value));
}

static int see_route(void *context, const struct netlink_message *m)
{
    static const struct live_word flags[] = {{RTNH_F_DEAD, "dead"},
                                             {RTNH_F_PERVASIVE, "pervasive"},
                                             {RTNH_F_ONLINK, "on link"},
                                             {RTNH_F_OFFLOAD, "offloaded"},
                                             {RTNH_F_LINKDOWN, "link down"},
                                             {0x200, "cloned"}, /* RTM_F_CLONED */
                                             {0, NULL}};
    struct live_net *n = context;
    struct str body = m->body;
    struct str from = {"", 0};
    struct str to = {"", 0};
    struct rtmsg head;
    struct netlink_attribute a;
    uint64_t table;
    struct json *j;

    if (m->type != RTM_NEWROUTE || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    table = head.rtm_table;
    j = live_net_line(n);
    live_put_word(j, "family", live_families, head.rtm_family);
    json_put_text(j, "type", net_route_type(head.rtm_type));
    while (netlink_attribute(&body, &a)) {
        if (a.type == RTA_DST)
            to = a.value;
        else if (a.type == RTA_SRC)
            from = a.value;
        else if (a.type == RTA_TABLE)
            table = netlink_u32(a.value);
        else
            put_route_attribute(n, j, &head, &a);
    }
    put_network(j, "destination", head.rtm_family, to, head.rtm_dst_len);
    if (head.rtm_src_len)
        put_network(j, "from", head.rtm_family, from, head.rtm_src_len);
    json_put_u64(j, "table", table);
    live_put_word(j, "origin", origins, head.rtm_protocol);
    json_put_text(j, "scope", net_scope_name(head.rtm_scope));
    live_put_bits(j, "flags", flags, head.rtm_flags);
    live_line_end(n->c, n->lines);
    return n->c->status;
}

void live_routes(struct collection *c)
{
    live_net_step(c, "live/route", RTM_GETROUTE, see_route);
}

static void put_range(struct json *j, const char *name, struct str value)
{
    CLEANUP_BUF struct buf text = {0};
    struct fib_rule_port_range ports;
    struct fib_rule_uid_range uids;

    if (value.len == sizeof(ports) && netlink_fixed(&value, &ports, sizeof(ports)))
        buf_addf(&text, "%u-%u", ports.start, ports.end);
    else if (value.len == sizeof(uids) && netlink_fixed(&value, &uids, sizeof(uids)))
        buf_addf(&text, "%u-%u", uids.start, uids.end);
    put_some(j, name, buf_str(&text));
}

static void put_rule_attribute(struct json *j, const struct fib_rule_hdr *head,
                               const struct netlink_attribute *a)
{
    if (a->type == FRA_SRC)
        put_network(j, "from", head->family, a->value, head->src_len);
    else if (a->type == FRA_DST)
        put_network(j, "to", head->family, a->value, head->dst_len);
    else if (a->type == FRA_IIFNAME)
        put_some(j, "in", live_text(a->value));
    else if (a->type == FRA_OIFNAME)
        put_some(j, "out", live_text(a->value));
    else if (a->type == FRA_FWMARK)
        live_put_hex_u64(j, "mark", netlink_u32(a->value));
    else if (a->type == FRA_FWMASK)
        live_put_hex_u64(j, "mark_mask", netlink_u32(a->value));
    else if (a->type == FRA_GOTO)
        json_put_u64(j, "goto", netlink_u32(a->value));
    else if (a->type == FRA_IP_PROTO && a->value.len == 1)
        json_put_u64(j, "protocol", (uint8_t)a->value.p[0]);
    else if (a->type == FRA_UID_RANGE)
        put_range(j, "uids", a->value);
    else if (a->type == FRA_SPORT_RANGE)
        put_range(j, "source_ports", a->value);
    else if (a->type == FRA_DPORT_RANGE)
        put_range(j, "ports", a->value);
}

static int see_rule(void *context, const struct netlink_message *m)
{
    static const struct live_word actions[] = {{FR_ACT_TO_TBL, "table"},
                                               {FR_ACT_GOTO, "goto"},
                                               {FR_ACT_NOP, "nothing"},
                                               {FR_ACT_BLACKHOLE, "blackhole"},
                                               {FR_ACT_UNREACHABLE, "unreachable"},
                                               {FR_ACT_PROHIBIT, "prohibit"},
                                               {0, NULL}};
    struct live_net *n = context;
    struct str body = m->body;
    struct fib_rule_hdr head;
    struct netlink_attribute a;
    uint64_t table;
    uint64_t priority = 0;
    struct json *j;

    if (m->type != RTM_NEWRULE || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    table = head.table;
    j = live_net_line(n);
    live_put_word(j, "family", live_families, head.family);
    live_put_word(j, "action", actions, head.action);
    json_put_bool(j, "not", head.flags & FIB_RULE_INVERT);
    while (netlink_attribute(&body, &a)) {
        if (a.type == FRA_TABLE)
            table = netlink_u32(a.value);
        else if (a.type == FRA_PRIORITY)
            priority = netlink_u32(a.value);
        else
            put_rule_attribute(j, &head, &a);
    }
    json_put_u64(j, "priority", priority);
    json_put_u64(j, "table", table);
    live_line_end(n->c, n->lines);
    return n->c->status;
}

void live_rules(struct collection *c)
{
    live_net_step(c, "live/rule", RTM_GETRULE, see_rule);
}
