/* merge.c: the numbers of records, carried from copy to copy. */
#include "journal/merge.h"
#include "base/limits.h"
#include "base/mem.h"

void merges_release(struct merges *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->items[i].skips);
    free(m->items);
    *m = (struct merges){0};
}

void merges_add(struct merges *m, const struct merge *merge)
{
    m->items = mem_grow(m->items, m->count, &m->room, sizeof(*m->items));
    m->items[m->count++] = *merge;
}

void merges_forget(struct merges *m, uint64_t from)
{
    while (m->count && m->items[m->count - 1].seq >= from)
        free(m->items[--m->count].skips);
}

static bool read_skip(struct str *rest, struct merge_skip *out)
{
    uint64_t *parts[] = {&out->b, &out->a, &out->k};
    struct public_value item;

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (!public_item_next(rest, &item))
            return false;
        *parts[i] = item.integer;
    }
    return true;
}

static struct merge_skip *read_skips(struct str text, size_t *count)
{
    struct merge_skip *skips = NULL;
    struct merge_skip next;
    size_t room = 0;

    for (*count = 0; read_skip(&text, &next); ++*count) {
        skips = mem_grow(skips, *count, &room, sizeof(*skips));
        skips[*count] = next;
    }
    return skips;
}

/* The numbers are at most INT64_MAX each, so sums of two do not overflow. */
static bool skips_are_sound(const struct merge *m)
{
    uint64_t from = m->fork;

    for (size_t i = 0; i < m->skip_count; i++) {
        const struct merge_skip *s = &m->skips[i];

        if (s->k < 1 || s->b < from || s->b + s->k > m->size || s->a + s->k > m->seq)
            return false;
        from = s->b + s->k;
    }
    return true;
}

static uint64_t skipped_records(const struct merge *m)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < m->skip_count; i++)
        sum += m->skips[i].k;
    return sum;
}

int merge_read(struct merge *out, const struct statement *s, uint64_t seq, struct err *e)
{
    struct merge m = {.seq = seq,
                      .count = record_integer(s, "count"),
                      .fork = record_integer(s, "fork"),
                      .size = record_integer(s, "size")};

    m.skips = read_skips(record_text(s, "skip"), &m.skip_count);
    if (m.fork >= 1 && m.fork <= seq && m.size > m.fork && skips_are_sound(&m) &&
        m.size - m.fork - skipped_records(&m) == m.count) {
        *out = m;
        return 0;
    }
    free(m.skips);
    return err_set(e, ERR_TAMPER, "the numbers of its copies do not add up");
}

/* A copy, as seen through the merge that brought it; without a merge, the journal itself. */
struct copy {
    const struct merges *all;
    const struct copy *into; /* the copy that took this one in */
    const struct merge *merge;
    uint64_t merge_place; /* where the merge stands in that copy */
};

/* The number, in the copy, of the record that the merge brought as its rank-th. */
static uint64_t number_of_rank(const struct merge *m, uint64_t rank)
{
    uint64_t b = m->fork;

    for (size_t i = 0; i < m->skip_count; i++) {
        if (rank < m->skips[i].b - b)
            break;
        rank -= m->skips[i].b - b;
        b = m->skips[i].b + m->skips[i].k;
    }
    return b + rank;
}

/* The number, in the copy, of the record that is number n in the copy that took it in. */
static bool number_from_outer(const struct copy *c, uint64_t n, uint64_t *out)
{
    const struct merge *m = c->merge;

    *out = n;
    if (n < m->fork)
        return true;
    if (n > c->merge_place && n - c->merge_place <= m->count) {
        *out = number_of_rank(m, n - c->merge_place - 1);
        return true;
    }
    for (size_t i = 0; i < m->skip_count; i++) {
        const struct merge_skip *s = &m->skips[i];

        if (n < s->a || n - s->a >= s->k)
            continue;
        *out = s->b + (n - s->a);
        return true;
    }
    return false;
}

static bool number_in(const struct copy *c, uint64_t seq, uint64_t *out)
{
    uint64_t outer = seq;

    if (!c->merge) {
        *out = seq;
        return true;
    }
    return number_in(c->into, seq, &outer) && number_from_outer(c, outer, out);
}

struct place {
    uint64_t number;
    const struct merge *merge;
};

static int place_cmp(const void *a, const void *b)
{
    uint64_t x = ((const struct place *)a)->number;
    uint64_t y = ((const struct place *)b)->number;

    return x < y ? -1 : x > y;
}

/* Finds the merge of that copy, in its own place there, that brought the copy's record number n. */
static bool find_cover(const struct copy *c, uint64_t n, struct place *out)
{
    CLEANUP_FREE struct place *places = mem_array(c->all->count + 1, sizeof(*places));
    uint64_t next = 0; /* where the records in their own places go on */
    size_t count = 0;

    for (size_t i = 0; i < c->all->count; i++)
        if (number_in(c, c->all->items[i].seq, &places[count].number))
            places[count++].merge = &c->all->items[i];
    qsort(places, count, sizeof(*places), place_cmp);
    for (size_t i = 0; i < count && places[i].number < n; i++) {
        if (places[i].number < next)
            continue;
        next = places[i].number + 1 + places[i].merge->count;
        if (n >= next)
            continue;
        *out = places[i];
        return true;
    }
    return false;
}

static int smallest_fork(const struct copy *c, uint64_t n, unsigned depth, uint64_t *out,
                         struct err *e)
{
    struct copy inner = {.all = c->all, .into = c};
    struct place cover;
    int code;

    *out = UINT64_MAX;
    if (!find_cover(c, n, &cover))
        return 0;
    if (depth == LIMIT_MERGE_DEPTH)
        return err_set(e, ERR_LIMIT, "copies were merged into copies more than %d deep",
                       (int)LIMIT_MERGE_DEPTH);
    inner.merge = cover.merge;
    inner.merge_place = cover.number;
    code =
        smallest_fork(&inner, number_of_rank(cover.merge, n - cover.number - 1), depth + 1, out, e);
    if (code == 0 && cover.merge->fork < *out)
        *out = cover.merge->fork;
    return code;
}

int merges_smallest_fork(const struct merges *m, uint64_t seq, uint64_t *out, struct err *e)
{
    struct copy whole = {.all = m};
    uint64_t fork;
    int code = smallest_fork(&whole, seq, 0, &fork, e);

    if (code < 0)
        return code;
    *out = fork;
    return 0;
}
