/* package_ends.c: what the records of a package's items, acts and people say in the end. */
#include "practice/package_items_read.h"

/* A record gives its item what it says; what is withheld is remembered, what was redacted is not
 * said. */
static void apply(const struct hold_items *h, const struct hold_record *record)
{
    struct hold_record *item = record->item;

    if (!item || !item->is_told || record->is_chain)
        return;
    if (!item->values)
        item->values = arena_alloc(h->arena, HOLD_FIELD_COUNT * sizeof(struct str));
    for (int i = 0; i < HOLD_ACT; i++) {
        uint32_t bit = 1u << i;

        if (!(record->fields & bit))
            continue;
        if (record->values && record->values[i].p) {
            item->values[i] = record->values[i];
            item->withheld &= ~bit;
        } else if (!(record->redacted & bit)) {
            item->withheld |= bit;
        }
    }
}

/* An act has what a later record gives it. */
static void apply_to_act(const struct hold_items *h, const struct hold_record *record)
{
    struct hold_record *act = record->act;

    if (!act)
        return;
    if (!act->values && record->values)
        act->values = arena_alloc(h->arena, HOLD_FIELD_COUNT * sizeof(struct str));
    for (int i = HOLD_ACT; i < HOLD_OCCURRED; i++) {
        uint64_t bit = hold_bit_of(record, str_of(hold_field_names[i]));

        if (!bit)
            continue;
        act->unsure = record->told & bit ? act->unsure & ~(1u << i) : act->unsure | 1u << i;
        if (record->values && record->values[i].p)
            act->values[i] = record->values[i];
    }
}

/* What is told of a person last is what they are. */
static void apply_person(const struct hold_items *h, const struct hold_record *record)
{
    struct hold_record *person = record->person;

    if (!person)
        return;
    if (!person->values && record->values)
        person->values = arena_alloc(h->arena, HOLD_FIELD_COUNT * sizeof(struct str));
    for (int i = HOLD_NAME; i <= HOLD_KEY; i++) {
        bool is_said = hold_bit_of(record, str_of(hold_field_names[i]));
        bool is_told = record->values && record->values[i].p;

        if (is_told)
            person->values[i] = record->values[i];
        if (is_said)
            person->unsure = is_told ? person->unsure & ~(1u << i) : person->unsure | 1u << i;
    }
}

bool hold_is_silent(const struct hold_record *record, enum hold_field field)
{
    if (field < HOLD_ACT)
        return record->withheld >> field & 1;
    return (record->unsure >> field & 1) || (hold_bit_of(record, str_of(hold_field_names[field])) &&
                                             (!record->values || !record->values[field].p));
}

bool hold_is_act(const struct hold_record *record)
{
    return record->item && record->item->is_told && record->told && !record->is_change &&
           !record->is_chain_change;
}

const struct hold_record *hold_person(const struct hold_items *h, const struct key *by)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, by->b, sizeof(by->b));
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].person == &h->records[i] &&
            str_eq(hold_value(&h->records[i], HOLD_KEY), buf_str(&hex)))
            return &h->records[i];
    return NULL;
}

struct str hold_signer(const struct hold_items *h, const struct key *by)
{
    const struct hold_record *person = hold_person(h, by);

    return person ? hold_value(person, HOLD_NAME) : STR("");
}

void hold_record_apply(struct hold_items *h, const struct hold_record *record)
{
    apply(h, record);
    apply_to_act(h, record);
    apply_person(h, record);
    hold_fact_apply(h, record);
}

struct str hold_value(const struct hold_record *item, enum hold_field field)
{
    return item->values && item->values[field].p ? item->values[field] : STR("");
}
