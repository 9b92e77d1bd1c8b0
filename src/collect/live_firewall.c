/* live_firewall.c: the packet filter as the kernel has it: tables, chains, rules, sets and what is
 * in them. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include "collect/live_nft.h"

enum { SET_COUNT = 100000, KEY_TYPE_BITS = 6 };

static const struct live_word families[] = {{NFPROTO_INET, "inet"},
                                            {NFPROTO_IPV4, "ip"},
                                            {NFPROTO_ARP, "arp"},
                                            {NFPROTO_NETDEV, "netdev"},
                                            {NFPROTO_BRIDGE, "bridge"},
                                            {NFPROTO_IPV6, "ip6"},
                                            {0, NULL}};

static struct json *begin(struct nft_lines *l, const char *kind, uint8_t family)
{
    struct json *j = bundle_line_begin(l->lines);

    json_put_text(j, "from", "nf_tables");
    if (l->netns)
        json_put_u64(j, "netns", l->netns);
    json_put_text(j, "kind", kind);
    live_put_word(j, "family", families, family);
    return j;
}

/* nft(8) keeps comments in the user data of a thing: type 0, size, text with a NUL. */
static void put_comment(struct json *j, struct str data)
{
    struct str rest = data;

    json_put_hex(j, "user_data", data.p, data.len < 1024 ? data.len : 1024);
    while (rest.len >= 2) {
        uint8_t type = (uint8_t)rest.p[0];
        struct str value = str_head(str_from(rest, 2), (uint8_t)rest.p[1]);

        if (type == 0 && value.len && value.p[value.len - 1] == '\0') {
            put_some(j, "comment", live_text(value));
            return;
        }
        rest = str_from(rest, 2 + value.len);
    }
}

static void put_text(struct json *j, const char *name, struct str value)
{
    put_some(j, name, live_text(value));
}

static void add_table(struct nft_lines *l, uint8_t family, struct str body)
{
    static const struct live_word flags[] = {
        {1, "dormant"}, {2, "owner"}, {4, "persist"}, {0, NULL}};
    struct json *j = begin(l, "table", family);
    struct netlink_attribute a;

    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_TABLE_NAME)
            put_text(j, "name", a.value);
        else if (a.type == NFTA_TABLE_HANDLE)
            json_put_u64(j, "handle", netlink_be(a.value));
        else if (a.type == NFTA_TABLE_USE)
            json_put_u64(j, "chains", netlink_be(a.value));
        else if (a.type == NFTA_TABLE_FLAGS)
            live_put_bits(j, "flags", flags, netlink_be(a.value));
        else if (a.type == NFTA_TABLE_OWNER)
            json_put_u64(j, "owner_port", netlink_be(a.value));
    }
    live_line_end(l->c, l->lines);
}

static void put_devices(struct json *j, struct str list)
{
    struct netlink_attribute a;

    json_name(j, "devices");
    json_array_begin(j);
    while (netlink_attribute(&list, &a))
        json_str(j, live_text(a.value));
    json_array_end(j);
}

static void put_hook(struct json *j, uint8_t family, struct str nested)
{
    static const struct live_word hooks[] = {{0, "prerouting"}, {1, "input"},       {2, "forward"},
                                             {3, "output"},     {4, "postrouting"}, {5, "ingress"},
                                             {0, NULL}};
    static const struct live_word device_hooks[] = {{0, "ingress"}, {1, "egress"}, {0, NULL}};
    static const struct live_word arp_hooks[] = {{0, "input"}, {1, "output"}, {0, NULL}};
    struct netlink_attribute a;

    while (netlink_attribute(&nested, &a)) {
        if (a.type == NFTA_HOOK_HOOKNUM)
            live_put_word(j, "hook",
                          family == NFPROTO_NETDEV ? device_hooks
                          : family == NFPROTO_ARP  ? arp_hooks
                                                   : hooks,
                          netlink_be(a.value));
        else if (a.type == NFTA_HOOK_PRIORITY)
            put_i64(j, "priority", (int32_t)netlink_be(a.value));
        else if (a.type == NFTA_HOOK_DEV)
            put_text(j, "device", a.value);
        else if (a.type == NFTA_HOOK_DEVS)
            put_devices(j, a.value);
    }
}

/* Its only hook is ingress, where packets of known connections pass the rules by. */
static void put_flow_hook(struct json *j, struct str nested)
{
    struct netlink_attribute a;

    while (netlink_attribute(&nested, &a)) {
        if (a.type == NFTA_FLOWTABLE_HOOK_PRIORITY)
            put_i64(j, "priority", (int32_t)netlink_be(a.value));
        else if (a.type == NFTA_FLOWTABLE_HOOK_DEVS)
            put_devices(j, a.value);
    }
}

static void put_counters(struct json *j, struct str nested)
{
    struct netlink_attribute a;

    while (netlink_attribute(&nested, &a)) {
        if (a.type == NFTA_COUNTER_PACKETS)
            json_put_u64(j, "packets", netlink_be(a.value));
        else if (a.type == NFTA_COUNTER_BYTES)
            json_put_u64(j, "bytes", netlink_be(a.value));
    }
}

static void add_chain(struct nft_lines *l, uint8_t family, struct str body)
{
    static const struct live_word policies[] = {{0, "drop"}, {1, "accept"}, {0, NULL}};
    struct json *j = begin(l, "chain", family);
    struct netlink_attribute a;

    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_CHAIN_TABLE)
            put_text(j, "table", a.value);
        else if (a.type == NFTA_CHAIN_NAME)
            put_text(j, "name", a.value);
        else if (a.type == NFTA_CHAIN_HANDLE)
            json_put_u64(j, "handle", netlink_be(a.value));
        else if (a.type == NFTA_CHAIN_TYPE)
            put_text(j, "type", a.value);
        else if (a.type == NFTA_CHAIN_HOOK)
            put_hook(j, family, a.value);
        else if (a.type == NFTA_CHAIN_POLICY)
            live_put_word(j, "policy", policies, netlink_be(a.value));
        else if (a.type == NFTA_CHAIN_COUNTERS)
            put_counters(j, a.value);
        else if (a.type == NFTA_CHAIN_USERDATA)
            put_comment(j, a.value);
    }
    live_line_end(l->c, l->lines);
}

static void add_rule(struct nft_lines *l, uint8_t family, struct str body)
{
    struct json *j = begin(l, "rule", family);
    struct netlink_attribute a;

    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_RULE_TABLE)
            put_text(j, "table", a.value);
        else if (a.type == NFTA_RULE_CHAIN)
            put_text(j, "chain", a.value);
        else if (a.type == NFTA_RULE_HANDLE)
            json_put_u64(j, "handle", netlink_be(a.value));
        else if (a.type == NFTA_RULE_POSITION)
            json_put_u64(j, "after", netlink_be(a.value));
        else if (a.type == NFTA_RULE_EXPRESSIONS)
            live_nft_put_expressions(j, "expressions", family, a.value);
        else if (a.type == NFTA_RULE_USERDATA)
            put_comment(j, a.value);
    }
    live_line_end(l->c, l->lines);
}

/* The numbers that nft(8) gives to kinds of values; the kernel only keeps them. */
static const struct {
    const char *name;
    enum nft_value kind;
    uint8_t size;
} types[1 << KEY_TYPE_BITS] = {
    [1] = {"verdict", NFT_VALUE_HEX, 0},         [2] = {"nf_proto", NFT_VALUE_NETWORK, 1},
    [7] = {"ipv4_addr", NFT_VALUE_FOUR, 4},      [8] = {"ipv6_addr", NFT_VALUE_SIX, 16},
    [9] = {"ether_addr", NFT_VALUE_MAC, 6},      [10] = {"ether_type", NFT_VALUE_NETWORK, 2},
    [12] = {"inet_proto", NFT_VALUE_NETWORK, 1}, [13] = {"inet_service", NFT_VALUE_NETWORK, 2},
    [19] = {"mark", NFT_VALUE_HOST, 4},          [20] = {"iface_index", NFT_VALUE_HOST, 4},
    [23] = {"uid", NFT_VALUE_HOST, 4},           [24] = {"gid", NFT_VALUE_HOST, 4},
    [26] = {"ct_state", NFT_VALUE_HOST, 4},      [41] = {"ifname", NFT_VALUE_TEXT, 16},
};

static void put_type(struct json *j, const char *name, uint32_t type)
{
    CLEANUP_BUF struct buf text = {0};

    for (int shift = 24; shift >= 0; shift -= KEY_TYPE_BITS) {
        uint32_t part = type >> shift & ((1u << KEY_TYPE_BITS) - 1);

        if (!part)
            continue;
        if (text.len)
            buf_adds(&text, " . ");
        if (types[part].name)
            buf_adds(&text, types[part].name);
        else
            buf_addf(&text, "%u", part);
    }
    put_some(j, name, buf_str(&text));
}

/* A key of several parts has each filled up to four bytes. */
static void add_key(struct buf *out, uint32_t type, struct str bytes)
{
    for (int shift = 24; shift >= 0; shift -= KEY_TYPE_BITS) {
        uint32_t part = type >> shift & ((1u << KEY_TYPE_BITS) - 1);
        size_t size = types[part].size;

        if (!part)
            continue;
        if (out->len)
            buf_adds(out, " . ");
        if (!size || size > bytes.len) {
            hex_add(out, bytes.p, bytes.len);
            return;
        }
        live_nft_add_value(out, types[part].kind, str_head(bytes, size));
        bytes = str_from(bytes, (size + 3) & ~(size_t)3);
    }
    if (out->len == 0)
        hex_add(out, bytes.p, bytes.len);
}

static void keep_set(struct nft_lines *l, uint8_t family, const struct nft_set *set)
{
    struct nft_set *kept;

    if (l->set_count == SET_COUNT)
        return;
    l->sets = mem_grow(l->sets, l->set_count, &l->set_room, sizeof(*l->sets));
    kept = &l->sets[l->set_count++];
    *kept = *set;
    kept->family = family;
    kept->table.p = arena_dup(l->arena, set->table.p, set->table.len);
    kept->name.p = arena_dup(l->arena, set->name.p, set->name.len);
}

static void add_set(struct nft_lines *l, uint8_t family, struct str body)
{
    static const struct live_word flags[] = {
        {1, "anonymous"}, {2, "constant"}, {4, "interval"}, {8, "map"},           {16, "timeout"},
        {32, "dynamic"},  {64, "object"},  {128, "concat"}, {256, "expressions"}, {0, NULL}};
    struct json *j = begin(l, "set", family);
    struct nft_set set = {.table = {"", 0}, .name = {"", 0}};
    struct netlink_attribute a;

    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_SET_TABLE)
            set.table = live_text(a.value);
        else if (a.type == NFTA_SET_NAME)
            set.name = live_text(a.value);
        else if (a.type == NFTA_SET_HANDLE)
            json_put_u64(j, "handle", netlink_be(a.value));
        else if (a.type == NFTA_SET_FLAGS)
            live_put_bits(j, "flags", flags, netlink_be(a.value));
        else if (a.type == NFTA_SET_KEY_TYPE)
            set.key_type = (uint32_t)netlink_be(a.value);
        else if (a.type == NFTA_SET_DATA_TYPE)
            set.data_type = (uint32_t)netlink_be(a.value);
        else if (a.type == NFTA_SET_TIMEOUT)
            json_put_u64(j, "timeout_ms", netlink_be(a.value));
        else if (a.type == NFTA_SET_USERDATA)
            json_put_hex(j, "user_data", a.value.p, a.value.len < 1024 ? a.value.len : 1024);
    }
    put_some(j, "table", set.table);
    put_some(j, "name", set.name);
    put_type(j, "key_type", set.key_type);
    put_type(j, "data_type", set.data_type == UINT32_C(0xffffff00) ? 1 : set.data_type);
    live_line_end(l->c, l->lines);
    keep_set(l, family, &set);
}

static void put_element_value(struct json *j, const char *name, uint32_t type, struct str data)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest = data;
    struct netlink_attribute a;

    while (netlink_attribute(&rest, &a))
        if (a.type == NFTA_DATA_VALUE)
            add_key(&text, type, a.value);
    if (text.len == 0)
        live_nft_add_data(&text, data);
    put_some(j, name, buf_str(&text));
}

static void add_element(struct nft_lines *l, struct str body)
{
    static const struct live_word flags[] = {{1, "interval end"}, {2, "catch all"}, {0, NULL}};
    const struct nft_set *set = l->set;
    struct json *j = begin(l, "element", set->family);
    struct netlink_attribute a;

    put_some(j, "table", set->table);
    put_some(j, "set", set->name);
    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_SET_ELEM_KEY)
            put_element_value(j, "key", set->key_type, a.value);
        else if (a.type == NFTA_SET_ELEM_KEY_END)
            put_element_value(j, "key_end", set->key_type, a.value);
        else if (a.type == NFTA_SET_ELEM_DATA)
            put_element_value(j, "data", set->data_type, a.value);
        else if (a.type == NFTA_SET_ELEM_FLAGS)
            live_put_bits(j, "flags", flags, netlink_be(a.value));
        else if (a.type == NFTA_SET_ELEM_TIMEOUT)
            json_put_u64(j, "timeout_ms", netlink_be(a.value));
        else if (a.type == NFTA_SET_ELEM_EXPIRATION)
            json_put_u64(j, "expires_ms", netlink_be(a.value));
        else if (a.type == NFTA_SET_ELEM_USERDATA)
            put_comment(j, a.value);
        else if (a.type == NFTA_SET_ELEM_OBJREF)
            put_text(j, "object", a.value);
    }
    live_line_end(l->c, l->lines);
}

static void add_elements(struct nft_lines *l, struct str body)
{
    struct netlink_attribute a;
    struct netlink_attribute element;

    while (l->set && netlink_attribute(&body, &a))
        while (a.type == NFTA_SET_ELEM_LIST_ELEMENTS && netlink_attribute(&a.value, &element))
            add_element(l, element.value);
}

static void add_object(struct nft_lines *l, uint8_t family, struct str body)
{
    struct json *j = begin(l, "object", family);
    CLEANUP_BUF struct buf text = {0};
    struct nft_state state = {.key = ""};
    struct str data = {"", 0};
    struct netlink_attribute a;
    const char *type = NULL;

    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_OBJ_TABLE)
            put_text(j, "table", a.value);
        else if (a.type == NFTA_OBJ_NAME)
            put_text(j, "name", a.value);
        else if (a.type == NFTA_OBJ_HANDLE)
            json_put_u64(j, "handle", netlink_be(a.value));
        else if (a.type == NFTA_OBJ_TYPE)
            type = live_word(live_nft_objects, netlink_be(a.value));
        else if (a.type == NFTA_OBJ_DATA)
            data = a.value;
    }
    json_put_text(j, "type", type ? type : "unknown");
    live_nft_add_attributes(&text, str_of(type ? type : ""), data, &state);
    put_some(j, "value", str_trim(buf_str(&text)));
    live_line_end(l->c, l->lines);
}

static void add_flow_table(struct nft_lines *l, uint8_t family, struct str body)
{
    static const struct live_word flags[] = {{1, "hardware"}, {2, "counter"}, {0, NULL}};
    struct json *j = begin(l, "flow table", family);
    struct netlink_attribute a;

    while (netlink_attribute(&body, &a)) {
        if (a.type == NFTA_FLOWTABLE_TABLE)
            put_text(j, "table", a.value);
        else if (a.type == NFTA_FLOWTABLE_NAME)
            put_text(j, "name", a.value);
        else if (a.type == NFTA_FLOWTABLE_HANDLE)
            json_put_u64(j, "handle", netlink_be(a.value));
        else if (a.type == NFTA_FLOWTABLE_HOOK)
            put_flow_hook(j, a.value);
        else if (a.type == NFTA_FLOWTABLE_FLAGS)
            live_put_bits(j, "flags", flags, netlink_be(a.value));
    }
    live_line_end(l->c, l->lines);
}

int live_nft_see(void *context, const struct netlink_message *m)
{
    struct nft_lines *l = context;
    struct str body = m->body;
    struct nfgenmsg head;

    if (m->type >> 8 != NFNL_SUBSYS_NFTABLES || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    switch (m->type & 0xff) {
    case NFT_MSG_NEWTABLE:
        add_table(l, head.nfgen_family, body);
        break;
    case NFT_MSG_NEWCHAIN:
        add_chain(l, head.nfgen_family, body);
        break;
    case NFT_MSG_NEWRULE:
        add_rule(l, head.nfgen_family, body);
        break;
    case NFT_MSG_NEWSET:
        add_set(l, head.nfgen_family, body);
        break;
    case NFT_MSG_NEWSETELEM:
        add_elements(l, body);
        break;
    case NFT_MSG_NEWOBJ:
        add_object(l, head.nfgen_family, body);
        break;
    case NFT_MSG_NEWFLOWTABLE:
        add_flow_table(l, head.nfgen_family, body);
        break;
    default:
        break;
    }
    return l->c->status;
}
