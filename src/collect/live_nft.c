/* live_nft.c: what the expressions of a rule of nf_tables say, with the names that nft(8) gives
 * them. */
#include "collect/live_nft.h"
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum how { NUMBER, WORD, TEXT, DATA, HEX };

static const struct live_word bitwise_ops[] = {{0, "mask"}, {1, "left"}, {2, "right"}, {0, NULL}};
static const struct live_word byteorder_ops[] = {{0, "ntoh"}, {1, "hton"}, {0, NULL}};
static const struct live_word cmp_ops[] = {{0, "eq"}, {1, "neq"}, {2, "lt"}, {3, "lte"},
                                           {4, "gt"}, {5, "gte"}, {0, NULL}};
static const struct live_word range_ops[] = {{0, "eq"}, {1, "neq"}, {0, NULL}};
static const struct live_word dynset_ops[] = {{0, "add"}, {1, "update"}, {2, "delete"}, {0, NULL}};
static const struct live_word fib_results[] = {{1, "oif"}, {2, "oifname"}, {3, "type"}, {0, NULL}};
static const struct live_word limit_types[] = {{0, "packets"}, {1, "bytes"}, {0, NULL}};
static const struct live_word log_levels[] = {
    {0, "emerg"},  {1, "alert"}, {2, "crit"},  {3, "err"},   {4, "warn"},
    {5, "notice"}, {6, "info"},  {7, "debug"}, {8, "audit"}, {0, NULL}};
static const struct live_word nat_types[] = {{0, "snat"}, {1, "dnat"}, {0, NULL}};
static const struct live_word payload_bases[] = {{0, "link"},  {1, "network"}, {2, "transport"},
                                                 {3, "inner"}, {4, "tunnel"},  {0, NULL}};
static const struct live_word reject_types[] = {
    {0, "icmp"}, {1, "tcp reset"}, {2, "icmpx"}, {0, NULL}};
static const struct live_word rt_keys[] = {{0, "classid"}, {1, "nexthop4"}, {2, "nexthop6"},
                                           {3, "tcpmss"},  {4, "ipsec"},    {0, NULL}};
static const struct live_word socket_keys[] = {
    {0, "transparent"}, {1, "mark"}, {2, "wildcard"}, {3, "cgroupv2"}, {0, NULL}};
static const struct live_word meta_keys[] = {
    {0, "length"},   {1, "protocol"},  {2, "priority"},  {3, "mark"},       {4, "iif"},
    {5, "oif"},      {6, "iifname"},   {7, "oifname"},   {8, "iiftype"},    {9, "oiftype"},
    {10, "skuid"},   {11, "skgid"},    {12, "nftrace"},  {13, "rtclassid"}, {14, "secmark"},
    {15, "nfproto"}, {16, "l4proto"},  {17, "ibrname"},  {18, "obrname"},   {19, "pkttype"},
    {20, "cpu"},     {21, "iifgroup"}, {22, "oifgroup"}, {23, "cgroup"},    {24, "random"},
    {25, "ipsec"},   {26, "iifkind"},  {27, "oifkind"},  {28, "ibrpvid"},   {29, "ibrvproto"},
    {30, "time"},    {31, "day"},      {32, "hour"},     {33, "sdif"},      {34, "sdifname"},
    {0, NULL}};
static const struct live_word ct_keys[] = {
    {0, "state"},      {1, "direction"},  {2, "status"},     {3, "mark"},   {4, "secmark"},
    {5, "expiration"}, {6, "helper"},     {7, "l3proto"},    {8, "saddr"},  {9, "daddr"},
    {10, "protocol"},  {11, "proto-src"}, {12, "proto-dst"}, {13, "label"}, {14, "packets"},
    {15, "bytes"},     {16, "avgpkt"},    {17, "zone"},      {18, "event"}, {19, "ip saddr"},
    {20, "ip daddr"},  {21, "ip6 saddr"}, {22, "ip6 daddr"}, {23, "id"},    {0, NULL}};
const struct live_word live_nft_objects[] = {
    {1, "counter"},        {2, "quota"},     {3, "ct helper"},  {4, "limit"},
    {5, "connlimit"},      {6, "tunnel"},    {7, "ct timeout"}, {8, "secmark"},
    {9, "ct expectation"}, {10, "synproxy"}, {0, NULL}};

static const struct {
    const char *expression;
    uint16_t type;
    const char *name;
    enum how how;
    const struct live_word *words;
} attributes[] = {
#define ATTRIBUTE(expression, type, name, how, words) {expression, type, name, how, words},
#include "collect/live_nft.def"
#undef ATTRIBUTE
};

/* The fields of packets by where they lie: RFC 791, 8200, 9293, 768, 792, 4443. */
static const struct {
    const char *name;
    uint8_t base;      /* NFT_PAYLOAD_… */
    uint8_t network;   /* 4, 6; 0: any */
    uint8_t transport; /* 0: any, of which ports are the same */
    uint8_t offset;
    uint8_t size;
    enum nft_value kind;
} fields[] = {
    {"ether.daddr", 0, 0, 0, 0, 6, NFT_VALUE_MAC},
    {"ether.saddr", 0, 0, 0, 6, 6, NFT_VALUE_MAC},
    {"ether.type", 0, 0, 0, 12, 2, NFT_VALUE_NETWORK},
    {"ip.length", 1, 4, 0, 2, 2, NFT_VALUE_NETWORK},
    {"ip.id", 1, 4, 0, 4, 2, NFT_VALUE_NETWORK},
    {"ip.frag-off", 1, 4, 0, 6, 2, NFT_VALUE_NETWORK},
    {"ip.ttl", 1, 4, 0, 8, 1, NFT_VALUE_NETWORK},
    {"ip.protocol", 1, 4, 0, 9, 1, NFT_VALUE_NETWORK},
    {"ip.saddr", 1, 4, 0, 12, 4, NFT_VALUE_FOUR},
    {"ip.daddr", 1, 4, 0, 16, 4, NFT_VALUE_FOUR},
    {"ip6.length", 1, 6, 0, 4, 2, NFT_VALUE_NETWORK},
    {"ip6.nexthdr", 1, 6, 0, 6, 1, NFT_VALUE_NETWORK},
    {"ip6.hoplimit", 1, 6, 0, 7, 1, NFT_VALUE_NETWORK},
    {"ip6.saddr", 1, 6, 0, 8, 16, NFT_VALUE_SIX},
    {"ip6.daddr", 1, 6, 0, 24, 16, NFT_VALUE_SIX},
    {"icmp.type", 2, 0, 1, 0, 1, NFT_VALUE_NETWORK},
    {"icmp.code", 2, 0, 1, 1, 1, NFT_VALUE_NETWORK},
    {"icmpv6.type", 2, 0, 58, 0, 1, NFT_VALUE_NETWORK},
    {"icmpv6.code", 2, 0, 58, 1, 1, NFT_VALUE_NETWORK},
    {"tcp.sport", 2, 0, 6, 0, 2, NFT_VALUE_NETWORK},
    {"tcp.dport", 2, 0, 6, 2, 2, NFT_VALUE_NETWORK},
    {"tcp.flags", 2, 0, 6, 13, 1, NFT_VALUE_NETWORK},
    {"udp.sport", 2, 0, 17, 0, 2, NFT_VALUE_NETWORK},
    {"udp.dport", 2, 0, 17, 2, 2, NFT_VALUE_NETWORK},
    {"udp.length", 2, 0, 17, 4, 2, NFT_VALUE_NETWORK},
    {"sctp.sport", 2, 0, 132, 0, 2, NFT_VALUE_NETWORK},
    {"sctp.dport", 2, 0, 132, 2, 2, NFT_VALUE_NETWORK},
    {"th.sport", 2, 0, 0, 0, 2, NFT_VALUE_NETWORK},
    {"th.dport", 2, 0, 0, 2, 2, NFT_VALUE_NETWORK},
};

void live_nft_add_value(struct buf *out, enum nft_value kind, struct str bytes)
{
    char text[INET6_ADDRSTRLEN];
    uint64_t n = 0;

    if (kind == NFT_VALUE_NETWORK && bytes.len <= sizeof(n)) {
        for (size_t i = 0; i < bytes.len; i++)
            n = n << 8 | (uint8_t)bytes.p[i];
        buf_add_u64(out, n);
    } else if (kind == NFT_VALUE_HOST && bytes.len <= sizeof(n)) {
        for (size_t i = bytes.len; i; i--) /* the machines we run on have the low byte first */
            n = n << 8 | (uint8_t)bytes.p[i - 1];
        buf_add_u64(out, n);
    } else if (kind == NFT_VALUE_FOUR && bytes.len == 4 &&
               inet_ntop(AF_INET, bytes.p, text, sizeof(text))) {
        buf_adds(out, text);
    } else if (kind == NFT_VALUE_SIX && bytes.len == 16 &&
               inet_ntop(AF_INET6, bytes.p, text, sizeof(text))) {
        buf_adds(out, text);
    } else if (kind == NFT_VALUE_TEXT) {
        buf_addstr(out, live_text(bytes));
    } else if (kind == NFT_VALUE_MAC && bytes.len == 6) {
        for (size_t i = 0; i < bytes.len; i++)
            buf_addf(out, i ? ":%02x" : "%02x", (unsigned)(uint8_t)bytes.p[i]);
    } else {
        hex_add(out, bytes.p, bytes.len);
    }
}

static void add_verdict(struct buf *out, struct str verdict)
{
    static const struct live_word codes[] = {{0, "drop"},
                                             {1, "accept"},
                                             {2, "stolen"},
                                             {3, "queue"},
                                             {4, "repeat"},
                                             {(uint32_t)-1, "continue"},
                                             {(uint32_t)-2, "break"},
                                             {(uint32_t)-3, "jump"},
                                             {(uint32_t)-4, "goto"},
                                             {(uint32_t)-5, "return"},
                                             {0, NULL}};
    struct netlink_attribute a;

    while (netlink_attribute(&verdict, &a)) {
        const char *word = live_word(codes, netlink_be(a.value));

        if (a.type == NFTA_VERDICT_CODE)
            buf_adds(out, word ? word : "unknown");
        else if (a.type == NFTA_VERDICT_CHAIN)
            buf_addf(out, ":" STR_FMT, STR_ARG(live_text(a.value)));
    }
}

void live_nft_add_data(struct buf *out, struct str data)
{
    struct netlink_attribute a;

    while (netlink_attribute(&data, &a)) {
        if (a.type == NFTA_DATA_VALUE)
            hex_add(out, a.value.p, a.value.len);
        else if (a.type == NFTA_DATA_VERDICT)
            add_verdict(out, a.value);
    }
}

/* In quotes, since a name may hold spaces. */
static void add_text(struct buf *out, struct str text)
{
    buf_addc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buf_addc(out, '\\');
        buf_addc(out, text.p[i]);
    }
    buf_addc(out, '"');
}

static void add_attribute(struct buf *out, struct str expression, const struct netlink_attribute *a)
{
    size_t i = 0;
    const char *word;

    while (i < COUNT_OF(attributes) &&
           (attributes[i].type != a->type || !str_is(expression, attributes[i].expression)))
        i++;
    if (i == COUNT_OF(attributes)) {
        buf_addf(out, " %u=", a->type);
        hex_add(out, a->value.p, a->value.len);
        return;
    }
    buf_addf(out, " %s=", attributes[i].name);
    switch (attributes[i].how) {
    case TEXT:
        add_text(out, live_text(a->value));
        return;
    case DATA:
        live_nft_add_data(out, a->value);
        return;
    case HEX:
        hex_add(out, a->value.p, a->value.len);
        return;
    default:
        word = attributes[i].words ? live_word(attributes[i].words, netlink_be(a->value)) : NULL;
        if (word)
            buf_adds(out, word);
        else
            buf_add_u64(out, netlink_be(a->value));
    }
}

static struct str find(struct str list, uint16_t type)
{
    struct netlink_attribute a;

    while (netlink_attribute(&list, &a))
        if (a.type == type)
            return a.value;
    return (struct str){"", 0};
}

/* Names the field that is loaded: a prefix of an address is loaded in fewer bytes than it has. */
static void note_payload(struct buf *out, struct str list, struct nft_state *state)
{
    uint64_t base = netlink_be(find(list, NFTA_PAYLOAD_BASE));
    uint64_t offset = netlink_be(find(list, NFTA_PAYLOAD_OFFSET));
    uint64_t size = netlink_be(find(list, NFTA_PAYLOAD_LEN));

    state->key = "";
    state->kind = NFT_VALUE_HEX;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (fields[i].base != base || fields[i].offset != offset || size > fields[i].size ||
            (fields[i].network && fields[i].network != state->network) ||
            (fields[i].transport && fields[i].transport != state->transport))
            continue;
        state->kind = size == fields[i].size ? fields[i].kind : NFT_VALUE_HEX;
        if (strcmp(fields[i].name, "ip.protocol") == 0 ||
            strcmp(fields[i].name, "ip6.nexthdr") == 0)
            state->key = "l4proto";
        buf_addf(out, " field=%s", fields[i].name);
        return;
    }
}

static void note_meta(struct str list, struct nft_state *state)
{
    const char *key = live_word(meta_keys, netlink_be(find(list, NFTA_META_KEY)));
    static const char *const texts[] = {"iifname", "oifname", "ibrname", "obrname",
                                        "iifkind", "oifkind", "sdifname"};

    state->key = key ? key : "";
    state->kind = strcmp(state->key, "protocol") == 0 ? NFT_VALUE_NETWORK : NFT_VALUE_HOST;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strcmp(state->key, texts[i]) == 0)
            state->kind = NFT_VALUE_TEXT;
}

/* What a comparison with one of the protocols tells of the packet. */
static void note_cmp(struct buf *out, struct str list, struct nft_state *state)
{
    enum { ETHERNET_FOUR = 0x0800, ETHERNET_SIX = 0x86dd };
    struct str value = find(find(list, NFTA_CMP_DATA), NFTA_DATA_VALUE);
    uint64_t n = netlink_be(value);

    buf_adds(out, " value=");
    live_nft_add_value(out, state->kind, value);
    if (netlink_be(find(list, NFTA_CMP_OP)) != NFT_CMP_EQ)
        return;
    if (strcmp(state->key, "l4proto") == 0)
        state->transport = n;
    else if (strcmp(state->key, "nfproto") == 0)
        state->network = n == AF_INET ? 4 : n == AF_INET6 ? 6 : 0;
    else if (strcmp(state->key, "protocol") == 0)
        state->network = n == ETHERNET_FOUR ? 4 : n == ETHERNET_SIX ? 6 : 0;
}

void live_nft_add_attributes(struct buf *out, struct str expression, struct str list,
                             struct nft_state *state)
{
    struct str rest = list;
    struct netlink_attribute a;

    while (netlink_attribute(&rest, &a))
        add_attribute(out, expression, &a);
    if (str_is(expression, "payload")) {
        note_payload(out, list, state);
    } else if (str_is(expression, "meta")) {
        note_meta(list, state);
    } else if (str_is(expression, "cmp")) {
        note_cmp(out, list, state);
    } else if (str_is(expression, "ct")) {
        state->key = "";
        state->kind = NFT_VALUE_HOST;
    }
}

void live_nft_put_expressions(struct json *j, const char *name, uint8_t family, struct str list)
{
    enum { MOST = 96 << 10 }; /* bytes of JSON: a line is at most 256 KiB */
    CLEANUP_BUF struct buf all = {0};
    struct nft_state state = {.family = family, .key = ""};
    struct netlink_attribute element;

    state.network = family == NFPROTO_IPV4 ? 4 : family == NFPROTO_IPV6 ? 6 : 0;
    while (netlink_attribute(&list, &element)) {
        struct str expression = live_text(find(element.value, NFTA_EXPR_NAME));

        buf_addstr(&all, expression);
        live_nft_add_attributes(&all, expression, find(element.value, NFTA_EXPR_DATA), &state);
        buf_addc(&all, '\0');
    }
    if (live_put_strings(j, name, buf_str(&all), MOST))
        json_put_bool(j, "expressions_cut", true);
}
