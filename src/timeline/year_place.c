/* year_place.c: of which years the runs of a source are, by the order of all of them. */
#include "base/mem.h"
#include "timeline/year_runs.h"

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
    return !year_is_shown(all->leaps, all->lines) || stated_is_date(&day);
}

/* A last line that is after the file, behind one that is not, is the doubtful one. */
static struct year_date anchor_of(const struct year_run *last, int year, int64_t written_s)
{
    const struct stated end = year_date_stated(&last->last, year);
    const struct stated before = year_date_stated(&last->before, year);

    if (last->lines >= DENSE_LINES && !year_can_be(&end, written_s) && last->before.month &&
        year_can_be(&before, written_s) && year_days_between(&last->before, &last->last) > 0)
        return last->before;
    return last->last;
}

/* The year of the last run, where its last line is not after the source by more than a day. */
static int last_year(const struct year_run *last, const struct summed *all, int64_t written_s)
{
    struct stated written = {0};
    int year;

    stated_from_seconds(&written, year_within(written_s));
    for (year = written.year + 1; year > FIRST_YEAR; year--) {
        const struct year_date anchor = anchor_of(last, year, written_s);
        struct stated end = year_date_stated(&anchor, year);

        if (end.month == 2 && end.day == 29 && !year_is_shown(all->leaps, all->lines))
            end.day = 28;
        if (year_can_be(&end, written_s) && has_dates(all, year))
            break;
    }
    return year;
}

/* Whether lines beside those show their year, which is not after the source. */
static bool is_known(const struct year_run *r, int64_t written_s)
{
    const struct stated s = year_date_stated(&r->first, (int)year_shown(r));

    return s.year && year_can_be(&s, written_s);
}

/* The calendar of most days, and of those of most lines. */
static int calendar_of(const struct year_run *r)
{
    const struct year_week *w = &r->week;
    int most = 0;

    for (int i = 1; i < YEAR_CALENDARS; i++)
        if (w->days[i] > w->days[most] ||
            (w->days[i] == w->days[most] && w->lines[i] > w->lines[most]))
            most = i;
    return most;
}

/* Whether days of the week show of which year those are: days of it agree, by most. */
static bool has_week(const struct year_run *r, uint32_t days)
{
    int64_t sure = 2 * (int64_t)r->week.days[calendar_of(r)] - r->week_days;

    return sure >= days && sure * 2 >= r->week_days && year_is_shown(r->week_lines, r->lines);
}

/* Whether a year has those days of the week: no more lines have them in another one than such as
 * may be wrong. */
static bool is_of_calendar(const struct year_run *r, int year)
{
    const struct year_week *w = &r->week;
    int most = calendar_of(r), own = year_calendar(year);
    uint32_t more = w->lines[most] > w->lines[own] ? w->lines[most] - w->lines[own] : 0;

    return w->days[most] - w->days[own] < DENSE_LINES && !year_is_shown(more, r->week_lines);
}

/* The last year up to that one that has the days of the week. */
static int64_t year_of_week(const struct year_run *r, int64_t year)
{
    for (int64_t y = year; y > year - CYCLE && y > FIRST_YEAR; y--)
        if (is_of_calendar(r, (int)y))
            return y;
    return year;
}

/* Runs have the turns before them for years, which become those of the calendar: backwards from the
 * end of the file and from what is known, and forwards from that where it makes them no later. */
static void turns_to_years(const struct year_runs *r, int64_t written_s, struct year_breaks *b)
{
    const struct summed all = sum_of(r, b);
    CLEANUP_FREE bool *is_sure = mem_array(r->count, sizeof(is_sure[0]));
    bool ends_with_file = year_is_of_end(&r->of[r->count - 1].last, written_s);
    int64_t year, turns;
    size_t i = r->count;
    bool has_known;
    uint32_t days = 1; /* one day shows of which year the file is, but not that years are missing */

    turns = b->of[i - 1].year;
    year = last_year(&r->of[i - 1], &all, written_s);
    while (i-- > 0) {
        year -= turns - b->of[i].year;
        turns = b->of[i].year;
        is_sure[i] =
            is_known(&r->of[i], written_s) && !year_is_outweighed(&r->of[i], year, ends_with_file);
        ends_with_file = ends_with_file && !is_sure[i];
        if (is_sure[i]) {
            year = year_shown(&r->of[i]);
        } else if (has_week(&r->of[i], days)) {
            year = year_of_week(&r->of[i], year);
            days = 2;
        }
        b->of[i].year = year;
    }
    has_known = is_sure[0];
    for (i = 1; i < r->count; i++) {
        year = b->of[i - 1].year + year_runs_turn_at(r, i);
        if (is_sure[i])
            has_known = true;
        else if (has_known && year < b->of[i].year && !has_week(&r->of[i], 2))
            b->of[i].year = year;
    }
}

/* Whether run i came late; where that changes its year, it is told. */
static void mark_delay(struct year_runs *all, size_t i, int64_t written_s, struct year_breaks *out)
{
    enum year_delay delay = year_delay_of(all, i, out, written_s);
    int before = year_runs_turn_at(all, i);

    if (delay == YEAR_DELAY_SURE)
        all->of[i].begins |= YEAR_BEGINS_DELAYED;
    out->delays += year_runs_turn_at(all, i) != before;
    out->maybe_delays += delay == YEAR_DELAY_MAYBE;
}

/* What no stray is, of which years follow. */
static void breaks_of(struct year_runs *all, int64_t written_s, struct year_breaks *out)
{
    int64_t turns = 0;

    year_runs_return(all, year_within(written_s));
    out->count = 0;
    out->strays = all->strays;
    for (size_t i = 0; i < all->count; i++) {
        if (i)
            mark_delay(all, i, written_s, out);
        turns += i ? year_runs_turn_at(all, i) : 0;
        out->of[i] = (struct year_break){all->of[i].at, turns};
        out->count = i + 1;
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

    return is_back && (r->end < 0 || year_second_of_day(&r->last) <= year_second_of_day(&r->first))
               ? -r->end
               : -1;
}

/* Days from one date to the next such one as the other; what is a day ahead is of the same day. */
static int64_t days_after(const struct year_date *from, const struct year_date *to)
{
    int days = year_days_between(from, to);

    return days >= -1 ? days : days + DAYS;
}

/* Whether lines go back one by one, or days do, and not all at once, as behind a clock that was
 * ahead. */
static bool goes_back(const struct year_runs *all, uint64_t day_backs)
{
    uint64_t lines = 0, ons = 0;

    for (size_t i = 0; i < all->count; i++) {
        lines += all->of[i].lines;
        ons += all->of[i].ons;
        day_backs += all->of[i].day_backs;
    }
    return ons <= lines / ON_SHARE || day_backs >= BACK_LEAST;
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
        int step = i ? -year_days_between(&all->of[i - 1].last, &r->first) : 0;

        if (days_back(r) < 0 || step < 0 || (i && step == 0) || step > BACK_DAYS)
            return false;
        within += days_back(r);
        most = step > most ? step : most;
        steps += i > 0;
    }
    if (within >= BACK_LEAST)
        return goes_back(all, steps);
    stated_from_seconds(&written, year_within(written_s));
    end = year_date_of(&written);
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
    out->is_newest_first = true;
    for (size_t i = 0; i < all->count && i < YEAR_RUNS_MOST; i++) {
        year -= i && year_is_later(&all->of[i].first, &all->of[i - 1].last);
        out->of[out->count++] = (struct year_break){all->of[i].at, year};
    }
}

/* Whether what is left has no order that others could go astray from: days here and there, and many
 * lines were left out, as of what is done a few times a year. */
static bool has_no_order(const struct year_runs *all, const struct year_runs *left)
{
    int64_t longest = 0;
    uint64_t lines = 0;

    for (size_t i = 0; i < left->count; i++) {
        int64_t days = left->of[i].highest - left->of[i].lowest;

        longest = days > longest ? days : longest;
    }
    for (size_t i = 0; i < all->count; i++)
        lines += all->of[i].lines;
    return left->stray_lines * STRAY_SHARE >= lines && all->count <= YEAR_RUNS_MOST &&
           longest <= UNSET_DAYS && !left->has_january;
}

/* Once to learn which clocks went astray, and by how much, and then with that. */
static void settle(struct year_runs *all, int64_t written_s, struct year_breaks *out)
{
    struct year_runs first = {.delays = all->delays}, second = {.delays = all->delays};

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
        if (year_run_is_short(all, &all->of[i]) &&
            (i == 0 || !year_run_is_short(all, &all->of[i - 1])))
            year_start_meet(first.starts, &all->of[i].first);
    memcpy(second.starts, first.starts, sizeof(second.starts));
    year_runs_reduce(&first, all);
    second.knows_clocks = learn_clocks(&second, &first);
    if (has_no_order(all, &first)) {
        breaks_of(all, written_s, out);
    } else if (second.knows_clocks) {
        year_runs_reduce(&second, all);
        breaks_of(&second, written_s, out);
    } else {
        breaks_of(&first, written_s, out);
    }
    year_runs_release(&first);
    year_runs_release(&second);
}

/* Places at which the host of the lines changes for good and dates go on, and the date before. */
struct host_changes {
    struct {
        uint64_t at;
        struct year_date before;
    } of[CHANGES_MOST];
    size_t count;
};

static void change_add(struct host_changes *c, uint64_t at, const struct year_date *before)
{
    if (c->count == CHANGES_MOST)
        return;
    c->of[c->count].at = at;
    c->of[c->count++].before = *before;
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

/* Whether the log of a host that ends there ended as late as the file, and that of the next one
 * goes over a new year: as of logs that were put one behind another when all of them went on. */
static bool ends_with_file(const struct year_runs *all, size_t i, int64_t written_s)
{
    bool has_turn = false;

    if (!year_is_of_end(&all->of[i - 1].last, written_s))
        return false;
    for (size_t k = i + 1; k < all->count && !has_turn; k++)
        has_turn = year_is_turn(&all->of[k - 1].last, &all->of[k].first);
    return has_turn;
}

/* Other runs than those with which a log of another host begins are joined to what they go on with.
 */
static void part_hosts(struct year_runs *all, struct year_sweep *sweep, int64_t written_s,
                       struct host_changes *changes)
{
    struct year_runs out = {0};

    for (size_t i = 0; i < all->count && all->is_reduced; i++)
        all->of[i].begins = 0; /* what stands between those is not known any more */
    if (all->is_reduced)
        return;
    for (size_t i = 0; i < all->count; i++) {
        struct year_run run = all->of[i];
        bool is_apart = i && year_is_apart(&all->of[i - 1].last, &run.first);
        bool is_first = i && run.begins && year_sweep_is_first(sweep, run.at);
        bool parts =
            (is_apart || is_first) && !year_begins_unset(&run) && year_sweep_parts(sweep, run.at);
        bool is_own = parts && (is_apart || ends_with_file(all, i, written_s));

        if (parts && !is_own)
            change_add(changes, run.at, &all->of[i - 1].last);
        run.begins = is_own ? YEAR_BEGINS_HOST : 0;
        year_runs_add(&out, &run, YEAR_RUNS_SUM);
    }
    out.strays = all->strays;
    out.before = all->before;
    out.last = all->last;
    out.has_many_backs = out.has_many_backs || all->has_many_backs;
    year_runs_release(all);
    *all = out;
}

/* As if no run had begun because its first line is of another host or goes back. */
static struct year_runs joined(const struct year_runs *runs)
{
    struct year_runs out = {.joins_backs = true, .delays = runs->delays};

    for (size_t i = 0; i < runs->count; i++) {
        struct year_run run = runs->of[i];

        run.begins &= YEAR_BEGINS_DELAYED;
        year_runs_add(&out, &run, YEAR_RUNS_SUM);
    }
    out.strays = runs->strays;
    return out;
}

/* Each is of the year that ends with the newest of them. */
static void breaks_of_rotated(const struct year_runs *runs, size_t newest, int64_t written_s,
                              struct year_breaks *out)
{
    const struct summed none = {0};
    const struct year_date *end = &runs->of[newest].last;
    int64_t year = last_year(&runs->of[newest], &none, written_s);

    for (size_t i = 0; i < runs->count; i++)
        out->of[out->count++] =
            (struct year_break){runs->of[i].at, year - year_is_later(&runs->of[i].last, end)};
    out->blocks = runs->count;
}

/* Each ends where the one that is newer begins. */
static void breaks_of_chained(const struct year_runs *runs, const size_t *order, int64_t written_s,
                              struct year_breaks *out)
{
    const struct summed none = {0};
    int64_t year = last_year(&runs->of[order[0]], &none, written_s);

    out->count = out->blocks = runs->count;
    for (size_t n = 0; n < runs->count; n++) {
        const struct year_run *run = &runs->of[order[n]];

        if (n) {
            uint32_t from = run->last.month, to = runs->of[order[n - 1]].first.month;

            year += from == 1 && to == 12 ? 1 : from == 12 && to == 1 ? -1 : 0;
        }
        out->of[order[n]] = (struct year_break){run->at, year};
    }
}

/* Of a log by itself. */
static void settle_own(const struct year_runs *runs, int64_t written_s, struct year_breaks *out)
{
    struct year_runs all;
    size_t newest, order[BLOCKS_MOST];

    if (runs->is_reduced) {
        all = *runs;
        breaks_of(&all, written_s, out);
        return;
    }
    if (year_runs_are_chained(runs, written_s, order)) {
        breaks_of_chained(runs, order, written_s, out);
        return;
    }
    if (year_runs_are_rotated(runs, written_s, &newest)) {
        breaks_of_rotated(runs, newest, written_s, out);
        return;
    }
    all = joined(runs);
    settle(&all, written_s, out);
    year_runs_release(&all);
}

/* Of each host that has a log of its own by itself, with the time of all. */
static void settle_each(const struct year_runs *all, int64_t written_s, struct year_breaks *out)
{
    CLEANUP_FREE struct year_breaks *own = mem_new(struct year_breaks);
    size_t end;

    *out = (struct year_breaks){0};
    for (size_t i = 0; i < all->count; i = end) {
        struct year_runs runs = *all;

        for (end = i + 1;
             end < all->count && !(all->of[end].begins & (YEAR_BEGINS_HOST | YEAR_BEGINS_PAST));)
            end++;
        runs.of += i;
        runs.count = end - i;
        runs.strays = i ? 0 : all->strays;
        *own = (struct year_breaks){0};
        settle_own(&runs, written_s, own);
        out->strays += own->strays;
        out->hosts += (all->of[i].begins & YEAR_BEGINS_HOST) != 0 && i > 0;
        out->past += (all->of[i].begins & YEAR_BEGINS_PAST) != 0;
        out->blocks += own->blocks;
        out->delays += own->delays;
        out->maybe_delays += own->maybe_delays;
        out->is_newest_first = out->is_newest_first || own->is_newest_first;
        for (size_t k = 0; k < own->count && out->count < YEAR_RUNS_MOST; k++)
            out->of[out->count++] = own->of[k];
    }
}

/* Those of which lines would be of a later year if a log of its own ended there. */
static uint64_t count_changes(const struct host_changes *c, const struct year_breaks *b,
                              int64_t written_s)
{
    const struct summed none = {0};
    uint64_t count = 0;

    for (size_t i = 0; i < c->count; i++) {
        const struct year_run end = {.lines = 1, .last = c->of[i].before};
        size_t k = b->count;

        while (k > 0 && b->of[k - 1].at >= c->of[i].at)
            k--;
        count += k > 0 && b->of[k - 1].year < last_year(&end, &none, written_s);
    }
    return count;
}

/* Whether lines state a year, or a day of the week. */
static bool has_shown_years(const struct year_runs *r)
{
    bool is_shown = false;

    for (size_t i = 0; i < r->count && !is_shown; i++)
        is_shown = year_shown(&r->of[i]) || r->of[i].votes || r->of[i].week_lines;
    return is_shown;
}

/* Before the first year of all no log that is read here was written. */
static bool has_none(const struct year_breaks *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->of[i].year < OLDEST_YEAR)
            return true;
    return false;
}

/* What heads say, of which the first begins the source, counts where that was written later; 0:
 * nothing does. */
static int64_t end_of(const struct years_part *parts, size_t count, int64_t written_s)
{
    const struct stated oldest = {.year = OLDEST_YEAR, .month = 1, .day = 1};
    int64_t end_s = 0;

    for (size_t i = 0; i < count; i++)
        end_s = parts[i].end_s > end_s ? parts[i].end_s : end_s;
    return parts[0].is_headed && end_s >= stated_seconds(&oldest) && end_s < written_s ? end_s : 0;
}

void years_place(const struct years_part *parts, size_t count, const struct year_hosts *hosts,
                 int64_t written_s, struct years *begin, struct year_breaks *breaks)
{
    struct year_runs sum = {0};
    struct years y = {.written_s = written_s, .breaks = breaks};
    CLEANUP(year_sweep_release) struct year_sweep sweep;
    CLEANUP(year_delays_release) struct year_delays delays;
    CLEANUP(year_kept_release) struct year_kept kept = {0};
    struct host_changes changes = {0};
    int64_t end_s = end_of(parts, count, written_s);

    written_s = y.written_s = end_s ? end_s : written_s;
    year_sweep_begin(&sweep, hosts);
    year_delays_begin(&delays, hosts);
    for (size_t i = 0; i < count; i++)
        year_runs_append(&sum, &parts[i], &sweep);
    part_hosts(&sum, &sweep, written_s, &changes);
    year_runs_mark_past(&sum, written_s);
    sum.delays = &delays;
    year_kept_take(&kept, &sum, written_s);
    settle_each(&sum, written_s, breaks);
    breaks->late = breaks->strays ? 0 : year_runs_count_late(&sum, breaks, written_s);
    if (!breaks->strays && !breaks->blocks && !breaks->late && !breaks->is_newest_first)
        year_runs_count_backs(&sum, breaks);
    year_kept_put(&kept, breaks);
    breaks->end_s = end_s;
    breaks->has_many_hosts = hosts->has_many;
    breaks->is_none = has_none(breaks);
    breaks->changes = has_shown_years(&sum) ? 0 : count_changes(&changes, breaks, written_s);
    if (breaks->count)
        y = begin_of(&sum, breaks, written_s);
    year_runs_release(&sum);
    for (size_t i = 0; i < count; i++) {
        begin[i] = y;
        year_go_through(&y, &parts[i].runs);
    }
}
