/* A source that goes away when certain places are read, and is well again when it was off and on
 * (doc/format/image.md section 5): all else comes first, and it is struck as seldom as can be. */
#include "acquire_trial.h"
#include "acquire/traps.h"

enum { SECTORS = 16 * 2048 };

static const struct digests_result none;

/* Until it ends, off and on each time; how many runs that takes. */
static unsigned go_on_to_end(struct trial *t, struct acquire_result *r, unsigned most)
{
    struct err e = {0};
    int rc = ERR_IO;
    unsigned runs = 0;

    while (rc && runs < most) {
        t->m.is_dead = false;
        rc = go_on(t, &t->m.source, "made by a test", r, &e);
        runs++;
        if (rc && (rc != ERR_IO || !strstr(e.text, "were being read then")))
            fail_msg("in run %u: %s", runs, e.text);
    }
    if (rc)
        fail_msg("after %u runs: %s", runs, e.text);
    return runs;
}

static unsigned end(struct trial *t, struct acquire_result *r, unsigned most)
{
    struct err e = {0};

    assert_int_equal(begin(t, r, &e), ERR_IO);
    assert_non_null(strstr(e.text, "were being read then"));
    return 1 + go_on_to_end(t, r, most - 1);
}

/* What is lost is each sector of the places, and of those that are bad. */
static void check(struct trial *t, const struct acquire_result *r)
{
    struct digests_result wanted;
    uint64_t bad = 0;

    for (uint64_t s = 0; s < SECTORS; s++) {
        bool is_lost = t->m.faults[s].kind == FAULT_BAD;

        for (size_t i = 0; i < COUNT_OF(t->m.traps); i++)
            is_lost |= s >= t->m.traps[i].first && s - t->m.traps[i].first < t->m.traps[i].count;
        if (is_lost)
            memset(t->m.bytes + s * 512, 0, 512);
        bad += is_lost ? 512 : 0;
    }
    digest_source(t, &wanted);
    assert_memory_equal(&r->exact, &wanted, sizeof(wanted));
    assert_int_equal(r->bad, bad);
    assert_memory_not_equal(&r->exact, &none, sizeof(none));
}

static void all_else_is_read_and_each_place_costs_itself_alone(void **state)
{
    static const struct {
        struct made_trap traps[2];
        uint64_t bad, bad_count; /* sectors that do not read, and harm nothing else */
        unsigned runs;           /* at most */
    } cases[] = {
        /* the block, the sector, the sector again, and to its end */
        {{{10000, 1, 0}}, 0, 0, 4},
        {{{SECTORS - 1, 1, 0}}, 0, 0, 4},
        {{{10000, 3, 0}}, 0, 0, 10},
        {{{3000, 1, 0}, {20000, 1, 0}}, 0, 0, 7},
        {{{10000, 1, 0}}, 9990, 10, 5},
        {{{10000, 1, 0}}, 12000, 1, 4},
        {{{10000, 1, 0}}, 10001, 3, 5},
        /* nothing was read before it */
        {{{0, 1, 0}}, 0, 0, 4},
        {{{5, 1, 0}}, 0, 0, 5},
        {{{3, 1, 0}, {2048, 1, 0}}, 0, 0, 9},
        /* what is left of a place is one sector, at which it never went */
        {{{10241, 1, 0}}, 0, 0, 4},
        {{{10240 + 2046, 1, 0}}, 0, 0, 5},
        {{{10240, 1, 0}, {10242, 1, 0}}, 0, 0, 7},
        {{{10240, 2, 0}}, 0, 0, 7},
        {{{10240 + 2045, 1, 0}, {10240 + 2047, 1, 0}}, 0, 0, 7},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases) * 2; i++) {
        struct acquire_result r;
        unsigned most = cases[i / 2].runs, runs;
        struct trial t;

        trial_init(&t, i % 2 ? TARGET_E01 : TARGET_RAW, (uint64_t)SECTORS * 512);
        memcpy(t.m.traps, cases[i / 2].traps, sizeof(cases[i / 2].traps));
        for (uint64_t k = 0; k < cases[i / 2].bad_count; k++)
            t.m.faults[cases[i / 2].bad + k].kind = FAULT_BAD;
        runs = end(&t, &r, most);
        assert_int_equal(t.m.strikes, runs - 1);
        check(&t, &r);
        remove_image();
        made_release(&t.m);
    }
}

/* About the borders of blocks, where what is left of a place is small, and where the first that is
 * read in a run may be another place. */
static void only_sectors_at_which_it_goes_are_lost(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 16; seed++) {
        uint64_t next = seed;
        struct acquire_result r;
        struct trial t;

        trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
        for (size_t i = 0; i < 2; i++)
            t.m.traps[i] = (struct made_trap){.first = 2048 * (5 + i * (made_next(&next) % 2)) - 5 +
                                                       made_next(&next) % 10,
                                              .count = 1 + made_next(&next) % 2};
        (void)end(&t, &r, 20);
        check(&t, &r);
        remove_image();
        made_release(&t.m);
    }
}

/* It was stopped right before the place: what is read first in the next run is that. */
static void a_place_that_is_read_first_in_a_run_is_known(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.m.traps[0] = (struct made_trap){.first = 5 * 2048, .count = 1};
    t.counts_runs = true;
    t.stop_at = 4 * MIB;
    assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
    t.stop_at = 0;
    atomic_store(&t.control.stops, false);
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), ERR_IO);
    assert_int_equal(part_number("done"), 5 * MIB);
    assert_null(strstr(e.text, "were being read then")); /* or it was off from the start */
    t.m.is_dead = false;
    (void)go_on_to_end(&t, &r, 5);
    check(&t, &r);
    remove_image();
    made_release(&t.m);
}

/* The second run has all but the block that was being read. */
static void what_it_went_at_is_read_last(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.m.traps[0] = (struct made_trap){.first = 10000, .count = 1};
    assert_int_equal(begin(&t, &r, &e), ERR_IO);
    assert_non_null(strstr(e.text, "1048576 bytes from byte 4194304 on were being read then: they "
                                   "are read after all else when it goes on"));
    t.m.is_dead = false;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), ERR_IO);
    assert_non_null(strstr(e.text, "512 bytes from byte 5120000 on were being read then: they are "
                                   "read after all else when it goes on"));
    t.m.is_dead = false;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), ERR_IO);
    assert_non_null(strstr(e.text, "it is the second time, and they count as unreadable"));
    t.m.is_dead = false;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), 0);
    assert_int_equal(t.m.strikes, 3);
    check(&t, &r);
    remove_image();
    made_release(&t.m);
}

/* A place lies where other sectors are weak, too: they get the retries that all others get. */
static void weak_sectors_beside_it_are_read_again(void **state)
{
    (void)state;
    for (unsigned retries = 2; retries <= 3; retries++) {
        struct acquire_result r;
        struct trial t;

        trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
        t.options.retries = retries;
        t.m.traps[0] = (struct made_trap){.first = 10248, .count = 1};
        for (uint64_t s = 10240; s < 10240 + 2048; s++)
            t.m.faults[s] = (struct made_fault){.kind = FAULT_WEAK, .left = retries};
        (void)end(&t, &r, 8);
        check(&t, &r);
        remove_image();
        made_release(&t.m);
    }
}

/* A disk that is off is not asked for each of its sectors. */
static void a_source_that_answers_nothing_is_left_at_once(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.m.dead_after = 1;
    t.m.reads = 1;
    assert_int_equal(begin(&t, &r, &e), ERR_IO);
    assert_non_null(strstr(e.text, "not one sector of the source could be read"));
    assert_true(t.m.reads < 50);
    t.m.dead_after = 0;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), 0);
    check(&t, &r);
    remove_image();
    made_release(&t.m);
}

static unsigned times_in(const char *text, const char *words)
{
    unsigned n = 0;

    while ((text = strstr(text, words)) && ++n)
        text += strlen(words);
    return n;
}

static void part_text(struct buf *out)
{
    CLEANUP_BUF struct buf path = {0};

    part_path(&path);
    buf_clear(out);
    assert_int_equal(file_read(out, buf_text(&path), MIB, NULL), 0);
}

/* A block, then the second sector of it: its first one, and the rest, are left of the place, and it
 * never went there. */
static void what_happened_is_told_and_nothing_else(void **state)
{
    static const char went[] = "the source went away, or a read did not come back, when ";
    struct acquire_result r;
    struct err e = {0};
    CLEANUP_BUF struct buf part = {0};
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.counts_runs = true;
    t.m.traps[0] = (struct made_trap){.first = 10241, .count = 1};
    assert_int_equal(begin(&t, &r, &e), ERR_IO);
    for (unsigned run = 2; run <= 3; run++) {
        t.m.is_dead = false;
        assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), ERR_IO);
        part_text(&part);
        assert_int_equal(times_in(buf_text(&part), went), run);
    }
    assert_non_null(strstr(buf_text(&part), "in run 1, at "));
    assert_non_null(strstr(buf_text(&part), "when 1048576 bytes from byte 5242880 on were read"));
    assert_int_equal(times_in(buf_text(&part), "when 512 bytes from byte 5243392 on were read"), 2);
    assert_int_equal(times_in(buf_text(&part), "not asked for again"), 0);
    t.m.is_dead = false;
    t.m.gone_after = 0;
    t.stop_in = 0;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), 0);
    check(&t, &r);
    remove_image();
    made_release(&t.m);
}

static void places_are_given_up_when_asked(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_E01, (uint64_t)SECTORS * 512);
    t.m.traps[0] = (struct made_trap){.first = 10000, .count = 1};
    assert_int_equal(begin(&t, &r, &e), ERR_IO);
    t.m.is_dead = false;
    t.options.leaves_places = true;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), 0);
    assert_int_equal(t.m.strikes, 1);
    assert_int_equal(r.bad, MIB); /* the block: nobody knows more of it */
    remove_image();
    made_release(&t.m);
}

/* Nothing can be put off there, and still it comes to an end. */
static void in_order_it_ends_too(void **state)
{
    struct acquire_result r;
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.options.reads_in_order = true;
    t.m.traps[0] = (struct made_trap){.first = 10000, .count = 1};
    (void)end(&t, &r, 5);
    check(&t, &r);
    remove_image();
    made_release(&t.m);
}

/* It was off once, and is well: nothing is read sector by sector for that. */
static void what_failed_while_it_was_gone_is_read_in_large_again(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;
    uint64_t before;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.m.dead_after = 6;
    assert_int_equal(begin(&t, &r, &e), ERR_IO);
    t.m.dead_after = 0;
    before = t.m.sector_reads;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), 0);
    /* but for the block at which it went */
    assert_true(t.m.sector_reads - before <= 2048 + 64);
    check(&t, &r);
    remove_image();
    made_release(&t.m);
}

static void a_part_of_a_place_parts_it(void **state)
{
    struct traps t = {.count = 0};

    (void)state;
    traps_add(&t, 1000, 1000);
    traps_add(&t, 1500, 100);
    assert_int_equal(t.count, 3);
    assert_memory_equal(t.list, ((struct trap[]){{1000, 500, 0}, {1500, 100, 1}, {1600, 400, 0}}),
                        3 * sizeof(struct trap));
    traps_add(&t, 1500, 100);
    assert_int_equal(t.list[1].count, 2);
    traps_add(&t, 0, 10);
    assert_int_equal(t.list[0].off, 0);
    assert_null(traps_next(&t, 10, 1000));
    assert_int_equal(traps_next(&t, 9, 1000)->off, 0);
    assert_int_equal(traps_next(&t, 1599, 5000)->off, 1500);
    for (uint64_t i = 0; i < TRAPS_MAX + 10; i++)
        traps_add(&t, 10000 + 10 * i, 5);
    assert_int_equal(t.count, TRAPS_MAX);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_else_is_read_and_each_place_costs_itself_alone),
        cmocka_unit_test(only_sectors_at_which_it_goes_are_lost),
        cmocka_unit_test(a_place_that_is_read_first_in_a_run_is_known),
        cmocka_unit_test(what_it_went_at_is_read_last),
        cmocka_unit_test(weak_sectors_beside_it_are_read_again),
        cmocka_unit_test(a_source_that_answers_nothing_is_left_at_once),
        cmocka_unit_test(what_happened_is_told_and_nothing_else),
        cmocka_unit_test(places_are_given_up_when_asked),
        cmocka_unit_test(in_order_it_ends_too),
        cmocka_unit_test(what_failed_while_it_was_gone_is_read_in_large_again),
        cmocka_unit_test(a_part_of_a_place_parts_it),
    };

    return trial_main(argc, argv, "acquire-trap", tests, COUNT_OF(tests));
}
