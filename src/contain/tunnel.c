/* tunnel.c: finds tunnels among the interfaces, and judges isolations by them. */
#include "contain/tunnel.h"
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "contain/allow.h"
#include "contain/route.h"
#include "contain/spell.h"

enum { TUNNEL_COUNT = 4096 };

/* How each kind spells its other end among its own attributes; 0: it has no such. */
static const struct kind {
    const char *name;
    uint16_t four;
    uint16_t six;
    uint16_t port; /* of UDP, in network order; 0: a protocol of its own, without ports */
} kinds[] = {
    {"vxlan", IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6, IFLA_VXLAN_PORT},
    {"geneve", IFLA_GENEVE_REMOTE, IFLA_GENEVE_REMOTE6, IFLA_GENEVE_PORT},
    {"gre", IFLA_GRE_REMOTE, 0, 0},
    {"gretap", IFLA_GRE_REMOTE, 0, 0},
    {"erspan", IFLA_GRE_REMOTE, 0, 0},
    {"ip6gre", 0, IFLA_GRE_REMOTE, 0},
    {"ip6gretap", 0, IFLA_GRE_REMOTE, 0},
    {"ip6erspan", 0, IFLA_GRE_REMOTE, 0},
    {"ipip", IFLA_IPTUN_REMOTE, 0, 0},
    {"sit", IFLA_IPTUN_REMOTE, 0, 0},
    {"ip6tnl", 0, IFLA_IPTUN_REMOTE, 0},
    {"vti", IFLA_VTI_REMOTE, 0, 0},
    {"vti6", 0, IFLA_VTI_REMOTE, 0},
    {"wireguard", 0, 0, 0},
    {"tun", 0, 0, 0},
    {"xfrm", 0, 0, 0},
    {"ppp", 0, 0, 0},
    {"l2tpeth", 0, 0, 0},
    {"ovpn", 0, 0, 0},
};

static const struct kind *kind_of(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_is(name, kinds[i].name))
            return &kinds[i];
    return NULL;
}

/* A group (224.0.0.0/4, ff00::/8) or none at all (zeros) says nothing of where packets go. */
static bool is_one_end(const struct net *n)
{
    static const uint8_t zeros[16];

    if (memcmp(n->bytes, zeros, n->size) == 0)
        return false;
    return n->size == 4 ? n->bytes[0] >> 4 != 0xe : n->bytes[0] != 0xff;
}

static void take_data(struct host_tunnel *t, const struct kind *k, struct str data)
{
    struct netlink_attribute a;

    while (netlink_attribute(&data, &a)) {
        bool is_four = k->four && a.type == k->four && a.value.len == 4;
        bool is_six = k->six && a.type == k->six && a.value.len == 16;

        if (is_four || is_six)
            t->end = net_single(a.value.p, is_six);
        else if (k->port && a.type == k->port)
            t->port = (uint16_t)netlink_be(a.value);
        else if (str_is(str_of(k->name), "tun") && a.type == IFLA_TUN_TYPE)
            t->is_frames = netlink_be(a.value) == IFF_TAP;
    }
    if (!is_one_end(&t->end) || (k->port && !t->port))
        t->end.size = 0;
}

static bool take_info(struct host_tunnel *t, struct str info)
{
    struct str kind = {0}, data = {0};
    struct netlink_attribute a;
    const struct kind *k;

    while (netlink_attribute(&info, &a))
        if (a.type == IFLA_INFO_KIND)
            kind = netlink_text(a.value);
        else if (a.type == IFLA_INFO_DATA)
            data = a.value;
    k = kind_of(kind);
    if (k)
        take_data(t, k, data);
    return k != NULL;
}

int tunnel_see(void *context, const struct netlink_message *m)
{
    struct host_view *v = context;
    struct host_tunnel t = {0};
    struct str body = m->body, info = {0};
    struct netlink_attribute a;
    struct ifinfomsg head;

    if (m->type != RTM_NEWLINK || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    t.index = (uint32_t)head.ifi_index;
    while (netlink_attribute(&body, &a)) {
        if (a.type == IFLA_IFNAME)
            snprintf(t.name, sizeof(t.name), STR_FMT, STR_ARG(netlink_text(a.value)));
        else if (a.type == IFLA_MASTER)
            t.master = netlink_u32(a.value);
        else if (a.type == IFLA_LINKINFO)
            info = a.value;
    }
    if (!take_info(&t, info) || v->tunnel_count == TUNNEL_COUNT)
        return 0;
    v->tunnels = mem_grow(v->tunnels, v->tunnel_count, &v->tunnel_room, sizeof(t));
    v->tunnels[v->tunnel_count++] = t;
    return 0;
}

int tunnels_read(struct host_view *v)
{
    struct ifinfomsg question = {0};

    return netlink_ask(NETLINK_ROUTE, RTM_GETLINK,
                       (struct str){(char *)&question, sizeof(question)}, tunnel_see, v);
}

/* A bridge that a tunnel is a port of may send through it. Not through the port of a virtual
 * machine, though (a tap): that leads to what runs here. */
static bool is_way(const struct host_tunnel *t, uint32_t index)
{
    return t->index == index || (t->master == index && !t->is_frames);
}

const struct host_tunnel *tunnel_to(const struct host_view *v, const struct net *to)
{
    CLEANUP_ROUTE_WAYS struct route_ways w = {0};

    if (!v->tunnel_count || route_read_to(to, &w) || !w.index)
        return NULL;
    for (size_t i = 0; i < v->tunnel_count; i++)
        if (is_way(&v->tunnels[i], w.index))
            return &v->tunnels[i];
    return NULL;
}

size_t tunnel_needs(const struct host_tunnel *t, struct endpoint out[2])
{
    out[0] = (struct endpoint){.net = t->end};
    if (!t->end.size)
        return 0;
    if (!t->port)
        return 1;
    out[0].protocol = IPPROTO_UDP;
    out[0].port_first = out[0].port_last = t->port;
    out[0].way = ENDPOINT_OUT; /* each side sends to the port of the other */
    out[1] = out[0];
    out[1].way = ENDPOINT_IN;
    return 2;
}

static int refuse_unknown(const struct net *to, const struct host_tunnel *t, struct err *e)
{
    char text[NET_TEXT_SIZE];

    return err_set(
        e, ERR_GATE,
        "%s is reached through %s, a tunnel, and where its own packets go cannot be seen "
        "here: they would be cut off, and %s with them. Name the address of its other "
        "end, too: --allow ADDRESS,udp,PORT,out",
        net_text(text, to), t->name, text);
}

/* Is anybody let pass who is reached without a tunnel, and so may be its other end? */
static bool has_outside(const struct plan *p, const struct host_view *host)
{
    for (size_t i = 0; i < p->allow_count; i++)
        if (!net_is_loopback(&p->allow[i].net) && !tunnel_to(host, &p->allow[i].net))
            return true;
    return false;
}

static int judge_one(const struct plan *p, const struct host_view *host, const struct net *to,
                     struct err *e)
{
    const struct host_tunnel *t = tunnel_to(host, to);
    char text[NET_TEXT_SIZE], end[NET_TEXT_SIZE], need[ENDPOINT_TEXT_SIZE];
    CLEANUP_BUF struct buf names = {0};
    struct endpoint needs[2];
    size_t count = t ? tunnel_needs(t, needs) : 0;

    if (t && !count && !has_outside(p, host))
        return refuse_unknown(to, t, e);
    for (size_t i = 0; i < count; i++)
        if (!allow_covers(p, &needs[i]))
            buf_addf(&names, " --allow %s", endpoint_text(need, &needs[i]));
    if (!names.len)
        return 0;
    return err_set(e, ERR_GATE,
                   "%s is reached through %s, a tunnel whose own packets go to %s: they would be "
                   "cut off, and %s with them. Name that, too:%s",
                   net_text(text, to), t->name, net_text(end, &t->end), text, buf_text(&names));
}

int tunnel_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && p->timer_s && host->tunnel_count && i < p->allow_count; i++)
        rc = judge_one(p, host, &p->allow[i].net, e);
    return rc;
}

void tunnel_warn(const struct plan *p, const struct host_view *host, struct buf *out)
{
    for (size_t i = 0; host->tunnel_count && i < p->allow_count; i++) {
        const struct host_tunnel *t = tunnel_to(host, &p->allow[i].net);
        struct endpoint needs[2];
        char text[NET_TEXT_SIZE];

        if (!t || tunnel_needs(t, needs))
            continue;
        buf_adds(out, "warn tunnel ");
        spell_add(out, str_of(t->name));
        buf_addf(out, " %s\n", net_text(text, &p->allow[i].net));
    }
}
