/* years.c: of which years lines are whose dates state none. */
#include "timeline/year_runs.h"

/* The year of the lines around it, or the one in which it is within a month of them; or the first
 * before in which it can be. */
static int year_of_stray(const struct years *y, const struct year_date *d)
{
    int days = year_days_between(&y->last, d);
    bool is_close = days >= -NEAR_DAYS && days <= NEAR_DAYS;
    int next = y->year + (is_close && days > 0 && d->month < y->last.month) -
               (is_close && days < 0 && d->month > y->last.month);
    struct stated s = year_date_stated(d, next);

    while (s.year > FIRST_YEAR && s.year > next - LEAP_MOST && !year_can_be(&s, y->written_s))
        s.year--;
    return year_can_be(&s, y->written_s) ? s.year : y->year;
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
    if (y->before.month && year_is_near(&y->before, first))
        return y->is_stray;
    return y->last.month && !year_is_near(&y->last, first);
}

/* The last one in which a line can be. */
static int year_by_itself(const struct years *y, const struct year_date *d)
{
    struct stated written = {0}, s;

    stated_from_seconds(&written, year_within(y->written_s));
    s = year_date_stated(d, written.year + 1);
    while (s.year > written.year - LEAP_MOST && !year_can_be(&s, y->written_s))
        s.year--;
    return s.year;
}

int years_next(struct years *y, const struct stated *s, uint64_t at, bool *is_stray)
{
    struct year_date d = year_date_of(s);

    *is_stray = false;
    if (y->breaks && y->breaks->is_none)
        return year_by_itself(y, &d);
    if (y->before.month && year_is_late(&y->before, &d) && !y->is_stray)
        return y->year - 1;
    if (y->before.month &&
        year_is_late(&y->before, &d)) { /* than what is of a clock that is ahead */
        *is_stray = !year_is_near(&y->last, &d);
        return *is_stray ? year_of_stray(y, &d) : y->year;
    }
    *is_stray = y->is_stray = is_astray(y, at, &d);
    y->before = d;
    if (y->is_stray)
        return year_of_stray(y, &d);
    y->last = d;
    return y->year;
}

void year_go_through(struct years *y, const struct year_runs *runs)
{
    for (size_t k = 0; k < runs->count; k++) {
        const struct year_run *run = &runs->of[k];

        if (y->before.month && year_is_late(&y->before, &run->first))
            continue;
        y->is_stray = is_astray(y, run->at, &run->first);
        y->before = run->last;
        if (!y->is_stray)
            y->last = run->last;
    }
}

void years_part_release(struct years_part *p)
{
    year_runs_release(&p->runs);
}

/* What the first line of a run is to the hosts of the lines before it. */
static uint32_t see_host(struct years_part *p, const struct year_date *first, uint64_t at,
                         struct year_hosts *hosts, struct str host)
{
    bool is_apart = p->runs.count == 0 || year_is_apart(&p->runs.of[p->runs.count - 1].last, first);

    if (is_apart)
        year_hosts_begin(hosts, at);
    if (!year_hosts_see(hosts, host, at))
        return 0;
    if (is_apart)
        return YEAR_BEGINS_HOST;
    if (host_is_unnamed(host))
        return 0;
    year_hosts_begin(hosts, at);
    return YEAR_BEGINS_ON;
}

void years_part_add(struct years_part *p, const struct stated *s, uint64_t at,
                    struct year_hosts *hosts, struct str host)
{
    struct year_run line = {.at = at,
                            .lines = 1,
                            .first = year_date_of(s),
                            .last = year_date_of(s),
                            .format = p->format};
    const struct year_date *last;

    line.leaps = s->month == 2 && s->day == 29;
    if (s->weekday) {
        line.week_lines = line.week_days = 1;
        line.week = year_week_of(s);
    }
    hosts->day = (struct year_day){(uint8_t)s->month, (uint8_t)s->day};
    line.begins = see_host(p, &line.first, at, hosts, host);
    memset(p->day, 0, sizeof(p->day));
    year_runs_add(&p->runs, &line, YEAR_RUNS_ALL);
    last = &p->runs.of[p->runs.count - 1].last;
    p->is_last = memcmp(last, &line.last, sizeof(*last)) == 0;
}

void years_part_same_day(struct years_part *p, int hour, int minute, int second)
{
    struct year_run *run = &p->runs.of[p->runs.count - 1];

    uint32_t before_s = year_second_of_day(&run->last);

    run->lines++;
    run->leaps += run->last.month == 2 && run->last.day == 29;
    run->last.hour = (uint32_t)hour;
    run->last.minute = (uint32_t)minute;
    run->last.second = (uint32_t)second;
    run->format = p->format;
    run->ons += year_second_of_day(&run->last) > before_s;
}

static void add_stated(struct years_part *p, const struct stated *s, uint64_t lines)
{
    const struct year_date d = year_date_of(s);

    if (s->year < OLDEST_YEAR || (s->year == UNSET_YEAR && s->month == 1 && s->day == 1))
        return;
    memset(p->day, 0, sizeof(p->day));
    year_runs_add_stated(&p->runs, &(struct year_stated){.first_year = s->year,
                                                         .last_year = s->year,
                                                         .lines = lines,
                                                         .first = d,
                                                         .last = d,
                                                         .format = p->format});
}

void years_part_add_stated(struct years_part *p, const struct stated *s)
{
    add_stated(p, s, 1);
}

void years_part_add_head(struct years_part *p, const struct stated *s)
{
    add_stated(p, s, DENSE_LINES);
}
