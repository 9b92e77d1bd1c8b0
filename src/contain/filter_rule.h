/* filter_rule.h: the expressions of a rule, in the order in which the kernel runs them. Each looks
 * at what the one before loaded; the first that does not hold ends the rule. */
#pragma once
#include "contain/filter_batch.h"

struct filter_rule {
    struct filter_batch *batch;
    size_t list;
};

void filter_rule_begin(struct filter_rule *r, struct filter_batch *b, const char *chain);
void filter_rule_end(struct filter_rule *r);

/* Load: a meta key (NFT_META_*), bytes of a header (NFT_PAYLOAD_*). */
void filter_meta(struct filter_rule *r, uint32_t key);
void filter_payload(struct filter_rule *r, uint32_t base, uint32_t off, uint32_t size);
/* Of an extension header of IPv6, wherever it stands; a packet without it ends the rule. */
void filter_extension(struct filter_rule *r, uint8_t header, uint32_t off, uint32_t size);
/* Of the loaded bytes. */
void filter_mask(struct filter_rule *r, struct str mask);
/* Compare with what was loaded. */
void filter_is(struct filter_rule *r, struct str value);
void filter_is_not(struct filter_rule *r, struct str value);
void filter_is_u8(struct filter_rule *r, uint8_t value);
void filter_is_u16(struct filter_rule *r, uint16_t value); /* stored in network order */
void filter_is_between(struct filter_rule *r, struct str first, struct str last);
void filter_is_in(struct filter_rule *r, const char *set, uint32_t id);
/* A TCP packet that brings data; another ends the rule. Linux 5.16 or later. */
void filter_has_data(struct filter_rule *r);
/* How much a second passes, and how much at once before that counts. */
struct filter_rate {
    uint64_t per_second;
    uint32_t burst;
    bool is_bytes; /* else packets */
};
/* Holds only while the source (the loaded key) is above that rate, or has more connections: a set
 * with NFT_SET_EVAL keeps one count for each key. */
void filter_is_over_rate(struct filter_rule *r, const char *set, uint32_t id,
                         const struct filter_rate *rate, uint64_t forget_ms);
void filter_is_over_count(struct filter_rule *r, const char *set, uint32_t id, uint32_t count);
void filter_count(struct filter_rule *r);
/* Ends the rule: NF_ACCEPT, NF_DROP, NFT_RETURN; or goes on in another chain. */
void filter_verdict(struct filter_rule *r, int32_t verdict);
void filter_jump(struct filter_rule *r, const char *chain);
