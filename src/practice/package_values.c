/* package_values.c: which values of the record go into a package. */
#include "practice/package_values.h"
#include <stdlib.h>
#include "practice/clear_values.h"
#include "practice/custody.h"
#include "practice/custody_chain.h"

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct id));
}

/* What is about the items, or belongs to their chains. */
static void choose_records(uint8_t *wanted, const struct view *v, const struct id *items,
                           size_t count)
{
    CLEANUP_FREE struct id *ids = mem_array(count, sizeof(*ids));

    memcpy(ids, items, count * sizeof(*ids));
    qsort(ids, count, sizeof(*ids), compare_ids);
    for (uint64_t seq = 0; seq < state_size(v->state); seq++) {
        const struct thing *item = custody_item(v, state_record(v->state, seq));

        if (item && bsearch(&item->id, ids, count, sizeof(*ids), compare_ids))
            wanted[seq] = CLEAR_ALL;
    }
}

/* A form names who signed each row, also where the record's values stay behind. */
static void choose_signers(bool *signs, const struct view *v, const struct id *items, size_t count)
{
    static const struct custody_taken taken;
    struct custody_link l;

    for (size_t i = 0; i < count; i++) {
        const struct thing *item = state_thing_by_id(v->state, &items[i]);

        for (uint64_t seq = 0; custody_next(v, item, &taken, &seq, &l);)
            signs[state_record(v->state, l.seq)->key] = true;
    }
}

static bool is_of_signer(const struct thing *person, struct str *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(thing_value(person, "key"), keys[i]))
            return true;
    return false;
}

static void choose_people(uint8_t *wanted, const struct view *v, const bool *signs)
{
    CLEANUP_FREE struct str *keys = mem_array(UINT16_MAX + 1, sizeof(*keys));
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_FREE bool *has = mem_array(UINT16_MAX + 1, sizeof(*has));
    size_t count = 0;

    for (uint64_t seq = 0; seq < state_size(v->state); seq++) {
        const struct record *r = state_record(v->state, seq);
        CLEANUP_BUF struct buf hex = {0};

        if (!signs[r->key] || has[r->key])
            continue;
        has[r->key] = true;
        hex_add(&hex, state_key(v->state, r)->b, sizeof(struct key));
        keys[count++] = str_of(arena_strdup(arena, buf_text(&hex)));
    }
    for (uint64_t seq = 0; seq < state_size(v->state); seq++) {
        const struct thing *t = state_record(v->state, seq)->thing;

        if (t && thing_is(t, "person") && is_of_signer(t, keys, count))
            wanted[seq] = CLEAR_WHO;
    }
}

uint8_t *package_values_choose(const struct view *v, const struct id *items, size_t count)
{
    uint8_t *wanted = mem_array(state_size(v->state), sizeof(*wanted));
    CLEANUP_FREE bool *signs = mem_array(UINT16_MAX + 1, sizeof(*signs));

    choose_records(wanted, v, items, count);
    choose_signers(signs, v, items, count);
    choose_people(wanted, v, signs);
    return wanted;
}
