/* filter_listing.c: lists a table of ours as the kernel holds it, and compares two such lists. */
#include "contain/filter_listing.h"
#include <errno.h>
#include <net/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "base/mem.h"
#include "contain/filter_count.h"
#include "contain/filter_see.h"
#include "contain/spell.h"

enum { LINE_COUNT = 100000, TRY_COUNT = 3 };

void filter_listing_release(struct filter_listing *l)
{
    for (size_t i = 0; i < l->count; i++) {
        buf_release(&l->all[i].line);
        buf_release(&l->all[i].rules);
    }
    free(l->all);
    *l = (struct filter_listing){.table = l->table};
}

static void add_number(struct buf *line, struct str value)
{
    buf_addc(line, ' ');
    if (value.len)
        buf_add_u64(line, netlink_be(value));
    else
        buf_addc(line, '-');
}

/* The line "WORD FAMILY NAME" of a thing of the table; NULL: of another table, or one too many. */
static struct filter_listed *begin(struct filter_listing *l, const char *word, uint8_t family,
                                   struct str table, struct str name)
{
    struct filter_listed *item;

    if (!str_is(netlink_text(table), l->table) || l->count == LINE_COUNT)
        return NULL;
    l->all = mem_grow(l->all, l->count, &l->room, sizeof(*l->all));
    item = &l->all[l->count++];
    *item = (struct filter_listed){.family = family};
    buf_addf(&item->line, "%s %s", word, filter_family_name(family));
    spell_add_word(&item->line, netlink_text(name));
    return item;
}

static struct str device_of(struct str hook)
{
    struct str one = netlink_find(hook, NFTA_HOOK_DEV);

    return netlink_text(
        one.len ? one : netlink_find(netlink_find(hook, NFTA_HOOK_DEVS), NFTA_DEVICE_NAME));
}

static void see_chain(struct filter_listing *l, uint8_t family, struct str body)
{
    struct str hook = netlink_find(body, NFTA_CHAIN_HOOK);
    struct filter_listed *item = begin(l, "chain", family, netlink_find(body, NFTA_CHAIN_TABLE),
                                       netlink_find(body, NFTA_CHAIN_NAME));

    if (!item)
        return;
    item->is_chain = true;
    add_number(&item->line, netlink_find(hook, NFTA_HOOK_HOOKNUM));
    add_number(&item->line, netlink_find(hook, NFTA_HOOK_PRIORITY));
    add_number(&item->line, netlink_find(body, NFTA_CHAIN_POLICY));
    spell_add_word(&item->line, device_of(hook));
}

/* What a rule does, without what it has counted. */
static void add_rule(struct buf *rules, struct str list)
{
    struct netlink_attribute element;

    buf_adds(rules, "rule");
    while (netlink_attribute(&list, &element)) {
        struct str name = netlink_text(netlink_find(element.value, NFTA_EXPR_NAME));

        buf_addc(rules, '\n');
        buf_addstr(rules, str_is(name, "counter") ? name : element.value);
    }
}

static bool is_chain_of(const struct filter_listed *item, uint8_t family, struct str name)
{
    CLEANUP_BUF struct buf spelled = {0};
    struct str rest = buf_str(&item->line);

    if (!item->is_chain || item->family != family)
        return false;
    (void)str_cut(&rest, ' ');
    (void)str_cut(&rest, ' ');
    spell_add(&spelled, name);
    return str_eq(str_cut(&rest, ' '), buf_str(&spelled));
}

static void see_rule(struct filter_listing *l, uint8_t family, struct str body)
{
    struct str name = netlink_text(netlink_find(body, NFTA_RULE_CHAIN));

    if (!str_is(netlink_text(netlink_find(body, NFTA_RULE_TABLE)), l->table))
        return;
    for (size_t i = 0; i < l->count; i++)
        if (is_chain_of(&l->all[i], family, name)) {
            add_rule(&l->all[i].rules, netlink_find(body, NFTA_RULE_EXPRESSIONS));
            return;
        }
}

static void see_set(struct filter_listing *l, uint8_t family, struct str body)
{
    struct filter_listed *item = begin(l, "set", family, netlink_find(body, NFTA_SET_TABLE),
                                       netlink_find(body, NFTA_SET_NAME));

    if (!item)
        return;
    item->set_flags = (uint32_t)netlink_be(netlink_find(body, NFTA_SET_FLAGS));
    item->is_set = true;
    buf_addf(&item->line, " %u", item->set_flags);
}

/* A table that is asleep does nothing. */
static void see_table(struct filter_listing *l, uint8_t family, struct str body)
{
    struct filter_listed *item =
        begin(l, "table", family, netlink_find(body, NFTA_TABLE_NAME), STR(""));

    if (item)
        add_number(&item->line, netlink_find(body, NFTA_TABLE_FLAGS));
}

int filter_see_listed(void *context, const struct netlink_message *m)
{
    static const struct {
        uint8_t type;
        void (*see)(struct filter_listing *l, uint8_t family, struct str body);
    } kinds[] = {{NFT_MSG_NEWTABLE, see_table},
                 {NFT_MSG_NEWCHAIN, see_chain},
                 {NFT_MSG_NEWRULE, see_rule},
                 {NFT_MSG_NEWSET, see_set}};
    struct str body = m->body;
    struct nfgenmsg head;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if ((m->type & 0xff) == kinds[i].type)
            kinds[i].see(context, head.nfgen_family, body);
    return 0;
}

/* FNV-1a of 64 bits: there may be a hundred thousand, and who could find two alike is root here. */
static uint64_t fnv1a(struct str bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ (uint8_t)bytes.p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* How many, and the sum of what each is, since the kernel lists them in no order. */
int filter_see_elements(void *context, const struct netlink_message *m)
{
    struct filter_elements_seen *seen = context;
    struct str body = m->body, list;
    struct netlink_attribute a;
    struct nfgenmsg head;

    if ((m->type & 0xff) != NFT_MSG_NEWSETELEM || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    list = netlink_find(body, NFTA_SET_ELEM_LIST_ELEMENTS);
    while (netlink_attribute(&list, &a)) {
        seen->sum += fnv1a(a.value);
        seen->count++;
    }
    return 0;
}

static int ask(uint16_t type, struct str question, netlink_see *see, void *context)
{
    return netlink_ask(NETLINK_NETFILTER, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), question,
                       see, context);
}

static int list_once(struct filter_listing *l)
{
    static const uint16_t types[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE,
                                     NFT_MSG_GETSET};
    struct nfgenmsg question = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};
    int code = 0;

    for (size_t i = 0; i < COUNT_OF(types) && code == 0; i++)
        code =
            ask(types[i], (struct str){(char *)&question, sizeof(question)}, filter_see_listed, l);
    return code;
}

static void add_text(struct buf *question, uint16_t type, struct str text)
{
    struct nlattr head = {.nla_len = (uint16_t)(sizeof(head) + text.len + 1), .nla_type = type};

    buf_add(question, &head, sizeof(head));
    buf_addstr(question, text);
    buf_addn(question, '\0', 1 + (4 - (text.len + 1) % 4) % 4);
}

/* Of a set whose elements stay as they were put: what the kernel adds and forgets is no change. */
static int list_elements(const struct filter_listing *l, struct filter_listed *item)
{
    struct nfgenmsg head = {.version = NFNETLINK_V0, .nfgen_family = item->family};
    struct filter_elements_seen seen = {0};
    CLEANUP_BUF struct buf question = {0};
    struct str rest = buf_str(&item->line), name;
    int code;

    if (!item->is_set || item->set_flags & (NFT_SET_EVAL | NFT_SET_TIMEOUT))
        return 0;
    (void)str_cut(&rest, ' ');
    (void)str_cut(&rest, ' ');
    name = str_cut(&rest, ' ');
    buf_add(&question, &head, sizeof(head));
    add_text(&question, NFTA_SET_ELEM_LIST_TABLE, str_of(l->table));
    add_text(&question, NFTA_SET_ELEM_LIST_SET, name);
    code = ask(NFT_MSG_GETSETELEM, buf_str(&question), filter_see_elements, &seen);
    buf_addf(&item->line, " %llu %016llx", (unsigned long long)seen.count,
             (unsigned long long)seen.sum);
    return code;
}

static int by_line(const void *a, const void *b)
{
    const struct filter_listed *x = a, *y = b;

    return strcmp(buf_text(&x->line), buf_text(&y->line));
}

static int list_all(struct filter_listing *l)
{
    int code = list_once(l);

    for (size_t i = 0; i < l->count && code == 0; i++)
        code = list_elements(l, &l->all[i]);
    return code;
}

void filter_listing_add(struct filter_listing *l, struct buf *out)
{
    if (l->count)
        qsort(l->all, l->count, sizeof(*l->all), by_line);
    for (size_t i = 0; i < l->count; i++) {
        struct filter_listed *item = &l->all[i];

        buf_addstr(out, buf_str(&item->line));
        if (item->is_chain) {
            struct hash digest = hash_bytes(buf_text(&item->rules), item->rules.len);

            buf_addc(out, ' ');
            hex_add(out, digest.b, sizeof(digest.b));
        }
        buf_addc(out, '\n');
    }
}

int filter_listing_read(const char *table, struct buf *out, struct err *e)
{
    CLEANUP(filter_listing_release) struct filter_listing l = {.table = table};
    int code = -EINTR;

    for (int i = 0; i < TRY_COUNT && code == -EINTR; i++) { /* it changed while it was listed */
        filter_listing_release(&l);
        code = list_all(&l);
    }
    if (code) {
        errno = -code;
        return err_errno(e, "cannot read the packet filter back");
    }
    filter_listing_add(&l, out);
    return 0;
}

struct line {
    struct str word, family, name, hook, device;
};

static struct line read_line(struct str text)
{
    struct line l = {.word = str_cut(&text, ' ')};

    l.family = str_cut(&text, ' ');
    l.name = str_cut(&text, ' ');
    if (!str_is(l.word, "chain"))
        return l;
    l.hook = str_cut(&text, ' ');
    (void)str_cut(&text, ' '); /* priority */
    (void)str_cut(&text, ' '); /* policy */
    l.device = str_cut(&text, ' ');
    return l;
}

/* Does this line say nothing of the plan: a chain or set of another, or of what is gone? */
static bool is_anothers(const struct line *l, struct str mark)
{
    char device[IF_NAMESIZE];

    if (str_is(l->word, "table"))
        return false;
    if (str_is(l->word, "set") || str_is(l->hook, "-"))
        return l->name.len > mark.len && l->name.p[l->name.len - mark.len] == '-' &&
               !str_ends(l->name, mark.p);
    if (!str_is(l->family, "netdev") || l->device.len >= sizeof(device))
        return false;
    memcpy(device, l->device.p, l->device.len);
    device[l->device.len] = '\0';
    return if_nametoindex(device) == 0;
}

static bool has_line(struct str lines, struct str one)
{
    while (lines.len)
        if (str_eq(str_cut(&lines, '\n'), one))
            return true;
    return false;
}

static int compare(struct str lines, struct str with, struct str mark, const char *what,
                   struct err *e)
{
    while (lines.len) {
        struct str text = str_cut(&lines, '\n');
        struct line l = read_line(text);

        if (has_line(with, text) || is_anothers(&l, mark))
            continue;
        return err_set(e, ERR_GATE,
                       "the packet filter %s it was put there: " STR_FMT " " STR_FMT "%s" STR_FMT,
                       what, STR_ARG(l.word), STR_ARG(l.family), str_is(l.name, "-") ? "" : " ",
                       STR_ARG(str_is(l.name, "-") ? STR("") : l.name));
    }
    return 0;
}

int filter_listing_compare(struct str was, struct str now, struct str mark, struct err *e)
{
    int rc = compare(was, now, mark, "is not as", e);

    return rc ? rc : compare(now, was, mark, "has more than", e);
}
