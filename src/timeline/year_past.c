/* year_past.c: lines that would be later than their file, behind which others go back: they are of
 * an earlier year, and what stands there is a log of its own. */
#include "timeline/year_runs.h"

/* The last year in which that is not after the source. */
static int last_year_of(const struct year_date *d, int64_t written_s)
{
    struct stated written = {0}, s;

    stated_from_seconds(&written, year_within(written_s));
    s = year_date_stated(d, written.year + 1);
    while (s.year > FIRST_YEAR && !year_can_be(&s, written_s))
        s.year--;
    return s.year;
}

static bool is_after(const struct year_date *d, int year, int64_t written_s)
{
    const struct stated s = year_date_stated(d, year);

    return stated_is_date(&s) && !year_can_be(&s, written_s);
}

/* A clock that ran ahead for a while shows days on which nothing was logged, and lines go on behind
 * it where they were before those. */
static bool may_be_of_clock(const struct year_run *before, const struct year_run *behind)
{
    int days;

    if (before->gap <= RETURN_DAYS)
        return false;
    days = year_days_between(&before->gap_from, &behind->first);
    return days >= -RETURN_DAYS && days <= RETURN_DAYS;
}

static bool is_past(const struct year_run *before, const struct year_run *behind, int year,
                    int64_t written_s)
{
    bool has_shown = before->votes || before->week_lines || behind->votes || behind->week_lines ||
                     year_is_shown_beside(before) || year_is_shown_beside(behind);

    return behind->begins & YEAR_BEGINS_BACK && !has_shown && before->lines >= DENSE_LINES &&
           behind->lines >= DENSE_LINES && is_after(&before->last, year, written_s) &&
           year_days_between(&before->first, &behind->first) >= 0 &&
           !may_be_of_clock(before, behind);
}

void year_runs_mark_past(struct year_runs *all, int64_t written_s)
{
    const struct year_date *end =
        NULL; /* of the log that ends there; NULL: its year is not known */
    bool is_last = true;

    for (size_t i = all->count; i-- > 1 && !all->is_reduced;) {
        struct year_run *behind = &all->of[i];
        const struct year_run *before = &all->of[i - 1];

        end = is_last ? &behind->last : end;
        is_last = (behind->begins & YEAR_BEGINS_HOST) != 0;
        if (!is_last && end && is_past(before, behind, last_year_of(end, written_s), written_s)) {
            behind->begins |= YEAR_BEGINS_PAST;
            is_last = true;
        } else if (year_is_turn(&before->last, &behind->first)) {
            end = NULL;
        }
    }
}

static int64_t span_of(const struct year_run *run)
{
    return run->highest - run->lowest;
}

/* What a clock that was wrong for a while leaves, before a pause of more than days: lines that last
 * no longer than there was time for them between two that go on for longer than that. */
static bool is_between(const struct year_run *before, const struct year_run *run,
                       const struct year_run *behind)
{
    const uint32_t others = YEAR_BEGINS_HOST | YEAR_BEGINS_PAST | YEAR_BEGINS_DELAYED;
    int pause = year_days_between(&before->last, &behind->first);
    int away = year_days_between(&before->last, &run->first);

    return pause > RETURN_DAYS && pause <= NEAR_DAYS && (away > NEAR_DAYS || away < -NEAR_DAYS) &&
           span_of(run) <= pause && span_of(before) >= pause && span_of(behind) >= pause &&
           before->lines >= DENSE_LINES && behind->lines >= DENSE_LINES &&
           (year_is_turn(&before->last, &run->first) || year_is_turn(&run->last, &behind->first)) &&
           !((run->begins | behind->begins) & others);
}

static void count_between(const struct year_runs *all, struct year_breaks *b)
{
    for (size_t i = 1; i + 1 < all->count && !all->is_reduced; i++)
        b->between += is_between(&all->of[i - 1], &all->of[i], &all->of[i + 1]);
}

void year_runs_count_backs(const struct year_runs *all, struct year_breaks *b)
{
    count_between(all, b);
    for (size_t i = 1; i < all->count && !all->is_reduced; i++) {
        int days = year_days_within(&all->of[i - 1].last, &all->of[i].first);

        if (all->of[i].begins & (YEAR_BEGINS_HOST | YEAR_BEGINS_PAST | YEAR_BEGINS_DELAYED) ||
            days >= -RETURN_DAYS || days < -2 * NEAR_DAYS)
            continue;
        if (!year_is_delayed_at(all->delays, all->of[i].at, b))
            b->backs++;
        else if (days >= -NEAR_DAYS) /* the others were counted where years began */
            b->delays++;
    }
}

uint64_t year_runs_count_late(const struct year_runs *all, const struct year_breaks *b,
                              int64_t written_s)
{
    uint64_t late = 0;
    size_t next = 0;

    for (size_t i = 0; i < all->count && !all->is_reduced; i++) {
        while (next < b->count && b->of[next].at <= all->of[i].at)
            next++;
        if (next)
            late += is_after(&all->of[i].last, (int)b->of[next - 1].year, written_s);
    }
    return late;
}
