/* package_untold.c: which records of a package's items nothing tells of, whether the sender may
 * have meant that, and which of them the forms have to have all the same. */
#include <stdlib.h>
#include "base/mem.h"
#include "practice/custody_chain.h"
#include "practice/package_items_read.h"

/* How far what is told reaches. */
struct reach {
    int label;
    uint64_t *scopes; /* ascending */
    size_t count;
};

static int compare_scopes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void extend(struct reach *reach, const struct hold_record *record)
{
    if (reach->count && reach->scopes[reach->count - 1] == record->scope &&
        reach->label >= record->label)
        return;
    reach->scopes[reach->count++] = record->scope;
    reach->label = reach->label > record->label ? reach->label : record->label;
}

const struct hold_export *hold_last_export(const struct hold_items *h)
{
    for (size_t i = h->export_count; i-- > 0;)
        for (size_t k = 0; k < h->exports[i].count; k++)
            if (h->records[h->exported[h->exports[i].first + k]].is_told)
                return &h->exports[i];
    return NULL;
}

/* Acts have the label and the compartment of their items, up to which the sender tells. */
static struct reach reach_of(struct hold_items *h)
{
    const struct hold_export *own = hold_last_export(h);
    size_t acts = own ? own->count : 0;
    struct reach reach = {.scopes = mem_array(h->count + acts + 1, sizeof(uint64_t))};

    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].told && !h->records[i].is_person)
            extend(&reach, &h->records[i]);
    for (size_t i = 0; i < acts; i++) {
        struct hold_record *act = &h->records[h->acts[own->first + i]];

        act->is_own = true;
        extend(&reach, act);
    }
    qsort(reach.scopes, reach.count, sizeof(reach.scopes[0]), compare_scopes);
    return reach;
}

static bool is_within(const struct reach *reach, int label, const uint64_t *scope)
{
    return label <= reach->label &&
           bsearch(scope, reach->scopes, reach->count, sizeof(reach->scopes[0]), compare_scopes);
}

/* Names that it has, and nothing tells of. */
static bool lacks_some(const struct hold_record *record)
{
    uint64_t of_bytes = 0, all = 0;
    struct str rest = record->names;

    for (uint64_t bit = 1; rest.len; bit <<= 1) {
        (void)str_cut(&rest, ' ');
        all |= bit;
    }
    if (!record->is_chain && !record->is_image)
        of_bytes = hold_bit_of(record, STR("sha256")) | hold_bit_of(record, STR("files")) |
                   hold_bit_of(record, STR("destroyed"));
    return (all & ~record->told & ~record->gone & ~of_bytes) != 0;
}

int hold_each_untold(struct hold_items *h, hold_untold *tell, void *context, struct err *e)
{
    struct reach reach = reach_of(h);
    CLEANUP_FREE uint64_t *scopes = reach.scopes;
    int rc = 0;

    (void)scopes;
    for (size_t i = 0; rc == 0 && i < h->count; i++) {
        const struct hold_record *record = &h->records[i];
        const struct hold_record *item = hold_item_of(record);

        if (item && item->is_told && lacks_some(record))
            rc = tell(context, record,
                      !record->is_own && !is_within(&reach, record->label, &record->scope), e);
    }
    return rc;
}

const struct hold_mention *hold_mention_at(const struct hold_items *h, uint64_t seq,
                                           const struct hold_record *item)
{
    size_t from = 0;
    size_t to = h->mention_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (h->mentions[middle].seq < seq)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < h->mention_count && h->mentions[from].seq == seq; from++)
        if (h->mentions[from].item == item)
            return &h->mentions[from];
    return NULL;
}

/* One after another, as they stand in the journal. */
static void follow_place(struct hold_record *record)
{
    struct hold_record *item = record->item;

    if (record == item) {
        item->kept = hold_value(item, HOLD_PLACE_NOW);
        item->is_kept_known = !hold_is_silent(item, HOLD_PLACE_NOW);
    } else if (hold_is_silent(record, HOLD_ACT) || hold_is_silent(record, HOLD_PLACE)) {
        item->is_kept_known = false;
    } else {
        item->kept = custody_kept_after(item->kept, hold_value(record, HOLD_ACT),
                                        hold_value(record, HOLD_PLACE));
    }
}

void hold_count_rows(struct hold_items *h)
{
    struct reach reach = reach_of(h);

    for (size_t i = 0; i < h->count; i++) {
        struct hold_record *record = &h->records[i];

        if (record->item && !record->is_change && !record->is_chain_change)
            follow_place(record);
        if (hold_is_act(record))
            record->item->acts++;
    }
    for (size_t i = 0; i < h->mention_count; i++) {
        struct hold_mention *m = &h->mentions[i];

        m->is_due = !m->is_redacted && is_within(&reach, m->label, &m->scope);
        m->item->due += m->is_due;
    }
    free(reach.scopes);
}
