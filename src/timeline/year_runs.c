/* year_runs.c: lines one behind another of one year, and which of them went astray. */
#include "timeline/year_runs.h"
#include "base/mem.h"

/* Not where one states another year than the other. */
static bool can_be_one(const struct year_run *a, const struct year_run *b)
{
    if (year_is_shown_beside(a) && b->besides)
        return a->beside_year == b->beside_year;
    return a->year == b->year || !year_is_shown(a->votes, a->lines) ||
           !year_is_shown(b->votes, b->lines);
}

/* Whether b, or its first line, goes on with a. */
static bool goes_on(const struct year_run *a, const struct year_run *b)
{
    return !(b->begins & (YEAR_BEGINS_HOST | YEAR_BEGINS_ON | YEAR_BEGINS_PAST)) &&
           year_is_near(&a->last, &b->first) && can_be_one(a, b);
}

void year_runs_release(struct year_runs *r)
{
    free(r->of);
    *r = (struct year_runs){0};
}

static bool is_sound_date(const struct year_date *d)
{
    const struct stated s = year_date_stated(d, 0);

    return d->month <= 12 && d->day <= 31 && d->hour <= 23 && d->minute <= 59 && d->second <= 60 &&
           stated_is_date(&s);
}

static bool is_sound_week(const struct year_run *r)
{
    bool is_sound = true;

    for (size_t i = 0; i < YEAR_CALENDARS; i++)
        is_sound = is_sound && r->week.lines[i] <= r->week_lines &&
                   r->week.days[i] <= r->week_days && r->week.days[i] <= r->week.lines[i];
    return is_sound;
}

bool year_run_is_sound(const struct year_run *r, uint64_t size)
{
    int64_t days = (int64_t)size * NEAR_DAYS;

    return is_sound_date(&r->first) && is_sound_date(&r->last) &&
           (r->before.month == 0 || is_sound_date(&r->before)) && r->lines <= size &&
           r->leaps <= r->lines && r->ons <= r->lines && r->day_backs <= r->lines &&
           year_is_within(r->lowest, -days, 0) && year_is_within(r->highest, 0, days) &&
           year_is_within(r->end, r->lowest, r->highest) &&
           (r->year == 0 || year_is_within(r->year, FIRST_YEAR, LAST_YEAR)) &&
           (r->beside_year == 0 || year_is_within(r->beside_year, FIRST_YEAR, LAST_YEAR)) &&
           r->besides <= size && r->format < FORMATS_OF_SOURCE && r->votes <= size * 2 &&
           r->week_lines <= size && r->week_days <= r->week_lines && is_sound_week(r) &&
           r->is_foreign <= 1 &&
           (r->gap == 0 ? r->gap_from.month == 0 : r->gap <= DAYS && is_sound_date(&r->gap_from)) &&
           r->begins <= (YEAR_BEGINS_HOST | YEAR_BEGINS_BACK | YEAR_BEGINS_ON);
}

bool year_stated_is_sound(const struct year_stated *s, uint64_t size)
{
    return s->lines == 0 ||
           (s->lines <= size && s->format < FORMATS_OF_SOURCE && is_sound_date(&s->first) &&
            is_sound_date(&s->last) && year_is_within(s->first_year, OLDEST_YEAR, LAST_YEAR) &&
            year_is_within(s->last_year, OLDEST_YEAR, LAST_YEAR) &&
            (s->doubtful_lines == 0 ||
             (s->doubtful_lines < s->lines && is_sound_date(&s->doubtful) &&
              year_is_within(s->doubtful_year, OLDEST_YEAR, LAST_YEAR))));
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static uint32_t plus(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
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

/* Of a date within a month of one whose year is known. False: it is not. */
static bool year_beside(int64_t *year, const struct year_date *of, const struct year_date *d)
{
    int days = year_days_between(of, d);

    *year += (days > 0 && d->month < of->month) - (days < 0 && d->month > of->month);
    return days >= -NEAR_DAYS && days <= NEAR_DAYS;
}

/* Of a day the first line is the one that counts for it. */
static void join_week(struct year_run *to, const struct year_run *run)
{
    bool is_new =
        run->week_days > 1 || to->week_days == 0 || !year_is_same_day(&to->last, &run->first);

    if (run->week_lines == 0)
        return;
    to->week_lines += run->week_lines;
    to->week_days = plus(to->week_days, is_new ? run->week_days : 0);
    for (size_t i = 0; i < YEAR_CALENDARS; i++) {
        to->week.lines[i] = plus(to->week.lines[i], run->week.lines[i]);
        to->week.days[i] = plus(to->week.days[i], is_new ? run->week.days[i] : 0);
    }
}

/* What lines of another format show is little: each place counts once. */
static void vote_beside(struct year_run *r, int64_t year, uint32_t times)
{
    if (times == 0)
        return;
    if (r->besides == 0 || r->beside_year == year) {
        r->beside_year = year;
        r->besides = plus(r->besides, times);
    } else if (r->besides > times) {
        r->besides -= times;
    } else {
        r->beside_year = year;
        r->besides = times - r->besides;
    }
}

/* Lines that state their year stand before those, which are of that one, or of the next. */
static void vote_before(struct year_run *r, const struct year_stated *s)
{
    int64_t year = s->last_year;
    bool is_beside = s->lines && year_beside(&year, &s->last, &r->first);

    if (s->lines == 0)
        return;
    if (s->format != r->format) {
        vote_beside(r, year, is_beside);
        return;
    }
    if (is_beside)
        vote(r, year, s->lines);
    else
        vote(r, s->last_year + year_is_later(&s->last, &r->first),
             s->lines < DENSE_LINES ? s->lines : DENSE_LINES);
}

/* So many of them stand behind those. */
static void vote_behind(struct year_run *r, const struct year_stated *s, uint64_t lines)
{
    int64_t year = s->first_year;

    if (s->format != r->format)
        return;
    if (!year_beside(&year, &s->first, &r->last))
        year = s->first_year - year_is_later(&r->last, &s->first);
    vote(r, year, lines);
}

/* Where most days lie between two lines. */
static void join_gap(struct year_run *to, const struct year_run *run)
{
    int step = year_days_between(&to->last, &run->first);

    if (step > 0 && (uint32_t)step > to->gap) {
        to->gap = (uint32_t)step;
        to->gap_from = to->last;
    }
    if (run->gap > to->gap) {
        to->gap = run->gap;
        to->gap_from = run->gap_from;
    }
}

static void join(struct year_run *to, const struct year_run *run)
{
    int days = year_days_between(&to->last, &run->first);
    int64_t begin = to->end + days;

    join_gap(to, run);
    to->ons += run->ons + (days > 0 || (days == 0 && year_second_of_day(&run->first) >
                                                         year_second_of_day(&to->last)));
    to->day_backs += run->day_backs + (days < 0);
    if (run->before.month)
        to->before = run->before;
    else if (!year_is_same_day(&to->last, &run->first))
        to->before = to->last;
    to->lines += run->lines;
    to->leaps += run->leaps;
    vote(to, run->year, run->votes);
    vote_beside(to, run->beside_year, run->besides);
    to->format = run->format;
    join_week(to, run);
    to->lowest = least(to->lowest, begin + run->lowest);
    to->highest = -least(-to->highest, -(begin + run->highest));
    to->end = begin + run->end;
    to->last = run->last;
}

/* The first run to which lines can return: what is behind it is short. */
static size_t first_open(const struct year_runs *r)
{
    size_t i = r->count ? r->count - 1 : 0;

    while (i > 0 && (year_run_is_short(r, &r->of[i]) || r->of[i].is_foreign))
        i--;
    return i;
}

/* Days until lines may go on behind a run, so that those between went astray; more behind one of
 * weeks in which no such pause was. */
static int days_to_return(const struct year_run *from)
{
    bool is_dense = from->highest - from->lowest >= NEAR_DAYS && from->gap <= RETURN_DAYS;

    return is_dense ? PAUSE_DAYS : RETURN_DAYS;
}

/* Whether lines go on there with run i, so that those between went astray: forward, which those of
 * a clock that begins anew at each start do not; soon, or where all between are of such a clock
 * within a month; and a run of one or two lines is none that is gone on with. may_turn: also in a
 * new year. */
static bool is_return(const struct year_runs *r, size_t i, const struct year_date *to,
                      bool may_turn)
{
    const struct year_run *from = &r->of[i];
    int days = year_days_between(&from->last, to);

    if (days < 0 || days > NEAR_DAYS ||
        (days == 0 && year_second_of_day(to) < year_second_of_day(&from->last)) ||
        !(year_is_near(&from->last, to) || (may_turn && year_is_turn(&from->last, to))))
        return false;
    if (year_is_shown_by_clock(r, i, to))
        return true;
    if (from->lines < DENSE_LINES)
        return false;
    for (size_t k = i + 1; k < r->count && days > days_to_return(from); k++)
        if (!year_is_unset(r, &r->of[k]))
            return false;
    return true;
}

/* By a month at most. */
static bool is_before(const struct year_date *d, const struct year_date *end)
{
    int days = year_days_between(d, end);

    return (days > 0 && days <= NEAR_DAYS) ||
           (days == 0 && year_second_of_day(d) <= year_second_of_day(end));
}

static void count_stray(struct year_runs *r, const struct year_date *behind,
                        const struct year_run *run)
{
    int days = year_days_between(behind, &run->first);

    r->strays++;
    r->stray_lines += days < -NEAR_DAYS || days > NEAR_DAYS ? run->lines : 0;
    r->has_january = r->has_january || (run->first.month == 1 && run->first.day == 1);
}

static void leave_out_behind(struct year_runs *r, size_t i)
{
    for (size_t k = i + 1; k < r->count; k++) {
        year_meet_clock(r, &r->of[i].last, &r->of[k]);
        count_stray(r, &r->of[i].last, &r->of[k]);
    }
    r->count = i + 1;
}

/* Whether run i is of lines that end at most two days before that one. */
static bool is_just_before(const struct year_runs *r, size_t i, const struct year_date *d)
{
    int days = year_days_between(&r->of[i].last, d);

    return year_is_near(&r->of[i].last, d) && days >= 0 && days <= RETURN_DAYS;
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
        int days = year_days_between(&r->of[first].last, &run->first);

        if (year_is_near(&r->of[first].last, &run->first) && days >= 0 && days <= RETURN_DAYS) {
            join(&r->of[first], run);
        } else {
            year_meet_clock(r, &r->of[first].last, run);
            count_stray(r, &r->of[first].last, run);
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
        r->count && year_clock_of(r, &r->of[first_open(r)].last, &run->first) != NULL;
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
    while (r->knows_clocks && r->count &&
           year_clock_of(r, &run->first, &r->of[r->count - 1].last)) {
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
    if (year_is_late(&r->of[r->count - 1].last, &run->first))
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
void year_runs_reduce(struct year_runs *r, const struct year_runs *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct year_run run = all->of[i];

        run.begins &= ~(uint32_t)YEAR_BEGINS_ON;
        reduce(r, &run);
    }
    r->strays += all->strays;
    r->stray_lines += all->stray_lines;
    r->has_january = r->has_january || all->has_january;
    r->before = all->before;
    r->last = all->last;
    r->is_reduced = true;
}

/* The first lines of a part are late where the one before it is of January. */
static bool may_be_late(const struct year_runs *r, const struct year_run *run)
{
    static const struct year_date january = {.month = 1, .day = 1};

    return r->count == 1 && year_is_late(&january, &r->of[0].last) &&
           !year_is_late(&january, &run->first);
}

/* The first line of a rotated log behind a newer one, as far as anyone can tell by then. */
static bool begins_back(struct year_runs *r, const struct year_run *run)
{
    if (r->joins_backs || year_days_between(&r->of[r->count - 1].last, &run->first) >= -RETURN_DAYS)
        return false;
    r->has_many_backs = r->has_many_backs || r->backs == YEAR_BACKS_MOST;
    r->backs += !r->has_many_backs;
    return !r->has_many_backs;
}

static void add_all(struct year_runs *r, const struct year_run *run, size_t most)
{
    struct year_runs reduced = {0};
    uint32_t begins = 0;

    if (r->count && year_is_late(&r->of[r->count - 1].last, &run->first))
        return;
    if (r->count && goes_on(&r->of[r->count - 1], run) && !may_be_late(r, run)) {
        if (!begins_back(r, run)) {
            join(&r->of[r->count - 1], run);
            return;
        }
        begins = YEAR_BEGINS_BACK;
    }
    if (r->count < most) {
        r->of = mem_grow(r->of, r->count, &r->room, sizeof(r->of[0]));
        r->of[r->count] = *run;
        r->of[r->count++].begins |= begins;
        return;
    }
    year_runs_reduce(&reduced, r);
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

static bool is_years_away(int64_t year, int64_t other)
{
    return year > other + 1 || other > year + 1;
}

/* So many lines, of which the last one is of that date. */
static void end_stated(struct year_stated *s, int64_t year, const struct year_date *d,
                       uint64_t lines)
{
    if (!is_years_away(year, s->last_year)) {
        s->last_year = year;
        s->last = *d;
        s->doubtful_lines = 0;
        return;
    }
    if (s->doubtful_lines && is_years_away(year, s->doubtful_year))
        s->doubtful_lines = 0;
    s->doubtful_year = year;
    s->doubtful = *d;
    s->doubtful_lines += lines;
    if (s->doubtful_lines < DENSE_LINES)
        return;
    s->last_year = year;
    s->last = *d;
    s->doubtful_lines = 0;
}

/* Behind those: fewer than three of years away are of a clock that was wrong, or that was set by
 * then. */
static void join_stated(struct year_stated *to, const struct year_stated *s)
{
    if (to->lines == 0 || to->format != s->format ||
        (to->lines < DENSE_LINES && is_years_away(to->last_year, s->first_year))) {
        *to = *s;
        return;
    }
    to->lines += s->lines;
    end_stated(to, s->last_year, &s->last, s->lines - s->doubtful_lines);
    if (s->doubtful_lines)
        end_stated(to, s->doubtful_year, &s->doubtful, s->doubtful_lines);
}

void year_runs_add_stated(struct year_runs *r, const struct year_stated *s)
{
    if (s->lines == 0)
        return;
    join_stated(&r->last, s);
    if (r->count)
        vote_behind(&r->of[r->count - 1], &r->last, s->lines);
}

/* A run of January between those of a December that goes on, as of a clock that is days ahead. */
static bool is_within_december(const struct year_run *before, const struct year_run *to)
{
    int days = year_days_between(&before->last, &to->first);

    return before->last.month == 12 && before->lines >= TURNS_LINES &&
           before->highest - before->lowest >= UNSET_DAYS && days >= -LATE_DAYS &&
           days <= LATE_DAYS;
}

/* New years from the run before it to a run; one that goes back over a new year by days is late. */
int year_runs_turn_at(const struct year_runs *r, size_t i)
{
    const struct year_run *from = &r->of[i - 1], *to = &r->of[i];
    int days = year_days_between(&from->last, &to->first);

    if (to->begins & YEAR_BEGINS_DELAYED)
        return -(int)year_is_later(&to->first, &from->last);
    if (from->last.month == 1 && to->first.month == 12 && days < 0 && days >= -LATE_DAYS &&
        (from->lines >= DENSE_LINES || (i > 1 && is_within_december(&r->of[i - 2], to))))
        return -1;
    return year_is_turn(&from->last, &to->first);
}

/* A host that is new to a part is none of the source, most often. */
static struct year_run within(const struct year_run *run, const struct year_sweep *sweep)
{
    struct year_run out = *run;

    if (out.begins & YEAR_BEGINS_ON && !year_sweep_is_first(sweep, out.at))
        out.begins &= ~(uint32_t)YEAR_BEGINS_ON;
    return out;
}

void year_runs_append(struct year_runs *to, const struct years_part *part,
                      const struct year_sweep *sweep)
{
    const struct year_runs *runs = &part->runs;

    to->strays += runs->strays;
    to->has_many_backs = to->has_many_backs || runs->has_many_backs;
    if (runs->count == 0) {
        year_runs_add_stated(to, &runs->last);
        return;
    }
    if (runs->before.lines) {
        year_runs_add_stated(to, &runs->before);
        to->last.lines -= runs->before.lines; /* the first run knows of them */
    }
    for (size_t k = 0; k < runs->count; k++) {
        const struct year_run run = within(&runs->of[k], sweep);

        year_runs_add(to, &run, YEAR_RUNS_SUM);
    }
    to->last = runs->last;
}

/* The file was written when its lines were: what stands behind those of that time went astray. */
void year_runs_return(struct year_runs *r, int64_t written_s)
{
    struct stated written = {0};
    struct year_date end;
    size_t i = first_open(r);

    stated_from_seconds(&written, written_s + DAY_S); /* no zone is a day ahead */
    end = year_date_of(&written);
    if (r->count == 0 || is_before(&r->of[r->count - 1].last, &end))
        return;
    while (i < r->count && !is_return(r, i, &end, true))
        i++;
    if (i < r->count)
        leave_out_behind(r, i);
    else if (r->of[r->count - 1].is_foreign)
        leave_out_behind(r, first_open(r));
}
