/* years.c: of which years lines are whose dates state none. */
#include "timeline/years.h"
#include "base/mem.h"

enum {
    DAY_S = 86400,
    HOUR_S = 3600,
    DAYS = 366,
    NEAR_DAYS = 31,
    BACK_DAYS = 100, /* from a line to the next, where the newest is the first */
    BACK_LEAST = 4,
    HALF_DAYS = DAYS / 2 - NEAR_DAYS,
    RETURN_DAYS = 2,    /* behind a stray */
    UNSET_DAYS = 7,     /* that a machine waits for the time */
    LATE_DAYS = 21,     /* that lines may come after others of the new year */
    TURNS_LINES = 10,   /* of a host that stand between those of others */
    DENSE_LINES = 3,    /* fewer are no order that others go astray from */
    LEAP_SHARE = 50,    /* one of so many lines of 29 February shows the year */
    OLDEST_YEAR = 1990, /* what is stated to be older is of a clock that was not set */
    UNSET_YEAR = 2000,  /* so is its first day */
    FIRST_YEAR = 1678,  /* as stated_is_date has them */
    LAST_YEAR = 2261,
    CALENDARS = 14,
    CYCLE = 28,    /* years behind which all days of the week come again */
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

static int shorter_way(int days)
{
    return days > DAYS / 2 ? days - DAYS : days < -DAYS / 2 ? days + DAYS : days;
}

/* Days from one date to another, the shorter way round the year. */
static int days_between(const struct year_date *from, const struct year_date *to)
{
    static const int before[] = {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335};
    int days = before[to->month - 1] + (int)to->day - before[from->month - 1] - (int)from->day;

    return shorter_way(days);
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

static bool is_within(int64_t n, int64_t from, int64_t to)
{
    return n >= from && n <= to;
}

/* So many lines, or so large a share of all, show something; fewer may be of a clock that was
 * wrong. */
static bool is_shown(uint64_t lines, uint64_t of)
{
    return lines >= DENSE_LINES || lines * LEAP_SHARE > of;
}

/* Not where one states another year than the other. */
static bool can_be_one(const struct year_run *a, const struct year_run *b)
{
    return a->year == b->year || !is_shown(a->votes, a->lines) || !is_shown(b->votes, b->lines);
}

/* Whether b, or its first line, goes on with a. */
static bool goes_on(const struct year_run *a, const struct year_run *b)
{
    return is_near(&a->last, &b->first) && can_be_one(a, b);
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

bool year_run_is_sound(const struct year_run *r, uint64_t size)
{
    int64_t days = (int64_t)size * NEAR_DAYS;

    return is_sound_date(&r->first) && is_sound_date(&r->last) &&
           (r->before.month == 0 || is_sound_date(&r->before)) && r->lines <= size &&
           r->leaps <= r->lines && is_within(r->lowest, -days, 0) &&
           is_within(r->highest, 0, days) && is_within(r->end, r->lowest, r->highest) &&
           (r->year == 0 || is_within(r->year, FIRST_YEAR, LAST_YEAR)) && r->votes <= size * 2 &&
           r->week_lines <= size && r->week_days <= r->week_lines && r->week_sure <= r->week_days &&
           r->calendars < 1U << CALENDARS && r->is_foreign <= 1;
}

bool year_stated_is_sound(const struct year_stated *s, uint64_t size)
{
    return s->lines == 0 ||
           (s->lines <= size && is_sound_date(&s->first) && is_sound_date(&s->last) &&
            is_within(s->first_year, OLDEST_YEAR, LAST_YEAR) &&
            is_within(s->last_year, OLDEST_YEAR, LAST_YEAR));
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool is_same_day(const struct year_date *a, const struct year_date *b)
{
    return a->month == b->month && a->day == b->day;
}

/* The year that most lines show. */
static void vote(struct year_run *r, int64_t year, uint64_t votes)
{
    if (r->votes == 0 || r->year == year) {
        r->year = votes ? year : r->year;
        r->votes += votes;
    } else if (r->votes >= votes) {
        r->votes -= votes;
    } else {
        r->year = year;
        r->votes = votes - r->votes;
    }
}

static bool is_later_in_year(const struct year_date *a, const struct year_date *b)
{
    return a->month > b->month || (a->month == b->month && a->day > b->day);
}

/* Of a date within a month of one whose year is known. False: it is not. */
static bool year_beside(int64_t *year, const struct year_date *of, const struct year_date *d)
{
    int days = days_between(of, d);

    *year += (days > 0 && d->month < of->month) - (days < 0 && d->month > of->month);
    return days >= -NEAR_DAYS && days <= NEAR_DAYS;
}

static uint32_t calendar_of(int year)
{
    const struct stated first = {.year = year, .month = 1, .day = 1};
    const struct stated leap = {.year = year, .month = 2, .day = 29};

    return 1U << (stated_weekday(&first) - 1 + (stated_is_date(&leap) ? 7 : 0));
}

/* Those that have such a day of the week on that date. 1 January of 2023 was a Sunday, of 2028 it
 * is a Saturday. */
static uint32_t calendars_of(const struct stated *s)
{
    enum { USUAL_SUNDAY = 2023, LEAP_SATURDAY = 2028 };
    struct stated d = *s;
    uint32_t of;

    d.year = LEAP_SATURDAY;
    of = 1U << (7 + (6 + 7 + s->weekday - stated_weekday(&d)) % 7);
    d.year = USUAL_SUNDAY;
    if (stated_is_date(&d))
        of |= 1U << (7 + s->weekday - stated_weekday(&d)) % 7;
    return of;
}

/* What most days show. */
static void join_week(struct year_run *to, const struct year_run *run)
{
    bool is_new = run->week_days > 1 || to->week_days == 0 || !is_same_day(&to->last, &run->first);

    to->week_lines += run->week_lines;
    if (run->week_days == 0 || !is_new)
        return;
    to->week_days += run->week_days;
    if (to->calendars & run->calendars) {
        to->calendars &= run->calendars;
        to->week_sure += run->week_sure;
    } else if (to->week_sure >= run->week_sure) {
        to->week_sure -= run->week_sure;
    } else {
        to->calendars = run->calendars;
        to->week_sure = run->week_sure - to->week_sure;
    }
}

/* Lines that state their year stand before those, which are of that one, or of the next. */
static void vote_before(struct year_run *r, const struct year_stated *s)
{
    int64_t year = s->last_year;

    if (s->lines == 0)
        return;
    if (year_beside(&year, &s->last, &r->first))
        vote(r, year, s->lines);
    else
        vote(r, s->last_year + is_later_in_year(&s->last, &r->first),
             s->lines < DENSE_LINES ? s->lines : DENSE_LINES);
}

/* So many of them stand behind those. */
static void vote_behind(struct year_run *r, const struct year_stated *s, uint64_t lines)
{
    int64_t year = s->first_year;

    if (!year_beside(&year, &s->first, &r->last))
        year = s->first_year - is_later_in_year(&r->last, &s->first);
    vote(r, year, lines);
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
    vote(to, run->year, run->votes);
    join_week(to, run);
    to->lowest = least(to->lowest, begin + run->lowest);
    to->highest = -least(-to->highest, -(begin + run->highest));
    to->end = begin + run->end;
    to->last = run->last;
}

static uint32_t second_of_day(const struct year_date *d)
{
    return (d->hour * 60 + d->minute) * 60 + d->second;
}

/* The start of lines at that date, to an hour; NULL: none is known. */
static struct year_start *start_of(struct year_start *starts, const struct year_date *d)
{
    for (size_t i = 0; i < YEAR_STARTS_MOST; i++) {
        struct year_start *s = &starts[i];
        int64_t apart = (int64_t)second_of_day(&s->date) - second_of_day(d);

        if (s->times && is_same_day(&s->date, d) && is_within(apart, -HOUR_S, HOUR_S))
            return s;
    }
    return NULL;
}

static void meet_start(struct year_start *starts, const struct year_date *d)
{
    struct year_start *s = start_of(starts, d);

    if (s) {
        s->times += s->times < UINT32_MAX;
        return;
    }
    s = &starts[0];
    for (size_t i = 1; i < YEAR_STARTS_MOST; i++)
        s = starts[i].times < s->times ? &starts[i] : s;
    *s = (struct year_start){*d, 1};
}

/* Of a clock that was not set: it begins with the year, or comes back to one date. */
static bool is_unset(const struct year_runs *r, const struct year_run *run)
{
    const struct year_start *s;

    if (run->first.month == 1 && run->first.day == 1)
        return true;
    s = start_of((struct year_start *)r->starts, &run->first);
    return s && s->times > 1;
}

/* Of one day, or of two that are next to each other; a machine may wait for the time for days. */
static bool is_short(const struct year_runs *r, const struct year_run *run)
{
    return run->highest - run->lowest <= (is_unset(r, run) ? UNSET_DAYS : 1);
}

/* The first run to which lines can return: what is behind it is short. */
static size_t first_open(const struct year_runs *r)
{
    size_t i = r->count ? r->count - 1 : 0;

    while (i > 0 && (is_short(r, &r->of[i]) || r->of[i].is_foreign))
        i--;
    return i;
}

/* The clock by which lines of that date may stand behind lines of the other one, which were written
 * some days before: NULL: it is none that was met some times. */
static const struct year_clock *clock_of(const struct year_runs *r, const struct year_date *behind,
                                         const struct year_date *d)
{
    int days = days_between(behind, d);

    for (size_t i = 0; i < YEAR_CLOCKS_MOST; i++)
        if (r->clocks[i].times >= DENSE_LINES &&
            is_within(shorter_way(days - r->clocks[i].days), -RETURN_DAYS, NEAR_DAYS))
            return &r->clocks[i];
    return NULL;
}

/* A run went astray behind that date. */
static void meet_clock(struct year_runs *r, const struct year_date *behind,
                       const struct year_run *run)
{
    int days = days_between(behind, &run->first);
    struct year_clock *least = &r->clocks[0];

    /* Of two that are half a year apart each could be ahead. */
    if (is_unset(r, run) || days > HALF_DAYS || days < -HALF_DAYS)
        return;
    for (size_t i = 0; i < YEAR_CLOCKS_MOST; i++) {
        struct year_clock *c = &r->clocks[i];

        if (c->times && is_within(shorter_way(days - c->days), -RETURN_DAYS, RETURN_DAYS)) {
            c->times += c->times < UINT32_MAX;
            c->lines += run->lines;
            return;
        }
        least = c->times < least->times ? c : least;
    }
    *least = (struct year_clock){days, 1, run->lines};
}

/* Whether the other clock, of the last run, shows that lines of that date go on there. */
static bool is_shown_by_clock(const struct year_runs *r, size_t i, const struct year_date *to)
{
    const struct year_run *last = &r->of[r->count - 1];
    const struct year_clock *c =
        last->is_foreign ? clock_of(r, &r->of[i].last, &last->first) : NULL;

    return c && is_within(shorter_way(days_between(&last->last, to) + c->days), -RETURN_DAYS,
                          RETURN_DAYS);
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

    if (days < 0 || days > NEAR_DAYS ||
        (days == 0 && second_of_day(to) < second_of_day(&from->last)) ||
        !(is_near(&from->last, to) || (may_turn && is_turn(&from->last, to))))
        return false;
    if (is_shown_by_clock(r, i, to))
        return true;
    if (from->lines < DENSE_LINES)
        return false;
    for (size_t k = i + 1; k < r->count && days > RETURN_DAYS; k++)
        if (!is_unset(r, &r->of[k]))
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
    for (size_t k = i + 1; k < r->count; k++)
        meet_clock(r, &r->of[i].last, &r->of[k]);
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

        if (is_near(&r->of[first].last, &run->first) && days >= 0 && days <= RETURN_DAYS) {
            join(&r->of[first], run);
        } else {
            meet_clock(r, &r->of[first].last, run);
            r->strays++;
        }
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
    r->of[r->count] = *run;
    r->of[r->count].is_foreign =
        r->count && clock_of(r, &r->of[first_open(r)].last, &run->first) != NULL;
    r->count++;
}

/* The last run, or an open one from the first on to which this returns: in the same year rather
 * than in a new one. */
static size_t run_to_go_on(const struct year_runs *r, size_t open, const struct year_run *run)
{
    const bool is_on = goes_on(&r->of[r->count - 1], run);

    for (int may_turn = 0; may_turn <= !is_on; may_turn++)
        for (size_t i = open; i + 1 < r->count; i++)
            if (can_be_one(&r->of[i], run) && is_return(r, i, &run->first, may_turn))
                return i;
    return r->count - 1;
}

/* Lines of a clock that is known to be another, behind which one begins that is not. */
static void leave_out_foreign(struct year_runs *r, const struct year_run *run)
{
    while (r->knows_clocks && r->count && clock_of(r, &run->first, &r->of[r->count - 1].last)) {
        r->strays++;
        r->count--;
    }
}

/* A run behind those, of which strays are left out. */
static void reduce(struct year_runs *r, const struct year_run *run)
{
    size_t i;

    leave_out_foreign(r, run);
    i = first_open(r);
    if (r->count == 0) {
        push(r, run);
        return;
    }
    if (is_late(&r->of[r->count - 1].last, &run->first))
        return;
    if (r->count > i + 1)
        gather_turns(r, i, run->first);
    i = first_open(r);
    leave_out_behind(r, run_to_go_on(r, i, run));
    i = r->count - 1;
    if (goes_on(&r->of[i], run))
        join(&r->of[i], run);
    else
        push(r, run);
}

/* All of them, of which r knows clocks and starts. */
static void reduce_all(struct year_runs *r, const struct year_runs *all)
{
    for (size_t i = 0; i < all->count; i++)
        reduce(r, &all->of[i]);
    r->strays += all->strays;
    r->before = all->before;
    r->last = all->last;
    r->is_reduced = true;
}

/* The first lines of a part are late where the one before it is of January. */
static bool may_be_late(const struct year_runs *r, const struct year_run *run)
{
    static const struct year_date january = {.month = 1, .day = 1};

    return r->count == 1 && is_late(&january, &r->of[0].last) && !is_late(&january, &run->first);
}

static void add_all(struct year_runs *r, const struct year_run *run, size_t most)
{
    struct year_runs reduced = {0};

    if (r->count && is_late(&r->of[r->count - 1].last, &run->first))
        return;
    if (r->count && goes_on(&r->of[r->count - 1], run) && !may_be_late(r, run)) {
        join(&r->of[r->count - 1], run);
        return;
    }
    if (r->count < most) {
        r->of = mem_grow(r->of, r->count, &r->room, sizeof(r->of[0]));
        r->of[r->count++] = *run;
        return;
    }
    reduce_all(&reduced, r);
    reduce(&reduced, run);
    year_runs_release(r);
    *r = reduced;
}

void year_runs_add(struct year_runs *r, const struct year_run *run, size_t most)
{
    struct year_run full = *run;

    if (r->count == 0)
        r->before = r->last;
    vote_before(&full, &r->last);
    r->last.lines = 0;
    if (r->is_reduced)
        reduce(r, &full);
    else
        add_all(r, &full, most);
}

void year_runs_add_stated(struct year_runs *r, const struct year_stated *s)
{
    if (s->lines == 0)
        return;
    if (r->last.lines) {
        r->last.lines += s->lines;
        r->last.last_year = s->last_year;
        r->last.last = s->last;
    } else {
        r->last = *s;
    }
    if (r->count)
        vote_behind(&r->of[r->count - 1], &r->last, s->lines);
}

/* What a part has, behind what stands before it. */
static void append(struct year_runs *to, const struct years_part *part)
{
    const struct year_runs *runs = &part->runs;

    to->strays += runs->strays;
    if (runs->count == 0) {
        year_runs_add_stated(to, &runs->last);
        return;
    }
    if (runs->before.lines) {
        year_runs_add_stated(to, &runs->before);
        to->last.lines = 0; /* the first run knows of them */
    }
    for (size_t k = 0; k < runs->count; k++)
        year_runs_add(to, &runs->of[k], YEAR_RUNS_SUM);
    to->last = runs->last;
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
    else if (r->of[r->count - 1].is_foreign)
        leave_out_behind(r, first_open(r));
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

/* NULL: nothing begins there. */
static const struct year_break *take_break(struct years *y, uint64_t at)
{
    const struct year_breaks *b = y->breaks;

    while (b && y->next < b->count && b->of[y->next].at < at)
        y->next++;
    return b && y->next < b->count && b->of[y->next].at == at ? &b->of[y->next] : NULL;
}

/* What a run, or a line of it, is that begins there. */
static bool is_astray(struct years *y, uint64_t at, const struct year_date *first)
{
    const struct year_break *begins = take_break(y, at);

    if (begins) {
        y->year = (int)begins->year;
        return false;
    }
    if (y->before.month && is_near(&y->before, first))
        return y->is_stray;
    return y->last.month && !is_near(&y->last, first);
}

int years_next(struct years *y, const struct stated *s, uint64_t at, bool *is_stray)
{
    struct year_date d = date_of(s);

    *is_stray = false;
    if (y->before.month && is_late(&y->before, &d) && !y->is_stray)
        return y->year - 1;
    if (y->before.month && is_late(&y->before, &d)) { /* than what is of a clock that is ahead */
        *is_stray = !is_near(&y->last, &d);
        return *is_stray ? year_of_stray(y, &d) : y->year;
    }
    *is_stray = y->is_stray = is_astray(y, at, &d);
    y->before = d;
    if (y->is_stray)
        return year_of_stray(y, &d);
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
    if (s->weekday) {
        line.week_lines = line.week_days = line.week_sure = 1;
        line.calendars = calendars_of(s);
    }
    memset(p->day, 0, sizeof(p->day));
    year_runs_add(&p->runs, &line, YEAR_RUNS_ALL);
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

void years_part_add_stated(struct years_part *p, const struct stated *s)
{
    const struct year_date d = date_of(s);

    if (s->year < OLDEST_YEAR || (s->year == UNSET_YEAR && s->month == 1 && s->day == 1))
        return;
    memset(p->day, 0, sizeof(p->day));
    year_runs_add_stated(
        &p->runs,
        &(struct year_stated){
            .first_year = s->year, .last_year = s->year, .lines = 1, .first = d, .last = d});
}

/* What all runs come to. */
struct summed {
    uint64_t lines;
    uint64_t leaps; /* of the run with the most lines of 29 February */
    int64_t leap;   /* turns behind it */
};

static struct summed sum_of(const struct year_runs *r, const struct year_breaks *b)
{
    struct summed all = {0};

    for (size_t i = 0; i < r->count; i++) {
        all.lines += r->of[i].lines;
        if (r->of[i].leaps > all.leaps) {
            all.leaps = r->of[i].leaps;
            all.leap = b->of[r->count - 1].year - b->of[i].year;
        }
    }
    return all;
}

/* Whether lines whose last one is of this year have their dates: 29 February is of a year that has
 * it. */
static bool has_dates(const struct summed *all, int year)
{
    struct stated day = {.month = 2, .day = 29};

    day.year = year - (int)all->leap;
    return !is_shown(all->leaps, all->lines) || stated_is_date(&day);
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

/* The year of the last run, where its last line is not after the source by more than a day. */
static int last_year(const struct year_run *last, const struct summed *all, int64_t written_s)
{
    struct stated written = {0};
    int year;

    stated_from_seconds(&written, within_calendar(written_s));
    for (year = written.year + 1; year > FIRST_YEAR; year--) {
        const struct year_date anchor = anchor_of(last, year, written_s);
        struct stated end = stated_of(&anchor, year);

        if (end.month == 2 && end.day == 29 && !is_shown(all->leaps, all->lines))
            end.day = 28;
        if (can_be(&end, written_s) && has_dates(all, year))
            break;
    }
    return year;
}

/* Whether lines beside those show their year, which is not after the source. */
static bool is_known(const struct year_run *r, int64_t written_s)
{
    const struct stated s = stated_of(&r->first, (int)r->year);

    return is_shown(r->votes, r->lines) && r->votes && can_be(&s, written_s);
}

/* Whether days of the week show of which year those are: days of it agree, by most. */
static bool has_week(const struct year_run *r, uint32_t days)
{
    return r->week_sure >= days && r->week_sure * 2 >= r->week_days &&
           is_shown(r->week_lines, r->lines);
}

/* The last year up to that one that has the days of the week. */
static int64_t year_of_week(const struct year_run *r, int64_t year)
{
    for (int64_t y = year; y > year - CYCLE && y > FIRST_YEAR; y--)
        if (calendar_of((int)y) & r->calendars)
            return y;
    return year;
}

/* Runs have the turns before them for years, which become those of the calendar: backwards from the
 * end of the file and from what is known, and forwards from that where it makes them no later. */
static void turns_to_years(const struct year_runs *r, int64_t written_s, struct year_breaks *b)
{
    const struct summed all = sum_of(r, b);
    int64_t year, turns;
    size_t i = r->count;
    bool has_known = is_known(&r->of[0], written_s);
    uint32_t days = 1; /* one day shows of which year the file is, but not that years are missing */

    turns = b->of[i - 1].year;
    year = last_year(&r->of[i - 1], &all, written_s);
    while (i-- > 0) {
        int64_t before = turns - b->of[i].year;

        turns = b->of[i].year;
        year = is_known(&r->of[i], written_s) ? r->of[i].year : year - before;
        if (!is_known(&r->of[i], written_s) && has_week(&r->of[i], days)) {
            year = year_of_week(&r->of[i], year);
            days = 2;
        }
        b->of[i].year = year;
    }
    for (i = 1; i < r->count; i++) {
        year = b->of[i - 1].year + turn_to(&r->of[i - 1], &r->of[i]);
        if (is_known(&r->of[i], written_s))
            has_known = true;
        else if (has_known && year < b->of[i].year && !has_week(&r->of[i], 2))
            b->of[i].year = year;
    }
}

/* What no stray is, of which years follow. */
static void breaks_of(struct year_runs *all, int64_t written_s, struct year_breaks *out)
{
    int64_t turns = 0;

    return_to_end(all, within_calendar(written_s));
    out->count = all->count;
    out->strays = all->strays;
    for (size_t i = 0; i < all->count; i++) {
        turns += i ? turn_to(&all->of[i - 1], &all->of[i]) : 0;
        out->of[i] = (struct year_break){all->of[i].at, turns};
    }
    if (all->count)
        turns_to_years(all, written_s, out);
}

/* Clocks that were met some times; those of most lines are the right ones. False: there are none.
 */
static bool learn_clocks(struct year_runs *to, const struct year_runs *from)
{
    const struct year_clock *most = &from->clocks[0];
    uint64_t lines = 0;

    for (size_t i = 0; i < from->count; i++)
        lines += from->of[i].lines;
    for (size_t i = 0; i < YEAR_CLOCKS_MOST; i++)
        most = from->clocks[i].lines > most->lines ? &from->clocks[i] : most;
    if (most->lines > lines && most->times >= DENSE_LINES)
        to->clocks[0] = (struct year_clock){-most->days, most->times, lines};
    else
        memcpy(to->clocks, from->clocks, sizeof(to->clocks));
    return most->times >= DENSE_LINES;
}

/* Days by which a run goes back, or a line behind another. 0: it goes on. */
static int64_t days_back(const struct year_run *r)
{
    bool is_back = r->end == r->lowest && r->highest == 0;

    return is_back && (r->end < 0 || second_of_day(&r->last) <= second_of_day(&r->first)) ? -r->end
                                                                                          : -1;
}

/* Days from one date to the next such one as the other; what is a day ahead is of the same day. */
static int64_t days_after(const struct year_date *from, const struct year_date *to)
{
    int days = days_between(from, to);

    return days >= -1 ? days : days + DAYS;
}

/* Whether all lines go back: the newest is the first. Where none are close to one another, each
 * could be months later as well, and the file is to be about as old as the first. */
static bool is_newest_first(const struct year_runs *all, int64_t written_s)
{
    int64_t within = 0, most = 0, age;
    size_t steps = 0;
    struct stated written = {0};
    struct year_date end;

    for (size_t i = 0; i < all->count; i++) {
        const struct year_run *r = &all->of[i];
        int step = i ? -days_between(&all->of[i - 1].last, &r->first) : 0;

        if (days_back(r) < 0 || step < 0 || (i && step == 0) || step > BACK_DAYS)
            return false;
        within += days_back(r);
        most = step > most ? step : most;
        steps += i > 0;
    }
    if (within >= BACK_LEAST)
        return true;
    stated_from_seconds(&written, within_calendar(written_s));
    end = date_of(&written);
    age = days_after(&all->of[0].first, &end);
    return steps >= BACK_LEAST && age <= most + 1 &&
           age < days_after(&all->of[all->count - 1].last, &end);
}

/* The first line is the last one that was written. */
static void breaks_of_newest_first(const struct year_runs *all, int64_t written_s,
                                   struct year_breaks *out)
{
    const struct summed none = {0};
    const struct year_run first = {.lines = 1, .first = all->of[0].first, .last = all->of[0].first};
    int64_t year = last_year(&first, &none, written_s);

    out->strays = 0;
    out->count = 0;
    for (size_t i = 0; i < all->count && i < YEAR_RUNS_MOST; i++) {
        year -= i && is_later_in_year(&all->of[i].first, &all->of[i - 1].last);
        out->of[out->count++] = (struct year_break){all->of[i].at, year};
    }
}

/* Once to learn which clocks went astray, and by how much, and then with that. */
static void settle(struct year_runs *all, int64_t written_s, struct year_breaks *out)
{
    struct year_runs first = {0}, second = {0};

    if (all->is_reduced) {
        breaks_of(all, written_s, out);
        return;
    }
    if (all->count && is_newest_first(all, written_s)) {
        breaks_of_newest_first(all, written_s, out);
        return;
    }
    /* A clock that goes on would have another date behind lines of more than a day. */
    for (size_t i = 0; i < all->count; i++)
        if (is_short(all, &all->of[i]) && (i == 0 || !is_short(all, &all->of[i - 1])))
            meet_start(first.starts, &all->of[i].first);
    memcpy(second.starts, first.starts, sizeof(second.starts));
    reduce_all(&first, all);
    second.knows_clocks = learn_clocks(&second, &first);
    if (second.knows_clocks) {
        reduce_all(&second, all);
        breaks_of(&second, written_s, out);
    } else {
        breaks_of(&first, written_s, out);
    }
    year_runs_release(&first);
    year_runs_release(&second);
}

/* Goes through the runs as years_next goes through their lines: the date of the last one. */
static void go_through(const struct years_part *part, struct years *y)
{
    for (size_t k = 0; k < part->runs.count; k++) {
        const struct year_run *run = &part->runs.of[k];

        if (y->before.month && is_late(&y->before, &run->first))
            continue;
        y->is_stray = is_astray(y, run->at, &run->first);
        y->before = run->last;
        if (!y->is_stray)
            y->last = run->last;
    }
}

/* Before the first line, whose run may be left out. */
static struct years begin_of(const struct year_runs *all, const struct year_breaks *breaks,
                             int64_t written_s)
{
    struct years y = {.year = (int)breaks->of[0].year, .written_s = written_s, .breaks = breaks};

    for (size_t i = 0; i < all->count && y.last.month == 0; i++)
        if (all->of[i].at == breaks->of[0].at)
            y.last = all->of[i].first;
    return y;
}

void years_place(const struct years_part *parts, size_t count, int64_t written_s,
                 struct years *begin, struct year_breaks *breaks)
{
    struct year_runs sum = {0};
    struct years y = {.written_s = written_s, .breaks = breaks};

    for (size_t i = 0; i < count; i++)
        append(&sum, &parts[i]);
    settle(&sum, written_s, breaks);
    if (breaks->count)
        y = begin_of(&sum, breaks, written_s);
    year_runs_release(&sum);
    for (size_t i = 0; i < count; i++) {
        begin[i] = y;
        go_through(&parts[i], &y);
    }
}
