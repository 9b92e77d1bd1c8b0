/* A stop of any kind while a failing source is tried again, or while it is in doubt whether it
 * still answers (doc/format/image.md section 5): no sector is lost by it. */
#include "acquire_going.h"

/* Sectors that read the third time, and a stop of any kind while they are tried again. */
static void a_stop_among_the_retries_loses_none(void **state)
{
    static const int ends[] = {ERR_CANCEL, ERR_NOTFOUND, ERR_IO};

    (void)state;
    for (size_t way = 0; way < COUNT_OF(ends) * 2; way++) {
        int rc = ends[way / 2];
        struct acquire_result r;
        struct err e = {0};
        struct trial t;

        trial_init(&t, way % 2 ? TARGET_E01 : TARGET_RAW, (uint64_t)SECTORS * 512);
        t.options.retries = 3;
        for (uint64_t s = 10245; s < 10245 + 200; s++)
            t.m.faults[s] = (struct made_fault){.kind = FAULT_WEAK, .left = 3};
        *(rc == ERR_CANCEL ? &t.stop_in : &t.dies_in) = RESCUE_RETRY;
        t.vanishes = rc == ERR_NOTFOUND;
        assert_int_equal(begin(&t, &r, &e), rc);
        revive(&t);
        assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), 0);
        check(&t, &r);
        remove_image();
        made_release(&t.m);
    }
}

/* As one who is asked for more of them later; those that were made are not made again. */
static void retries_that_are_asked_for_later_are_made(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    CLEANUP_BUF struct buf part = {0};
    struct trial t;
    uint64_t before;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.m.faults[10245].kind = FAULT_BAD;
    t.m.traps[0] = (struct made_trap){.first = 20000, .count = 1};
    t.options.retries = 5;
    assert_int_equal(begin(&t, &r, &e), ERR_IO); /* nothing but the place is left of it then: */
    revive(&t);
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), ERR_IO);
    part_text(&part);
    assert_non_null(strstr(buf_text(&part), "\nretried 5 0\n"));
    revive(&t);
    t.options.retries = 7;
    t.options.leaves_places = true;
    before = t.m.sector_reads;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), 0);
    /* two tries more of one sector, after one that asks whether it answers */
    assert_in_range(t.m.sector_reads - before, 2, 8);
    assert_int_equal(r.bad, 512);
    remove_image();
    made_release(&t.m);
}

/* What is on disk while it is in doubt: but the two sectors that are bad nothing counts as that. */
static void look_at_map(void)
{
    CLEANUP(fault_map_release) struct fault_map map = {0};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    struct err e;

    buf_addf(&path, "%s/im.map", root);
    assert_int_equal(file_read(&text, buf_text(&path), MIB, NULL), 0);
    assert_int_equal(fault_map_read(&map, buf_str(&text), (uint64_t)SECTORS * 512, &e), 0);
    assert_true(fault_map_sum(&map, AREA_BAD) <= 1024);
}

/* The disk is off, and nobody has asked yet whether it answers, when it is stopped; or a state is
 * written by the clock. */
static void a_stop_while_it_is_in_doubt_loses_none(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        struct acquire_result r;
        struct err e = {0};
        struct trial t;

        trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
        t.options.retries = way % 2;
        t.options.commit_ms = way < 2 ? 3600 * 1000 : 0;
        t.m.faults[10245].kind = t.m.faults[10276].kind = FAULT_BAD;
        t.m.fails_whole = true;
        t.dies_in = RESCUE_SCRAPE;
        t.stop_behind = 20;
        t.look = way < 2 ? NULL : look_at_map;
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        revive(&t);
        assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), 0);
        check(&t, &r);
        remove_image();
        made_release(&t.m);
    }
}

/* It answers, and bad sectors may take half a minute each: whoever stops it, or power that fails,
 * does not have them read again. */
static void what_failed_while_it_answers_is_kept(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;
    uint64_t before;

    (void)state;
    trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
    t.options.retries = 0;
    for (uint64_t s = 12288 - 40; s < 12288; s++) /* to the end of a block */
        t.m.faults[s].kind = FAULT_BAD;
    for (unsigned run = 0; run < 4; run++) {
        t.failed = 0;
        before = t.m.sector_reads;
        t.stop_at_bad = 10;
        assert_int_equal(run ? go_on(&t, &t.m.source, "made by a test", &r, &e) : begin(&t, &r, &e),
                         run < 3 ? ERR_CANCEL : 0);
        /* ten that fail, the one before them, and what asks whether it answers */
        assert_in_range(t.m.sector_reads - before, 10, 20);
    }
    check(&t, &r);
    remove_image();
    made_release(&t.m);
}

/* Bad sectors, all of which were read alone once, and it has fewer bytes than it had, or none: of
 * those behind its end none was tried again. */
static void no_retry_is_told_of_what_is_not_there(void **state)
{
    static const struct {
        uint64_t end; /* sectors that are left of it */
        unsigned made;
    } cases[] = {{0, 0}, {10300, 0}, {20000, 3}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct source *gone = cases[i].end ? NULL : source_gone(512);
        struct acquire_result r;
        struct err e = {0};
        struct trial t;

        trial_init(&t, TARGET_RAW, (uint64_t)SECTORS * 512);
        t.options.retries = 3;
        t.options.accepts_end = true;
        for (uint64_t s = 10245; s < 10245 + 200; s++)
            t.m.faults[s].kind = FAULT_BAD;
        t.stop_in = RESCUE_RETRY;
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        t.m.source.size = cases[i].end * 512;
        if (go_on(&t, gone ? gone : &t.m.source, NULL, &r, &e))
            fail_msg("%s", e.text);
        assert_int_equal(t.retries, cases[i].made);
        /* the last ones were in doubt when it was stopped */
        assert_int_equal(r.bad + r.left, 200 * 512);
        assert_true(r.bad >= (200 - RESCUE_DOUBTFUL) * 512);
        source_close(gone);
        remove_image();
        t.m.source.size = (uint64_t)SECTORS * 512;
        made_release(&t.m);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_among_the_retries_loses_none),
        cmocka_unit_test(retries_that_are_asked_for_later_are_made),
        cmocka_unit_test(a_stop_while_it_is_in_doubt_loses_none),
        cmocka_unit_test(what_failed_while_it_answers_is_kept),
        cmocka_unit_test(no_retry_is_told_of_what_is_not_there),
    };

    return trial_main(argc, argv, "acquire-retry", tests, COUNT_OF(tests));
}
