/* fuzz_contain_netlink.c: any answer of the kernel's netlink about this host's sockets, addresses,
 * routes, interfaces and packet filter is read or left out, without a fault; what is kept of an
 * interface can be read again, and asked for. The first byte chooses who reads. */
#include <netinet/in.h>
#include <string.h>
#include "base/mem.h"
#include "contain/filter_batch.h"
#include "contain/filter_count.h"
#include "contain/filter_listing.h"
#include "contain/filter_see.h"
#include "contain/host_see.h"
#include "contain/link_item.h"
#include "contain/link_see.h"
#include "contain/link_stack.h"
#include "contain/neighbour_see.h"
#include "contain/network_state.h"
#include "contain/passed.h"
#include "contain/route.h"
#include "contain/tunnel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear(struct str bytes, netlink_see *see, void *context)
{
    bool changed = false;

    (void)netlink_see_answer(bytes, see, context, &changed);
}

static void check_peers(const struct host_view *v, unsigned four, unsigned six)
{
    CLEANUP_FREE struct host_peer *peers = NULL;
    size_t count, visits = 0, told = 0;

    host_peers(v, four, six, &peers, &count);
    for (size_t i = 0; i < v->socket_count; i++)
        visits +=
            !v->sockets[i].is_listener && (v->sockets[i].is_inbound || v->sockets[i].is_half_open);
    for (size_t i = 0; i < count; i++)
        told += peers[i].open + peers[i].half_open;
    if (told != visits)
        BUG("%zu visits of %zu are told", told, visits);
}

static void read_ways(netlink_see *see, struct str bytes)
{
    CLEANUP_ROUTE_WAYS struct route_ways w = {0};

    hear(bytes, see, &w);
    for (size_t i = 0; i < w.gateway_count; i++)
        if (!net_is_one(&w.gateways[i]))
            BUG("a gateway of %u bits", w.gateways[i].prefix);
    if (w.hop_count > ROUTE_HOP_COUNT)
        BUG("%zu hops", w.hop_count);
}

static void read_host(unsigned who, struct str bytes)
{
    static netlink_see *const sees[] = {host_see_socket, host_see_address};
    CLEANUP_HOST_VIEW struct host_view v = {0};
    struct host_asked asked = {.view = &v, .protocol = who & 8 ? IPPROTO_UDP : IPPROTO_TCP};

    if (who % 3 == 2) {
        read_ways(route_see, bytes);
        return;
    }
    hear(bytes, sees[who % 3], who % 3 ? (void *)&v : (void *)&asked);
    for (size_t i = 0; i < v.socket_count; i++)
        v.sockets[i].is_inbound = i % 2;
    for (size_t i = 0; i < v.own_count; i++)
        if (v.own[i].size != 4 && v.own[i].size != 16)
            BUG("an address of %u bytes", v.own[i].size);
    check_peers(&v, 32, 128);
    check_peers(&v, 24, 48);
}

static void use_items(const struct link_state *s)
{
    for (size_t i = 0; i < s->count; i++) {
        CLEANUP_BUF struct buf ask = {0};

        (void)link_item_key(&s->items[i]);
        (void)link_item_is_made(&s->items[i]);
        (void)link_item_is_by_number(&s->items[i]);
        (void)link_item_flags(&s->items[i]);
        (void)link_item_ask(&s->items[i], i, &ask);
    }
}

/* What is written is what undo reads: as many items, and the same ones. */
static void read_link(unsigned who, struct str bytes)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_LINK_STATE struct link_state s = {.name = STR("eth0"), .index = 2}, again = {0};
    struct link_reading r = {.arena = arena, .s = &s, .kind = who % LINK_KIND_COUNT};
    CLEANUP_BUF struct buf text = {0}, second = {0};

    hear(bytes, who & 8 ? link_see_link : link_see_item, &r);
    use_items(&s);
    link_state_add(&s, &text);
    if (link_state_take(arena, buf_str(&text), &again, NULL))
        BUG("what was kept cannot be read: %s", buf_text(&text));
    link_state_add(&again, &second);
    if (!str_eq(buf_str(&text), buf_str(&second)))
        BUG("what was kept reads otherwise");
}

static void read_filter(unsigned who, struct str bytes)
{
    CLEANUP(filter_listing_release) struct filter_listing listing = {.table = "calm"};
    struct filter_seen seen = {.table = "calm", .mark = STR("-01020304")};
    struct filter_elements_seen elements = {0};
    CLEANUP_BUF struct buf lines = {0};
    struct filter_counters counters = {.all = NULL};
    struct filter_others others = {.has_more = false};

    if (who % 5 == 0)
        hear(bytes, filter_see_rule, &seen);
    else if (who % 5 == 1)
        hear(bytes, filter_see_chain, &others);
    else if (who % 5 == 2)
        hear(bytes, filter_see_counter, &counters);
    else if (who % 5 == 3)
        hear(bytes, filter_see_elements, &elements);
    else
        hear(bytes, filter_see_listed, &listing);
    filter_listing_add(&listing, &lines);
    if (filter_listing_compare(buf_str(&lines), buf_str(&lines), seen.mark, NULL))
        BUG("a list is not as itself");
    if (seen.sum.packets && !seen.rule_count)
        BUG("packets of no rule");
    filter_counters_release(&counters);
}

/* Whom ARP must find: as many as before, and only whose hardware address is told has one. */
static void read_neighbours(struct str bytes)
{
    CLEANUP_FREE struct filter_plan *plan = mem_new(struct filter_plan);

    plan->neighbour_count = 2;
    plan->neighbours[0].net =
        (struct net){.bytes = {0xfe, 0x80, [15] = 1}, .size = 16, .prefix = 128};
    plan->neighbours[1].net = (struct net){.bytes = {192, 0, 2, 1}, .size = 4, .prefix = 32};
    hear(bytes, neighbour_see, plan);
    if (plan->neighbour_count != 2 || memcmp(plan->neighbours[1].mac, "\0\0\0\0\0", 6) != 0)
        BUG("an IPv4 neighbour got an address");
}

static void read_passed(struct str bytes)
{
    CLEANUP_HOST_VIEW struct host_view v = {0};

    hear(bytes, passed_see, &v);
    for (size_t i = 0; i < v.passed_count; i++)
        if (!net_is_one(&v.passed[i].local) || !net_is_one(&v.passed[i].remote) ||
            net_is_loopback(&v.passed[i].local))
            BUG("a connection without two ends");
}

static void read_tunnels(struct str bytes)
{
    CLEANUP_HOST_VIEW struct host_view v = {0};
    struct endpoint needs[2];

    hear(bytes, tunnel_see, &v);
    for (size_t i = 0; i < v.tunnel_count; i++) {
        size_t count = tunnel_needs(&v.tunnels[i], needs);

        if (!memchr(v.tunnels[i].name, '\0', sizeof(v.tunnels[i].name)))
            BUG("a name without an end");
        for (size_t k = 0; k < count; k++)
            if (!net_is_one(&needs[k].net) || (needs[k].protocol && !needs[k].port_first))
                BUG("a tunnel that ends nowhere");
    }
}

static void read_stack(struct str bytes)
{
    struct link_stack s = {.indexes = {2}, .count = 1};

    hear(bytes, link_stack_see, &s);
    for (size_t i = 0; i < s.count; i++)
        for (size_t k = 0; k < i; k++)
            if (s.indexes[i] == s.indexes[k])
                BUG("interface %u twice", s.indexes[i]);
}

/* Lines, each ended, and no more than there is room for. */
static void read_state(unsigned kind, struct str bytes)
{
    CLEANUP_BUF struct buf out = {0};

    network_state_tell(kind, bytes, &out);
    if (out.len > NETWORK_STATE_SIZE || (out.len && out.p[out.len - 1] != '\n'))
        BUG("%zu bytes of state", out.len);
    for (size_t i = 0; i < out.len; i++)
        if (out.p[i] != '\n' && (out.p[i] < 0x20 || out.p[i] > 0x7e))
            BUG("a byte that no line has");
}

static void read_batch(struct str bytes)
{
    uint64_t refused = 0;
    int code = filter_batch_answer(bytes, 5, &refused);

    if (code < -1)
        BUG("an answer of %d", code);
    if (refused & 1)
        BUG("a message without a number was refused");
}

static void read_more(unsigned who, struct str bytes)
{
    switch (who) {
    case 0:
        read_ways(route_see_hop, bytes);
        break;
    case 1:
        read_tunnels(bytes);
        break;
    case 2:
        read_passed(bytes);
        break;
    case 3:
        read_stack(bytes);
        break;
    case 4:
        read_neighbours(bytes);
        break;
    default:
        read_batch(bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes;

    if (size == 0)
        return 0;
    bytes = (struct str){(const char *)data + 1, size - 1};
    if (data[0] >> 4 & 1)
        read_link(data[0] & 15, bytes);
    else if (data[0] >> 5 & 1)
        read_filter(data[0] & 15, bytes);
    else if (data[0] >> 6 & 1)
        read_more(data[0] & 15, bytes);
    else if (data[0] >> 7 & 1)
        read_state(data[0] & 15, bytes);
    else
        read_host(data[0] & 15, bytes);
    return 0;
}
