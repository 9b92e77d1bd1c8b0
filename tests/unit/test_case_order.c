/* test_case_order.c: copies of a case that were written to apart and merged in any order agree on
 * one order of their records; merges that lie are refused. With arguments SEED COUNT it runs so
 * many random histories. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "case/order.h"

enum { COPIES_MAX = 5, RECORDS_MAX = 2000 };

static uint64_t first_seed = 1;
static uint64_t history_count = 400;

struct chance {
    uint64_t x;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t chance_next(struct chance *c)
{
    uint64_t z = (c->x += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t chance_below(struct chance *c, uint64_t limit)
{
    return chance_next(c) % limit;
}

/* One copy: its lines in order. A merge's numbers are as in the copy where it was written. */
struct copy {
    struct order_record records[RECORDS_MAX];
    uint64_t count;
};

struct world {
    struct chance chance;
    struct arena *arena;
    struct copy *copies;
    size_t copy_count;
};

static void write_record(struct world *w, struct copy *c, const struct order_merge *merge)
{
    struct order_record *r = &c->records[c->count++];

    assert_true(c->count < RECORDS_MAX);
    *r = (struct order_record){.merge = merge};
    for (size_t i = 0; i < sizeof(r->id.b); i++)
        r->id.b[i] = (uint8_t)chance_next(&w->chance);
    r->time.sec = (int64_t)chance_below(&w->chance, 20); /* clocks lie, and agree by chance */
}

static uint64_t place_of(const struct copy *c, const struct id *id)
{
    for (uint64_t i = 0; i < c->count; i++)
        if (id_eq(&c->records[i].id, id))
            return i;
    return UINT64_MAX;
}

/* Brings copy b into copy a, as doc/format/journal.md §10 says it. */
static void merge_into(struct world *w, struct copy *a, const struct copy *b)
{
    struct order_merge *m = arena_new_in(w->arena, struct order_merge);
    uint64_t before = a->count;

    m->seq = before;
    while (m->fork < before && m->fork < b->count &&
           id_eq(&a->records[m->fork].id, &b->records[m->fork].id))
        m->fork++;
    m->size = b->count;
    m->skip = arena_alloc(w->arena, 3 * RECORDS_MAX * sizeof(uint64_t));
    for (uint64_t i = m->fork; i < b->count; i++) {
        uint64_t known = place_of(a, &b->records[i].id);

        if (known == UINT64_MAX) {
            m->count++;
            continue;
        }
        m->skip[m->skip_count++] = i;
        m->skip[m->skip_count++] = known;
        m->skip[m->skip_count++] = 1;
    }
    if (m->count == 0)
        return;
    if (m->fork < before)
        write_record(w, a, m);
    for (uint64_t i = m->fork; i < b->count; i++)
        if (place_of(a, &b->records[i].id) == UINT64_MAX)
            a->records[a->count++] = b->records[i];
}

/* The ids of all but the merges, in the order of the fold. */
static uint64_t order_of(const struct copy *c, struct id *out)
{
    CLEANUP_FREE uint64_t *order = mem_array(c->count, sizeof(order[0]));
    struct err e = {0};
    uint64_t count = 0;

    if (order_records(c->records, c->count, order, &e))
        fail_msg("%s", e.text);
    for (uint64_t i = 0; i < c->count; i++)
        if (!c->records[order[i]].merge)
            out[count++] = c->records[order[i]].id;
    return count;
}

/* A record never stands before one that its writer had before it. */
static void check_causes(const struct copy *c)
{
    CLEANUP_FREE uint64_t *order = mem_array(c->count, sizeof(order[0]));
    CLEANUP_FREE uint64_t *place = mem_array(c->count, sizeof(place[0]));
    struct err e = {0};

    assert_int_equal(order_records(c->records, c->count, order, &e), 0);
    for (uint64_t i = 0; i < c->count; i++)
        place[order[i]] = i;
    for (uint64_t i = 0; i < c->count; i++) {
        const struct order_merge *m = c->records[i].merge;

        if (!m)
            continue;
        for (uint64_t k = i + 1; k <= i + m->count; k++)
            assert_true(place[k] < place[i]); /* a merge comes after all that it brought */
        if (i + m->count + 1 < c->count)
            assert_true(place[i] < place[i + m->count + 1]);
        i += m->count; /* merges among what it brought count places of another copy */
    }
}

static void run_history(uint64_t seed)
{
    struct world w = {.chance = {seed}, .arena = arena_new()};
    CLEANUP_FREE struct id *first = mem_array(RECORDS_MAX, sizeof(first[0]));
    CLEANUP_FREE struct id *other = mem_array(RECORDS_MAX, sizeof(other[0]));
    uint64_t steps;
    uint64_t count;

    w.copies = mem_array(COPIES_MAX, sizeof(w.copies[0]));
    w.copy_count = 2 + (size_t)chance_below(&w.chance, COPIES_MAX - 1);
    for (uint64_t i = 1 + chance_below(&w.chance, 4); i-- > 0;)
        write_record(&w, &w.copies[0], NULL);
    for (size_t i = 1; i < w.copy_count; i++)
        w.copies[i] = w.copies[0];
    steps = chance_below(&w.chance, 24);
    for (uint64_t i = 0; i < steps; i++) {
        struct copy *c = &w.copies[chance_below(&w.chance, w.copy_count)];

        if (chance_below(&w.chance, 3))
            write_record(&w, c, NULL);
        else
            merge_into(&w, c, &w.copies[chance_below(&w.chance, w.copy_count)]);
    }
    /* At the end each takes in all others, beginning with a different one. */
    for (size_t i = 0; i < w.copy_count; i++)
        for (size_t k = 1; k < w.copy_count; k++)
            merge_into(&w, &w.copies[i], &w.copies[(i + k) % w.copy_count]);
    count = order_of(&w.copies[0], first);
    for (size_t i = 0; i < w.copy_count; i++) {
        check_causes(&w.copies[i]);
        if (order_of(&w.copies[i], other) != count)
            fail_msg("seed %llu: copy %zu holds other records", (unsigned long long)seed, i);
        if (memcmp(first, other, count * sizeof(first[0])) != 0)
            fail_msg("seed %llu: copy %zu has another order", (unsigned long long)seed, i);
    }
    free(w.copies);
    arena_free(w.arena);
}

static void copies_merged_in_any_order_agree(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < history_count; i++)
        run_history(first_seed + i);
}

static struct order_record numbered(uint8_t id, int64_t sec, const struct order_merge *m)
{
    return (struct order_record){.time = {sec, 0}, .id = {{id}}, .merge = m};
}

static void free_records_stand_by_time_then_by_id(void **state)
{
    /* A wrote 1 at 10 s; B, a copy of record 0, wrote 3 at 5 s and 4 at 10 s. */
    const struct order_merge m = {.seq = 2, .fork = 1, .size = 3, .count = 2};
    const struct order_record records[] = {numbered(9, 0, NULL), numbered(7, 10, NULL),
                                           numbered(1, 99, &m), numbered(8, 5, NULL),
                                           numbered(6, 10, NULL)};
    const uint64_t expected[] = {0, 3, 4, 1, 2};
    uint64_t order[5];
    struct err e = {0};

    (void)state;
    assert_int_equal(order_records(records, 5, order, &e), 0);
    assert_memory_equal(order, expected, sizeof(expected));
}

static void without_merges_records_stand_as_they_were_written_whatever_the_clock_says(void **state)
{
    const struct order_record records[] = {numbered(1, 50, NULL), numbered(2, 20, NULL),
                                           numbered(3, 90, NULL), numbered(4, 0, NULL)};
    const uint64_t expected[] = {0, 1, 2, 3};
    uint64_t order[4];
    struct err e = {0};

    (void)state;
    assert_int_equal(order_records(records, 4, order, &e), 0);
    assert_memory_equal(order, expected, sizeof(expected));
    assert_int_equal(order_records(NULL, 0, NULL, &e), 0);
}

static void merges_with_impossible_numbers_are_refused(void **state)
{
    static uint64_t far[] = {2, UINT64_MAX, 5};
    static const struct {
        const char *what;
        struct order_merge m; /* stands at seq 2 of 5 */
    } cases[] = {
        {"no fork", {2, 0, 3, 2, NULL, 0}},
        {"a fork after itself", {2, 3, 5, 2, NULL, 0}},
        {"a copy that ends at the fork", {2, 1, 1, 2, NULL, 0}},
        {"more records than follow", {2, 1, 4, 3, NULL, 0}},
        {"fewer records than the copy has", {2, 1, 4, 2, NULL, 0}},
        {"a copy larger than all", {2, 1, UINT64_MAX, 2, NULL, 0}},
        {"all numbers at the end", {2, UINT64_MAX, UINT64_MAX, UINT64_MAX, NULL, 0}},
        {"skipped records from nowhere", {2, 1, 5, 2, far, 3}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct order_record records[] = {numbered(0, 0, NULL), numbered(1, 1, NULL),
                                         numbered(2, 2, &cases[i].m), numbered(3, 3, NULL),
                                         numbered(4, 4, NULL)};
        uint64_t order[5];
        struct err e = {0};

        if (order_records(records, 5, order, &e) != ERR_TAMPER)
            fail_msg("%s was taken", cases[i].what);
    }
}

/* Each merge claims that its copy had the last plain record right behind another one. */
static void merges_that_put_a_record_behind_many_others_are_refused(void **state)
{
    enum { PLAIN = 8, MERGES = PLAIN - 2, COUNT = PLAIN + MERGES };
    static uint64_t skips[MERGES][6];
    static struct order_merge merges[MERGES];
    struct order_record records[COUNT];
    uint64_t order[COUNT];
    struct err e = {0};

    (void)state;
    for (uint64_t i = 0; i < PLAIN; i++)
        records[i] = numbered((uint8_t)i, 1, NULL);
    for (uint64_t i = 0; i < MERGES; i++) {
        const uint64_t skip[6] = {1, 1 + i, 1, 2, PLAIN - 1, 1};

        memcpy(skips[i], skip, sizeof(skip));
        merges[i] = (struct order_merge){PLAIN + i, 1, 3, 0, skips[i], 6};
        records[PLAIN + i] = numbered((uint8_t)(PLAIN + i), 2, &merges[i]);
    }
    assert_int_equal(order_records(records, COUNT, order, &e), ERR_TAMPER);
}

static void merges_nested_too_deep_are_refused(void **state)
{
    enum { DEPTH = 40, COUNT = 1 + 2 * DEPTH };
    static struct order_merge merges[DEPTH];
    struct order_record records[COUNT];
    uint64_t order[COUNT];
    struct err e = {0};
    int rc;

    /* Each merge brings all that follows it, and the copy that it brought begins with a merge. */
    (void)state;
    records[0] = numbered(0, 0, NULL);
    records[1] = numbered(1, 0, NULL);
    for (uint64_t i = 0; i < DEPTH; i++) {
        uint64_t seq = 2 + i;

        merges[i] = (struct order_merge){seq, 1, COUNT - seq, COUNT - seq - 1, NULL, 0};
        records[seq] = numbered((uint8_t)seq, 1, &merges[i]);
    }
    for (uint64_t seq = 2 + DEPTH; seq < COUNT; seq++)
        records[seq] = numbered((uint8_t)seq, 2, NULL);
    rc = order_records(records, COUNT, order, &e);
    assert_true(rc == ERR_LIMIT || rc == ERR_TAMPER);
}

/* Random numbers in every place: an order or an error, never a crash. */
static void any_numbers_give_an_order_or_an_error(void **state)
{
    struct chance c = {first_seed};

    (void)state;
    for (uint64_t round = 0; round < 20 * history_count; round++) {
        enum { COUNT = 12, SKIPS = 9 };
        struct order_record records[COUNT];
        struct order_merge merges[COUNT];
        uint64_t skips[COUNT][SKIPS];
        uint64_t order[COUNT];
        bool is_seen[COUNT] = {false};
        struct err e = {0};
        int rc;

        for (uint64_t i = 0; i < COUNT; i++) {
            for (size_t k = 0; k < SKIPS; k++)
                skips[i][k] = chance_below(&c, 20) ? chance_below(&c, COUNT) : chance_next(&c);
            merges[i] = (struct order_merge){.seq = i,
                                             .fork = chance_below(&c, i + 1),
                                             .size = chance_below(&c, COUNT + 2),
                                             .count = chance_below(&c, COUNT - i),
                                             .skip = skips[i],
                                             .skip_count = 3 * chance_below(&c, 4)};
            records[i] = numbered((uint8_t)i, (int64_t)chance_below(&c, 5),
                                  chance_below(&c, 2) ? &merges[i] : NULL);
        }
        rc = order_records(records, COUNT, order, &e);
        if (rc) {
            assert_true(rc == ERR_TAMPER || rc == ERR_LIMIT);
            continue;
        }
        for (uint64_t i = 0; i < COUNT; i++) {
            assert_true(order[i] < COUNT && !is_seen[order[i]]);
            is_seen[order[i]] = true;
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_merged_in_any_order_agree),
        cmocka_unit_test(free_records_stand_by_time_then_by_id),
        cmocka_unit_test(without_merges_records_stand_as_they_were_written_whatever_the_clock_says),
        cmocka_unit_test(merges_with_impossible_numbers_are_refused),
        cmocka_unit_test(merges_that_put_a_record_behind_many_others_are_refused),
        cmocka_unit_test(merges_nested_too_deep_are_refused),
        cmocka_unit_test(any_numbers_give_an_order_or_an_error),
    };

    if (argc == 3 &&
        (!str_u64(str_of(argv[1]), &first_seed) || !str_u64(str_of(argv[2]), &history_count))) {
        fprintf(stderr, "usage: %s [SEED COUNT]\n", argv[0]);
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
