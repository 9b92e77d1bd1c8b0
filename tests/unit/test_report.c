/* test_report.c: the words of the report: counts, lists, sentences and quotations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <time.h>
#include "practice/report_make.h"

static int begin(void **state)
{
    struct report *r = mem_new(struct report);

    r->arena = arena_new();
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct report *r = *state;

    arena_free(r->arena);
    free(r);
    return 0;
}

static void assert_str(struct str got, const char *want)
{
    CLEANUP_BUF struct buf b = {0};

    buf_addstr(&b, got);
    assert_string_equal(buf_text(&b), want);
}

static void counts_agree_with_their_nouns(void **state)
{
    static const struct {
        size_t n;
        const char *want;
    } cases[] = {{0, "no problems"},      {1, "one problem"},  {2, "two problems"},
                 {12, "twelve problems"}, {13, "13 problems"}, {10000, "10000 problems"}};

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_str(report_count(*state, cases[i].n, "problem", "problems"), cases[i].want);
}

static void lists_have_commas_and_one_and(void **state)
{
    static const char *const want[] = {"", "x", "x and x", "x, x and x", "x, x, x and x"};

    (void)state;
    for (size_t n = 0; n < COUNT_OF(want); n++) {
        CLEANUP_BUF struct buf b = {0};

        for (size_t i = 0; i < n; i++)
            buf_addf(&b, "%sx", report_between(i, n));
        assert_string_equal(buf_text(&b), want[n]);
    }
}

static void a_sentence_ends_with_one_stop_whatever_it_ended_with(void **state)
{
    static const struct {
        const char *words, *want;
    } cases[] = {{"", ""},
                 {"It is off", "It is off."},
                 {" It is off. ", "It is off."},
                 {"Is it off?", "Is it off?"},
                 {"Stop!", "Stop!"},
                 {"and so on\xe2\x80\xa6", "and so on\xe2\x80\xa6"},
                 {"he said \xe2\x80\x9cno.\xe2\x80\x9d", "he said \xe2\x80\x9cno.\xe2\x80\x9d"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf b = {0};

        report_sentence(&b, str_of(cases[i].words));
        assert_string_equal(buf_text(&b), cases[i].want);
    }
}

static void a_quotation_is_cut_between_characters(void **state)
{
    static const struct {
        const char *words;
        size_t limit;
        const char *want;
    } cases[] = {{"off", 10, "\xe2\x80\x9coff\xe2\x80\x9d"},
                 {"off", 3, "\xe2\x80\x9coff\xe2\x80\x9d"},
                 {"offen", 3, "\xe2\x80\x9coff \xe2\x80\xa6\xe2\x80\x9d"},
                 /* an o with two dots takes two bytes */
                 {"x\xc3\xb6y", 2, "\xe2\x80\x9cx \xe2\x80\xa6\xe2\x80\x9d"},
                 {"x\xc3\xb6y", 3, "\xe2\x80\x9cx\xc3\xb6 \xe2\x80\xa6\xe2\x80\x9d"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf b = {0};

        report_quote(&b, str_of(cases[i].words), cases[i].limit);
        assert_string_equal(buf_text(&b), cases[i].want);
    }
}

static void a_time_is_local_and_utc_and_names_the_other_day(void **state)
{
    /* 2026-11-24 23:30:00 UTC: date -u -d '2026-11-24 23:30:00' +%s */
    struct utc t = {1795563000, 0};

    setenv("TZ", "UTC0", 1);
    tzset();
    assert_str(report_time(*state, t), "2026-11-24 23:30 UTC");
    setenv("TZ", "XXX-1", 1);
    tzset();
    assert_str(report_time(*state, t), "2026-11-25 00:30 (2026-11-24 23:30 UTC)");
    setenv("TZ", "XXX3", 1);
    tzset();
    assert_str(report_time(*state, t), "2026-11-24 20:30 (23:30 UTC)");
}

static void a_line_of_a_status_loses_its_command(void **state)
{
    static const struct {
        const char *line, *want;
    } cases[] = {{"2 answers: calm assess facts", "2 answers"},
                 {"a plan to stop it (calm stop plan)", "a plan to stop it"},
                 {"web1: affected", "web1: affected"},
                 {"nothing was written for 9 h 20 min", ""}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_str(report_bare(str_of(cases[i].line)), cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_agree_with_their_nouns),
        cmocka_unit_test(lists_have_commas_and_one_and),
        cmocka_unit_test(a_sentence_ends_with_one_stop_whatever_it_ended_with),
        cmocka_unit_test(a_quotation_is_cut_between_characters),
        cmocka_unit_test(a_time_is_local_and_utc_and_names_the_other_day),
        cmocka_unit_test(a_line_of_a_status_loses_its_command),
    };

    return cmocka_run_group_tests_name("report", tests, begin, end);
}
