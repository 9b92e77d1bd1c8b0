/* filter_rule.c: spells the expressions of a rule. */
#include "contain/filter_rule.h"
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

void filter_rule_begin(struct filter_rule *r, struct filter_batch *b, const char *chain)
{
    r->batch = b;
    filter_message_begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    filter_put_text(b, NFTA_RULE_TABLE, b->table);
    filter_put_text(b, NFTA_RULE_CHAIN, chain);
    r->list = filter_nest_begin(b, NFTA_RULE_EXPRESSIONS);
}

void filter_rule_end(struct filter_rule *r)
{
    filter_nest_end(r->batch, r->list);
    filter_message_end(r->batch);
}

struct expression {
    size_t element;
    size_t data;
};

static struct expression begin(struct filter_batch *b, uint16_t in, const char *name)
{
    struct expression x = {.element = filter_nest_begin(b, in)};

    filter_put_text(b, NFTA_EXPR_NAME, name);
    x.data = filter_nest_begin(b, NFTA_EXPR_DATA);
    return x;
}

static void end(struct filter_batch *b, struct expression x)
{
    filter_nest_end(b, x.data);
    filter_nest_end(b, x.element);
}

static void put_data(struct filter_batch *b, uint16_t type, struct str value)
{
    size_t at = filter_nest_begin(b, type);

    filter_put(b, NFTA_DATA_VALUE, value.p, value.len);
    filter_nest_end(b, at);
}

void filter_meta(struct filter_rule *r, uint32_t key)
{
    struct expression x = begin(r->batch, NFTA_LIST_ELEM, "meta");

    filter_put_u32(r->batch, NFTA_META_KEY, key);
    filter_put_u32(r->batch, NFTA_META_DREG, NFT_REG_1);
    end(r->batch, x);
}

void filter_payload(struct filter_rule *r, uint32_t base, uint32_t off, uint32_t size)
{
    struct expression x = begin(r->batch, NFTA_LIST_ELEM, "payload");

    filter_put_u32(r->batch, NFTA_PAYLOAD_DREG, NFT_REG_1);
    filter_put_u32(r->batch, NFTA_PAYLOAD_BASE, base);
    filter_put_u32(r->batch, NFTA_PAYLOAD_OFFSET, off);
    filter_put_u32(r->batch, NFTA_PAYLOAD_LEN, size);
    end(r->batch, x);
}

void filter_extension(struct filter_rule *r, uint8_t header, uint32_t off, uint32_t size)
{
    struct expression x = begin(r->batch, NFTA_LIST_ELEM, "exthdr");

    filter_put_u32(r->batch, NFTA_EXTHDR_DREG, NFT_REG_1);
    filter_put(r->batch, NFTA_EXTHDR_TYPE, &header, sizeof(header));
    filter_put_u32(r->batch, NFTA_EXTHDR_OFFSET, off);
    filter_put_u32(r->batch, NFTA_EXTHDR_LEN, size);
    end(r->batch, x);
}

void filter_mask(struct filter_rule *r, struct str mask)
{
    static const char none[16];
    struct expression x = begin(r->batch, NFTA_LIST_ELEM, "bitwise");

    filter_put_u32(r->batch, NFTA_BITWISE_SREG, NFT_REG_1);
    filter_put_u32(r->batch, NFTA_BITWISE_DREG, NFT_REG_1);
    filter_put_u32(r->batch, NFTA_BITWISE_LEN, (uint32_t)mask.len);
    put_data(r->batch, NFTA_BITWISE_MASK, mask);
    put_data(r->batch, NFTA_BITWISE_XOR, str_head((struct str){none, sizeof(none)}, mask.len));
    end(r->batch, x);
}

static void compare(struct filter_rule *r, uint32_t how, struct str value)
{
    struct expression x = begin(r->batch, NFTA_LIST_ELEM, "cmp");

    filter_put_u32(r->batch, NFTA_CMP_SREG, NFT_REG_1);
    filter_put_u32(r->batch, NFTA_CMP_OP, how);
    put_data(r->batch, NFTA_CMP_DATA, value);
    end(r->batch, x);
}

void filter_is(struct filter_rule *r, struct str value)
{
    compare(r, NFT_CMP_EQ, value);
}

void filter_is_not(struct filter_rule *r, struct str value)
{
    compare(r, NFT_CMP_NEQ, value);
}

void filter_is_u8(struct filter_rule *r, uint8_t value)
{
    compare(r, NFT_CMP_EQ, (struct str){(char *)&value, sizeof(value)});
}

void filter_is_u16(struct filter_rule *r, uint16_t value)
{
    value = __builtin_bswap16(value);
    compare(r, NFT_CMP_EQ, (struct str){(char *)&value, sizeof(value)});
}

void filter_is_between(struct filter_rule *r, struct str first, struct str last)
{
    compare(r, NFT_CMP_GTE, first);
    compare(r, NFT_CMP_LTE, last);
}

void filter_is_in(struct filter_rule *r, const char *set, uint32_t id)
{
    struct expression x = begin(r->batch, NFTA_LIST_ELEM, "lookup");

    filter_put_text(r->batch, NFTA_LOOKUP_SET, set);
    filter_put_u32(r->batch, NFTA_LOOKUP_SET_ID, id);
    filter_put_u32(r->batch, NFTA_LOOKUP_SREG, NFT_REG_1);
    end(r->batch, x);
}

static struct expression begin_update(struct filter_rule *r, const char *set, uint32_t id,
                                      uint32_t operation)
{
    struct expression x = begin(r->batch, NFTA_LIST_ELEM, "dynset");

    filter_put_text(r->batch, NFTA_DYNSET_SET_NAME, set);
    filter_put_u32(r->batch, NFTA_DYNSET_SET_ID, id);
    filter_put_u32(r->batch, NFTA_DYNSET_OP, operation);
    filter_put_u32(r->batch, NFTA_DYNSET_SREG_KEY, NFT_REG_1);
    return x;
}

/* Loading the first byte behind the header fails where there is none, and that ends the rule. */
void filter_has_data(struct filter_rule *r)
{
    filter_payload(r, NFT_PAYLOAD_INNER_HEADER, 0, 1);
}

void filter_is_over_rate(struct filter_rule *r, const char *set, uint32_t id,
                         const struct filter_rate *rate, uint64_t forget_ms)
{
    struct expression x = begin_update(r, set, id, NFT_DYNSET_OP_UPDATE);
    struct expression limit;

    filter_put_u64(r->batch, NFTA_DYNSET_TIMEOUT, forget_ms);
    limit = begin(r->batch, NFTA_DYNSET_EXPR, "limit");
    filter_put_u64(r->batch, NFTA_LIMIT_RATE, rate->per_second);
    filter_put_u64(r->batch, NFTA_LIMIT_UNIT, 1);
    filter_put_u32(r->batch, NFTA_LIMIT_BURST, rate->burst);
    filter_put_u32(r->batch, NFTA_LIMIT_TYPE,
                   rate->is_bytes ? NFT_LIMIT_PKT_BYTES : NFT_LIMIT_PKTS);
    filter_put_u32(r->batch, NFTA_LIMIT_FLAGS, NFT_LIMIT_F_INV);
    end(r->batch, limit);
    end(r->batch, x);
}

void filter_is_over_count(struct filter_rule *r, const char *set, uint32_t id, uint32_t count)
{
    struct expression x = begin_update(r, set, id, NFT_DYNSET_OP_ADD);
    struct expression limit = begin(r->batch, NFTA_DYNSET_EXPR, "connlimit");

    filter_put_u32(r->batch, NFTA_CONNLIMIT_COUNT, count);
    filter_put_u32(r->batch, NFTA_CONNLIMIT_FLAGS, NFT_CONNLIMIT_F_INV);
    end(r->batch, limit);
    end(r->batch, x);
}

void filter_count(struct filter_rule *r)
{
    struct expression x = begin(r->batch, NFTA_LIST_ELEM, "counter");

    filter_put_u64(r->batch, NFTA_COUNTER_BYTES, 0);
    filter_put_u64(r->batch, NFTA_COUNTER_PACKETS, 0);
    end(r->batch, x);
}

static void put_verdict(struct filter_rule *r, int32_t verdict, const char *chain)
{
    struct expression x = begin(r->batch, NFTA_LIST_ELEM, "immediate");
    size_t data, at;

    filter_put_u32(r->batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    data = filter_nest_begin(r->batch, NFTA_IMMEDIATE_DATA);
    at = filter_nest_begin(r->batch, NFTA_DATA_VERDICT);
    filter_put_u32(r->batch, NFTA_VERDICT_CODE, (uint32_t)verdict);
    if (chain)
        filter_put_text(r->batch, NFTA_VERDICT_CHAIN, chain);
    filter_nest_end(r->batch, at);
    filter_nest_end(r->batch, data);
    end(r->batch, x);
}

void filter_verdict(struct filter_rule *r, int32_t verdict)
{
    put_verdict(r, verdict, NULL);
}

void filter_jump(struct filter_rule *r, const char *chain)
{
    put_verdict(r, NFT_JUMP, chain);
}
