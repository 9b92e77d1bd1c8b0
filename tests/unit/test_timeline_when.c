/* test_timeline_when.c: clock times as standards spell them; expected moments are those that
 * timegm(3) gives for the date in UTC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>
#include "base/mem.h"
#include "test_timeline_seed.h"
#include "timeline/when.h"
#include "timeline/years.h"

enum { NS_OF_S = 1000000000, DAY_S = 86400 };

typedef bool reads(struct str *rest, struct stated *out);

static int64_t utc(int year, int month, int day, int hour, int minute, int second)
{
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second};

    return (int64_t)timegm(&tm);
}

struct spelling {
    reads *read;
    const char *text;
    const char *rest; /* what is left of it */
    int date[6];      /* in UTC, or as the clock shows it */
    uint32_t ns;
    enum event_precision precision;
    uint8_t doubt;
};

static const struct spelling spellings[] = {
    /* RFC 3339 section 5.8 */
    {when_iso, "1985-04-12T23:20:50.52Z", "", {1985, 4, 12, 23, 20, 50}, 520000000, TIME_MS, 0},
    {when_iso, "1996-12-19T16:39:57-08:00", "", {1996, 12, 20, 0, 39, 57}, 0, TIME_S, 0},
    {when_iso,
     "1990-12-31T23:59:60Z",
     "",
     {1990, 12, 31, 23, 59, 59},
     999999999,
     TIME_S,
     DOUBT_LEAP},
    {when_iso,
     "1990-12-31T15:59:60-08:00",
     "",
     {1990, 12, 31, 23, 59, 59},
     999999999,
     TIME_S,
     DOUBT_LEAP},
    {when_iso, "1937-01-01T12:00:27.87+00:20", "", {1937, 1, 1, 11, 40, 27}, 870000000, TIME_MS, 0},
    /* RFC 3339 section 5.6: small letters, and a space */
    {when_iso, "1985-04-12t23:20:50z", "", {1985, 4, 12, 23, 20, 50}, 0, TIME_S, 0},
    {when_iso, "1985-04-12 23:20:50Z x", " x", {1985, 4, 12, 23, 20, 50}, 0, TIME_S, 0},
    /* RFC 5424 section 6.2.3.1 */
    {when_iso,
     "1985-04-12T19:20:50.52-04:00",
     "",
     {1985, 4, 12, 23, 20, 50},
     520000000,
     TIME_MS,
     0},
    {when_iso, "2003-10-11T22:14:15.003Z", "", {2003, 10, 11, 22, 14, 15}, 3000000, TIME_MS, 0},
    {when_iso, "2003-08-24T05:14:15.000003-07:00", "", {2003, 8, 24, 12, 14, 15}, 3000, TIME_US, 0},
    {when_iso, "2003-08-24T05:14:15.000000003-07:00", "", {2003, 8, 24, 12, 14, 15}, 3, TIME_NS, 0},
    /* ISO 8601: a comma, offsets without colon and without minutes; and none at all */
    {when_iso,
     "2026-11-25T03:12:09,5+0100 x",
     " x",
     {2026, 11, 25, 2, 12, 9},
     500000000,
     TIME_MS,
     0},
    {when_iso, "2026-11-25T03:12:09+01", "", {2026, 11, 25, 2, 12, 9}, 0, TIME_S, 0},
    {when_iso, "2026-11-25T03:12:09+0545", "", {2026, 11, 24, 21, 27, 9}, 0, TIME_S, 0},
    {when_iso, "2026-11-25 03:12:09 -0500 x", " x", {2026, 11, 25, 8, 12, 9}, 0, TIME_S, 0},
    {when_iso, "2026-11-25 03:12:09 x", " x", {2026, 11, 25, 3, 12, 9}, 0, TIME_S, DOUBT_ZONE},
    {when_iso, "2026-11-25 03:12:09 - x", " - x", {2026, 11, 25, 3, 12, 9}, 0, TIME_S, DOUBT_ZONE},
    {when_iso,
     "2026-11-25 03:12:09 -10 degrees",
     " -10 degrees",
     {2026, 11, 25, 3, 12, 9},
     0,
     TIME_S,
     DOUBT_ZONE},
    {when_iso,
     "2026-11-25 03:12:09 Zebra",
     " Zebra",
     {2026, 11, 25, 3, 12, 9},
     0,
     TIME_S,
     DOUBT_ZONE},
    {when_iso, "2026-11-25 03:12:09.", ".", {2026, 11, 25, 3, 12, 9}, 0, TIME_S, DOUBT_ZONE},
    {when_iso, "2000-02-29T12:00:00Z", "", {2000, 2, 29, 12, 0, 0}, 0, TIME_S, 0},
    {when_iso, "1970-01-01T00:00:00Z", "", {1970, 1, 1, 0, 0, 0}, 0, TIME_S, 0},
    {when_iso, "1969-12-31T23:59:59.25Z", "", {1969, 12, 31, 23, 59, 59}, 250000000, TIME_MS, 0},
    {when_iso, "2106-02-07T06:28:16Z", "", {2106, 2, 7, 6, 28, 16}, 0, TIME_S, 0},
    {when_iso, "1678-01-01T00:00:00Z", "", {1678, 1, 1, 0, 0, 0}, 0, TIME_S, 0},
    {when_iso,
     "2261-12-31T23:59:59.999999999Z",
     "",
     {2261, 12, 31, 23, 59, 59},
     999999999,
     TIME_NS,
     0},
    /* RFC 3164 section 5.4, with the years that some relays put in */
    {when_bsd, "Feb 14 2003 05:14:15 x", " x", {2003, 2, 14, 5, 14, 15}, 0, TIME_S, DOUBT_ZONE},
    {when_bsd, "2003 Oct 11 22:14:15", "", {2003, 10, 11, 22, 14, 15}, 0, TIME_S, DOUBT_ZONE},
    {when_bsd, "Oct 11 22:14:15 2003", "", {2003, 10, 11, 22, 14, 15}, 0, TIME_S, DOUBT_ZONE},
    {when_bsd,
     "Sat Oct 11 22:14:15.123 2003 x",
     " x",
     {2003, 10, 11, 22, 14, 15},
     123000000,
     TIME_MS,
     DOUBT_ZONE},
    {when_bsd, "Feb 29 2024 00:00:00", "", {2024, 2, 29, 0, 0, 0}, 0, TIME_S, DOUBT_ZONE},
    /* Apache HTTP Server 2.4, mod_log_config: %t */
    {when_clf, "10/Oct/2000:13:55:36 -0700]", "]", {2000, 10, 10, 20, 55, 36}, 0, TIME_S, 0},
    {when_clf, "29/Feb/2000:13:55:36 +0000", "", {2000, 2, 29, 13, 55, 36}, 0, TIME_S, 0},
    {when_clf, "10/Oct/2000:13:55:36", "", {2000, 10, 10, 13, 55, 36}, 0, TIME_S, DOUBT_ZONE},
    {when_epoch, "1764040329.123 x", " x", {2025, 11, 25, 3, 12, 9}, 123000000, TIME_MS, 0},
    {when_epoch, "951782400", "", {2000, 2, 29, 0, 0, 0}, 0, TIME_S, 0},
};

static void times_of_the_standards_are_their_moments(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        const struct spelling *p = &spellings[i];
        const int *d = p->date;
        struct str rest = str_of(p->text);
        struct event e = {0};
        struct stated s;
        int64_t ns = utc(d[0], d[1], d[2], d[3], d[4], d[5]) * NS_OF_S + p->ns;

        if (!p->read(&rest, &s))
            fail_msg("%s is not read", p->text);
        when_set(&e, &s, NULL, NULL);
        if (!str_is(rest, p->rest) || e.ns != ns || e.precision != p->precision ||
            e.doubt != p->doubt)
            fail_msg("%s is %lld, precision %u, doubt %u, with " STR_FMT " left", p->text,
                     (long long)e.ns, e.precision, e.doubt, STR_ARG(rest));
    }
}

/* ISO 8601 has any number of digits; an event has nine of them. */
static void fractions_have_any_number_of_digits(void **state)
{
    static const char digits[] = "987654321098";
    static const struct {
        uint32_t ns;
        enum event_precision precision;
    } expected[] = {{900000000, TIME_MS},    {980000000, TIME_MS}, {987000000, TIME_MS},
                    {987600000, TIME_US},    {987650000, TIME_US}, {987654000, TIME_US},
                    {987654300, TIME_100NS}, {987654320, TIME_NS}, {987654321, TIME_NS},
                    {987654321, TIME_NS},    {987654321, TIME_NS}, {987654321, TIME_NS}};
    static reads *const all[] = {when_iso, when_bsd};
    static const char *const fronts[] = {"2026-11-25T03:12:09", "2026 Nov 25 03:12:09"};

    (void)state;
    for (size_t form = 0; form < 2; form++)
        for (int n = 1; n <= 12; n++) {
            CLEANUP_BUF struct buf text = {0};
            struct stated s;
            struct str rest;

            buf_addf(&text, "%s%c%.*s:", fronts[form], n % 2 ? '.' : ',', n, digits);
            rest = buf_str(&text);
            assert_true(all[form](&rest, &s));
            assert_int_equal(s.ns, expected[n - 1].ns);
            assert_int_equal(s.precision, expected[n - 1].precision);
            assert_true(str_is(rest, ":"));
        }
}

/* Texts that are no time leave everything as it is. */
static void other_texts_are_left_as_they_are(void **state)
{
    static const struct {
        reads *read;
        const char *text;
    } cases[] = {
        {when_iso, ""},
        {when_iso, "2026-11-25"},
        {when_iso, "2026-11-25T"},
        {when_iso, "2026-11-25T03:12"},
        {when_iso, "2026-1-25T03:12:09"},
        {when_iso, "26-11-25T03:12:09"},
        {when_iso, "2026-11-25x03:12:09"},
        {when_iso, "2026/11/25 03:12:09"},
        {when_bsd, "Nov 25"},
        {when_bsd, "Nov  25 03:12:09"},
        {when_bsd, "Nov 025 03:12:09"},
        {when_bsd, "Okt 25 03:12:09"},
        {when_bsd, "November 25 03:12:09"},
        {when_clf, "25/Nov/26:03:12:09 +0100"},
        {when_clf, "25/Nov/2026 03:12:09 +0100"},
        {when_clf, "25-Nov-2026:03:12:09"},
        {when_epoch, "12345678"},
        {when_epoch, "123456789012"},
        {when_epoch, "x"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str rest = str_of(cases[i].text);
        struct stated s;

        if (cases[i].read(&rest, &s) || rest.p != cases[i].text)
            fail_msg("%s is read as a time", cases[i].text);
    }
}

/* Every prefix of a time, in a block of exactly that size. */
static void no_time_is_read_past_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(spellings); i++)
        for (size_t size = 0; size <= strlen(spellings[i].text); size++) {
            CLEANUP_FREE char *exact = malloc(size ? size : 1);
            struct str rest = {exact, size};
            struct stated s;

            memcpy(exact, spellings[i].text, size);
            (void)spellings[i].read(&rest, &s);
            assert_true(rest.p >= exact && rest.p + rest.len == exact + size);
        }
}

/* Read, but no date or out of the range: the event has no time of its own, and says so. */
static void what_no_calendar_has_is_doubted(void **state)
{
    static const struct {
        reads *read;
        const char *text;
    } cases[] = {
        {when_iso, "2026-02-30T00:00:00Z"},
        {when_iso, "2026-02-29T00:00:00Z"},
        {when_iso, "1900-02-29T00:00:00Z"},
        {when_iso, "2026-00-10T00:00:00Z"},
        {when_iso, "2026-13-10T00:00:00Z"},
        {when_iso, "2026-10-00T00:00:00Z"},
        {when_iso, "2026-04-31T00:00:00Z"},
        {when_iso, "2026-10-10T24:00:01Z"},
        {when_iso, "2026-10-10T00:60:00Z"},
        {when_iso, "2026-10-10T00:00:61Z"},
        {when_iso, "0000-11-25T00:00:00Z"},
        {when_iso, "0000-00-00 00:00:00"},
        {when_iso, "0001-01-01T00:00:00Z"},
        {when_iso, "1600-01-01T00:00:00Z"},
        {when_iso, "1677-12-31T23:59:59Z"},
        {when_iso, "2262-01-01T00:00:00Z"},
        {when_iso, "9999-12-31T23:59:59Z"},
        {when_clf, "31/Apr/2026:00:00:00 +0000"},
        {when_clf, "25/Nov/0000:00:00:00 +0000"},
        {when_bsd, "Feb 30 00:00:00"},
        {when_bsd, "Nov 31 00:00:00"},
        {when_bsd, "Nov 99 00:00:00"},
        {when_bsd, "Nov 25 25:00:00"},
        {when_epoch, "99999999999"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct years years = {.year = 2026, .last = {.month = 11, .day = 20}};
        struct str rest = str_of(cases[i].text);
        CLEANUP(event_release) struct event e = {0};
        struct stated s;

        event_init(&e);
        e.ns = 77;
        if (!cases[i].read(&rest, &s))
            fail_msg("%s is not read", cases[i].text);
        when_set(&e, &s, NULL, &years);
        if (e.precision != TIME_NONE || e.doubt != DOUBT_RANGE || e.ns != 77)
            fail_msg("%s is %lld, doubt %u", cases[i].text, (long long)e.ns, e.doubt);
        assert_int_equal(years.year, 2026);
        assert_int_equal(years.last.month, 11);
        /* What was stated is kept, without what stands behind it. */
        if (!str_is(event_value(&e, FIELD_EVENT_STATED_TIME), cases[i].text))
            fail_msg("%s is kept as " STR_FMT, cases[i].text,
                     STR_ARG(event_value(&e, FIELD_EVENT_STATED_TIME)));
    }
}

/* timegm, asked for each day of the range that it has in common with events. */
static void days_are_those_of_the_calendar(void **state)
{
    uint64_t seed = 20261125;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        time_t t = -9214560000 + (int64_t)seed_below(&seed, 9214560000 + 9214646400);
        struct stated s = {0};
        struct tm tm;

        assert_non_null(gmtime_r(&t, &tm));
        s.year = tm.tm_year + 1900;
        s.month = tm.tm_mon + 1;
        s.day = tm.tm_mday;
        s.hour = tm.tm_hour;
        s.minute = tm.tm_min;
        s.second = tm.tm_sec;
        assert_int_equal(stated_seconds(&s), (int64_t)t);
        assert_true(stated_is_date(&s));
    }
}

/* 29 February in a year that is known to have none is no date. */
static void a_29_february_of_the_wrong_year_is_doubted(void **state)
{
    struct stated s = {.month = 2, .day = 29};
    struct years y = {.year = 2026};
    CLEANUP(event_release) struct event e;

    (void)state;
    event_init(&e);
    assert_true(stated_is_date(&s));
    when_set(&e, &s, NULL, &y);
    assert_int_equal(e.precision, TIME_NONE);
    assert_int_equal(e.doubt, DOUBT_YEAR | DOUBT_RANGE);
}

static void months_are_known_in_any_letters(void **state)
{
    static const char *const names[] = {"Jan", "feb", "MAR", "aPr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    (void)state;
    for (int i = 0; i < 12; i++)
        assert_int_equal(when_month(str_of(names[i])), i + 1);
    assert_int_equal(when_month(STR("Mai")), 0);
    assert_int_equal(when_month(STR("Ja")), 0);
    assert_int_equal(when_month(STR("\x0A\x01\x0E")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_of_the_standards_are_their_moments),
        cmocka_unit_test(fractions_have_any_number_of_digits),
        cmocka_unit_test(other_texts_are_left_as_they_are),
        cmocka_unit_test(no_time_is_read_past_its_end),
        cmocka_unit_test(what_no_calendar_has_is_doubted),
        cmocka_unit_test(days_are_those_of_the_calendar),
        cmocka_unit_test(a_29_february_of_the_wrong_year_is_doubted),
        cmocka_unit_test(months_are_known_in_any_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
