/* net.c: neighbours, routes, links and addresses of the running host, from the routing socket. */
#include "collect/net.h"
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include "sys/netlink.h"

void net_add_link(struct gather *g, const struct net_link *l)
{
    struct json *j = doc_row_begin(&g->doc, l->name);

    json_put_u64(j, "index", l->index);
    put_some(j, "mac", l->mac);
    json_put_u64(j, "mtu", l->mtu);
    json_put_bool(j, "up", l->flags & IFF_UP);
    json_put_bool(j, "carrier", l->has_carrier);
    json_put_bool(j, "promiscuous", l->is_promiscuous || (l->flags & IFF_PROMISC));
    put_some(j, "kind", l->kind);
    if (l->master)
        json_put_text(j, "master", l->master);
    if (l->has_counters) {
        json_put_u64(j, "rx_bytes", l->rx_bytes);
        json_put_u64(j, "tx_bytes", l->tx_bytes);
        json_put_u64(j, "rx_errors", l->rx_errors);
        json_put_u64(j, "tx_errors", l->tx_errors);
    }
    doc_row_end(&g->doc);
}

void net_add_neighbour(struct gather *g, const char *interface, const char *address, struct str mac,
                       const char *state)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    key_add(&key, "%s %s", interface, address);
    j = doc_row_begin(&g->doc, buf_str(&key));
    json_put_text(j, "interface", interface);
    json_put_text(j, "address", address);
    put_some(j, "mac", mac);
    json_put_text(j, "state", state);
    doc_row_end(&g->doc);
}

void net_add_address(struct gather *g, const char *interface, const char *address, unsigned prefix,
                     bool is_six, const char *scope)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    key_add(&key, "%s %s/%u", interface, address, prefix);
    j = doc_row_begin(&g->doc, buf_str(&key));
    json_put_text(j, "interface", interface);
    json_put_text(j, "address", address);
    json_put_u64(j, "prefix", prefix);
    json_put_text(j, "family", is_six ? "IPv6" : "IPv4");
    if (scope)
        json_put_text(j, "scope", scope);
    doc_row_end(&g->doc);
}

void net_add_route(struct gather *g, const struct net_route *r)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    buf_adds(&key, r->destination);
    if (r->gateway[0])
        key_add(&key, " via %s", r->gateway);
    if (r->interface)
        key_add(&key, " dev %s", r->interface);
    key_add(&key, " table %llu metric %llu", (unsigned long long)r->table,
            (unsigned long long)r->metric);
    j = doc_row_begin(&g->doc, buf_str(&key));
    json_put_text(j, "destination", r->destination);
    if (r->gateway[0])
        json_put_text(j, "gateway", r->gateway);
    if (r->interface)
        json_put_text(j, "interface", r->interface);
    json_put_text(j, "type", r->type);
    json_put_u64(j, "table", r->table);
    json_put_u64(j, "metric", r->metric);
    if (r->source[0])
        json_put_text(j, "source", r->source);
    doc_row_end(&g->doc);
}

/* True when the answer is in out. False: the section was told why, or it is not the live host. */
static bool dump(struct gather *g, uint16_t request, struct buf *out)
{
    int code = g->host.is_live ? netlink_dump(request, out) : -ENOSYS;

    if (code == 0 || code == -EFBIG) {
        if (code)
            doc_gap_errno(&g->doc, code, "the kernel's routing socket");
        return true;
    }
    if (g->host.is_live)
        doc_note(&g->doc, "read from files: the kernel's routing socket says %s", strerror(-code));
    return false;
}

static bool address_text(int family, struct str value, char out[INET6_ADDRSTRLEN])
{
    size_t size = family == AF_INET6 ? 16 : 4;

    return (family == AF_INET || family == AF_INET6) && value.len >= size &&
           inet_ntop(family, value.p, out, INET6_ADDRSTRLEN);
}

void net_mac_text(struct str value, struct buf *out)
{
    enum { MAC_SIZE = 32 };

    buf_clear(out);
    for (size_t i = 0; i < value.len && i < MAC_SIZE; i++)
        buf_addf(out, i ? ":%02x" : "%02x", (unsigned)(unsigned char)value.p[i]);
}

const char *net_neighbour_state(unsigned state)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{NUD_PERMANENT, "permanent"},  {NUD_REACHABLE, "reachable"},
                 {NUD_STALE, "stale"},          {NUD_DELAY, "delay"},
                 {NUD_PROBE, "probe"},          {NUD_FAILED, "failed"},
                 {NUD_INCOMPLETE, "incomplete"}};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (state & names[i].bit)
            return names[i].name;
    return NULL;
}

static void read_neighbour(struct gather *g, struct str body)
{
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf mac = {0};
    struct ndmsg head;
    struct netlink_attribute a;
    char address[INET6_ADDRSTRLEN] = "";

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    while (netlink_attribute(&body, &a)) {
        if (a.type == NDA_DST && !address_text(head.ndm_family, a.value, address))
            return;
        if (a.type == NDA_LLADDR)
            net_mac_text(a.value, &mac);
    }
    if (address[0] && net_neighbour_state(head.ndm_state))
        net_add_neighbour(g, gather_interface(g, (uint64_t)head.ndm_ifindex, &name), address,
                          buf_str(&mac), net_neighbour_state(head.ndm_state));
}

void gather_neighbours(struct gather *g)
{
    CLEANUP_BUF struct buf answer = {0};
    struct netlink_message m;
    struct str rest;

    if (!dump(g, RTM_GETNEIGH, &answer)) {
        net_files_neighbours(g);
        return;
    }
    rest = buf_str(&answer);
    while (netlink_next(&rest, &m))
        if (m.type == RTM_NEWNEIGH)
            read_neighbour(g, m.body);
}

const char *net_route_type(unsigned type)
{
    static const char *const names[] = {"unspecified", "unicast",   "local",     "broadcast",
                                        "anycast",     "multicast", "blackhole", "unreachable",
                                        "prohibit",    "throw",     "nat"};

    return type < COUNT_OF(names) ? names[type] : "unknown";
}

/* struct rtvia: a gateway of another family, IPv6 for an IPv4 route (RFC 5549). */
static void read_via(struct str value, char out[INET6_ADDRSTRLEN])
{
    uint16_t family;

    if (value.len < sizeof(family))
        return;
    memcpy(&family, value.p, sizeof(family));
    (void)address_text(family, str_from(value, sizeof(family)), out);
}

static void read_hop(struct gather *g, int family, struct str attributes, struct net_route *r,
                     uint64_t index, struct buf *name)
{
    struct netlink_attribute a;

    r->gateway[0] = '\0';
    while (netlink_attribute(&attributes, &a))
        if (a.type == RTA_GATEWAY)
            (void)address_text(family, a.value, r->gateway);
        else if (a.type == RTA_VIA)
            read_via(a.value, r->gateway);
    r->interface = index ? gather_interface(g, index, name) : NULL;
    net_add_route(g, r);
}

/* A list of struct rtnexthop, each with attributes behind. */
static void read_hops(struct gather *g, int family, struct str hops, struct net_route *r)
{
    CLEANUP_BUF struct buf name = {0};
    struct rtnexthop hop;

    while (hops.len >= sizeof(hop)) {
        memcpy(&hop, hops.p, sizeof(hop));
        if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > hops.len)
            return;
        read_hop(g, family, str_from(str_head(hops, hop.rtnh_len), sizeof(hop)), r,
                 (uint64_t)hop.rtnh_ifindex, &name);
        hops = str_from(hops, (hop.rtnh_len + 3u) & ~3u);
    }
}

static void read_route(struct gather *g, struct str body)
{
    CLEANUP_BUF struct buf name = {0};
    struct net_route r = {0};
    struct rtmsg head;
    struct netlink_attribute a;
    struct str attributes;
    struct str hops = {"", 0};
    char destination[INET6_ADDRSTRLEN] = "";
    uint64_t index = 0;

    if (!netlink_fixed(&body, &head, sizeof(head)) || (head.rtm_flags & RTM_F_CLONED) ||
        (head.rtm_family != AF_INET && head.rtm_family != AF_INET6))
        return;
    r.table = head.rtm_table;
    attributes = body;
    while (netlink_attribute(&body, &a)) {
        if (a.type == RTA_DST)
            (void)address_text(head.rtm_family, a.value, destination);
        else if (a.type == RTA_PREFSRC)
            (void)address_text(head.rtm_family, a.value, r.source);
        else if (a.type == RTA_OIF)
            index = netlink_u32(a.value);
        else if (a.type == RTA_PRIORITY)
            r.metric = netlink_u32(a.value);
        else if (a.type == RTA_TABLE)
            r.table = netlink_u32(a.value);
        else if (a.type == RTA_MULTIPATH)
            hops = a.value;
    }
    if (r.table == RT_TABLE_LOCAL)
        return;
    snprintf(r.destination, sizeof(r.destination), "%s/%u",
             destination[0]                ? destination
             : head.rtm_family == AF_INET6 ? "::"
                                           : "0.0.0.0",
             head.rtm_dst_len);
    r.type = net_route_type(head.rtm_type);
    if (hops.len)
        read_hops(g, head.rtm_family, hops, &r);
    else
        read_hop(g, head.rtm_family, attributes, &r, index, &name);
}

void gather_routes(struct gather *g)
{
    CLEANUP_BUF struct buf answer = {0};
    struct netlink_message m;
    struct str rest;

    if (!dump(g, RTM_GETROUTE, &answer)) {
        net_files_routes(g);
        return;
    }
    rest = buf_str(&answer);
    while (netlink_next(&rest, &m))
        if (m.type == RTM_NEWROUTE)
            read_route(g, m.body);
}

static void read_counters(struct str value, struct net_link *l)
{
    struct rtnl_link_stats64 s = {0};

    if (value.len < offsetof(struct rtnl_link_stats64, rx_dropped))
        return;
    memcpy(&s, value.p, value.len < sizeof(s) ? value.len : sizeof(s));
    l->has_counters = true;
    l->rx_bytes = s.rx_bytes;
    l->tx_bytes = s.tx_bytes;
    l->rx_errors = s.rx_errors;
    l->tx_errors = s.tx_errors;
}

static struct str c_string(struct str value)
{
    return (struct str){value.p, strnlen(value.p, value.len)};
}

static struct str link_kind(struct str nested)
{
    struct netlink_attribute a;

    while (netlink_attribute(&nested, &a))
        if (a.type == IFLA_INFO_KIND)
            return c_string(a.value);
    return (struct str){"", 0};
}

static void read_link(struct gather *g, struct str body)
{
    CLEANUP_BUF struct buf mac = {0};
    CLEANUP_BUF struct buf master = {0};
    struct net_link l = {0};
    struct ifinfomsg head;
    struct netlink_attribute a;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    l.index = (uint64_t)head.ifi_index;
    l.flags = head.ifi_flags;
    while (netlink_attribute(&body, &a)) {
        if (a.type == IFLA_IFNAME)
            l.name = c_string(a.value);
        else if (a.type == IFLA_ADDRESS)
            net_mac_text(a.value, &mac);
        else if (a.type == IFLA_MTU)
            l.mtu = netlink_u32(a.value);
        else if (a.type == IFLA_CARRIER)
            l.has_carrier = a.value.len && a.value.p[0];
        else if (a.type == IFLA_PROMISCUITY)
            l.is_promiscuous = netlink_u32(a.value) > 0;
        else if (a.type == IFLA_MASTER)
            l.master = gather_interface(g, netlink_u32(a.value), &master);
        else if (a.type == IFLA_LINKINFO)
            l.kind = link_kind(a.value);
        else if (a.type == IFLA_STATS64)
            read_counters(a.value, &l);
    }
    l.mac = buf_str(&mac);
    if (l.name.len)
        net_add_link(g, &l);
}

static void read_name(struct gather *g, struct str body)
{
    struct ifinfomsg head;
    struct netlink_attribute a;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    while (netlink_attribute(&body, &a))
        if (a.type == IFLA_IFNAME)
            gather_add_interface(g, (uint64_t)head.ifi_index, c_string(a.value));
}

bool net_scan_interfaces(struct gather *g)
{
    CLEANUP_BUF struct buf answer = {0};
    struct netlink_message m;
    struct str rest;

    if (!g->host.is_live || netlink_dump(RTM_GETLINK, &answer) < 0)
        return false;
    rest = buf_str(&answer);
    while (netlink_next(&rest, &m))
        if (m.type == RTM_NEWLINK)
            read_name(g, m.body);
    return true;
}

void gather_links(struct gather *g)
{
    CLEANUP_BUF struct buf answer = {0};
    struct netlink_message m;
    struct str rest;

    if (!dump(g, RTM_GETLINK, &answer)) {
        net_files_links(g);
        return;
    }
    rest = buf_str(&answer);
    while (netlink_next(&rest, &m))
        if (m.type == RTM_NEWLINK)
            read_link(g, m.body);
}

const char *net_scope_name(unsigned scope)
{
    return scope == RT_SCOPE_UNIVERSE ? "global"
           : scope == RT_SCOPE_LINK   ? "link"
           : scope == RT_SCOPE_HOST   ? "host"
           : scope == RT_SCOPE_SITE   ? "site"
                                      : "other";
}

static void read_address(struct gather *g, struct str body)
{
    CLEANUP_BUF struct buf name = {0};
    struct ifaddrmsg head;
    struct netlink_attribute a;
    char address[INET6_ADDRSTRLEN] = "";
    bool has_local = false;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return;
    while (netlink_attribute(&body, &a)) {
        /* On a point-to-point link IFA_ADDRESS is the other end and IFA_LOCAL is ours. */
        if (a.type == IFA_LOCAL)
            has_local = address_text(head.ifa_family, a.value, address);
        else if (a.type == IFA_ADDRESS && !has_local)
            (void)address_text(head.ifa_family, a.value, address);
    }
    if (address[0])
        net_add_address(g, gather_interface(g, head.ifa_index, &name), address, head.ifa_prefixlen,
                        head.ifa_family == AF_INET6, net_scope_name(head.ifa_scope));
}

void gather_addresses(struct gather *g)
{
    CLEANUP_BUF struct buf answer = {0};
    struct netlink_message m;
    struct str rest;

    if (!dump(g, RTM_GETADDR, &answer)) {
        net_files_addresses(g);
        return;
    }
    rest = buf_str(&answer);
    while (netlink_next(&rest, &m))
        if (m.type == RTM_NEWADDR)
            read_address(g, m.body);
}
