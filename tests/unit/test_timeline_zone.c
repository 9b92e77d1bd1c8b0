/* test_timeline_zone.c: the rules of each zone are those that the C library finds in the same file,
 * and no file, however it is damaged, is read past its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include "base/mem.h"
#include "test_timeline_seed.h"
#include "timeline/event.h"
#include "timeline/zone.h"

#define ZONES "/usr/share/zoneinfo"

enum { AROUND_S = 27 * 3600, STEP_S = 900, MOMENTS = 30, CHANGES = 30, DAY_S = 86400 };

/* 1850-01-01 and 2261-01-01. */
static const int64_t earliest = -3786825600, latest = 9183110400;

static bool read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    size_t got;

    if (!f)
        return false;
    while ((got = fread(buf_room(out, 65536), 1, 65536, f)) > 0)
        out->len += got;
    fclose(f);
    return true;
}

/* A copy of exactly that size, so that a sanitizer sees a read past its end. */
static int read_bytes(struct zone **out, const void *bytes, size_t size)
{
    CLEANUP_FREE char *exact = malloc(size ? size : 1);

    memcpy(exact, bytes, size);
    return zone_read(out, (struct str){exact, size}, NULL);
}

/* What the C library holds for the zone that TZ names. */
static int64_t libc_offset(int64_t moment)
{
    time_t t = moment;
    struct tm tm;

    assert_non_null(localtime_r(&t, &tm));
    return tm.tm_gmtoff;
}

/* Moments at which the clock shows this, by the C library alone; before: the offset that held
 * before the clock passed over it. */
static size_t libc_moments(int64_t clock, int64_t moments[8], int64_t *before)
{
    int64_t seen[64];
    size_t count = 0, hits = 0;

    for (int64_t m = clock - AROUND_S; m <= clock + AROUND_S; m += STEP_S) {
        int64_t offset = libc_offset(m);

        if (m + offset <= clock)
            *before = offset;
        if ((count == 0 || seen[count - 1] != offset) && count < COUNT_OF(seen))
            seen[count++] = offset;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t m = clock - seen[i];
        bool is_new = libc_offset(m) == seen[i];

        for (size_t k = 0; k < hits; k++)
            is_new = is_new && moments[k] != m;
        if (is_new && hits < 8)
            moments[hits++] = m;
    }
    return hits;
}

struct tally {
    size_t twice, gaps;
};

/* Its second moment is as much later as happened twice, and clocks were put back between them. */
static void check_fold(const struct zone *z, const char *name, int64_t clock,
                       const int64_t *moments, size_t hits)
{
    struct zone_fold fold;
    int64_t first = hits ? moments[0] : 0, second = first;
    time_t t = clock;
    struct tm tm;

    for (size_t i = 1; i < hits; i++) {
        first = moments[i] < first ? moments[i] : first;
        second = moments[i] > second ? moments[i] : second;
    }
    if (zone_fold_find(z, clock, &fold) != (hits > 1))
        fail_msg("%s: the clock %lld has another number of moments", name, (long long)clock);
    if (hits != 2)
        return;
    assert_non_null(gmtime_r(&t, &tm));
    if (fold.size != second - first || fold.at <= first || fold.at > second ||
        fold.at + libc_offset(fold.at) != fold.from || clock < fold.from ||
        !(zone_fold_hours(z, tm.tm_mon + 1, tm.tm_mday) >> tm.tm_hour & 1))
        fail_msg("%s: the clock %lld is of another fold", name, (long long)clock);
}

static void check_clock(const struct zone *z, const char *name, int64_t clock, struct tally *tally)
{
    int64_t moments[8], before = 0, expected;
    size_t hits = libc_moments(clock, moments, &before);
    uint16_t doubt = 0, expected_doubt = hits == 0 ? DOUBT_GAP : hits > 1 ? DOUBT_TWICE : 0;
    int64_t offset = zone_offset(z, clock, &doubt);

    expected = hits ? moments[0] : clock - before;
    for (size_t i = 1; i < hits; i++)
        expected = moments[i] < expected ? moments[i] : expected;
    tally->twice += hits > 1;
    tally->gaps += hits == 0;
    if (clock - offset != expected || doubt != expected_doubt)
        fail_msg("%s: the clock %lld is %lld with doubt %u, not %lld with %u", name,
                 (long long)clock, (long long)(clock - offset), doubt, (long long)expected,
                 expected_doubt);
    check_fold(z, name, clock, moments, hits);
}

/* mktime is asked where there is one answer. */
static void check_mktime(const struct zone *z, const char *name, int64_t moment)
{
    time_t t = moment;
    uint16_t doubt = 0;
    int64_t clock, offset;
    struct tm tm;

    assert_non_null(localtime_r(&t, &tm));
    clock = moment + tm.tm_gmtoff;
    offset = zone_offset(z, clock, &doubt);
    tm.tm_isdst = -1;
    if (doubt == 0 && clock - offset != (int64_t)mktime(&tm))
        fail_msg("%s: mktime finds another moment than %lld", name, (long long)(clock - offset));
}

static void check_moment(const struct zone *z, const char *name, int64_t moment)
{
    if (zone_offset_at(z, moment) != libc_offset(moment))
        fail_msg("%s: at %lld the offset is %lld, not %lld", name, (long long)moment,
                 (long long)zone_offset_at(z, moment), (long long)libc_offset(moment));
}

/* The first moment of the offset that comes next; 0: none within eight years. */
static int64_t next_change(int64_t from)
{
    int64_t low = from, high = from, offset = libc_offset(from);

    while (libc_offset(high) == offset) {
        low = high;
        high += 20 * (int64_t)DAY_S;
        if (high > from + 8 * 366 * (int64_t)DAY_S)
            return 0;
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (libc_offset(middle) == offset)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void check_zone(const struct zone *z, const char *name, uint64_t seed, struct tally *tally)
{
    uint64_t span = (uint64_t)(latest - earliest);

    for (size_t i = 0; i < MOMENTS; i++) {
        int64_t moment = earliest + (int64_t)seed_below(&seed, span);

        check_moment(z, name, moment);
        check_mktime(z, name, moment);
        check_clock(z, name, moment, tally);
    }
    for (size_t i = 0; i < CHANGES; i++) {
        int64_t change = next_change(earliest + (int64_t)seed_below(&seed, span));
        int64_t near = change + (int64_t)seed_below(&seed, 4 * 3600) - 2 * 3600;

        check_moment(z, name, change);
        check_moment(z, name, change - 1);
        check_clock(z, name, change + libc_offset(change), tally);
        check_clock(z, name, change + libc_offset(change) - 1, tally);
        check_clock(z, name, change + libc_offset(change - 1), tally);
        check_clock(z, name, change + libc_offset(change - 1) - 1, tally);
        check_clock(z, name, near + libc_offset(near), tally);
        check_clock(z, name, near + libc_offset(near - DAY_S), tally);
    }
}

static struct tally all_tally;
static size_t zone_count;

/* posix has the same ones again, right those that count leap seconds. */
static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
    const char *name = path + strlen(ZONES) + 1;
    CLEANUP_BUF struct buf bytes = {0}, tz = {0};
    CLEANUP(zone_freep) struct zone *z = NULL;

    (void)st, (void)at;
    if (type != FTW_F || strncmp(name, "posix/", 6) == 0 || strncmp(name, "right/", 6) == 0 ||
        !read_file(path, &bytes) || !str_starts(buf_str(&bytes), "TZif"))
        return 0;
    if (read_bytes(&z, bytes.p, bytes.len))
        fail_msg("%s is refused", name);
    buf_addf(&tz, ":%s", name);
    setenv("TZ", buf_text(&tz), 1);
    tzset();
    check_zone(z, name, 20261125 + zone_count++, &all_tally);
    return 0;
}

static void every_zone_is_as_the_c_library_has_it(void **state)
{
    struct stat st;

    (void)state;
    if (stat(ZONES "/Europe/Berlin", &st) != 0) {
        print_message("skipped: no " ZONES "\n");
        skip();
    }
    assert_int_equal(nftw(ZONES, visit, 16, FTW_PHYS), 0);
    unsetenv("TZ");
    tzset();
    assert_true(zone_count > 300);
    assert_true(all_tally.twice > 1000);
    assert_true(all_tally.gaps > 1000);
}

/* Europe/Berlin as RFC 8536 has it, without transitions: its rules alone. */
static void put_head(struct buf *out, uint32_t times, uint32_t types, uint32_t leaps)
{
    const uint32_t counts[6] = {0, 0, leaps, times, types, 4};

    buf_addf(out, "TZif2");
    buf_addn(out, '\0', 15);
    for (size_t i = 0; i < 6; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            buf_addc(out, (char)(counts[i] >> shift));
}

static void put_big(struct buf *out, int64_t n, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        buf_addc(out, (char)(n >> shift));
}

/* One type, one change to it at this moment, and a footer. */
static void put_zone(struct buf *out, int64_t change, int64_t offset, const char *footer)
{
    put_head(out, 0, 1, 0);
    put_big(out, 0, 6);
    buf_add(out, "UTC", 4);
    put_head(out, 1, 1, 0);
    put_big(out, change, 8);
    buf_addc(out, '\0');
    put_big(out, offset, 4);
    put_big(out, 0, 2);
    buf_add(out, "CET", 4);
    buf_addf(out, "\n%s\n", footer);
}

/* The same rules, wherever the last change lies: the C library is asked by the footer alone. */
static void the_footer_holds_behind_any_last_change(void **state)
{
    static const int64_t changes[] = {INT64_MIN, -((int64_t)1 << 59), -5000000000, -1, 0, 31535999,
                                      94651200,  7000000000};
    static const struct {
        const char *text;
        int64_t standard;
    } footers[] = {{"CET-1CEST,M3.5.0,M10.5.0/3", 3600},
                   {"IST-1GMT0,M10.5.0,M3.5.0/1", 3600},
                   {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", -10800},
                   {"EET-2EEST,M3.4.4/50,M10.4.4/50", 7200},
                   {"<+0545>-5:45", 20700}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(footers); i++) {
        setenv("TZ", footers[i].text, 1);
        tzset();
        for (size_t k = 0; k < COUNT_OF(changes); k++) {
            CLEANUP_BUF struct buf bytes = {0};
            CLEANUP(zone_freep) struct zone *z = NULL;
            uint64_t seed = 7 * i + k;

            put_zone(&bytes, changes[k], footers[i].standard, footers[i].text);
            assert_int_equal(read_bytes(&z, bytes.p, bytes.len), 0);
            for (int n = 0; n < 200; n++)
                check_moment(z, footers[i].text,
                             7100000000 + (int64_t)seed_below(&seed, 2083110400));
        }
    }
    unsetenv("TZ");
    tzset();
}

/* A last change far beyond all time must not cost a walk through all years up to it. */
static void a_change_beyond_all_time_ends_at_once(void **state)
{
    static const int64_t changes[] = {INT64_MAX, (int64_t)1 << 60, (int64_t)1 << 40,
                                      94608000000000000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        CLEANUP_BUF struct buf bytes = {0};
        CLEANUP(zone_freep) struct zone *z = NULL;

        put_zone(&bytes, changes[i], 3600, "CET-1CEST,M3.5.0,M10.5.0/3");
        assert_int_equal(read_bytes(&z, bytes.p, bytes.len), 0);
        assert_int_equal(zone_offset_at(z, 0), 3600);
    }
}

/* RFC 8536 section 3.2: with leap seconds in it, its moments are not those of POSIX. */
static void a_zone_that_counts_leap_seconds_is_refused(void **state)
{
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP(zone_freep) struct zone *z = NULL;

    (void)state;
    put_head(&bytes, 0, 1, 0);
    put_big(&bytes, 0, 6);
    buf_add(&bytes, "UTC", 4);
    put_head(&bytes, 0, 1, 1);
    put_big(&bytes, 0, 6);
    buf_add(&bytes, "UTC", 4);
    put_big(&bytes, 78796800, 8);
    put_big(&bytes, 1, 4);
    buf_addf(&bytes, "\nUTC0\n");
    assert_int_equal(read_bytes(&z, bytes.p, bytes.len), ERR_FORMAT);
}

static void ask_all(const struct zone *z)
{
    static const int64_t clocks[] = {-9223372036, -5000000000, 0,
                                     1774747800,  1792890000,  9223372036};
    uint16_t doubt = 0;

    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        int64_t offset = zone_offset(z, clocks[i], &doubt);

        assert_true(offset >= -26 * 3600 && offset <= 26 * 3600);
        (void)zone_offset_at(z, clocks[i]);
    }
}

static void flip_and_cut(const struct buf *whole)
{
    CLEANUP_BUF struct buf bytes = {0};
    size_t refused = 0;

    buf_addstr(&bytes, buf_str(whole));
    for (size_t bit = 0; bit < 8 * whole->len; bit++) {
        CLEANUP(zone_freep) struct zone *z = NULL;

        bytes.p[bit / 8] ^= (char)(1 << bit % 8);
        if (read_bytes(&z, bytes.p, bytes.len) == 0)
            ask_all(z);
        else
            refused++;
        bytes.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_true(refused > 100);
    for (size_t size = 0; size + 1 < whole->len; size++) {
        CLEANUP(zone_freep) struct zone *z = NULL;

        if (read_bytes(&z, whole->p, size) == 0)
            ask_all(z);
    }
}

static void no_damaged_file_of_a_zone_is_read_past_its_end(void **state)
{
    CLEANUP_BUF struct buf made = {0}, real = {0};

    (void)state;
    put_zone(&made, 1000000000, 3600, "CET-1CEST,M3.5.0,M10.5.0/3");
    flip_and_cut(&made);
    if (read_file(ZONES "/Europe/Berlin", &real))
        flip_and_cut(&real);
}

static void no_zone_is_utc(void **state)
{
    uint16_t doubt = 0;

    (void)state;
    assert_int_equal(zone_offset(NULL, 1774747800, &doubt), 0);
    assert_int_equal(zone_offset_at(NULL, 1774747800), 0);
    assert_int_equal(doubt, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_zone_is_as_the_c_library_has_it),
        cmocka_unit_test(the_footer_holds_behind_any_last_change),
        cmocka_unit_test(a_change_beyond_all_time_ends_at_once),
        cmocka_unit_test(a_zone_that_counts_leap_seconds_is_refused),
        cmocka_unit_test(no_damaged_file_of_a_zone_is_read_past_its_end),
        cmocka_unit_test(no_zone_is_utc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
