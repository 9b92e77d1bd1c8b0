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

/* Single addresses and networks are in sets of their own: of the first, the kernel needs a third of
 * the time and of the bytes. */
struct part {
    unsigned size; /* 4 or 16 */
    bool is_one;
    const char *name;
};

static bool is_in_part(const struct net *n, const struct part *part)
{
    return n->size == part->size && net_is_one(n) == part->is_one;
}

static const struct net *next_in_part(const struct plan *p, const struct part *part, size_t *at)
{
    while (*at < p->net_count && !is_in_part(&p->nets[*at], part))
        ++*at;
    return *at < p->net_count ? &p->nets[(*at)++] : NULL;
}

static size_t count_part(const struct plan *p, const struct part *part)
{
    size_t count = 0;

    for (size_t at = 0; next_in_part(p, part, &at);)
        count++;
    return count;
}

static void add_elements(struct filter_table *t, const struct filter_set *set,
                         const struct part *part)
{
    const struct net *n, *next;
    struct filter_elements l;
    bool is_joined = false;
    uint8_t end[16];
    size_t at = 0;

    filter_elements_begin(&l, t->batch, set->name, set->id);
    for (n = next_in_part(t->plan, part, &at); n; n = next) {
        next = next_in_part(t->plan, part, &at);
        if (!is_joined)
            filter_element_add(&l, (struct str){(const char *)n->bytes, n->size}, 0, false);
        if (part->is_one || !next_address(n, end))
            continue;
        /* Where the next begins, this one does not end: the kernel takes no two of one key. */
        is_joined = next && memcmp(next->bytes, end, n->size) == 0;
        if (!is_joined)
            filter_element_add(&l, (struct str){(char *)end, n->size}, 0, true);
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

static void block_part(struct filter_table *t, const struct part *part)
{
    size_t count = count_part(t->plan, part);
    struct filter_set set;

    if (!count)
        return;
    filter_table_set(t, part->name, part->size == 4 ? FILTER_KEY_IPV4 : FILTER_KEY_IPV6,
                     part->is_one ? 0 : NFT_SET_INTERVAL, part->is_one ? (uint32_t)count : 0, &set);
    add_elements(t, &set, part);
    if (t->family == NFPROTO_BRIDGE) { /* neither arrives here nor is sent from here */
        drop(t, FILTER_FORWARD, FILTER_SOURCE, &set, part->size);
        drop(t, FILTER_FORWARD, FILTER_DESTINATION, &set, part->size);
        return;
    }
    drop(t, FILTER_IN, FILTER_SOURCE, &set, part->size);
    drop(t, FILTER_OUT, FILTER_DESTINATION, &set, part->size);
    drop(t, FILTER_FORWARD, FILTER_DESTINATION, &set, part->size);
}

static int block_rules(const struct plan *p, struct filter_table *t, struct err *e)
{
    static const struct part parts[] = {
        {4, true, "one4"}, {4, false, "net4"}, {16, true, "one6"}, {16, false, "net6"}};

    (void)p;
    (void)e;
    if (t->family != NFPROTO_INET && !(t->family == NFPROTO_BRIDGE && t->has_bridges))
        return 0;
    if (t->family == NFPROTO_INET) {
        filter_table_allow(t, FILTER_IN);
        filter_table_allow(t, FILTER_OUT);
    }
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        block_part(t, &parts[i]);
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
