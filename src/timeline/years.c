/* years.c: of which years lines are whose dates state none. */
#include "timeline/years.h"
#include "base/mem.h"

enum {
    DAY_S = 86400,
    DAYS = 366,
    NEAR_DAYS = 31,
    TURNS_MOST = 1 << 24, /* more are in no calendar */
    FIRST_YEAR = 1678,    /* as stated_is_date has them */
    LAST_YEAR = 2261,
    LEAP_MOST = 8, /* years from one 29 February to the next, at most */
};
static const int64_t latest_s = 9214646399; /* the end of LAST_YEAR */

static struct year_date date_of(const struct stated *s)
{
    return (struct year_date){(uint32_t)s->month, (uint32_t)s->day, (uint32_t)s->hour,
                              (uint32_t)s->minute, (uint32_t)s->second};
}

static struct stated stated_of(const struct year_date *d, int year)
{
    return (struct stated){.year = year,
                           .month = (int)d->month,
                           .day = (int)d->day,
                           .hour = (int)d->hour,
                           .minute = (int)d->minute,
                           .second = (int)d->second};
}

/* Days from one date to another, the shorter way round the year. */
static int days_between(const struct year_date *from, const struct year_date *to)
{
    static const int before[] = {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335};
    int days = before[to->month - 1] + (int)to->day - before[from->month - 1] - (int)from->day;

    return days > DAYS / 2 ? days - DAYS : days < -DAYS / 2 ? days + DAYS : days;
}

/* New years from one line to the next: months that go from later to earlier, by more than one, are
 * of two years; the last days of December behind the first ones of January came late. */
static int turns_to(const struct year_date *from, const struct year_date *to)
{
    if (from->month == 1 && from->day <= 2 && to->month == 12 && to->day >= 30)
        return -1;
    return from->month > to->month + 1;
}

static bool is_near(const struct year_date *from, const struct year_date *to)
{
    int days = days_between(from, to), turns = turns_to(from, to);

    if (days < 0 && (turns > 0 || (to->month > from->month && turns == 0)))
        return false;
    return days >= -NEAR_DAYS && days <= NEAR_DAYS;
}

static uint32_t second_of_day(const struct year_date *d)
{
    return (d->hour * 60 + d->minute) * 60 + d->second;
}

/* Lines go on from there: those between went astray. They go on forward, which those of a clock
 * that begins anew at each start do not. */
static bool is_return(const struct year_date *from, const struct year_date *to)
{
    int days = days_between(from, to);

    return is_near(from, to) &&
           (days > 0 || (days == 0 && second_of_day(to) >= second_of_day(from)));
}

void year_runs_release(struct year_runs *r)
{
    free(r->of);
    *r = (struct year_runs){0};
}

static bool is_sound_date(const struct year_date *d)
{
    const struct stated s = stated_of(d, 0);

    return d->month <= 12 && d->day <= 31 && d->hour <= 23 && d->minute <= 59 && d->second <= 60 &&
           stated_is_date(&s);
}

static bool is_within(int64_t n, int64_t from, int64_t to)
{
    return n >= from && n <= to;
}

bool year_run_is_sound(const struct year_run *r, uint64_t size)
{
    int64_t turns = (int64_t)size, days = turns * NEAR_DAYS;

    return is_sound_date(&r->first) && is_sound_date(&r->last) && is_within(r->turns, -1, turns) &&
           is_within(r->leap, -1, turns) && r->has_leap <= 1 && is_within(r->lowest, -days, 0) &&
           is_within(r->highest, 0, days) && is_within(r->end, r->lowest, r->highest);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void join(struct year_run *to, const struct year_run *run)
{
    int64_t turns = to->turns + turns_to(&to->last, &run->first);
    int64_t begin = to->end + days_between(&to->last, &run->first);

    if (!to->has_leap && run->has_leap) {
        to->has_leap = true;
        to->leap = turns + run->leap;
    }
    to->turns = least(turns + run->turns, TURNS_MOST);
    to->lowest = least(to->lowest, begin + run->lowest);
    to->highest = -least(-to->highest, -(begin + run->highest));
    to->end = begin + run->end;
    to->last = run->last;
}

/* Of one day, or of two that are next to each other. */
static bool is_short(const struct year_run *r)
{
    return r->highest - r->lowest <= 1;
}

/* The first run to which lines can return: what is behind it is short. */
static size_t first_open(const struct year_runs *r)
{
    size_t i = r->count ? r->count - 1 : 0;

    while (i > 0 && is_short(&r->of[i]))
        i--;
    return i;
}

static void leave_out_behind(struct year_runs *r, size_t i)
{
    r->strays += r->count - (i + 1);
    r->count = i + 1;
}

bool year_runs_add(struct year_runs *r, const struct year_run *run)
{
    size_t i = first_open(r);

    while (i + 1 < r->count && !is_return(&r->of[i].last, &run->first))
        i++;
    if (r->count && is_near(&r->of[i].last, &run->first)) {
        leave_out_behind(r, i);
        join(&r->of[i], run);
        return true;
    }
    if (r->count == YEAR_RUNS_MOST) {
        r->strays++;
        return false;
    }
    r->of = mem_grow(r->of, r->count, &r->room, sizeof(r->of[0]));
    r->of[r->count++] = *run;
    return true;
}

/* The file was written when its lines were: what stands behind those of that time went astray. */
static void return_to_end(struct year_runs *r, int64_t written_s)
{
    struct stated written = {0};
    struct year_date end;
    size_t i = first_open(r);

    stated_from_seconds(&written, written_s + DAY_S); /* no zone is a day ahead */
    end = date_of(&written);
    if (r->count == 0 || is_near(&r->of[r->count - 1].last, &end))
        return;
    while (i < r->count && !is_return(&r->of[i].last, &end))
        i++;
    if (i < r->count)
        leave_out_behind(r, i);
}

static int64_t within_calendar(int64_t written_s)
{
    return written_s < 0 ? 0 : written_s > latest_s ? latest_s : written_s;
}

void year_runs_end(struct year_runs *all, int64_t written_s, struct year_breaks *out)
{
    return_to_end(all, within_calendar(written_s));
    out->count = 0;
    out->strays = all->strays;
    for (size_t i = 1; i < all->count; i++)
        out->at[out->count++] = all->of[i].at;
}

static bool is_break(const struct year_breaks *b, uint64_t at)
{
    size_t from = 0, to = b ? b->count : 0;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (b->at[middle] == at)
            return true;
        if (b->at[middle] < at)
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

static bool can_be(const struct stated *s, int64_t written_s)
{
    return s->year <= LAST_YEAR && stated_is_date(s) &&
           stated_seconds(s) <= within_calendar(written_s) + DAY_S;
}

/* The year of the lines around it, or before them the first in which it can be. */
static int year_of_stray(const struct years *y, const struct year_date *d)
{
    struct stated s = stated_of(d, y->year);

    while (s.year > FIRST_YEAR && s.year > y->year - LEAP_MOST && !can_be(&s, y->written_s))
        s.year--;
    return can_be(&s, y->written_s) ? s.year : y->year;
}

int years_next(struct years *y, const struct stated *s, uint64_t at, bool *is_stray)
{
    struct year_date d = date_of(s);
    bool is_first = y->last.month == 0;

    *is_stray = !is_first && !is_near(&y->last, &d) && !is_break(y->breaks, at);
    if (*is_stray)
        return year_of_stray(y, &d);
    y->year += is_first ? 0 : turns_to(&y->last, &d);
    y->last = d;
    return y->year;
}

void years_part_release(struct years_part *p)
{
    year_runs_release(&p->runs);
}

void years_part_add(struct years_part *p, const struct stated *s, uint64_t at)
{
    struct year_run line = {.at = at, .first = date_of(s), .last = date_of(s)};

    line.has_leap = s->month == 2 && s->day == 29;
    memset(p->day, 0, sizeof(p->day));
    p->is_last = year_runs_add(&p->runs, &line);
}

struct year_date *years_part_last(struct years_part *p)
{
    return &p->runs.of[p->runs.count - 1].last;
}

/* Whether lines whose last one is of this year have their dates: 29 February is of a year that has
 * it. */
static bool has_dates(const struct year_run *all, int year)
{
    struct stated day = stated_of(&all->last, year);

    if (!stated_is_date(&day))
        return false;
    if (!all->has_leap || (day.month == 2 && day.day == 29))
        return true;
    day.year -= (int)(all->turns - all->leap);
    day.month = 2;
    day.day = 29;
    return stated_is_date(&day);
}

/* The year of the first line, where the last one is not after the source by more than a day. */
static int first_year(const struct year_run *all, int64_t written_s)
{
    struct stated written = {0};
    int year;

    stated_from_seconds(&written, within_calendar(written_s));
    for (year = written.year + 1; year > FIRST_YEAR; year--) {
        const struct stated end = stated_of(&all->last, year);

        if (can_be(&end, written_s) && has_dates(all, year))
            break;
    }
    return year - (int)all->turns;
}

/* Goes through the runs as years_next goes through their lines. begin[i] gets the turns before part
 * i in place of the year. */
static struct year_run go_through(const struct years_part *parts, size_t count, struct years *begin,
                                  const struct year_breaks *breaks)
{
    struct year_run all = {0};

    for (size_t i = 0; i < count; i++) {
        begin[i].year = (int)all.turns;
        begin[i].last = all.last;
        for (size_t k = 0; k < parts[i].runs.count; k++) {
            const struct year_run *run = &parts[i].runs.of[k];

            if (all.last.month == 0)
                all = *run;
            else if (is_near(&all.last, &run->first) || is_break(breaks, run->at))
                join(&all, run);
        }
    }
    return all;
}

void years_place(const struct years_part *parts, size_t count, int64_t written_s,
                 struct years *begin, struct year_breaks *breaks)
{
    struct year_runs sum = {0};
    struct year_run all;
    int year;

    for (size_t i = 0; i < count; i++) {
        sum.strays += parts[i].runs.strays;
        for (size_t k = 0; k < parts[i].runs.count; k++)
            (void)year_runs_add(&sum, &parts[i].runs.of[k]);
    }
    year_runs_end(&sum, written_s, breaks);
    year_runs_release(&sum);
    all = go_through(parts, count, begin, breaks);
    year = all.last.month ? first_year(&all, written_s) : 0;
    for (size_t i = 0; i < count; i++) {
        begin[i].year += year;
        begin[i].written_s = written_s;
        begin[i].breaks = breaks;
    }
}
