/* isolate.c: cuts a host off. Nothing passes but loopback and what the plan allows, and what ARP
 * and neighbour discovery need for that. */
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <linux/if_arp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include "contain/action.h"
#include "contain/filter_table.h"
#include "contain/filter_words.h"

enum { ARP_SENDER = 14, ARP_TARGET = 24, ND_HOPS = 255, GROUP_HOPS = 1, GROUP_REPORT_2 = 143 };

static const struct net link_local = {.bytes = {0xfe, 0x80}, .size = 16, .prefix = 10};

/* Loopback passes: programs of this host talk to one another. */
static void allow_loopback(struct filter_table *t, enum filter_place place)
{
    uint16_t loopback = ARPHRD_LOOPBACK;
    struct filter_rule r;

    filter_table_rule(t, place, &r);
    filter_meta(&r, place == FILTER_IN ? NFT_META_IIFTYPE : NFT_META_OIFTYPE);
    filter_is(&r, (struct str){(char *)&loopback, sizeof(loopback)});
    filter_verdict(&r, NFT_RETURN);
    filter_rule_end(&r);
}

/* The sender of what arrives and the target of what is sent is one of those that must be found. */
static void allow_arp(struct filter_table *t, enum filter_place place)
{
    for (size_t i = 0; i < t->now->neighbour_count; i++) {
        const struct net *n = &t->now->neighbours[i].net;
        struct filter_rule r;

        if (n->size != 4)
            continue;
        filter_table_rule(t, place, &r);
        if (t->family == NFPROTO_NETDEV) {
            filter_meta(&r, NFT_META_PROTOCOL);
            filter_is_u16(&r, ETHERTYPE_ARP);
        }
        filter_payload(&r, NFT_PAYLOAD_NETWORK_HEADER, place == FILTER_IN ? ARP_SENDER : ARP_TARGET,
                       4);
        filter_is_within(&r, n);
        filter_verdict(&r, NFT_RETURN);
        filter_rule_end(&r);
    }
}

/* hops: as far as it was sent; more or less says that it comes from behind a router. */
static void begin_icmp(struct filter_table *t, enum filter_place place, uint8_t type, uint8_t hops,
                       struct filter_rule *r)
{
    filter_table_rule(t, place, r);
    filter_is_ip(r, t->family, 16);
    filter_is_protocol(r, IPPROTO_ICMPV6);
    filter_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
    filter_is_u8(r, type);
    filter_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 7, 1);
    filter_is_u8(r, hops);
}

static void begin_discovery(struct filter_table *t, enum filter_place place, uint8_t type,
                            struct filter_rule *r)
{
    begin_icmp(t, place, type, ND_HOPS, r);
}

static void end_allow(struct filter_rule *r)
{
    filter_verdict(r, NFT_RETURN);
    filter_rule_end(r);
}

/* A neighbour asks from its address or, when it only looks whether we are still there, from its
 * link's own; so by its hardware address too, where that is known. */
static void allow_discovery_in(struct filter_table *t, const struct filter_neighbour *n)
{
    static const uint8_t types[] = {ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT, ND_ROUTER_ADVERT};
    static const uint8_t unknown[6];
    uint16_t ethernet = ARPHRD_ETHER;
    struct filter_rule r;

    for (size_t i = 0; i < COUNT_OF(types); i++) {
        begin_discovery(t, FILTER_IN, types[i], &r);
        filter_is_net(&r, &n->net, FILTER_SOURCE);
        end_allow(&r);
        if (memcmp(n->mac, unknown, sizeof(unknown)) == 0)
            continue;
        begin_discovery(t, FILTER_IN, types[i], &r);
        filter_meta(&r, NFT_META_IIFTYPE);
        filter_is(&r, (struct str){(char *)&ethernet, sizeof(ethernet)});
        filter_payload(&r, NFT_PAYLOAD_LL_HEADER, 6, 6);
        filter_is(&r, (struct str){(const char *)n->mac, sizeof(n->mac)});
        end_allow(&r);
    }
}

/* The group at which all addresses with these last 24 bits are asked for (RFC 4291 §2.7.1). */
static void allow_group(struct filter_table *t, const struct net *n)
{
    struct net group = {.bytes = {0xff, 0x02, [11] = 0x01, [12] = 0xff}, .size = 16, .prefix = 128};
    struct filter_rule r;

    if (n->prefix > 104)
        memcpy(group.bytes + 13, n->bytes + 13, 3);
    group.prefix = n->prefix > 104 ? n->prefix : 104;
    begin_discovery(t, FILTER_OUT, ND_NEIGHBOR_SOLICIT, &r);
    filter_is_net(&r, &group, FILTER_DESTINATION);
    end_allow(&r);
}

static void allow_discovery_out(struct filter_table *t, const struct filter_neighbour *n)
{
    struct filter_rule r;

    allow_group(t, &n->net);
    begin_discovery(t, FILTER_OUT, ND_NEIGHBOR_SOLICIT, &r);
    filter_is_net(&r, &n->net, FILTER_DESTINATION);
    end_allow(&r);
    begin_discovery(t, FILTER_OUT, ND_NEIGHBOR_ADVERT, &r);
    filter_is_net(&r, &n->net, FILTER_DESTINATION);
    end_allow(&r);
    begin_discovery(t, FILTER_OUT, ND_NEIGHBOR_ADVERT, &r); /* answers to what was let in */
    filter_is_net(&r, &link_local, FILTER_DESTINATION);
    end_allow(&r);
}

/* Switches that listen to what groups a host is in (RFC 4541) bring it no question for its address
 * otherwise. */
static void allow_membership(struct filter_table *t, enum filter_place place)
{
    static const struct net routers = {
        .bytes = {0xff, 0x02, [15] = 0x16}, .size = 16, .prefix = 128};
    static const struct net asked = {
        .bytes = {0xff, 0x02, [11] = 0x01, [12] = 0xff}, .size = 16, .prefix = 104};
    struct filter_rule r;

    if (place == FILTER_IN) {
        begin_icmp(t, place, MLD_LISTENER_QUERY, GROUP_HOPS, &r);
        filter_is_net(&r, &link_local, FILTER_SOURCE);
        end_allow(&r);
        return;
    }
    begin_icmp(t, place, GROUP_REPORT_2, GROUP_HOPS, &r);
    filter_is_net(&r, &routers, FILTER_DESTINATION);
    end_allow(&r);
    begin_icmp(t, place, MLD_LISTENER_REPORT, GROUP_HOPS, &r);
    filter_is_net(&r, &asked, FILTER_DESTINATION);
    end_allow(&r);
}

static void allow_discovery(struct filter_table *t, enum filter_place place)
{
    bool has_six = false;

    for (size_t i = 0; i < t->now->neighbour_count; i++) {
        const struct filter_neighbour *n = &t->now->neighbours[i];

        if (n->net.size != 16)
            continue;
        has_six = true;
        if (place == FILTER_IN)
            allow_discovery_in(t, n);
        else
            allow_discovery_out(t, n);
    }
    if (has_six)
        allow_membership(t, place);
}

static void drop_rest(struct filter_table *t, enum filter_place place)
{
    struct filter_rule r;

    filter_table_rule(t, place, &r);
    filter_drop(&r);
}

static void add_way(struct filter_table *t, enum filter_place place)
{
    if (t->family == NFPROTO_INET)
        allow_loopback(t, place);
    if (t->family != NFPROTO_ARP) {
        filter_table_allow(t, place);
        allow_discovery(t, place);
    }
    if (t->family != NFPROTO_INET)
        allow_arp(t, place);
    drop_rest(t, place);
}

static int isolate_rules(const struct plan *p, struct filter_table *t, struct err *e)
{
    (void)p;
    (void)e;
    if (t->family == NFPROTO_INET || t->family == NFPROTO_ARP)
        add_way(t, FILTER_IN);
    if (t->family != NFPROTO_BRIDGE)
        add_way(t, FILTER_OUT);
    if (t->family == NFPROTO_INET || t->family == NFPROTO_BRIDGE)
        drop_rest(t, FILTER_FORWARD);
    return 0;
}

static const struct action_param params[] = {{0}};

const struct contain_action contain_isolate = {
    .name = "isolate",
    .help = "cut a host off: nothing passes but loopback and the named responders",
    .params = params,
    .judge = judge_isolate,
    .preview = preview_isolate,
    .rules = isolate_rules};
