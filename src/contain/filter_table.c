/* filter_table.c: makes a table of ours from all plans in effect. */
#include "contain/filter_table.h"
#include <errno.h>
#include <netinet/in.h>
#include <net/ethernet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_arp.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include "contain/action.h"
#include "sys/netlink.h"

#define ASKED "calm-asked"

bool filter_table_is_ours(struct str table)
{
    return str_is(table, "calm") || str_starts(table, "calm-");
}

/* Before connections are tracked, so that a flood fills no table; LATE just after. */
enum { PRIORITY_FIRST = -500, PRIORITY_LATE = -150, NETDEV_EGRESS = 1, BRIDGE_FORWARD = 2 };

static const char *const place_names[] = {
    [FILTER_IN] = "in", [FILTER_OUT] = "out", [FILTER_FORWARD] = "forward", [FILTER_LATE] = "late"};

/* Where the kernel calls us: -1 where a family has no such place. */
struct hook {
    int number;
    int priority;
};
static const struct hook inet_hooks[FILTER_PLACE_COUNT] = {
    [FILTER_IN] = {NF_INET_PRE_ROUTING, PRIORITY_FIRST},
    [FILTER_OUT] = {NF_INET_LOCAL_OUT, PRIORITY_FIRST},
    [FILTER_FORWARD] = {NF_INET_FORWARD, PRIORITY_FIRST},
    [FILTER_LATE] = {NF_INET_PRE_ROUTING, PRIORITY_LATE}};
static const struct hook arp_hooks[FILTER_PLACE_COUNT] = {
    [FILTER_IN] = {NF_ARP_IN, PRIORITY_FIRST},
    [FILTER_OUT] = {NF_ARP_OUT, PRIORITY_FIRST},
    [FILTER_FORWARD] = {-1, 0},
    [FILTER_LATE] = {-1, 0}};
static const struct hook bridge_hooks[FILTER_PLACE_COUNT] = {
    [FILTER_IN] = {-1, 0},
    [FILTER_OUT] = {-1, 0},
    [FILTER_FORWARD] = {BRIDGE_FORWARD, PRIORITY_FIRST},
    [FILTER_LATE] = {-1, 0}};

static void chain_name(char out[FILTER_NAME_SIZE], const struct plan *p, enum filter_place place)
{
    char mark[9] = {0};

    hex_write(mark, p->id.b, 4);
    snprintf(out, FILTER_NAME_SIZE, "%s-%s", place_names[place], mark);
}

void filter_table_rule(struct filter_table *t, enum filter_place place, struct filter_rule *r)
{
    char name[FILTER_NAME_SIZE];

    chain_name(name, t->plan, place);
    if (!t->has_chain[place])
        filter_chain_add(t->batch, name, -1, 0, NULL);
    t->has_chain[place] = true;
    filter_rule_begin(r, t->batch, name);
}

void filter_table_set(struct filter_table *t, const char *name, enum filter_key key, uint32_t flags,
                      uint32_t count, struct filter_set *out)
{
    char mark[9] = {0};

    hex_write(mark, t->plan->id.b, 4);
    snprintf(out->name, sizeof(out->name), "%s-%s", name, mark);
    out->id = ++t->set_count;
    filter_set_add(t->batch, out->name, out->id, key, flags, count);
}

void filter_is_ip(struct filter_rule *r, uint8_t family, unsigned size)
{
    if (family == NFPROTO_NETDEV || family == NFPROTO_BRIDGE) {
        filter_meta(r, NFT_META_PROTOCOL);
        filter_is_u16(r, size == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
        return;
    }
    filter_meta(r, NFT_META_NFPROTO);
    filter_is_u8(r, size == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

void filter_address(struct filter_rule *r, unsigned size, enum filter_side side)
{
    unsigned source = size == 4 ? 12 : 8;

    filter_payload(r, NFT_PAYLOAD_NETWORK_HEADER, side == FILTER_SOURCE ? source : source + size,
                   size);
}

void filter_is_within(struct filter_rule *r, const struct net *n)
{
    uint8_t mask[16] = {0};

    for (unsigned bit = 0; bit < n->prefix; bit++)
        mask[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    if (!net_is_one(n))
        filter_mask(r, (struct str){(char *)mask, n->size});
    filter_is(r, (struct str){(const char *)n->bytes, n->size});
}

void filter_is_net(struct filter_rule *r, const struct net *n, enum filter_side side)
{
    filter_address(r, n->size, side);
    filter_is_within(r, n);
}

void filter_is_protocol(struct filter_rule *r, uint8_t protocol)
{
    filter_meta(r, NFT_META_L4PROTO);
    filter_is_u8(r, protocol);
}

void filter_is_port(struct filter_rule *r, uint16_t first, uint16_t last, enum filter_side side)
{
    uint8_t from[2] = {(uint8_t)(first >> 8), (uint8_t)first};
    uint8_t to[2] = {(uint8_t)(last >> 8), (uint8_t)last};

    filter_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, side == FILTER_SOURCE ? 0 : 2, 2);
    if (first == last)
        filter_is_u16(r, first);
    else
        filter_is_between(r, (struct str){(char *)from, 2}, (struct str){(char *)to, 2});
}

void filter_drop(struct filter_rule *r)
{
    filter_count(r);
    filter_verdict(r, NF_DROP);
    filter_rule_end(r);
}

/* The set whose elements the kernel forgets; a plan's chains are entered while they are there. */
static void add_stays(struct filter_table *t, struct filter_set *out)
{
    static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_ARP, NFPROTO_BRIDGE,
                                       NFPROTO_NETDEV};
    struct filter_elements l;

    filter_table_set(t, "stays", FILTER_KEY_FAMILY, NFT_SET_TIMEOUT, COUNT_OF(families), out);
    filter_elements_begin(&l, t->batch, out->name, out->id);
    for (size_t i = 0; i < COUNT_OF(families); i++)
        filter_element_add(&l, (struct str){(const char *)&families[i], 1}, t->now->stays_ms,
                           false);
    filter_elements_end(&l);
}

static void enter(struct filter_table *t, const char *base, enum filter_place place,
                  const struct filter_set *stays)
{
    char name[FILTER_NAME_SIZE];
    struct filter_rule r;

    if (!t->has_chain[place])
        return;
    chain_name(name, t->plan, place);
    filter_rule_begin(&r, t->batch, base);
    if (t->now->stays_ms) {
        filter_meta(&r, NFT_META_NFPROTO);
        filter_is_in(&r, stays->name, stays->id);
    }
    filter_jump(&r, name);
    filter_rule_end(&r);
}

static const char *device_chain(char name[FILTER_NAME_SIZE], const char *device)
{
    snprintf(name, FILTER_NAME_SIZE, "out-%s", device);
    return name;
}

/* The chains that the kernel calls. Of netdev, one for each interface. */
static void add_base(struct filter_batch *b, uint8_t family, const struct hook *hooks,
                     const struct filter_place_list *places)
{
    char name[FILTER_NAME_SIZE];

    if (family == NFPROTO_NETDEV)
        for (size_t i = 0; i < places->device_count; i++)
            filter_chain_add(b, device_chain(name, places->devices[i]), NETDEV_EGRESS,
                             PRIORITY_FIRST, places->devices[i]);
    else
        for (int place = 0; place < FILTER_PLACE_COUNT; place++)
            if (hooks[place].number >= 0)
                filter_chain_add(b, place_names[place], hooks[place].number, hooks[place].priority,
                                 NULL);
}

static void enter_all(struct filter_table *t, const struct filter_set *stays,
                      const struct filter_place_list *places)
{
    char name[FILTER_NAME_SIZE];

    if (t->family == NFPROTO_NETDEV)
        for (size_t i = 0; i < places->device_count; i++)
            enter(t, device_chain(name, places->devices[i]), FILTER_OUT, stays);
    else
        for (int place = 0; place < FILTER_PLACE_COUNT; place++)
            enter(t, place_names[place], (enum filter_place)place, stays);
}

static int add_family(struct filter_batch *b, const char *table, uint8_t family,
                      const struct hook *hooks, const struct filter_plan *plans, size_t count,
                      const struct filter_place_list *places, struct err *e)
{
    uint32_t set_count = 0;

    filter_table(b, family, table);
    filter_table_add(b);
    filter_table_remove(b); /* with what stood there before; a table that is not there cannot be */
    if (count == 0)
        return 0;
    filter_table_add(b);
    add_base(b, family, hooks, places);
    for (size_t i = 0; i < count; i++) {
        struct filter_table t = {.batch = b,
                                 .now = &plans[i],
                                 .plan = plans[i].plan,
                                 .family = family,
                                 .has_bridges = places->bridge_count > 0,
                                 .set_count = set_count};
        struct filter_set stays = {0};
        int rc;

        if (t.now->stays_ms)
            add_stays(&t, &stays);
        rc = t.plan->action->rules(t.plan, &t, e);
        if (rc)
            return rc;
        enter_all(&t, &stays, places);
        set_count = t.set_count;
    }
    return 0;
}

int filter_table_make(const char *table, const struct filter_plan *plans, size_t count,
                      const struct filter_place_list *places, struct err *e)
{
    CLEANUP_FILTER_BATCH struct filter_batch b;
    int rc;

    filter_batch_init(&b);
    rc = add_family(&b, table, NFPROTO_INET, inet_hooks, plans, count, places, e);
    if (rc == 0 && places->has_arp)
        rc = add_family(&b, table, NFPROTO_ARP, arp_hooks, plans, count, places, e);
    if (rc == 0 && places->has_bridge)
        rc = add_family(&b, table, NFPROTO_BRIDGE, bridge_hooks, plans, count, places, e);
    if (rc == 0 && places->has_egress)
        rc = add_family(&b, table, NFPROTO_NETDEV, NULL, plans, count, places, e);
    return rc ? rc : filter_batch_send(&b, "changing the packet filter", e);
}

/* The set by which a plan's chains are entered, as it was put. */
static void find_stays(const struct plan *p, struct filter_set *out)
{
    char mark[9] = {0};

    hex_write(mark, p->id.b, 4);
    snprintf(out->name, sizeof(out->name), "stays-%s", mark);
    out->id = 0;
}

int filter_table_add_devices(const char *table, const struct filter_plan *plans, size_t count,
                             const struct filter_place_list *places, struct err *e)
{
    CLEANUP_FILTER_BATCH struct filter_batch b;

    filter_batch_init(&b);
    filter_table(&b, NFPROTO_NETDEV, table);
    add_base(&b, NFPROTO_NETDEV, NULL, places);
    for (size_t i = 0; i < count; i++) {
        struct filter_table t = {.batch = &b,
                                 .now = &plans[i],
                                 .plan = plans[i].plan,
                                 .family = NFPROTO_NETDEV,
                                 .has_chain = {[FILTER_OUT] = true}};
        struct filter_set stays;

        find_stays(t.plan, &stays);
        enter_all(&t, &stays, places);
    }
    return filter_batch_send(&b, "holding what came to this host's network", e);
}

/* One question for all: a table of each family, and a chain on loopback that sees what is sent. */
static int ask_places(struct filter_place_list *out, struct err *e)
{
    static const uint8_t families[] = {NFPROTO_INET, NFPROTO_ARP, NFPROTO_BRIDGE, NFPROTO_NETDEV};
    static const char what[] = "asking what the packet filter can do";
    CLEANUP_FILTER_BATCH struct filter_batch b;
    uint64_t asked[COUNT_OF(families)], refused;
    int rc;

    filter_batch_init(&b);
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        filter_table(&b, families[i], ASKED);
        filter_table_add(&b);
        asked[i] = UINT64_C(1) << b.seq;
    }
    filter_chain_add(&b, "out", NETDEV_EGRESS, PRIORITY_FIRST, "lo");
    asked[3] |= UINT64_C(1) << b.seq;
    rc = filter_batch_try(&b, &refused, what, e);
    if (rc)
        return rc;
    if (refused & asked[0])
        return err_set(e, ERR_NOTFOUND, "%s: this kernel's nf_tables does not know inet", what);
    out->has_arp = !(refused & asked[1]);
    out->has_bridge = !(refused & asked[2]);
    out->has_egress = !(refused & asked[3]);
    return 0;
}

static int see_link(void *context, const struct netlink_message *m)
{
    struct filter_place_list *out = context;
    struct str body = m->body, name = STR(""), kind = STR("");
    struct netlink_attribute a, b;
    struct ifinfomsg head;

    if (m->type != RTM_NEWLINK || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        if (a.type == IFLA_IFNAME)
            name = netlink_text(a.value);
        while (a.type == IFLA_LINKINFO && netlink_attribute(&a.value, &b))
            if (b.type == IFLA_INFO_KIND)
                kind = netlink_text(b.value);
    }
    if (head.ifi_type == ARPHRD_LOOPBACK || !name.len || name.len >= sizeof(out->devices[0]))
        return 0;
    out->bridge_count += str_is(kind, "bridge");
    if (out->device_count < FILTER_DEVICE_COUNT)
        memcpy(out->devices[out->device_count++], name.p, name.len);
    return 0;
}

static int list_devices(struct filter_place_list *out, struct err *e)
{
    struct ifinfomsg question = {.ifi_family = AF_UNSPEC};
    int code = netlink_ask(NETLINK_ROUTE, RTM_GETLINK,
                           (struct str){(char *)&question, sizeof(question)}, see_link, out);

    if (code == 0 || code == -EINTR) /* what comes meanwhile is followed (contain/follow.h) */
        return 0;
    errno = -code;
    return err_errno(e, "cannot list the network interfaces");
}

int filter_places(struct filter_place_list *out, struct err *e)
{
    int rc;

    memset(out, 0, sizeof(*out));
    rc = ask_places(out, e);
    return rc ? rc : list_devices(out, e);
}

int filter_places_all(struct filter_place_list *out, struct err *e)
{
    *out = (struct filter_place_list){.has_arp = true, .has_bridge = true, .has_egress = true};
    return list_devices(out, e);
}

/* Without the right to ask the kernel, what can be held is not known, and "warn rights" stands. */
void filter_warn(const struct plan *p, struct buf *out)
{
    struct filter_place_list places;
    bool has_connections = plan_value(p, "connections") != NULL;
    bool is_isolation = str_is(str_of(p->action->name), "isolate");

    if (filter_places(&places, NULL))
        return;
    if (is_isolation && !places.has_egress)
        buf_adds(out, "warn frames\n");
    if (!is_isolation && places.bridge_count && (!places.has_bridge || has_connections))
        buf_addf(out, "warn bridged %s\n", places.has_bridge ? "connections" : "all");
}
