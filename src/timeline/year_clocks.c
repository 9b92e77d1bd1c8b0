/* year_clocks.c: clocks that are not set, or are others' by months, as runs of lines show them. */
#include "timeline/year_runs.h"

/* The start of lines at that date, to an hour; NULL: none is known. */
static struct year_start *start_of(struct year_start *starts, const struct year_date *d)
{
    for (size_t i = 0; i < YEAR_STARTS_MOST; i++) {
        struct year_start *s = &starts[i];
        int64_t apart = (int64_t)year_second_of_day(&s->date) - year_second_of_day(d);

        if (s->times && year_is_same_day(&s->date, d) && year_is_within(apart, -HOUR_S, HOUR_S))
            return s;
    }
    return NULL;
}

void year_start_meet(struct year_start *starts, const struct year_date *d)
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

bool year_is_unset(const struct year_runs *r, const struct year_run *run)
{
    const struct year_start *s;

    if (run->first.month == 1 && run->first.day == 1)
        return true;
    s = start_of((struct year_start *)r->starts, &run->first);
    return s && s->times > 1;
}

bool year_run_is_short(const struct year_runs *r, const struct year_run *run)
{
    return run->highest - run->lowest <= (year_is_unset(r, run) ? UNSET_DAYS : 1);
}

const struct year_clock *year_clock_of(const struct year_runs *r, const struct year_date *behind,
                                       const struct year_date *d)
{
    int days = year_days_between(behind, d);

    for (size_t i = 0; i < YEAR_CLOCKS_MOST; i++)
        if (r->clocks[i].times >= DENSE_LINES &&
            year_is_within(year_shorter_way(days - r->clocks[i].days), -RETURN_DAYS, NEAR_DAYS))
            return &r->clocks[i];
    return NULL;
}

void year_meet_clock(struct year_runs *r, const struct year_date *behind,
                     const struct year_run *run)
{
    int days = year_days_between(behind, &run->first);
    struct year_clock *least = &r->clocks[0];

    /* Of two that are half a year apart each could be ahead; of two within a month lines of both
     * are one run, but over a new year. */
    if (year_is_unset(r, run) || days > HALF_DAYS || days < -HALF_DAYS ||
        year_is_within(days, -NEAR_DAYS, NEAR_DAYS))
        return;
    for (size_t i = 0; i < YEAR_CLOCKS_MOST; i++) {
        struct year_clock *c = &r->clocks[i];

        if (c->times &&
            year_is_within(year_shorter_way(days - c->days), -RETURN_DAYS, RETURN_DAYS)) {
            c->times += c->times < UINT32_MAX;
            c->lines += run->lines;
            return;
        }
        least = c->times < least->times ? c : least;
    }
    *least = (struct year_clock){days, 1, run->lines};
}

bool year_is_shown_by_clock(const struct year_runs *r, size_t i, const struct year_date *to)
{
    const struct year_run *last = &r->of[r->count - 1];
    const struct year_clock *c =
        last->is_foreign ? year_clock_of(r, &r->of[i].last, &last->first) : NULL;

    return c && year_is_within(year_shorter_way(year_days_between(&last->last, to) + c->days),
                               -RETURN_DAYS, RETURN_DAYS);
}
