/* test_stop_moment.c: how far apart changes on several hosts began. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "practice/stop_moment.h"

/* An order of which the host says that it waited 1500 us and was done after 2000 us, given at 100
 * and answered at 2500: between 100 + 1500 and 2500 - (2000 - 1500). */
static void a_change_began_after_its_order_and_before_its_answer(void **state)
{
    struct stop_moment m =
        stop_moment_read(STR("boot cron /etc/cron.d/x\nmoment 1500 2000\n"), 100, 2500);

    (void)state;
    assert_true(m.is_measured);
    assert_int_equal(m.first_us, 1600);
    assert_int_equal(m.last_us, 2000);
}

static void what_cannot_be_is_not_measured(void **state)
{
    static const char *const lines[] = {
        "",                              /* it does not say */
        "moment 1500\n",                 /* half of it */
        "moment 2000 1500\n",            /* done before it began */
        "moment 1500 2401\n",            /* longer than it took to answer: 2500 - 100 */
        "moment -1 5\n",                 /* no number */
        "moment 1 18446744073709551616", /* 2^64 */
        "momentum 1 2\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (stop_moment_read(str_of(lines[i]), 100, 2500).is_measured)
            fail_msg("case %zu: %s", i, lines[i]);
}

/* Middles 1005, 1040, 1010: 35 apart; from 1000 to 1050 at the most. */
static void the_spread_is_that_of_the_middles_and_at_most_that_of_the_bounds(void **state)
{
    static const struct stop_moment moments[] = {
        {true, 1000, 1010}, {true, 1030, 1050}, {false, 0, 9999}, {true, 1000, 1020}};
    struct stop_spread spread;

    (void)state;
    assert_true(stop_spread_of(moments, COUNT_OF(moments), &spread));
    assert_int_equal(spread.about_us, 35);
    assert_int_equal(spread.most_us, 50);
    assert_false(stop_spread_of(moments, 1, &spread));
    assert_false(stop_spread_of(&moments[1], 2, &spread)); /* one of them is not measured */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_began_after_its_order_and_before_its_answer),
        cmocka_unit_test(what_cannot_be_is_not_measured),
        cmocka_unit_test(the_spread_is_that_of_the_middles_and_at_most_that_of_the_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
