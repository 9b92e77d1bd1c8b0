/* block.c: drops what comes from and goes to addresses and networks. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include "contain/action.h"
#include "contain/filter_table.h"
#include "contain/filter_words.h"

/* The first address behind a network; false where there is none. */
static bool next_address(const struct net *n, uint8_t out[16])
{
    net_last(n, out);
    for (unsigned i = n->size; i-- > 0;)
        if (++out[i] != 0)
            return true;
    return false;
}

static void add_elements(struct filter_table *t, const struct filter_set *set, unsigned size)
{
    struct filter_elements l;
    uint8_t end[16];

    filter_elements_begin(&l, t->batch, set->name, set->id);
    for (size_t i = 0; i < t->plan->net_count; i++) {
        const struct net *n = &t->plan->nets[i];
        const struct net *next = i + 1 < t->plan->net_count ? n + 1 : NULL;

        if (n->size != size)
            continue;
        filter_element_add(&l, (struct str){(const char *)n->bytes, size}, 0, false);
        if (next_address(n, end) &&
            !(next && next->size == size && memcmp(next->bytes, end, size) == 0))
            filter_element_add(&l, (struct str){(char *)end, size}, 0, true);
    }
    filter_elements_end(&l);
}

static void drop(struct filter_table *t, enum filter_place place, enum filter_side side,
                 const struct filter_set *set, unsigned size)
{
    struct filter_rule r;

    filter_table_rule(t, place, &r);
    filter_is_ip(&r, t->family, size);
    filter_address(&r, size, side);
    filter_is_in(&r, set->name, set->id);
    filter_drop(&r);
}

static bool has_size(const struct plan *p, unsigned size)
{
    for (size_t i = 0; i < p->net_count; i++)
        if (p->nets[i].size == size)
            return true;
    return false;
}

static int block_rules(const struct plan *p, struct filter_table *t, struct err *e)
{
    (void)e;
    if (t->family != NFPROTO_INET)
        return 0;
    filter_table_allow(t, FILTER_IN);
    filter_table_allow(t, FILTER_OUT);
    for (unsigned size = 4; size <= 16; size += 12) {
        struct filter_set set;

        if (!has_size(p, size))
            continue;
        filter_table_set(t, size == 4 ? "block4" : "block6",
                         size == 4 ? FILTER_KEY_IPV4 : FILTER_KEY_IPV6, NFT_SET_INTERVAL, 0, &set);
        add_elements(t, &set, size);
        drop(t, FILTER_IN, FILTER_SOURCE, &set, size);
        drop(t, FILTER_OUT, FILTER_DESTINATION, &set, size);
        drop(t, FILTER_FORWARD, FILTER_DESTINATION, &set, size);
    }
    return 0;
}

static const struct action_param params[] = {
    {.name = "address",
     .type = ACTION_NET,
     .is_required = true,
     .is_many = true,
     .help = "an address or a network: 192.0.2.7, 2001:db8::/32"},
    {0}};

const struct contain_action contain_block = {
    .name = "block",
    .help = "drop what comes from and goes to addresses and networks",
    .params = params,
    .judge = judge_block,
    .preview = preview_block,
    .rules = block_rules};
