/* A source that goes away when certain places are read, and is well again when it was off and on
 * (doc/format/image.md section 5): all else comes first, and it is struck as seldom as can be. */
#include "acquire_going.h"
#include "acquire/traps.h"

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
    assert_non_null(strstr(buf_text(&part), "In run 1, at "));
    assert_non_null(strstr(buf_text(&part), "when 1048576 bytes from byte 5242880 on were read"));
    assert_int_equal(times_in(buf_text(&part), "when 512 bytes from byte 5243392 on were read"), 2);
    /* the second time nothing is put off any more */
    assert_int_equal(times_in(buf_text(&part), "they were put off behind all else"), 2);
    assert_int_equal(times_in(buf_text(&part), "they had been read alone before when it went"), 1);
    assert_int_equal(times_in(buf_text(&part), "not asked for again"), 0);
    t.m.is_dead = false;
    t.m.gone_after = 0;
    t.stop_in = 0;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), 0);
    check(&t, &r);
    remove_image();
    made_release(&t.m);
}

/* "went OFF SIZE COUNT" as a version before wrote it, "trap": its count was of another thing. */
static void as_before(void)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf before = {0};
    struct str rest;
    struct hash sum;

    part_text(&text);
    for (rest = buf_str(&text); rest.len;) {
        struct str line = str_cut(&rest, '\n');

        if (str_take(&line, "went "))
            buf_addf(&before, "trap " STR_FMT " 2\n", STR_ARG(str_head(line, line.len - 2)));
        else if (!str_starts(line, "end "))
            buf_addf(&before, STR_FMT "\n", STR_ARG(line));
    }
    sum = hash_bytes(before.p, before.len);
    buf_adds(&before, "end ");
    hex_add(&before, sum.b, sizeof(sum.b));
    buf_addc(&before, '\n');
    part_path(&path);
    assert_int_equal(file_write(buf_text(&path), buf_str(&before), 0600, NULL), 0);
}

/* A sector that it never went at alone is not given up by such a count. */
static void a_count_of_a_version_before_gives_nothing_up(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.m.traps[0] = (struct made_trap){.first = 10241, .count = 1};
    assert_int_equal(begin(&t, &r, &e), ERR_IO);
    revive(&t);
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), ERR_IO);
    as_before();
    (void)go_on_to_end(&t, &r, 4);
    check(&t, &r);
    remove_image();
    made_release(&t.m);
}

/* Bad sectors that failed before, each far from the others and from the place: it is named, and
 * they are not. */
static void a_bad_sector_is_not_taken_for_the_place(void **state)
{
    static const struct {
        uint64_t first;
        unsigned runs;
    } cases[] = {{7, 5}, {9000, 5}, {SECTORS - 3, 5}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct acquire_result r;
        struct trial t;

        trial_init(&t, i % 2 ? TARGET_E01 : TARGET_RAW, (uint64_t)SECTORS * 512);
        t.options.retries = 2;
        t.m.traps[0] = (struct made_trap){.first = cases[i].first, .count = 1};
        for (uint64_t k = 2; k < 14; k += 2)
            t.m.faults[k * 2048 + 500].kind = FAULT_BAD;
        (void)end(&t, &r, cases[i].runs);
        check(&t, &r);
        remove_image();
        made_release(&t.m);
    }
}

/* A head that died: what it had read goes wrong there now, and all else is read. */
static void where_it_goes_in_what_was_read_is_asked_less_and_less(void **state)
{
    (void)state;
    for (uint64_t share = 2; share <= 6; share += 2) {
        struct acquire_result r;
        struct err e = {0};
        struct trial t;
        unsigned runs = 0;
        int rc = ERR_IO;

        trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
        t.identity = "device made by a test";
        t.stop_at = 10 * MIB;
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        t.m.traps[0] = (struct made_trap){.first = 3 * 2048, .count = share * 1024};
        for (; rc && runs < 12; runs++) {
            revive(&t);
            rc = go_on(&t, &t.m.source, "device made by a test", &r, &e);
        }
        if (rc)
            fail_msg("after %u runs: %s", runs, e.text);
        t.m.traps[0].count = 0; /* all of it is in the image */
        check(&t, &r);
        remove_image();
        made_release(&t.m);
    }
}

/* The option is for one that ends, not for one that is off. */
static void a_source_that_answers_nothing_has_no_end(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.options.accepts_end = true;
    t.m.is_dead = true;
    assert_int_equal(begin(&t, &r, &e), ERR_IO);
    assert_non_null(strstr(e.text, "not one sector of the source could be read"));
    assert_true(t.m.reads < 50);
    revive(&t);
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
    assert_int_equal(r.bad, 0);
    assert_int_equal(r.left, MIB); /* the block: nobody knows more of it */
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

/* As a disk does that dies while it is read: nothing is asked of it any more, also not where it
 * went. */
static void one_that_never_comes_back_leaves_an_image(void **state)
{
    /* by the first run all before the block of the place is read; by the second all behind it, too,
     * and the block from its end on */
    static const uint64_t unread[] = {(uint64_t)SECTORS * 512 - 4 * MIB, (10001 - 8192) * 512};

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        CLEANUP(source_closep) struct source *gone = source_gone(512);
        unsigned runs = 1 + (i & 1);
        struct digests_result wanted;
        struct acquire_result r;
        struct err e = {0};
        struct trial t;

        trial_init(&t, i & 2 ? TARGET_E01 : TARGET_RAW, (uint64_t)SECTORS * 512);
        t.m.traps[0] = (struct made_trap){.first = 10000, .count = 1};
        assert_int_equal(begin(&t, &r, &e), ERR_IO);
        revive(&t);
        if (runs > 1)
            assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), ERR_IO);
        t.options.accepts_end = true;
        t.options.leaves_places = i & 4;
        if (go_on(&t, gone, NULL, &r, &e))
            fail_msg("after %u runs: %s", runs, e.text);
        assert_int_equal(r.bad, 0);
        assert_int_equal(r.left, unread[runs - 1]);
        memset(t.m.bytes + 4 * MIB, 0, r.left);
        digest_source(&t, &wanted);
        assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
        remove_image();
        made_release(&t.m);
    }
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
        cmocka_unit_test(a_count_of_a_version_before_gives_nothing_up),
        cmocka_unit_test(a_bad_sector_is_not_taken_for_the_place),
        cmocka_unit_test(where_it_goes_in_what_was_read_is_asked_less_and_less),
        cmocka_unit_test(a_source_that_answers_nothing_has_no_end),
        cmocka_unit_test(places_are_given_up_when_asked),
        cmocka_unit_test(in_order_it_ends_too),
        cmocka_unit_test(what_failed_while_it_was_gone_is_read_in_large_again),
        cmocka_unit_test(a_part_of_a_place_parts_it),
        cmocka_unit_test(one_that_never_comes_back_leaves_an_image),
    };

    return trial_main(argc, argv, "acquire-trap", tests, COUNT_OF(tests));
}
