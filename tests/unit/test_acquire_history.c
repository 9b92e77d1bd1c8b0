/* test_acquire_history.c: of an image that was interrupted hundreds of times it stays known what
 * each kind of run found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "acquire/acquire_state.h"
#include "base/mem.h"

static const char calm[] = "it was not written to since the run before began";
static const char written[] = "it WAS WRITTEN TO since the run before began";

static void assert_text(const struct acquire_history *h, const char *expected)
{
    CLEANUP_BUF struct buf text = {0};

    acquire_history_text(h, &text);
    assert_string_equal(buf_text(&text), expected);
}

static void each_run_of_one_kind_is_counted(void **unused)
{
    struct acquire_history h = {0};

    (void)unused;
    assert_text(&h, "");
    acquire_history_add(&h, 2, (struct utc){1700000000, 0}, calm, calm);
    assert_text(&h, "Run 2, from 2023-11-14 22:13:20 UTC: it was not written to since the run "
                    "before began.");
    for (uint32_t run = 3; run <= 2000; run++)
        acquire_history_add(&h, run, (struct utc){1700000000 + run - 2, 0}, calm, calm);
    acquire_history_add(&h, 2001, (struct utc){1700001999, 0}, written, written);
    acquire_history_add(&h, 2002, (struct utc){1700002000, 0}, calm, calm);
    assert_text(&h, "Runs 2 to 2002, 2000 of them, begun from 2023-11-14 22:13:20 UTC until "
                    "2023-11-14 22:46:40 UTC: it was not written to since the run before began. "
                    "Run 2001, from 2023-11-14 22:46:39 UTC: it WAS WRITTEN TO since the run "
                    "before began.");
    acquire_history_release(&h);
}

static void a_run_that_finds_two_things_is_named_once(void **unused)
{
    struct acquire_history h = {0};

    (void)unused;
    acquire_history_add(&h, 2, (struct utc){1700000000, 0}, "one", "one");
    acquire_history_add(&h, 2, (struct utc){1700000001, 0}, "two", "two");
    assert_text(&h, "Run 2, from 2023-11-14 22:13:20 UTC: one. two.");
    acquire_history_release(&h);
}

/* A line and a record have room for 16 KiB. */
static void what_is_always_another_does_not_push_out_what_matters(void **unused)
{
    CLEANUP_BUF struct buf text = {0};
    struct acquire_history h = {0};

    (void)unused;
    for (uint32_t run = 2; run < 500; run++) {
        CLEANUP_BUF struct buf live = {0};

        buf_addf(&live, "LIVE, the source was in use (process %u); %s", run, calm);
        acquire_history_add(&h, run, (struct utc){1700000000, 0}, buf_text(&live),
                            "LIVE, the source was in use");
    }
    acquire_history_add(&h, 500, (struct utc){1700000000, 0}, written, written);
    acquire_history_text(&h, &text);
    assert_true(text.len < 16384 - 512);
    assert_non_null(strstr(buf_text(&text), "(process 2)"));
    assert_null(strstr(buf_text(&text), "(process 499)"));
    assert_non_null(strstr(buf_text(&text), " to 499, begun from "));
    assert_non_null(
        strstr(buf_text(&text), "Run 500, from 2023-11-14 22:13:20 UTC: it WAS WRITTEN"));
    acquire_history_release(&h);
}

static void put(struct acquire_begin *b)
{
    char **const texts[] = {&b->source,   &b->identity, &b->case_number, &b->number,
                            &b->examiner, &b->notes,    &b->description, &b->model,
                            &b->serial,   &b->system,   &b->writes};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] = mem_strdup("");
    b->size = 1 << 20;
    b->sector_size = 512;
    b->runs = 3;
    b->format = TARGET_RAW;
}

static void it_is_kept_in_the_state(void **unused)
{
    struct acquire_state s = {0}, again;
    struct target_files files = TARGET_FILES_NONE, there = TARGET_FILES_NONE;
    CLEANUP_BUF struct buf text = {0};
    struct err e = {0};

    (void)unused;
    put(&s.begin);
    acquire_history_add(&s.begin.history, 2, (struct utc){1700000000, 0}, calm, calm);
    acquire_history_add(&s.begin.history, 3, (struct utc){1700000001, 0}, calm, calm);
    acquire_history_add(&s.begin.history, 0, (struct utc){1700000001, 0}, "a\\b", "");
    assert_int_equal(target_files_init(&files, TARGET_RAW, "/", "im", &e), 0);
    acquire_state_write(&s, &files, &text);
    assert_non_null(strstr(buf_text(&text), "\nfound 2 3 2 1700000000000000000 "
                                            "1700000001000000000 it was not written to since the "
                                            "run before began\n"));
    assert_int_equal(acquire_state_read(&again, &there, buf_str(&text), &e), 0);
    assert_text(&again.begin.history,
                "Runs 2 to 3, begun from 2023-11-14 22:13:20 UTC until 2023-11-14 22:13:21 UTC: it "
                "was not written to since the run before began. a\\b.");
    acquire_begin_release(&s.begin);
    acquire_begin_release(&again.begin);
    target_files_release(&files);
    target_files_release(&there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_run_of_one_kind_is_counted),
        cmocka_unit_test(a_run_that_finds_two_things_is_named_once),
        cmocka_unit_test(what_is_always_another_does_not_push_out_what_matters),
        cmocka_unit_test(it_is_kept_in_the_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
