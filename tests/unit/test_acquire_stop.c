/* test_acquire_stop.c: what an image has when it ends before its end: nothing that came is read
 * again, also where a read never comes back, and where the source is gone it can be ended. */
#include "acquire_trial.h"

/* Of a source that reads well each byte is read once, wherever it was stopped. */
static void nothing_that_came_is_read_again(void **state)
{
    static const uint64_t stops[] = {1, MIB, 5 * MIB - 1, 17 * MIB, 19 * MIB};
    static const enum target_format formats[] = {TARGET_E01, TARGET_RAW};
    enum { SIZE = 20 << 20 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(stops) * COUNT_OF(formats); i++) {
        struct digests_result wanted;
        struct acquire_result r;
        struct err e = {0};
        struct trial t;

        trial_init(&t, formats[i % 2], SIZE + 100);
        digest_source(&t, &wanted);
        t.stop_at = stops[i / 2];
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        assert_int_equal(part_number("done"), t.read);
        assert_true(t.read >= t.stop_at && t.read <= SIZE);
        if (go_on(&t, &t.m.source, "made by a test", &r, &e))
            fail_msg("%s", e.text);
        assert_int_equal(t.read, SIZE + 100);
        assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
        remove_image();
        made_release(&t.m);
    }
}

/* A process whose read never comes back is killed. */
static void what_came_is_kept_while_a_read_hangs(void **state)
{
    static const enum target_format formats[] = {TARGET_E01, TARGET_RAW};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct acquire_result r;
        struct err e = {0};
        struct trial t;

        trial_init(&t, formats[i], 20 * MIB);
        t.options.commit_ms = 50;
        t.hang_at = 7 * MIB;
        if (begin(&t, &r, &e))
            fail_msg("%s", e.text);
        assert_true(t.was_kept);
        remove_image();
        made_release(&t.m);
    }
}

/* Sector 20,000 is at byte 10,240,000, in the block from 9 MiB on. */
static void what_came_before_the_first_failure_is_in_the_image(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_E01, 20 * MIB);
    t.m.faults[20000].kind = FAULT_BAD;
    t.stop_at = 12 * MIB;
    assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
    assert_int_equal(part_number("rest"), 9 * MIB);
    assert_int_equal(part_number("done"), 9 * MIB);
    if (go_on(&t, &t.m.source, "made by a test", &r, &e))
        fail_msg("%s", e.text);
    assert_int_equal(r.bad, 512);
    remove_image();
    made_release(&t.m);
}

/* The letters of ddrescue's manual, "Mapfile structure", current_status. */
static void the_map_says_what_is_done_as_ddrescue_does(void **state)
{
    static const struct {
        enum rescue_pass pass;
        const char *wanted;
    } cases[] = {{RESCUE_COPY, "?  1"},
                 {RESCUE_TRIM, "*  1"},
                 {RESCUE_SCRAPE, "/  1"},
                 {RESCUE_RETRY, "-  1"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf path = {0};
        CLEANUP_BUF struct buf text = {0};
        struct acquire_result r;
        struct err e = {0};
        struct trial t;
        struct str rest, at, status;

        trial_init(&t, TARGET_RAW, 20 * MIB);
        for (size_t k = 20000; k < 20010; k++)
            t.m.faults[k].kind = FAULT_BAD;
        t.stop_in = (int)cases[i].pass;
        t.stop_at = cases[i].pass == RESCUE_COPY ? 12 * MIB : 0;
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        buf_addf(&path, "%s/im.map", root);
        assert_int_equal(file_read(&text, buf_text(&path), MIB, NULL), 0);
        rest = buf_str(&text);
        (void)str_cut(&rest, '\n');
        (void)str_cut(&rest, '\n');
        rest = str_cut(&rest, '\n');
        at = str_field(&rest);
        status = str_field(&rest);
        assert_true(str_starts(at, "0x"));
        assert_int_equal(status.len, 1);
        assert_int_equal(status.p[0], cases[i].wanted[0]);
        assert_true(str_is(str_field(&rest), cases[i].wanted + 3));
        if (go_on(&t, &t.m.source, "made by a test", &r, &e))
            fail_msg("%s", e.text);
        assert_int_equal(r.bad, 10 * 512);
        remove_image();
        made_release(&t.m);
    }
}

static void a_source_that_is_gone_for_good_leaves_an_image(void **state)
{
    static const enum target_format formats[] = {TARGET_E01, TARGET_RAW};
    enum { SIZE = 20 << 20 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(formats) * 2; i++) {
        CLEANUP(source_closep) struct source *gone = source_gone(512);
        struct digests_result wanted;
        struct acquire_result r;
        struct err e = {0};
        struct trial t;

        trial_init(&t, formats[i % 2], SIZE + 100);
        t.stop_at = 8 * MIB;
        t.options.reads_in_order = i >= 2;
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        assert_int_equal(t.read, 9 * MIB);
        assert_int_equal(go_on(&t, gone, NULL, &r, &e), ERR_CONFLICT);
        t.options.accepts_end = true;
        if (go_on(&t, gone, NULL, &r, &e))
            fail_msg("%s", e.text);
        assert_int_equal(r.left, SIZE + 100 - 9 * MIB);
        memset(t.m.bytes + 9 * MIB, 0, SIZE + 100 - 9 * MIB);
        digest_source(&t, &wanted);
        assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
        remove_image();
        made_release(&t.m);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_came_is_read_again),
        cmocka_unit_test(what_came_is_kept_while_a_read_hangs),
        cmocka_unit_test(what_came_before_the_first_failure_is_in_the_image),
        cmocka_unit_test(the_map_says_what_is_done_as_ddrescue_does),
        cmocka_unit_test(a_source_that_is_gone_for_good_leaves_an_image),
    };

    return trial_main(argc, argv, "test_acquire_stop", tests, COUNT_OF(tests));
}
