/* year_dates.c: dates without a year. */
#include "timeline/year_runs.h"

static const int64_t latest_s = 9214646399; /* the end of LAST_YEAR */

struct stated year_date_stated(const struct year_date *d, int year)
{
    return (struct stated){.year = year,
                           .month = (int)d->month,
                           .day = (int)d->day,
                           .hour = (int)d->hour,
                           .minute = (int)d->minute,
                           .second = (int)d->second};
}

int year_calendar(int year)
{
    const struct stated first = {.year = year, .month = 1, .day = 1};
    const struct stated leap = {.year = year, .month = 2, .day = 29};

    return stated_weekday(&first) - 1 + (stated_is_date(&leap) ? 7 : 0);
}

/* 1 January of 2023 was a Sunday, of 2028 it is a Saturday. */
struct year_week year_week_of(const struct stated *s)
{
    enum { USUAL_SUNDAY = 2023, LEAP_SATURDAY = 2028 };
    struct year_week w = {0};
    struct stated d = *s;
    int of;

    d.year = LEAP_SATURDAY;
    of = 7 + (6 + 7 + s->weekday - stated_weekday(&d)) % 7;
    w.lines[of] = w.days[of] = 1;
    d.year = USUAL_SUNDAY;
    of = (7 + s->weekday - stated_weekday(&d)) % 7;
    if (stated_is_date(&d))
        w.lines[of] = w.days[of] = 1;
    return w;
}

int64_t year_within(int64_t written_s)
{
    return written_s < 0 ? 0 : written_s > latest_s ? latest_s : written_s;
}

bool year_can_be(const struct stated *s, int64_t written_s)
{
    return s->year <= LAST_YEAR && stated_is_date(s) &&
           stated_seconds(s) <= year_within(written_s) + DAY_S;
}
