/* live_net.c: neighbours, links and addresses as the kernel's routing socket tells them. */
#include "collect/live_net.h"
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include "collect/net.h"

/* RTNL_FAMILY_IPMR and _IP6MR are numbers of rtnetlink alone. */
const struct live_word live_families[] = {
    {AF_INET, "IPv4"}, {AF_INET6, "IPv6"},      {AF_BRIDGE, "bridge"},
    {AF_MPLS, "MPLS"}, {128, "IPv4 multicast"}, {129, "IPv6 multicast"},
    {0, NULL}};

const char *live_interface(const struct live_net *n, uint64_t index, struct buf *buf)
{
    for (size_t i = 0; i < n->name_count; i++)
        if (n->names[i].id == index)
            return n->names[i].name;
    buf_clear(buf);
    buf_addf(buf, "#%llu", (unsigned long long)index);
    return buf_text(buf);
}

void live_put_interface(const struct live_net *n, struct json *j, const char *name, uint64_t index)
{
    CLEANUP_BUF struct buf buf = {0};

    if (index)
        put_bytes(j, name, str_of(live_interface(n, index, &buf)));
}

static int see_name(void *context, const struct netlink_message *m)
{
    enum { NAME_COUNT = 100000 };
    struct live_net *n = context;
    struct str body = m->body;
    struct ifinfomsg head;
    struct netlink_attribute a;

    if (m->type != RTM_NEWLINK || n->name_count == NAME_COUNT ||
        !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        struct str name = live_text(a.value);

        if (a.type != IFLA_IFNAME)
            continue;
        n->names = mem_grow(n->names, n->name_count, &n->name_room, sizeof(*n->names));
        n->names[n->name_count++] = (struct id_name){.id = (uint64_t)head.ifi_index,
                                                     .name = arena_dup(n->arena, name.p, name.len)};
    }
    return 0;
}

struct json *live_net_line(struct live_net *n)
{
    struct json *j = bundle_line_begin(n->lines);

    if (n->netns)
        json_put_u64(j, "netns", n->netns);
    return j;
}

static void read_network(void *context, const struct live_netns *ns)
{
    struct live_net *n = context;
    struct rtgenmsg body = {.rtgen_family = AF_UNSPEC};
    struct str request = {(char *)&body, sizeof(body)};
    CLEANUP_BUF struct buf what = {0};
    int code;

    if (!ns->is_entered)
        return;
    n->netns = ns->number;
    n->name_count = 0;
    n->arena = arena_new();
    (void)netlink_ask(NETLINK_ROUTE, RTM_GETLINK, request, see_name, n);
    code = netlink_ask(NETLINK_ROUTE, n->request, request, n->see, n);
    arena_free(n->arena);
    if (code < 0 && !n->c->status)
        collection_missing(n->c, live_netns_what(ns, "the kernel's routing socket", &what),
                           code == -EINTR ? 0 : -code, "%s",
                           code == -EINTR ? "it changed while it was listed: some may be missing "
                                            "or told twice"
                                          : strerror(-code));
}

void live_net_step(struct collection *c, const char *member, uint16_t request, netlink_see *see)
{
    struct live_net n = {.c = c, .request = request, .see = see};

    if (!c->host.is_live) {
        collection_missing(c, str_of(member), 0,
                           "only a running kernel tells this; the snapshot has what files tell");
        return;
    }
    n.lines = live_open(c, member);
    live_netns_each(c, read_network, &n);
    live_close(c, n.lines);
    free(n.names);
}

static void put_age(struct json *j, const char *name, uint32_t ticks)
{
    json_put_u64(j, name, (uint64_t)ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

static void put_neighbour_times(struct json *j, struct str value)
{
    struct nda_cacheinfo times;

    if (!netlink_fixed(&value, &times, sizeof(times)))
        return;
    put_age(j, "confirmed_ms", times.ndm_confirmed);
    put_age(j, "used_ms", times.ndm_used);
    put_age(j, "updated_ms", times.ndm_updated);
}

static int see_neighbour(void *context, const struct netlink_message *m)
{
    static const struct live_word flags[] = {{NTF_SELF, "self"},
                                             {NTF_MASTER, "master"},
                                             {NTF_PROXY, "proxy"},
                                             {NTF_ROUTER, "router"},
                                             {NTF_STICKY, "sticky"},
                                             {NTF_EXT_LEARNED, "learned"},
                                             {0, NULL}};
    struct live_net *n = context;
    CLEANUP_BUF struct buf mac = {0};
    struct str body = m->body;
    struct ndmsg head;
    struct netlink_attribute a;
    struct json *j;

    if (m->type != RTM_NEWNEIGH || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    j = live_net_line(n);
    live_put_word(j, "family", live_families, head.ndm_family);
    live_put_interface(n, j, "interface", (uint64_t)head.ndm_ifindex);
    json_put_text(j, "state",
                  net_neighbour_state(head.ndm_state) ? net_neighbour_state(head.ndm_state)
                                                      : "none");
    live_put_bits(j, "flags", flags, head.ndm_flags);
    while (netlink_attribute(&body, &a)) {
        if (a.type == NDA_DST)
            live_put_address(j, "address", head.ndm_family, a.value);
        else if (a.type == NDA_PROBES)
            json_put_u64(j, "probes", netlink_u32(a.value));
        else if (a.type == NDA_CACHEINFO)
            put_neighbour_times(j, a.value);
        else if (a.type == NDA_LLADDR)
            net_mac_text(a.value, &mac);
    }
    put_some(j, "mac", buf_str(&mac));
    live_line_end(n->c, n->lines);
    return n->c->status;
}

void live_neighbours(struct collection *c)
{
    live_net_step(c, "live/neighbour", RTM_GETNEIGH, see_neighbour);
}

static void put_counters(struct json *j, struct str value)
{
    static const struct {
        const char *name;
        size_t off;
    } counters[] = {{"rx_packets", offsetof(struct rtnl_link_stats64, rx_packets)},
                    {"tx_packets", offsetof(struct rtnl_link_stats64, tx_packets)},
                    {"rx_bytes", offsetof(struct rtnl_link_stats64, rx_bytes)},
                    {"tx_bytes", offsetof(struct rtnl_link_stats64, tx_bytes)},
                    {"rx_errors", offsetof(struct rtnl_link_stats64, rx_errors)},
                    {"tx_errors", offsetof(struct rtnl_link_stats64, tx_errors)},
                    {"rx_dropped", offsetof(struct rtnl_link_stats64, rx_dropped)},
                    {"tx_dropped", offsetof(struct rtnl_link_stats64, tx_dropped)}};

    for (size_t i = 0; i < COUNT_OF(counters); i++) {
        uint64_t count;

        if (value.len < counters[i].off + sizeof(count))
            return;
        memcpy(&count, value.p + counters[i].off, sizeof(count));
        json_put_u64(j, counters[i].name, count);
    }
}

static void put_kind(struct json *j, struct str nested)
{
    struct netlink_attribute a;

    while (netlink_attribute(&nested, &a))
        if (a.type == IFLA_INFO_KIND)
            put_some(j, "kind", live_text(a.value));
}

/* A program at the driver sees and may drop each packet before the packet filter does. */
static void put_xdp(struct json *j, struct str nested)
{
    struct netlink_attribute a;

    while (netlink_attribute(&nested, &a))
        if (a.type == IFLA_XDP_PROG_ID)
            json_put_u64(j, "xdp_program", netlink_u32(a.value));
}

static void put_mac(struct json *j, const char *name, struct str value)
{
    CLEANUP_BUF struct buf text = {0};

    net_mac_text(value, &text);
    put_some(j, name, buf_str(&text));
}

static const struct live_word link_flags[] = {
    {IFF_UP, "up"},
    {IFF_BROADCAST, "broadcast"},
    {IFF_DEBUG, "debug"},
    {IFF_LOOPBACK, "loopback"},
    {IFF_POINTOPOINT, "point to point"},
    {IFF_RUNNING, "running"},
    {IFF_NOARP, "no arp"},
    {IFF_PROMISC, "promiscuous"},
    {IFF_ALLMULTI, "all multicast"},
    {IFF_MASTER, "master"},
    {IFF_SLAVE, "slave"},
    {IFF_MULTICAST, "multicast"},
    {1 << 16, "lower up"}, /* IFF_LOWER_UP, IFF_DORMANT, IFF_ECHO of linux/if.h */
    {1 << 17, "dormant"},
    {1 << 18, "echo"},
    {0, NULL}};

static void put_link_attribute(struct live_net *n, struct json *j,
                               const struct netlink_attribute *a)
{
    static const struct live_word states[] = {
        {0, "unknown"}, {1, "not present"}, {2, "down"}, {3, "lower layer down"},
        {4, "testing"}, {5, "dormant"},     {6, "up"},   {0, NULL}};

    switch (a->type) {
    case IFLA_ADDRESS:
        put_mac(j, "mac", a->value);
        break;
    case IFLA_PERM_ADDRESS:
        put_mac(j, "permanent_mac", a->value);
        break;
    case IFLA_MTU:
        json_put_u64(j, "mtu", netlink_u32(a->value));
        break;
    case IFLA_OPERSTATE:
        live_put_word(j, "state", states, a->value.len ? (uint8_t)a->value.p[0] : 0);
        break;
    case IFLA_CARRIER:
        json_put_bool(j, "carrier", a->value.len && a->value.p[0]);
        break;
    case IFLA_PROMISCUITY: /* how many asked for it: a sniffer does not set the flag */
        json_put_u64(j, "promiscuity", netlink_u32(a->value));
        break;
    case IFLA_MASTER:
        live_put_interface(n, j, "master", netlink_u32(a->value));
        break;
    case IFLA_LINK:
        json_put_u64(j, "lower_index", netlink_u32(a->value));
        break;
    case IFLA_LINK_NETNSID:
        json_put_u64(j, "lower_netns_id", netlink_u32(a->value));
        break;
    case IFLA_IFALIAS:
        put_some(j, "alias", live_text(a->value));
        break;
    case IFLA_QDISC:
        put_some(j, "queueing", live_text(a->value));
        break;
    case IFLA_LINKINFO:
        put_kind(j, a->value);
        break;
    case IFLA_XDP:
        put_xdp(j, a->value);
        break;
    case IFLA_STATS64:
        put_counters(j, a->value);
        break;
    default:
        break;
    }
}

static int see_link(void *context, const struct netlink_message *m)
{
    struct live_net *n = context;
    struct str body = m->body;
    struct ifinfomsg head;
    struct netlink_attribute a;
    struct json *j;

    if (m->type != RTM_NEWLINK || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    j = live_net_line(n);
    live_put_interface(n, j, "name", (uint64_t)head.ifi_index);
    json_put_u64(j, "index", (uint64_t)head.ifi_index);
    live_put_bits(j, "flags", link_flags, head.ifi_flags);
    while (netlink_attribute(&body, &a))
        put_link_attribute(n, j, &a);
    live_line_end(n->c, n->lines);
    return n->c->status;
}

void live_links(struct collection *c)
{
    live_net_step(c, "live/link", RTM_GETLINK, see_link);
}

static const struct live_word address_flags[] = {{IFA_F_SECONDARY, "secondary"},
                                                 {IFA_F_NODAD, "no duplicate detection"},
                                                 {IFA_F_OPTIMISTIC, "optimistic"},
                                                 {IFA_F_DADFAILED, "duplicate"},
                                                 {IFA_F_HOMEADDRESS, "home address"},
                                                 {IFA_F_DEPRECATED, "deprecated"},
                                                 {IFA_F_TENTATIVE, "tentative"},
                                                 {IFA_F_PERMANENT, "permanent"},
                                                 {IFA_F_MANAGETEMPADDR, "manages temporary"},
                                                 {IFA_F_NOPREFIXROUTE, "no prefix route"},
                                                 {IFA_F_MCAUTOJOIN, "joins multicast"},
                                                 {IFA_F_STABLE_PRIVACY, "stable privacy"},
                                                 {0, NULL}};

static void put_lifetimes(struct collection *c, struct json *j, struct str value)
{
    struct ifa_cacheinfo times;
    struct utc made;

    if (!netlink_fixed(&value, &times, sizeof(times)))
        return;
    if (times.ifa_valid != UINT32_MAX)
        json_put_u64(j, "valid_s", times.ifa_valid);
    if (times.ifa_prefered != UINT32_MAX)
        json_put_u64(j, "preferred_s", times.ifa_prefered);
    made = live_after(live_booted(c), (uint64_t)times.cstamp * 10000000); /* 1/100 s */
    if (made.sec)
        json_put_utc(j, "created", made);
}

static int see_address(void *context, const struct netlink_message *m)
{
    struct live_net *n = context;
    struct str body = m->body;
    struct ifaddrmsg head;
    struct netlink_attribute a;
    struct str address = {"", 0};
    struct str local = {"", 0};
    uint64_t flags;
    struct json *j;

    if (m->type != RTM_NEWADDR || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    flags = head.ifa_flags;
    j = live_net_line(n);
    live_put_interface(n, j, "interface", head.ifa_index);
    live_put_word(j, "family", live_families, head.ifa_family);
    json_put_u64(j, "prefix", head.ifa_prefixlen);
    json_put_text(j, "scope", net_scope_name(head.ifa_scope));
    while (netlink_attribute(&body, &a)) {
        if (a.type == IFA_LOCAL)
            local = a.value;
        else if (a.type == IFA_ADDRESS)
            address = a.value;
        else if (a.type == IFA_BROADCAST)
            live_put_address(j, "broadcast", head.ifa_family, a.value);
        else if (a.type == IFA_LABEL)
            put_some(j, "label", live_text(a.value));
        else if (a.type == IFA_FLAGS)
            flags = netlink_u32(a.value);
        else if (a.type == IFA_CACHEINFO)
            put_lifetimes(n->c, j, a.value);
    }
    live_put_bits(j, "flags", address_flags, flags);
    live_put_address(j, "address", head.ifa_family, local.len ? local : address);
    /* On a point-to-point link IFA_ADDRESS is the other end. */
    if (local.len && address.len && !str_eq(local, address))
        live_put_address(j, "peer", head.ifa_family, address);
    live_line_end(n->c, n->lines);
    return n->c->status;
}

void live_addresses(struct collection *c)
{
    live_net_step(c, "live/address", RTM_GETADDR, see_address);
}
