/* test_progress.c: what the line of progress keeps where it has little room. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "practice/progress.h"
#include "render/wrap.h"

static int shown(struct answer *a)
{
    (void)a;
    return 0;
}

/* A minute after it began. */
static void show(struct answer *a, size_t columns, const char *trouble, uint64_t done, uint64_t all)
{
    struct progress p;

    *a = (struct answer){.columns = columns, .to_terminal = true, .flush = shown};
    progress_begin(&p, a);
    p.begun_ms -= 60000;
    p.shown_ms -= 60000;
    progress_show_trouble(&p, "copied", trouble, done, all);
}

static void release(struct answer *a)
{
    buf_release(&a->passing);
    buf_release(&a->text);
}

static void test_a_wide_terminal_shows_all(void **state)
{
    struct answer a;

    (void)state;
    show(&a, 80, "64.0 kB unreadable", 600000000, 6000000000);
    assert_string_equal(buf_text(&a.passing),
                        "… copied, 64.0 kB unreadable, 600 MB of 6.0 GB, 10 MB/s, 9 min left");
    release(&a);
}

static void test_a_narrow_one_keeps_the_time_left_and_what_goes_wrong(void **state)
{
    static const size_t columns[] = {40, 50, 60};
    struct answer a;

    (void)state;
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        show(&a, columns[i], "64.0 kB unreadable", 600000000, 6000000000);
        assert_string_equal(buf_text(&a.passing), "… 10 %, 9 min left, 64.0 kB unreadable");
        assert_true(wrap_widest_line(buf_str(&a.passing)) < columns[i]);
        release(&a);
    }
    show(&a, 40, NULL, 600000000, 6000000000);
    assert_string_equal(buf_text(&a.passing), "… 10 %, 9 min left, copied");
    release(&a);
    show(&a, 24, "1.5 GB unreadable", 600000000, 0);
    assert_string_equal(buf_text(&a.passing), "… 600 MB, 1.5 GB unreadable");
    release(&a);
}

static void test_what_fits_stays_whole(void **state)
{
    struct answer a;

    (void)state;
    show(&a, 54, NULL, 600000000, 6000000000);
    assert_string_equal(buf_text(&a.passing), "… copied, 600 MB of 6.0 GB, 10 MB/s, 9 min left");
    release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wide_terminal_shows_all),
        cmocka_unit_test(test_a_narrow_one_keeps_the_time_left_and_what_goes_wrong),
        cmocka_unit_test(test_what_fits_stays_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
