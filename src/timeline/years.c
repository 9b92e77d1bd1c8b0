/* years.c: of which years lines are whose dates state none. */
#include "timeline/years.h"
#include "base/mem.h"

enum {
    DAY_S = 86400,
    DAYS = 366,
    NEAR_DAYS = 31,
    RETURN_DAYS = 2,   /* behind a stray */
    UNSET_DAYS = 7,    /* that a machine waits for the time */
    LATE_DAYS = 21,    /* that lines may come after others of the new year */
    TURNS_LINES = 10,  /* of a host that stand between those of others */
    DENSE_LINES = 3,   /* fewer are no order that others go astray from */
    LEAP_SHARE = 50,   /* one of so many lines of 29 February shows the year */
    FIRST_YEAR = 1678, /* as stated_is_date has them */
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

/* Months that go from later to earlier, by more than one, are of two years. */
static bool is_turn(const struct year_date *from, const struct year_date *to)
{
    return from->month > to->month + 1;
}

/* A line of the last days of December behind one of the first days of January. */
static bool is_late(const struct year_date *from, const struct year_date *to)
{
    return from->month == 1 && from->day <= 2 && to->month == 12 && to->day >= 30;
}

/* Of one year, and no more than a month away. */
static bool is_near(const struct year_date *from, const struct year_date *to)
{
    int days = days_between(from, to);

    if (is_turn(from, to) || (days < 0 && to->month > from->month))
        return false;
    return days >= -NEAR_DAYS && days <= NEAR_DAYS;
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
    int64_t days = (int64_t)size * NEAR_DAYS;

    return is_sound_date(&r->first) && is_sound_date(&r->last) &&
           (r->before.month == 0 || is_sound_date(&r->before)) && r->lines <= size &&
           r->leaps <= r->lines && is_within(r->lowest, -days, 0) &&
           is_within(r->highest, 0, days) && is_within(r->end, r->lowest, r->highest);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool is_same_day(const struct year_date *a, const struct year_date *b)
{
    return a->month == b->month && a->day == b->day;
}

static void join(struct year_run *to, const struct year_run *run)
{
    int64_t begin = to->end + days_between(&to->last, &run->first);

    if (run->before.month)
        to->before = run->before;
    else if (!is_same_day(&to->last, &run->first))
        to->before = to->last;
    to->lines += run->lines;
    to->leaps += run->leaps;
    to->lowest = least(to->lowest, begin + run->lowest);
    to->highest = -least(-to->highest, -(begin + run->highest));
    to->end = begin + run->end;
    to->last = run->last;
}

/* Of a clock that was not set: it begins with the year. */
static bool is_unset(const struct year_run *r)
{
    return r->first.month == 1 && r->first.day == 1;
}

/* Of one day, or of two that are next to each other; a machine may wait for the time for days. */
static bool is_short(const struct year_run *r)
{
    return r->highest - r->lowest <= (is_unset(r) ? UNSET_DAYS : 1);
}

/* The first run to which lines can return: what is behind it is short. */
static size_t first_open(const struct year_runs *r)
{
    size_t i = r->count ? r->count - 1 : 0;

    while (i > 0 && is_short(&r->of[i]))
        i--;
    return i;
}

static uint32_t second_of_day(const struct year_date *d)
{
    return (d->hour * 60 + d->minute) * 60 + d->second;
}

/* Whether lines go on there with run i, so that those between went astray: forward, which those of
 * a clock that begins anew at each start do not; soon, or where all between are of such a clock
 * within a month; and a run of one or two lines is none that is gone on with. may_turn: also in a
 * new year. */
static bool is_return(const struct year_runs *r, size_t i, const struct year_date *to,
                      bool may_turn)
{
    const struct year_run *from = &r->of[i];
    int days = days_between(&from->last, to);

    if (from->lines < DENSE_LINES || days < 0 || days > NEAR_DAYS ||
        (days == 0 && second_of_day(to) < second_of_day(&from->last)) ||
        !(is_near(&from->last, to) || (may_turn && is_turn(&from->last, to))))
        return false;
    for (size_t k = i + 1; k < r->count && days > RETURN_DAYS; k++)
        if (!is_unset(&r->of[k]))
            return false;
    return true;
}

/* By a month at most. */
static bool is_before(const struct year_date *d, const struct year_date *end)
{
    int days = days_between(d, end);

    return (days > 0 && days <= NEAR_DAYS) || (days == 0 && second_of_day(d) <= second_of_day(end));
}

static void leave_out_behind(struct year_runs *r, size_t i)
{
    r->strays += r->count - (i + 1);
    r->count = i + 1;
}

/* Whether run i is of lines that end at most two days before that one. */
static bool is_just_before(const struct year_runs *r, size_t i, const struct year_date *d)
{
    int days = days_between(&r->of[i].last, d);

    return is_near(&r->of[i].last, d) && days >= 0 && days <= RETURN_DAYS;
}

/* Several hosts in turns, from the first line on: none has a run of its own. Where enough open runs
 * lead to that line in steps of two days at most, they are one, and all between them went astray.
 */
static void gather_turns(struct year_runs *r, size_t open, struct year_date d)
{
    uint64_t lines = 0;
    size_t first = r->count;

    for (size_t i = r->count; i-- > open;)
        if (is_just_before(r, i, &d)) {
            lines += r->of[i].lines;
            d = r->of[i].first;
            first = i;
        }
    if (lines < TURNS_LINES)
        return;
    for (size_t i = first + 1; i < r->count; i++) {
        const struct year_run *run = &r->of[i];
        int days = days_between(&r->of[first].last, &run->first);

        if (is_near(&r->of[first].last, &run->first) && days >= 0 && days <= RETURN_DAYS)
            join(&r->of[first], run);
        else
            r->strays++;
    }
    r->count = first + 1;
}

static void push(struct year_runs *r, const struct year_run *run)
{
    if (r->count == YEAR_RUNS_MOST) {
        r->strays++;
        return;
    }
    r->of = mem_grow(r->of, r->count, &r->room, sizeof(r->of[0]));
    r->of[r->count++] = *run;
}

void year_runs_add(struct year_runs *r, const struct year_run *run)
{
    size_t i = first_open(r);
    bool is_on;

    if (r->count == 0) {
        push(r, run);
        return;
    }
    if (is_late(&r->of[r->count - 1].last, &run->first))
        return;
    if (r->count > i + 1)
        gather_turns(r, i, run->first);
    i = first_open(r);
    is_on = is_near(&r->of[r->count - 1].last, &run->first);
    while (i + 1 < r->count && !is_return(r, i, &run->first, !is_on))
        i++;
    leave_out_behind(r, i);
    if (is_near(&r->of[i].last, &run->first))
        join(&r->of[i], run);
    else
        push(r, run);
}

/* The file was written when its lines were: what stands behind those of that time went astray. */
static void return_to_end(struct year_runs *r, int64_t written_s)
{
    struct stated written = {0};
    struct year_date end;
    size_t i = first_open(r);

    stated_from_seconds(&written, written_s + DAY_S); /* no zone is a day ahead */
    end = date_of(&written);
    if (r->count == 0 || is_before(&r->of[r->count - 1].last, &end))
        return;
    while (i < r->count && !is_return(r, i, &end, true))
        i++;
    if (i < r->count)
        leave_out_behind(r, i);
}

/* New years from one run to the next; one that goes back over a new year by days is late. */
static int turn_to(const struct year_run *from, const struct year_run *to)
{
    int days = days_between(&from->last, &to->first);

    if (from->lines >= DENSE_LINES && from->last.month == 1 && to->first.month == 12 && days < 0 &&
        days >= -LATE_DAYS)
        return -1;
    return is_turn(&from->last, &to->first);
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
        out->of[out->count++] =
            (struct year_break){all->of[i].at, turn_to(&all->of[i - 1], &all->of[i])};
}

/* NULL: nothing begins there. */
static const struct year_break *find_break(const struct year_breaks *b, uint64_t at)
{
    size_t from = 0, to = b ? b->count : 0;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (b->of[middle].at == at)
            return &b->of[middle];
        if (b->of[middle].at < at)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

static bool can_be(const struct stated *s, int64_t written_s)
{
    return s->year <= LAST_YEAR && stated_is_date(s) &&
           stated_seconds(s) <= within_calendar(written_s) + DAY_S;
}

/* The year of the lines around it, or the one in which it is within a month of them; or the first
 * before in which it can be. */
static int year_of_stray(const struct years *y, const struct year_date *d)
{
    int days = days_between(&y->last, d);
    bool is_close = days >= -NEAR_DAYS && days <= NEAR_DAYS;
    int next = y->year + (is_close && days > 0 && d->month < y->last.month) -
               (is_close && days < 0 && d->month > y->last.month);
    struct stated s = stated_of(d, next);

    while (s.year > FIRST_YEAR && s.year > next - LEAP_MOST && !can_be(&s, y->written_s))
        s.year--;
    return can_be(&s, y->written_s) ? s.year : y->year;
}

int years_next(struct years *y, const struct stated *s, uint64_t at, bool *is_stray)
{
    struct year_date d = date_of(s);
    const struct year_break *begins = NULL;

    *is_stray = false;
    if (y->last.month && is_late(&y->last, &d))
        return y->year - 1;
    if (y->last.month && !is_near(&y->last, &d)) {
        begins = find_break(y->breaks, at);
        *is_stray = begins == NULL;
    }
    if (*is_stray)
        return year_of_stray(y, &d);
    y->year += begins ? (int)begins->turn : 0;
    y->last = d;
    return y->year;
}

void years_part_release(struct years_part *p)
{
    year_runs_release(&p->runs);
}

void years_part_add(struct years_part *p, const struct stated *s, uint64_t at)
{
    struct year_run line = {.at = at, .lines = 1, .first = date_of(s), .last = date_of(s)};
    const struct year_date *last;

    line.leaps = s->month == 2 && s->day == 29;
    memset(p->day, 0, sizeof(p->day));
    year_runs_add(&p->runs, &line);
    last = &p->runs.of[p->runs.count - 1].last;
    p->is_last = memcmp(last, &line.last, sizeof(*last)) == 0;
}

void years_part_same_day(struct years_part *p, int hour, int minute, int second)
{
    struct year_run *run = &p->runs.of[p->runs.count - 1];

    run->lines++;
    run->leaps += run->last.month == 2 && run->last.day == 29;
    run->last.hour = (uint32_t)hour;
    run->last.minute = (uint32_t)minute;
    run->last.second = (uint32_t)second;
}

/* What all runs come to. */
struct summed {
    struct year_run last;
    uint64_t lines;
    int64_t turns;
    uint64_t leaps; /* of the run with the most lines of 29 February */
    int64_t leap;   /* turns before it */
};

/* One line may be of a clock that was wrong, and shows nothing. */
static bool shows_leap(const struct summed *all)
{
    return all->leaps >= DENSE_LINES || all->leaps * LEAP_SHARE > all->lines;
}

/* Whether lines whose last one is of this year have their dates: 29 February is of a year that has
 * it. */
static bool has_dates(const struct summed *all, int year)
{
    struct stated day = {.month = 2, .day = 29};

    day.year = year - (int)(all->turns - all->leap);
    return !shows_leap(all) || stated_is_date(&day);
}

/* A last line that is after the file, behind one that is not, is the doubtful one. */
static struct year_date anchor_of(const struct year_run *last, int year, int64_t written_s)
{
    const struct stated end = stated_of(&last->last, year);
    const struct stated before = stated_of(&last->before, year);

    if (last->lines >= DENSE_LINES && !can_be(&end, written_s) && last->before.month &&
        can_be(&before, written_s) && days_between(&last->before, &last->last) > 0)
        return last->before;
    return last->last;
}

/* The year of the first line, where the last one is not after the source by more than a day. */
static int first_year(const struct summed *all, int64_t written_s)
{
    struct stated written = {0};
    int year;

    stated_from_seconds(&written, within_calendar(written_s));
    for (year = written.year + 1; year > FIRST_YEAR; year--) {
        const struct year_date anchor = anchor_of(&all->last, year, written_s);
        struct stated end = stated_of(&anchor, year);

        if (end.month == 2 && end.day == 29 && !shows_leap(all))
            end.day = 28;
        if (can_be(&end, written_s) && has_dates(all, year))
            break;
    }
    return year - (int)all->turns;
}

/* Goes through the runs as years_next goes through their lines. begin[i] gets the turns before part
 * i in place of the year. */
static struct summed go_through(const struct years_part *parts, size_t count, struct years *begin,
                                const struct year_breaks *breaks)
{
    struct summed all = {0};

    for (size_t i = 0; i < count; i++) {
        begin[i].year = (int)all.turns;
        begin[i].last = all.last.last;
        for (size_t k = 0; k < parts[i].runs.count; k++) {
            const struct year_run *run = &parts[i].runs.of[k];
            const struct year_break *begins = find_break(breaks, run->at);

            if (all.last.lines && is_late(&all.last.last, &run->first))
                continue;
            if (all.last.lines && is_near(&all.last.last, &run->first)) {
                join(&all.last, run);
            } else if (begins || all.last.lines == 0) {
                all.turns += begins ? begins->turn : 0;
                all.last = *run;
            } else {
                continue;
            }
            all.lines += run->lines;
            if (all.last.leaps > all.leaps) {
                all.leaps = all.last.leaps;
                all.leap = all.turns;
            }
        }
    }
    return all;
}

void years_place(const struct years_part *parts, size_t count, int64_t written_s,
                 struct years *begin, struct year_breaks *breaks)
{
    struct year_runs sum = {0};
    struct summed all;
    int year;

    for (size_t i = 0; i < count; i++) {
        sum.strays += parts[i].runs.strays;
        for (size_t k = 0; k < parts[i].runs.count; k++)
            year_runs_add(&sum, &parts[i].runs.of[k]);
    }
    year_runs_end(&sum, written_s, breaks);
    year_runs_release(&sum);
    all = go_through(parts, count, begin, breaks);
    year = all.last.lines ? first_year(&all, written_s) : 0;
    for (size_t i = 0; i < count; i++) {
        begin[i].year += year;
        begin[i].written_s = written_s;
        begin[i].breaks = breaks;
    }
}
