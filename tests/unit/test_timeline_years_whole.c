/* test_timeline_years_whole.c: years of whole logs as machines write them, whose true ones are
 * known: months of them in another order than that of time, jobs of a few times a year, a collector
 * over several New Years with a clock that is days off, clocks that were ahead for hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/mem.h"
#include "timeline/years.h"

enum { DAY_S = 86400, HOUR_S = 3600 };

struct log {
    struct line {
        struct stated shown;
        int year; /* the true one of what is shown; 0: any */
        int host;
    } * of;
    size_t count, room;
    struct year_breaks breaks; /* what came out */
};

static int64_t utc(int year, int month, int day)
{
    const struct stated s = {.year = year, .month = month, .day = day};

    return stated_seconds(&s);
}

static void add(struct log *l, int64_t at, int host)
{
    struct line line = {.host = host};

    stated_from_seconds(&line.shown, at);
    line.year = line.shown.year;
    line.shown.year = 0;
    l->of = mem_grow(l->of, l->count, &l->room, sizeof(l->of[0]));
    l->of[l->count++] = line;
}

/* A line each so many seconds. */
static void add_span(struct log *l, int64_t from, int64_t to, int64_t step)
{
    for (int64_t at = from; at < to; at += step)
        add(l, at, 1);
}

/* How many lines are of another year than the true one. */
static size_t wrong(struct log *l, int64_t written_s)
{
    CLEANUP(year_hosts_freep) struct year_hosts *hosts = year_hosts_new();
    CLEANUP(years_part_release) struct years_part part = {0};
    struct years y;
    size_t count = 0;
    bool is_stray;

    for (size_t i = 0; i < l->count; i++) {
        char name[16];

        snprintf(name, sizeof(name), "web%d", l->of[i].host);
        years_part_add(&part, &l->of[i].shown, i, hosts, str_of(name));
    }
    years_place(&part, 1, hosts, written_s, &y, &l->breaks);
    for (size_t i = 0; i < l->count; i++) {
        int year = years_next(&y, &l->of[i].shown, i, &is_stray);

        count += l->of[i].year && year != l->of[i].year;
    }
    free(l->of);
    *l = (struct log){.breaks = l->breaks};
    return count;
}

/* October 2024 to November 2025, each month a log: the newest first, and as a shell sorts names
 * (log, log.1, log.10 …). */
static void months_in_any_order_are_of_their_years(void **state)
{
    static const int orders[][14] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13},
                                     {0, 1, 10, 11, 12, 13, 2, 3, 4, 5, 6, 7, 8, 9}};

    (void)state;
    for (size_t k = 0; k < COUNT_OF(orders); k++) {
        struct log l = {0};
        int64_t end = utc(2025, 11, 20);

        for (size_t i = 0; i < COUNT_OF(orders[k]); i++) {
            int month = 22 - orders[k][i]; /* 0: January 2024 */
            int64_t to = utc(2024 + (month + 1) / 12, (month + 1) % 12 + 1, 1);

            add_span(&l, utc(2024 + month / 12, month % 12 + 1, 1), to < end ? to : end,
                     (int64_t)8 * HOUR_S);
        }
        assert_int_equal(wrong(&l, end), 0);
        assert_int_equal(l.breaks.blocks, 14);
    }
}

/* So many lines in a row on the first days of some months, three years long. */
static void what_is_done_a_few_times_a_year_is_in_order(void **state)
{
    static const int steps[] = {1, 2, 3, 6};

    (void)state;
    for (size_t k = 0; k < COUNT_OF(steps); k++)
        for (int lines = 1; lines <= 64; lines *= 8) {
            struct log l = {0};

            for (int month = 1; month < 36; month += steps[k])
                add_span(&l, utc(2023 + month / 12, month % 12 + 1, 1),
                         utc(2023 + month / 12, month % 12 + 1, 1) + (int64_t)lines * 600, 600);
            assert_int_equal(wrong(&l, utc(2025, 12, 20)), 0);
            assert_int_equal(l.breaks.strays + l.breaks.blocks, 0);
        }
}

/* Off for eleven months: from 20 October to so many days before that day of the next year. More
 * than a month back is the next year; what is less, nobody can know, and it is told. */
static void a_machine_that_was_off_for_most_of_a_year(void **state)
{
    static const struct {
        int back;
        bool is_wrong;
    } steps[] = {{55, false}, {47, false}, {36, false}, {15, true}, {5, true}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct log l = {0};
        int64_t on = utc(2025, 10, 20) - (int64_t)steps[i].back * DAY_S;

        add_span(&l, utc(2024, 8, 20), utc(2024, 10, 20), DAY_S / 2);
        add_span(&l, on, on + (int64_t)60 * DAY_S, DAY_S / 2);
        assert_int_equal(wrong(&l, on + (int64_t)60 * DAY_S) > 0, steps[i].is_wrong);
        assert_int_equal(l.breaks.backs + l.breaks.late + l.breaks.past, 1);
    }
}

/* A clock that was four months wrong for nine days, and a pause of two: nobody can know that from a
 * year that passed, and it is told. What is done for three days twice a year, ten days later each
 * time, is in order. */
static void a_clock_that_was_wrong_before_a_pause_is_told(void **state)
{
    struct log l = {0};

    (void)state;
    for (int ahead = -120; ahead <= 120; ahead += 240) {
        int64_t off = utc(2025, 7, 1);

        add_span(&l, utc(2025, 2, 1), off, (int64_t)4 * HOUR_S);
        add_span(&l, off + (int64_t)ahead * DAY_S, off + (int64_t)(ahead + 9) * DAY_S,
                 (int64_t)4 * HOUR_S);
        add_span(&l, off + (int64_t)11 * DAY_S, utc(2025, 8, 20), (int64_t)4 * HOUR_S);
        (void)wrong(&l, utc(2025, 8, 20));
        assert_int_equal(l.breaks.between, 1);
    }
    for (int half = 0; half < 6; half++)
        add_span(&l, utc(2023 + half / 2, half % 2 ? 8 : 2, 1 + 5 * half),
                 utc(2023 + half / 2, half % 2 ? 8 : 2, 4 + 5 * half), (int64_t)4 * HOUR_S);
    assert_int_equal(wrong(&l, utc(2025, 12, 20)), 0);
    assert_int_equal(l.breaks.between, 0);
}

static void a_clock_ahead_for_hours_moves_no_year_behind_a_weekend(void **state)
{
    (void)state;
    for (int days = 0; days <= 6; days++) {
        struct log l = {0};
        int64_t off = utc(2025, 7, 10);

        add_span(&l, utc(2025, 6, 1), off, (int64_t)4 * HOUR_S);
        add_span(&l, utc(2025, 10, 1), utc(2025, 10, 1) + (int64_t)12 * HOUR_S, HOUR_S);
        for (size_t i = l.count - 12; i < l.count; i++)
            l.of[i].year = 0;
        add_span(&l, off + (int64_t)days * DAY_S, utc(2025, 8, 20), (int64_t)4 * HOUR_S);
        assert_int_equal(wrong(&l, utc(2025, 8, 20)), 0);
        assert_int_equal(l.breaks.strays, 1);
    }
}

/* Three hosts by turns, of which one has a clock that is days off. */
static void a_collector_with_a_clock_that_is_days_off_is_of_its_years(void **state)
{
    static const int offs[] = {-20, -10, -5, -3, -1, 1, 3, 5, 7, 10, 15, 20};
    unsigned seed = 5;

    (void)state;
    for (size_t k = 0; k < COUNT_OF(offs); k++)
        for (int years = 1; years <= 3; years++) {
            struct log l = {0};
            int64_t end = utc(2023 + years, 1, 25);

            for (int64_t at = utc(2022, 12, 10); at < end; at += (int64_t)5 * HOUR_S) {
                int host = 1 + rand_r(&seed) % 3;

                add(&l, at + rand_r(&seed) % HOUR_S + (host == 2 ? offs[k] * (int64_t)DAY_S : 0),
                    host);
            }
            if (wrong(&l, end) > 0)
                fail_msg("%d days off, %d years", offs[k], years);
        }
}

/* Two hosts with a line each few hours, and one that cannot deliver for some days and then delivers
 * at once what it kept, in order. */
struct late {
    int days;      /* that it kept its lines, */
    int days_lost; /* of which the last may be gone */
    bool is_new;   /* it has no lines before */
};

static void add_late(struct log *l, int64_t begin, int64_t end, int64_t to, const struct late *late)
{
    int64_t from = to - (int64_t)late->days * DAY_S;

    for (int64_t at = begin; at < end; at += (int64_t)3 * HOUR_S) {
        add(l, at, 1 + (int)(at / HOUR_S % 2));
        if (at >= to && at < to + (int64_t)3 * HOUR_S)
            for (int64_t kept = from; kept < to - (int64_t)late->days_lost * DAY_S;
                 kept += (int64_t)8 * HOUR_S)
                add(l, kept, 3);
        if (at % DAY_S == 0 && ((at < from && !late->is_new) || at > to))
            add(l, at + 60, 3);
    }
}

/* The same over a slow line: some lines between those of the others, until it has none left. */
static void add_slowly(struct log *l, int64_t begin, int64_t end, int64_t to, int days, int at_once)
{
    int64_t kept = to - (int64_t)days * DAY_S;
    bool is_away = false;

    for (int64_t at = begin; at < end; at += HOUR_S) {
        is_away = at >= kept && at < to ? true : is_away;
        add(l, at, 1 + (int)(at / HOUR_S % 2));
        for (int i = 0; i < at_once && is_away && at >= to; i++, kept += (int64_t)8 * HOUR_S)
            add(l, kept, 3);
        is_away = is_away && kept < at;
        if (at % DAY_S == 0 && !is_away)
            add(l, at + 60, 3);
    }
}

static void a_host_that_delivers_slowly_moves_no_year(void **state)
{
    static const struct {
        int days, at_once;
    } cases[] = {{61, 20}, {61, 7}, {100, 25}, {100, 50}, {200, 25}, {200, 60}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int month = 1; month <= 12; month++) {
            struct log l = {0};

            add_slowly(&l, utc(2024, 1, 5), utc(2026, 2, 1), utc(2025, month, 20), cases[i].days,
                       cases[i].at_once);
            if (wrong(&l, utc(2026, 2, 1)) > 0 || l.breaks.delays == 0)
                fail_msg("case %zu in month %d", i, month);
        }
}

static void a_host_that_delivers_late_moves_no_year(void **state)
{
    static const struct late cases[] = {
        {.days = 5},
        {.days = 30},
        {.days = 35},
        {.days = 35, .days_lost = 20},
        {.days = 61},
        {.days = 61, .days_lost = 40},
        {.days = 100},
        {.days = 100, .days_lost = 60},
        {.days = 200},
        {.days = 200, .days_lost = 150},
        {.days = 300},
        {.days = 35, .is_new = true},
        {.days = 61, .is_new = true},
        {.days = 100, .is_new = true},
        {.days = 100, .days_lost = 60, .is_new = true},
        {.days = 200, .is_new = true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int month = 1; month <= 12; month++) {
            struct log l = {0};
            int64_t end = utc(2026, 2, 1), to = utc(2025, month, 20);

            add_late(&l, utc(2024, 1, 5), end, to, &cases[i]);
            if (wrong(&l, end) > 0 || l.breaks.delays != 1)
                fail_msg("case %zu in month %d", i, month);
            if (cases[i].days_lost)
                continue;
            add_late(&l, utc(2024, 1, 5), to + HOUR_S, to, &cases[i]); /* the file ends with them */
            if (wrong(&l, to) > 0)
                fail_msg("case %zu at the end in month %d", i, month);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_in_any_order_are_of_their_years),
        cmocka_unit_test(what_is_done_a_few_times_a_year_is_in_order),
        cmocka_unit_test(a_machine_that_was_off_for_most_of_a_year),
        cmocka_unit_test(a_clock_that_was_wrong_before_a_pause_is_told),
        cmocka_unit_test(a_clock_ahead_for_hours_moves_no_year_behind_a_weekend),
        cmocka_unit_test(a_collector_with_a_clock_that_is_days_off_is_of_its_years),
        cmocka_unit_test(a_host_that_delivers_late_moves_no_year),
        cmocka_unit_test(a_host_that_delivers_slowly_moves_no_year),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
