/* limit.c: drops what a source sends above a rate, and connections above a number: floods. */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include "contain/action.h"
#include "contain/filter_table.h"
#include "contain/limit.h"

enum {
    SOURCE_COUNT = 65535, /* that are counted at once; the kernel forgets the quiet ones */
    FORGET_MS = 60000,    /* after this time without a packet above the rate */
    PREFIX_FOUR = 32,
    PREFIX_SIX = 64,
    REQUEST_SIZE = 1500, /* of a packet over Ethernet: a request of more counts as several */
};

/* SYN alone of the four flags that begin and end a connection. */
static void is_begin(struct filter_rule *r)
{
    static const uint8_t mask = 0x17, syn = 0x02;

    filter_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1);
    filter_mask(r, (struct str){(const char *)&mask, 1});
    filter_is(r, (struct str){(const char *)&syn, 1});
}

enum limit_counted limit_counted(const struct plan *p)
{
    struct str flood = plan_value(p, "flood")->text;

    return str_is(flood, "udp") ? LIMIT_UDP : str_is(flood, "http") ? LIMIT_DATA : LIMIT_BEGINS;
}

static void begin_rule(struct filter_table *t, enum filter_place place, enum limit_counted counted,
                       struct filter_rule *r, unsigned size)
{
    const struct plan_value *port = plan_value(t->plan, "port");

    filter_table_rule(t, place, r);
    filter_is_ip(r, t->family, size);
    filter_is_protocol(r, counted == LIMIT_UDP ? IPPROTO_UDP : IPPROTO_TCP);
    if (port)
        filter_is_port(r, (uint16_t)port->number, (uint16_t)port->number, FILTER_DESTINATION);
    if (counted == LIMIT_BEGINS)
        is_begin(r);
    else if (counted == LIMIT_DATA)
        filter_has_data(r);
}

static void load_source(struct filter_table *t, struct filter_rule *r, unsigned size)
{
    uint64_t prefix = size == 4 ? plan_number(t->plan, "prefix4", PREFIX_FOUR)
                                : plan_number(t->plan, "prefix6", PREFIX_SIX);
    uint8_t mask[16] = {0};

    filter_address(r, size, FILTER_SOURCE);
    for (unsigned bit = 0; bit < prefix; bit++)
        mask[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    if (prefix < size * 8)
        filter_mask(r, (struct str){(char *)mask, size});
}

static void limit_rate(struct filter_table *t, unsigned size, const struct filter_rate *rate)
{
    const char *name = rate->is_bytes ? size == 4 ? "bytes4" : "bytes6"
                       : size == 4    ? "rate4"
                                      : "rate6";
    struct filter_set set;
    struct filter_rule r;

    filter_table_set(t, name, size == 4 ? FILTER_KEY_IPV4 : FILTER_KEY_IPV6,
                     NFT_SET_EVAL | NFT_SET_TIMEOUT, SOURCE_COUNT, &set);
    begin_rule(t, t->family == NFPROTO_BRIDGE ? FILTER_FORWARD : FILTER_IN, limit_counted(t->plan),
               &r, size);
    load_source(t, &r, size);
    filter_is_over_rate(&r, set.name, set.id, rate, FORGET_MS);
    filter_drop(&r);
}

static void limit_connections(struct filter_table *t, unsigned size, const struct plan_value *most)
{
    struct filter_set set;
    struct filter_rule r;

    filter_table_set(t, size == 4 ? "open4" : "open6",
                     size == 4 ? FILTER_KEY_IPV4 : FILTER_KEY_IPV6, NFT_SET_EVAL, SOURCE_COUNT,
                     &set);
    begin_rule(t, FILTER_LATE, limit_counted(t->plan) == LIMIT_UDP ? LIMIT_UDP : LIMIT_BEGINS, &r,
               size);
    load_source(t, &r, size);
    filter_is_over_count(&r, set.name, set.id, (uint32_t)most->number);
    filter_drop(&r);
}

struct filter_rate limit_packets(const struct plan *p)
{
    uint64_t rate = plan_number(p, "rate", 0);

    return (struct filter_rate){.per_second = rate,
                                .burst = (uint32_t)plan_number(p, "burst", rate * 2)};
}

/* Requests may come many in one packet, so a rate of those is one of bytes too. */
struct filter_rate limit_bytes(const struct plan *p)
{
    struct filter_rate packets = limit_packets(p);
    bool is_data = limit_counted(p) == LIMIT_DATA;
    uint64_t bytes = plan_number(p, "bytes", is_data ? packets.per_second * REQUEST_SIZE : 0);
    uint64_t burst = plan_value(p, "bytes") ? bytes * 2 : (uint64_t)packets.burst * REQUEST_SIZE;

    return (struct filter_rate){.per_second = bytes,
                                .burst = burst > UINT32_MAX ? UINT32_MAX : (uint32_t)burst,
                                .is_bytes = true};
}

static int limit_rules(const struct plan *p, struct filter_table *t, struct err *e)
{
    const struct plan_value *most = plan_value(p, "connections");
    struct filter_rate packets = limit_packets(p), bytes = limit_bytes(p);

    (void)e;
    if (t->family == NFPROTO_BRIDGE && t->has_bridges) {
        most = NULL; /* connections are not known there */
        filter_table_allow(t, FILTER_FORWARD);
    } else if (t->family == NFPROTO_INET) {
        filter_table_allow(t, FILTER_IN);
        if (most)
            filter_table_allow(t, FILTER_LATE);
    } else {
        return 0;
    }
    for (unsigned size = 4; size <= 16; size += 12) {
        if (packets.per_second)
            limit_rate(t, size, &packets);
        if (bytes.per_second)
            limit_rate(t, size, &bytes);
        if (most)
            limit_connections(t, size, most);
    }
    return 0;
}

static int limit_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    (void)host;
    if (plan_value(p, "bytes") && limit_counted(p) == LIMIT_BEGINS)
        return err_set(e, ERR_USAGE,
                       "the beginning of a connection brings no bytes: bytes are counted of http "
                       "and udp");
    if (plan_value(p, "rate") || plan_value(p, "bytes") || plan_value(p, "connections"))
        return 0;
    return err_set(e, ERR_USAGE,
                   "a limit needs a rate (how many a second), or a number of connections that one "
                   "source may have");
}

static const struct action_param params[] = {
    {.name = "flood",
     .type = ACTION_WORD,
     .is_required = true,
     .words = (const char *const[]){"tcp", "udp", "http", NULL},
     .help = "of what: new TCP connections, UDP packets, or what brings requests within TCP "
             "connections"},
    {.name = "port", .type = ACTION_NUMBER, .min = 1, .max = 65535, .help = "to this port alone"},
    {.name = "rate",
     .type = ACTION_NUMBER,
     .min = 1,
     .max = 10000000,
     .help = "how many a second of one source pass"},
    {.name = "burst",
     .type = ACTION_NUMBER,
     .min = 1,
     .max = 10000000,
     .help = "how many at once before the rate counts; twice the rate where nothing is said"},
    {.name = "connections",
     .type = ACTION_NUMBER,
     .min = 1,
     .max = 1000000,
     .help = "how many open connections one source may have"},
    {.name = "prefix4",
     .type = ACTION_NUMBER,
     .min = 8,
     .max = 32,
     .help = "bits of an IPv4 address that are one source; 32"},
    {.name = "prefix6",
     .type = ACTION_NUMBER,
     .min = 16,
     .max = 128,
     .help = "bits of an IPv6 address that are one source; 64"},
    {.name = "bytes",
     .type = ACTION_NUMBER,
     .min = 1,
     .max = 4000000000,
     .help = "how many bytes a second of one source pass; of http the rate times 1,500"},
    {0}};

const struct contain_action contain_limit = {.name = "limit",
                                             .help = "drop what one source sends above a rate",
                                             .params = params,
                                             .judge = limit_judge,
                                             .rules = limit_rules};
