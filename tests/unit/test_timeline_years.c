/* test_timeline_years.c: of which years lines are whose dates state none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/mem.h"
#include "timeline/years.h"

enum { DAY_S = 86400, LINES_MOST = 4096 };

static int64_t utc(int year, int month, int day, int hour)
{
    const struct stated s = {.year = year, .month = month, .day = day, .hour = hour};

    return stated_seconds(&s);
}

struct line {
    int month, day;
    int year;       /* expected */
    bool is_stray;  /* likewise */
    bool is_stated; /* the year */
    int weekday;    /* 1: Sunday; 0: not stated */
    int host;       /* 0: none */
};

static struct stated stated_of(const struct line *l)
{
    return (struct stated){.year = l->is_stated ? l->year : 0,
                           .month = l->month,
                           .day = l->day,
                           .hour = 12,
                           .weekday = (uint8_t)l->weekday};
}

/* Line i begins at i. */
static void add_line(struct years_part *part, const struct line *l, uint64_t i,
                     struct year_hosts *hosts)
{
    const struct stated s = stated_of(l);
    char name[16];

    snprintf(name, sizeof(name), "web%d", l->host);
    if (s.year)
        years_part_add_stated(part, &s);
    else
        years_part_add(part, &s, i, hosts, l->host ? str_of(name) : STR(""));
}

/* As the worker of each part does it, by itself; what the last part's saw comes first. */
static struct year_hosts *count_parts(struct years_part *parts, const struct line *lines,
                                      size_t count, size_t part_size)
{
    struct year_hosts *all = year_hosts_new();

    for (size_t i = (count - 1) / part_size + 1; i-- > 0;) {
        CLEANUP(year_hosts_freep) struct year_hosts *part = year_hosts_new();

        for (size_t k = i * part_size; k < count && k < (i + 1) * part_size; k++)
            add_line(&parts[i], &lines[k], k, part);
        for (size_t k = 0; k < part->count; k++) {
            assert_true(year_host_is_sound(&part->of[k], count));
            year_hosts_add(all, &part->of[k]);
        }
    }
    return all;
}

/* Goes through the lines as a reader does: once to count, in parts of so many lines, then from the
 * first, and from the first of each part. */
static uint64_t check(const char *what, const struct line *lines, size_t count, int64_t written_s,
                      size_t part_size)
{
    size_t part_count = (count + part_size - 1) / part_size;
    CLEANUP_FREE struct years_part *parts = mem_array(part_count, sizeof(parts[0]));
    CLEANUP_FREE struct years *begin = mem_array(part_count, sizeof(begin[0]));
    CLEANUP(year_hosts_freep)
    struct year_hosts *hosts = count_parts(parts, lines, count, part_size);
    struct year_breaks breaks;
    struct years one;

    years_place(parts, part_count, hosts, written_s, begin, &breaks);
    one = begin[0];
    for (size_t i = 0; i < count; i++) {
        struct years *part = &begin[i / part_size];
        const struct stated s = stated_of(&lines[i]);
        bool is_stray, is_stray_of_part;
        int year = s.year ? s.year : years_next(&one, &s, i, &is_stray);
        int of_part = s.year ? s.year : years_next(part, &s, i, &is_stray_of_part);

        if (s.year)
            continue;
        if (year != lines[i].year || of_part != year || is_stray != lines[i].is_stray ||
            is_stray_of_part != is_stray)
            fail_msg("%s, parts of %zu: line %zu is of %d%s (of its part %d%s), not %d%s", what,
                     part_size, i, year, is_stray ? ", a stray" : "", of_part,
                     is_stray_of_part ? ", a stray" : "", lines[i].year,
                     lines[i].is_stray ? ", a stray" : "");
    }
    for (size_t i = 0; i < part_count; i++)
        years_part_release(&parts[i]);
    return breaks.strays;
}

static void check_parts(const char *what, const struct line *lines, size_t count, int64_t written_s,
                        uint64_t strays)
{
    for (size_t size = 1; size <= count; size++)
        assert_int_equal(check(what, lines, count, written_s, size), strays);
}
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define CHECK(what, written_s, strays, ...)                                                        \
    do {                                                                                           \
        static const struct line lines[] = {__VA_ARGS__};                                          \
                                                                                                   \
        check_parts(what, lines, COUNT_OF(lines), written_s, strays);                              \
    } while (0)

static void years_follow_from_the_last_line_and_the_order(void **state)
{
    (void)state;
    CHECK("in one year", utc(2026, 7, 1, 13), 0, {3, 1, 2026}, {3, 2, 2026}, {7, 1, 2026});
    CHECK("over two new years", utc(2025, 1, 5, 12), 0, {11, 3, 2023}, {12, 31, 2023}, {1, 1, 2024},
          {1, 4, 2024}, {2, 27, 2024}, {2, 29, 2024}, {12, 30, 2024}, {1, 5, 2025});
    CHECK("lines of December that come late", utc(2026, 1, 2, 13), 0, {12, 31, 2025}, {1, 1, 2026},
          {12, 31, 2025}, {1, 1, 2026}, {1, 2, 2026}, {12, 30, 2025});
    CHECK("the last one of them", utc(2026, 1, 1, 13), 0, {12, 31, 2025}, {1, 1, 2026},
          {12, 31, 2025});
    CHECK("nothing from January to December", utc(2026, 1, 3, 12), 0, {1, 20, 2025}, {12, 20, 2025},
          {1, 3, 2026});
    CHECK("a month back", utc(2026, 5, 1, 12), 0, {5, 1, 2026}, {4, 30, 2026}, {5, 1, 2026});
    /* The zone of the source is ahead: there the new year has come. */
    CHECK("written on new year's eve", utc(2025, 12, 31, 22), 0, {12, 31, 2025}, {1, 1, 2026});
    CHECK("written in January, of December", utc(2025, 1, 4, 0), 0, {12, 24, 2024}, {12, 31, 2024});
    CHECK("written a year later", utc(2025, 12, 29, 0), 0, {12, 24, 2024}, {12, 31, 2024});
    CHECK("29 February, taken later", utc(2026, 11, 25, 0), 0, {2, 28, 2024}, {2, 29, 2024});
}

/* As where a machine was updated, and its logger writes other dates since, or no longer. */
static void a_year_that_lines_beside_state_counts(void **state)
{
    (void)state;
    CHECK("behind", utc(2026, 11, 27, 0), 0, {11, 16, 2024}, {11, 17, 2024}, {11, 18, 2024},
          {11, 19, 2024, false, true}, {11, 20, 2024, false, true}, {11, 21, 2024, false, true});
    CHECK("before", utc(2026, 11, 27, 0), 0, {11, 19, 2024, false, true},
          {11, 20, 2024, false, true}, {11, 21, 2024, false, true}, {11, 22, 2024}, {11, 23, 2024});
    CHECK("over the new year", utc(2026, 11, 27, 0), 0, {12, 1, 2023}, {12, 30, 2023},
          {1, 2, 2024, false, true}, {12, 30, 2024, false, true}, {12, 31, 2024, false, true},
          {1, 3, 2025}, {3, 1, 2025}, {11, 1, 2025});
    CHECK("weeks away", utc(2026, 11, 27, 0), 0, {11, 1, 2022}, {3, 1, 2023}, {11, 18, 2023},
          {3, 1, 2024, false, true}, {3, 2, 2024, false, true}, {8, 3, 2024, false, true},
          {11, 3, 2024}, {11, 4, 2024}, {2, 4, 2025});
    CHECK("a year between, of lines that state it", utc(2026, 11, 27, 0), 0, {11, 17, 2022},
          {11, 18, 2022}, {11, 19, 2022, false, true}, {6, 1, 2023, false, true},
          {11, 10, 2023, false, true}, {11, 20, 2023}, {11, 21, 2023});
    CHECK("one of a clock that was wrong", utc(2026, 11, 27, 0), 0, {11, 17, 2026}, {11, 18, 2026},
          {1, 1, 1970, false, true}, {11, 20, 2026}, {1, 1, 2000, false, true}, {11, 21, 2026},
          {11, 22, 2030, false, true}, {11, 23, 2030, false, true}, {11, 24, 2030, false, true},
          {11, 25, 2026});
    CHECK("the first one of a clock that was wrong", utc(2026, 11, 27, 0), 0, {12, 28, 2024},
          {1, 18, 2025}, {2, 8, 2025}, {3, 1, 2025}, {3, 2, 2019, false, true},
          {3, 2, 2025, false, true}, {3, 3, 2025, false, true}, {3, 4, 2025, false, true},
          {3, 5, 2025, false, true}, {3, 6, 2025, false, true});
    CHECK("the first two", utc(2026, 11, 27, 0), 0, {2, 8, 2025}, {3, 1, 2025},
          {3, 2, 2019, false, true}, {3, 2, 2019, false, true}, {3, 2, 2025, false, true},
          {3, 3, 2025, false, true}, {3, 4, 2025, false, true}, {3, 5, 2025, false, true},
          {3, 6, 2025, false, true}, {3, 6, 2025, false, true});
    CHECK("the last one of a clock that was wrong", utc(2026, 11, 27, 0), 0,
          {3, 2, 2025, false, true}, {3, 3, 2025, false, true}, {3, 4, 2025, false, true},
          {3, 5, 2025, false, true}, {3, 2, 2019, false, true}, {3, 6, 2025}, {3, 7, 2025},
          {3, 20, 2025});
    CHECK("years later, by three", utc(2026, 11, 27, 0), 0, {3, 2, 2019, false, true},
          {3, 3, 2019, false, true}, {3, 4, 2019, false, true}, {3, 2, 2024, false, true},
          {3, 3, 2024, false, true}, {3, 4, 2024, false, true}, {3, 5, 2024}, {3, 6, 2024});
    CHECK("a boot between", utc(2026, 11, 27, 0), 0, {11, 19, 2024, false, true},
          {11, 20, 2024, false, true}, {11, 20, 2024, false, true}, {1, 1, 2024},
          {11, 21, 2024, false, true}, {11, 21, 2024, false, true}, {11, 22, 2024, false, true},
          {11, 23, 2024, false, true});
}

enum { SUN = 1, MON, TUE, WED, THU, FRI, SAT };

/* As cal(1) has them. */
static void a_day_of_the_week_shows_the_year(void **state)
{
    (void)state;
    CHECK("of one line", utc(2026, 11, 21, 13), 0, {11, 20, 2025, false, false, THU});
    CHECK("of this year", utc(2026, 11, 21, 13), 0, {11, 20, 2026, false, false, FRI},
          {11, 21, 2026, false, false, SAT});
    CHECK("of a leap year", utc(2026, 11, 21, 13), 0, {2, 28, 2024, false, false, WED},
          {2, 29, 2024, false, false, THU}, {3, 1, 2024, false, false, FRI});
    CHECK("over the new year", utc(2026, 11, 21, 13), 0, {12, 30, 2023, false, false, SAT},
          {12, 31, 2023, false, false, SUN}, {1, 1, 2024, false, false, MON},
          {1, 2, 2024, false, false, TUE});
    CHECK("a year without lines", utc(2026, 11, 21, 13), 0, {3, 5, 2024, false, false, TUE},
          {3, 6, 2024, false, false, WED}, {11, 19, 2026, false, false, THU},
          {11, 20, 2026, false, false, FRI});
    CHECK("one that is wrong", utc(2026, 11, 21, 13), 0, {11, 18, 2026, false, false, WED},
          {11, 19, 2026, false, false, THU}, {11, 20, 2026, false, false, THU},
          {11, 21, 2026, false, false, SAT});
    CHECK("always the same", utc(2026, 11, 21, 13), 0, {11, 17, 2026, false, false, THU},
          {11, 18, 2026, false, false, THU}, {11, 19, 2026, false, false, THU},
          {11, 20, 2026, false, false, THU});
    CHECK("against a year that is stated", utc(2026, 11, 21, 13), 0,
          {11, 18, 2026, false, false, TUE}, {11, 19, 2026, false, true},
          {11, 20, 2026, false, true}, {11, 20, 2026, false, true});
}

static void add_weekday(struct line *lines, size_t *count, int64_t at)
{
    struct stated s = {0};

    stated_from_seconds(&s, at);
    lines[(*count)++] = (struct line){s.month, s.day, s.year, false, false, stated_weekday(&s)};
}

/* One that agrees with the others, but in another calendar: as in 2004, and in 2020. */
static void one_wrong_day_of_the_week_moves_no_others(void **state)
{
    struct line lines[64];
    size_t count = 0;

    (void)state;
    for (int day = 0; day < 52; day++) {
        add_weekday(lines, &count, utc(2026, 1, 1, 12) + (int64_t)day * DAY_S);
        if (day == 40)
            lines[count++] = (struct line){3, 2, 2026, false, false, TUE};
    }
    for (size_t size = 1; size <= count; size += 5)
        check("January and February", lines, count, utc(2026, 2, 21, 13), size);
    lines[0] = (struct line){2, 25, 2026, false, false, TUE};
    count = 1;
    for (int day = 0; day < 60; day++)
        add_weekday(lines, &count, utc(2026, 3, 2, 12) + (int64_t)day * DAY_S);
    for (size_t size = 1; size <= count; size += 5)
        check("the first one", lines, count, utc(2026, 5, 1, 13), size);
}

static void a_clock_that_was_not_set_moves_no_other_lines(void **state)
{
    (void)state;
    CHECK("a boot without a clock", utc(2026, 11, 20, 13), 1, {11, 18, 2026}, {11, 19, 2026},
          {11, 20, 2026}, {1, 1, 2026, true}, {1, 1, 2026, true}, {11, 20, 2026});
    CHECK("boots in December", utc(2026, 12, 22, 13), 2, {12, 18, 2026}, {12, 19, 2026},
          {12, 20, 2026}, {1, 1, 2026, true}, {12, 20, 2026}, {1, 1, 2026, true}, {12, 22, 2026});
    CHECK("it waits for the time", utc(2026, 11, 25, 13), 1, {11, 18, 2026}, {11, 19, 2026},
          {11, 20, 2026}, {1, 1, 2026, true}, {1, 3, 2026, true}, {11, 25, 2026});
    CHECK("29 February among other lines", utc(2026, 11, 20, 13), 1, {11, 18, 2026}, {11, 19, 2026},
          {11, 20, 2026}, {2, 29, 2024, true}, {11, 20, 2026});
    CHECK("two clocks that were not set", utc(2026, 11, 20, 13), 2, {11, 18, 2026}, {11, 19, 2026},
          {11, 20, 2026}, {1, 1, 2026, true}, {6, 5, 2026, true}, {11, 20, 2026});
    CHECK("a clock ahead, at the end", utc(2026, 11, 20, 13), 1, {11, 18, 2026}, {11, 19, 2026},
          {11, 20, 2026}, {12, 24, 2025, true});
    CHECK("an unset one at the end", utc(2026, 11, 20, 13), 1, {11, 18, 2026}, {11, 19, 2026},
          {11, 20, 2026}, {1, 1, 2026, true});
    CHECK("in January, a clock of December", utc(2026, 1, 21, 13), 1, {1, 18, 2026}, {1, 19, 2026},
          {1, 20, 2026}, {12, 10, 2025, true}, {1, 21, 2026});
    CHECK("a clock a week ahead over the new year", utc(2027, 1, 9, 13), 2, {12, 26, 2026},
          {12, 27, 2026}, {12, 28, 2026}, {1, 4, 2027, true}, {12, 28, 2026}, {1, 5, 2027, true},
          {12, 29, 2026}, {1, 8, 2027});
    /* Weeks without a line: what comes first is no stray, and neither is what goes on. */
    CHECK("a machine that was off", utc(2026, 3, 9, 13), 0, {11, 18, 2025}, {11, 20, 2025},
          {3, 7, 2026}, {3, 9, 2026});
    CHECK("a year between, of more than a day", utc(2026, 11, 25, 13), 0, {11, 18, 2025},
          {11, 20, 2025}, {3, 7, 2026}, {3, 9, 2026}, {11, 25, 2026});
}

static void a_last_line_of_a_clock_ahead_is_the_doubtful_one(void **state)
{
    (void)state;
    CHECK("days ahead", utc(2026, 11, 20, 13), 0, {11, 18, 2026}, {11, 19, 2026}, {11, 20, 2026},
          {11, 23, 2026});
    CHECK("as at other times", utc(2026, 11, 20, 13), 0, {11, 18, 2026}, {11, 21, 2026},
          {11, 19, 2026}, {11, 20, 2026}, {11, 23, 2026});
    CHECK("all of them later than the file", utc(2026, 11, 10, 13), 0, {11, 18, 2025},
          {11, 20, 2025}, {11, 23, 2025});
}

static void lines_whose_newest_is_the_first_are_of_the_years_before(void **state)
{
    (void)state;
    CHECK("each 70 days", utc(2026, 11, 20, 0), 0, {10, 12, 2026}, {8, 3, 2026}, {5, 25, 2026},
          {3, 16, 2026}, {1, 5, 2026});
    CHECK("over two new years", utc(2026, 3, 1, 0), 0, {2, 10, 2026}, {1, 1, 2026}, {11, 22, 2025},
          {10, 13, 2025}, {7, 30, 2025}, {5, 1, 2025}, {2, 1, 2025}, {12, 20, 2024});
    CHECK("days and weeks", utc(2026, 11, 20, 0), 0, {3, 12, 2026}, {3, 11, 2026}, {3, 9, 2026},
          {1, 2, 2026}, {1, 1, 2026}, {12, 31, 2025}, {12, 10, 2025}, {9, 30, 2025});
    /* A line each 300 days is as far back each time, but the file is not as old as the first. */
    CHECK("each 300 days", utc(2026, 11, 20, 0), 0, {3, 7, 2021}, {1, 1, 2022}, {10, 28, 2022},
          {8, 24, 2023}, {6, 19, 2024}, {4, 15, 2025}, {2, 9, 2026});
}

static void lines_that_come_late_are_of_the_old_year(void **state)
{
    (void)state;
    CHECK("the queue of a machine that was away", utc(2027, 1, 6, 13), 0, {12, 31, 2026},
          {1, 1, 2027}, {1, 2, 2027}, {1, 5, 2027}, {12, 22, 2026}, {12, 24, 2026}, {12, 27, 2026},
          {1, 5, 2027}, {1, 6, 2027});
}

/* A day of February that the year has not: that line alone is doubted. */
static void one_line_of_29_february_moves_no_others(void **state)
{
    struct line lines[104];
    size_t count = 0;

    (void)state;
    for (int day = 20; day <= 28; day++)
        for (int i = 0; i < 8; i++)
            lines[count++] = (struct line){2, day, 2026, false};
    lines[count++] = (struct line){2, 29, 2026, false};
    for (int day = 1; day <= 3; day++)
        for (int i = 0; i < 8; i++)
            lines[count++] = (struct line){3, day, 2026, false};
    for (size_t size = 1; size <= count; size += 7)
        check("29 February", lines, count, utc(2026, 3, 4, 0), size);
}

/* Two hosts in turns, and one of them is half a year behind. */
static void hosts_in_turns_are_of_one_year(void **state)
{
    struct line lines[360];
    size_t count = 0;
    int64_t at = utc(2026, 10, 1, 12);

    (void)state;
    for (; count < COUNT_OF(lines); at += DAY_S / 2) {
        struct stated right = {0}, behind = {0};

        stated_from_seconds(&right, at);
        stated_from_seconds(&behind, at - (int64_t)180 * DAY_S);
        lines[count++] = (struct line){right.month, right.day, right.year, false};
        lines[count++] = (struct line){behind.month, behind.day, behind.year, true};
    }
    assert_int_equal(check("in turns", lines, count, at, count), 180);
}

/* Of two hosts one is four months behind, and the other, which writes more, is quiet from Friday to
 * Sunday; 1 October 2026 is a Thursday. Whose line is the first says nothing. */
/* As "cat web1/auth.log web2/auth.log" makes it: each goes on by itself up to the same day. */
static void hosts_one_behind_another_are_of_years_of_their_own(void **state)
{
#define LINE(month, day, year, host) {month, day, year, false, false, 0, host}
    (void)state;
    CHECK("in one year", utc(2026, 11, 20, 13), 0, LINE(8, 1, 2026, 1), LINE(9, 1, 2026, 1),
          LINE(10, 1, 2026, 1), LINE(10, 20, 2026, 1), LINE(11, 20, 2026, 1), LINE(8, 1, 2026, 2),
          LINE(9, 1, 2026, 2), LINE(10, 1, 2026, 2), LINE(10, 20, 2026, 2), LINE(11, 20, 2026, 2));
    CHECK("over a new year", utc(2027, 2, 10, 13), 0, LINE(12, 1, 2026, 1), LINE(12, 30, 2026, 1),
          LINE(1, 20, 2027, 1), LINE(2, 10, 2027, 1), LINE(12, 1, 2026, 2), LINE(12, 30, 2026, 2),
          LINE(1, 20, 2027, 2), LINE(2, 10, 2027, 2));
    /* From one to the other it is a month back. */
    CHECK("of more than a year", utc(2026, 11, 20, 13), 0, LINE(10, 25, 2025, 1),
          LINE(11, 20, 2025, 1), LINE(1, 5, 2026, 1), LINE(11, 20, 2026, 1), LINE(10, 25, 2025, 2),
          LINE(11, 20, 2025, 2), LINE(1, 5, 2026, 2), LINE(11, 20, 2026, 2));
    /* Each has lines behind the new year. */
    CHECK("in turns", utc(2026, 11, 20, 13), 0, LINE(8, 1, 2025, 1), LINE(8, 2, 2025, 2),
          LINE(9, 1, 2025, 1), LINE(9, 2, 2025, 2), LINE(10, 1, 2025, 1), LINE(8, 1, 2026, 2),
          LINE(8, 2, 2026, 1), LINE(9, 1, 2026, 2), LINE(9, 2, 2026, 1));
    /* A host that was renamed goes on. */
    CHECK("from one week to the next", utc(2026, 12, 30, 13), 0, LINE(10, 1, 2025, 1),
          LINE(11, 1, 2025, 1), LINE(12, 29, 2025, 1), LINE(1, 5, 2026, 2), LINE(2, 1, 2026, 2),
          LINE(6, 1, 2026, 2), LINE(10, 1, 2026, 2), LINE(12, 29, 2026, 2));
    CHECK("of few lines", utc(2026, 11, 20, 13), 0, LINE(9, 1, 2025, 1), LINE(9, 2, 2025, 2),
          LINE(11, 1, 2025, 3), LINE(3, 1, 2026, 4), LINE(3, 1, 2026, 5), LINE(10, 1, 2026, 6));
}

/* "cat auth.log*" has them in the order of their names, or the newest first. */
static void rotated_logs_in_any_order_are_of_one_year(void **state)
{
#define WEEK(month, from, year)                                                                    \
    {month, from, year}, {month, from + 3, year}, {month, from + 7, year}
    (void)state;
    CHECK(".0 .1 .10 .2", utc(2026, 11, 20, 13), 0, WEEK(11, 13, 2026), WEEK(11, 6, 2026),
          WEEK(9, 4, 2026), WEEK(10, 30 - 7, 2026));
    CHECK(".0 .1 .10 .2, side by side", utc(2026, 11, 20, 13), 0, WEEK(11, 13, 2026),
          WEEK(11, 6, 2026), WEEK(9, 4, 2026), {10, 30, 2026}, {11, 2, 2026}, {11, 6, 2026});
    CHECK("the newest first, over a new year", utc(2027, 1, 16, 13), 0, {1, 2, 2027}, {1, 9, 2027},
          {1, 16, 2027}, {12, 1, 2026}, {12, 15, 2026}, {12, 31, 2026}, {11, 1, 2026},
          {11, 15, 2026}, {11, 30, 2026});
    CHECK("two of them, by the file's time", utc(2027, 1, 16, 13), 0, {1, 1, 2027}, {1, 9, 2027},
          {1, 16, 2027}, {12, 1, 2026}, {12, 15, 2026}, {12, 31, 2026});
    CHECK("in order, of a year, with a pause", utc(2026, 11, 7, 13), 0, {11, 8, 2025},
          {11, 20, 2025}, {12, 3, 2025}, {2, 1, 2026}, {2, 20, 2026}, {3, 3, 2026}, {10, 1, 2026},
          {10, 20, 2026}, {11, 7, 2026});
    CHECK("in order, of two years", utc(2026, 11, 20, 13), 0, WEEK(9, 4, 2025), WEEK(11, 6, 2025),
          WEEK(9, 4, 2026), WEEK(11, 13, 2026));
}

static void a_quiet_weekend_makes_no_host_astray(void **state)
{
    struct line lines[1024];

    (void)state;
    for (int is_behind_first = 0; is_behind_first < 2; is_behind_first++) {
        int64_t at = utc(2026, 10, 1, 0);
        size_t count = 0;

        for (int hour = 0; hour < 50 * 24; hour += 1, at += 3600) {
            struct stated right = {0}, behind = {0};
            int weekday = (hour / 24 + 4) % 7;

            stated_from_seconds(&right, at);
            stated_from_seconds(&behind, at - (int64_t)120 * DAY_S);
            if (hour % 7 == 1 - is_behind_first)
                lines[count++] = (struct line){behind.month, behind.day, behind.year, true};
            if (hour % 3 == 0 && weekday >= 1 && weekday <= 4)
                lines[count++] = (struct line){right.month, right.day, right.year, false};
        }
        check("a quiet weekend", lines, count, at, count);
        check("a quiet weekend", lines, count, at, 7);
    }
}

/* A clock that comes back to one date, and stands there for days. */
static void a_clock_that_comes_back_to_a_date_moves_no_other_lines(void **state)
{
    struct line lines[512];
    size_t count = 0;

    (void)state;
    for (int day = 1; day <= 28; day++) {
        for (int i = 0; i < 4; i++)
            lines[count++] = (struct line){11, day, 2026, false};
        for (int i = 0; i < 5 && (day == 7 || day == 19); i++)
            lines[count++] = (struct line){6, 5, 2026, true};
        if (day == 7 || day == 19)
            day += 5;
    }
    for (size_t size = 1; size <= count; size++)
        check("one date", lines, count, utc(2026, 11, 29, 0), size);
}

/* What is told does not depend on where parts end, whatever the lines are. */
static void years_are_those_of_the_whole_in_parts_of_any_size(void **state)
{
    static struct line lines[400];
    uint64_t parted = 0;
    unsigned seed = 3;

    (void)state;
    for (int round = 0; round < 100; round++) {
        int64_t at = utc(2024, 3, 1, 12);
        size_t count = 100 + (size_t)rand_r(&seed) % 300;
        CLEANUP(years_part_release) struct years_part whole = {0};
        CLEANUP(year_hosts_freep) struct year_hosts *hosts = year_hosts_new();
        struct year_breaks breaks;
        struct years y;

        for (size_t i = 0; i < count; i++) {
            const int astray[] = {0, 0, 0, 0, -200, -100, -40, -20, -3, 3, 20, 40, 100, 200};
            struct stated s = {0};

            at += rand_r(&seed) % (round % 2 ? 5 * DAY_S : DAY_S / 5);
            stated_from_seconds(&s, at + astray[(size_t)rand_r(&seed) % COUNT_OF(astray)] *
                                             (int64_t)DAY_S);
            lines[i] = (struct line){s.month, s.day, 0, false};
            if (round % 3) /* one behind another, some of which take turns */
                lines[i].host = 1 + (int)(i / 50) * 2 + (i / 150 % 2 ? (int)(i % 2) : 0);
            add_line(&whole, &lines[i], i, hosts);
        }
        years_place(&whole, 1, hosts, at, &y, &breaks);
        parted += breaks.hosts;
        for (size_t i = 0; i < count; i++) {
            const struct stated s = stated_of(&lines[i]);

            lines[i].year = years_next(&y, &s, i, &lines[i].is_stray);
        }
        for (size_t size = 1; size < count; size += 1 + size / 3)
            check("parts", lines, count, at, size);
    }
    assert_true(parted > 10);
}

/* A line each so many days, for years, and nothing out of order. */
static void few_lines_a_year_are_in_order(void **state)
{
    static const int steps[] = {20, 35, 50, 73, 80, 91, 100, 122, 150, 183, 200, 300};
    struct line lines[200];

    (void)state;
    for (size_t k = 0; k < COUNT_OF(steps); k++)
        for (int from = 0; from < 366; from += 13) {
            int64_t at = utc(2021, 1, 1, 12) + (int64_t)from * DAY_S;
            size_t count = 0;

            for (; at < utc(2026, 6, 1, 12); at += (int64_t)steps[k] * DAY_S) {
                struct stated s = {0};

                stated_from_seconds(&s, at);
                lines[count++] = (struct line){s.month, s.day, s.year, false};
            }
            assert_int_equal(check("few lines", lines, count, at - (int64_t)steps[k] * DAY_S, 5),
                             0);
        }
}

/* Lines of some years, with pauses, whose years are known, and now and then a boot with a clock
 * that is not set. */
static size_t make_lines(struct line *lines, unsigned *seed, uint64_t *strays, int64_t *written_s)
{
    int64_t at = utc(2000, 1, 1, 12) + (int64_t)(rand_r(seed) % 9000) * DAY_S;
    size_t count = 0;

    *strays = 0;
    while (count < LINES_MOST - 20) {
        struct stated s = {0};
        /* More than a day at a time, so that no stretch of it can be taken for a stray. */
        int days = 3 + (int)(rand_r(seed) % 60);

        for (int i = 0; i < days && count < LINES_MOST - 20; i++, at += DAY_S) {
            stated_from_seconds(&s, at);
            lines[count++] = (struct line){s.month, s.day, s.year, false};
        }
        *written_s = at - DAY_S + 3600;
        if (rand_r(seed) % 3 == 0 && s.month > 2 && s.month < 12) {
            for (int i = 0; i < 5; i++)
                lines[count++] = (struct line){1, 1, s.year, true};
            ++*strays;
            at += (int64_t)(rand_r(seed) % 20) * DAY_S;
        } else {
            at += (int64_t)(rand_r(seed) % 200) * DAY_S;
        }
        if (rand_r(seed) % 20 == 0)
            break;
    }
    /* It ends as it goes on, and not with a boot. */
    for (int i = 0; i < 3; i++, at += DAY_S) {
        struct stated s = {0};

        stated_from_seconds(&s, at);
        lines[count++] = (struct line){s.month, s.day, s.year, false};
        *written_s = at + 3600;
    }
    return count;
}

static void years_are_those_in_which_lines_were_written(void **state)
{
    static struct line lines[LINES_MOST];
    unsigned seed = 20261127;
    uint64_t all = 0;

    (void)state;
    for (int round = 0; round < 300; round++) {
        uint64_t strays;
        int64_t written_s;
        size_t count = make_lines(lines, &seed, &strays, &written_s);

        assert_int_equal(check("whole", lines, count, written_s, count), strays);
        check("in parts", lines, count, written_s, 1 + (size_t)rand_r(&seed) % count);
        all += strays;
    }
    assert_true(all > 300);
}

static void what_goes_to_and_fro_without_end_is_bounded(void **state)
{
    CLEANUP(year_hosts_freep) struct year_hosts *hosts = year_hosts_new();
    struct years_part part = {0};
    struct year_breaks breaks;
    struct years begin;
    unsigned seed = 7;

    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        const struct line of = {.month = 1 + (int)(rand_r(&seed) % 12),
                                .day = 1 + (int)(rand_r(&seed) % 28),
                                .host = 1 + (int)(i % 2000)};

        add_line(&part, &of, i, hosts);
    }
    assert_in_range(part.runs.count, 1, YEAR_RUNS_MOST);
    years_place(&part, 1, hosts, utc(2026, 11, 27, 0), &begin, &breaks);
    assert_true(breaks.has_many_hosts);
    assert_in_range(breaks.count, 0, YEAR_RUNS_MOST);
    assert_true(breaks.strays > 100000);
    years_part_release(&part);
}

static void no_time_of_writing_is_too_far(void **state)
{
    static const int64_t written[] = {INT64_MIN, -1, 0, 9214646399, 9214646400, INT64_MAX};
    static const int years[] = {1969, 1969, 1969, 2261, 2261, 2261};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        const struct line line = {11, 25, years[i], false};

        check("far", &line, 1, written[i], 1);
    }
}

static void runs_of_another_process_are_looked_at(void **state)
{
    const struct year_run good = {.lines = 90,
                                  .leaps = 3,
                                  .first = {1, 2, 3, 4, 5},
                                  .last = {2, 29, 23, 59, 60},
                                  .highest = 58,
                                  .end = 58,
                                  .year = 2026,
                                  .votes = 7};
    struct year_run bad[13];

    (void)state;
    assert_true(year_run_is_sound(&good, 100));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        bad[i] = good;
    bad[0].first.month = 13;
    bad[1].last.day = 30;
    bad[2].lines = 101;
    bad[3].leaps = 91;
    bad[4].before.month = 13;
    bad[5].end = 59;
    bad[6].lowest = 1;
    bad[7].first.month = 0;
    bad[8].year = 99;
    bad[9].votes = 201;
    bad[10].week_lines = 101;
    bad[11].week_days = 1;
    bad[12].week.lines[13] = 1;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (year_run_is_sound(&bad[i], 100))
            fail_msg("bad run %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(years_follow_from_the_last_line_and_the_order),
        cmocka_unit_test(a_year_that_lines_beside_state_counts),
        cmocka_unit_test(a_day_of_the_week_shows_the_year),
        cmocka_unit_test(one_wrong_day_of_the_week_moves_no_others),
        cmocka_unit_test(a_clock_that_was_not_set_moves_no_other_lines),
        cmocka_unit_test(a_last_line_of_a_clock_ahead_is_the_doubtful_one),
        cmocka_unit_test(lines_whose_newest_is_the_first_are_of_the_years_before),
        cmocka_unit_test(lines_that_come_late_are_of_the_old_year),
        cmocka_unit_test(one_line_of_29_february_moves_no_others),
        cmocka_unit_test(hosts_in_turns_are_of_one_year),
        cmocka_unit_test(hosts_one_behind_another_are_of_years_of_their_own),
        cmocka_unit_test(rotated_logs_in_any_order_are_of_one_year),
        cmocka_unit_test(a_quiet_weekend_makes_no_host_astray),
        cmocka_unit_test(a_clock_that_comes_back_to_a_date_moves_no_other_lines),
        cmocka_unit_test(years_are_those_of_the_whole_in_parts_of_any_size),
        cmocka_unit_test(few_lines_a_year_are_in_order),
        cmocka_unit_test(years_are_those_in_which_lines_were_written),
        cmocka_unit_test(what_goes_to_and_fro_without_end_is_bounded),
        cmocka_unit_test(no_time_of_writing_is_too_far),
        cmocka_unit_test(runs_of_another_process_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
