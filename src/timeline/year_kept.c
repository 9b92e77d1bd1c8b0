/* year_kept.c: lines that a host kept and delivers between those of others, as over a slow line:
 * they come quicker than time goes, until they have reached the others. */
#include "base/mem.h"
#include "timeline/year_runs.h"

enum {
    RUNS_MOST = YEAR_RUNS_MOST / 2, /* each may need a place to begin and one to return to */
    QUICK = 4, /* so many days of theirs, at least, while those of others go on by one */
};

void year_kept_release(struct year_kept *k)
{
    free(k->of);
    *k = (struct year_kept){0};
}

/* What the runs are to one another, before years are known. */
struct order {
    struct year_breaks turns;
    bool is_late[RUNS_MOST];
    int64_t front[RUNS_MOST]; /* the latest day of those up to it */
    uint64_t delays;
};

static int64_t day_of(int64_t year, const struct year_date *d)
{
    static const struct year_date first = {.month = 1, .day = 1};

    return year * DAYS + year_days_within(&first, d);
}

/* Each is of the year that follows from the one before it, and late where it ends before the latest
 * day of those before. */
static void find_late(struct order *o, struct year_runs *all, int64_t written_s)
{
    int64_t year = 0, front = 0;

    for (size_t i = 0; i < all->count; i++) {
        struct year_run *run = &all->of[i];
        bool is_new = i == 0 || run->begins & (YEAR_BEGINS_HOST | YEAR_BEGINS_PAST);
        int64_t end;

        if (!is_new && year_delay_of(all, i, &o->turns, written_s) == YEAR_DELAY_SURE) {
            run->begins |= YEAR_BEGINS_DELAYED;
            o->delays++;
        }
        year += i ? year_runs_turn_at(all, i) : 0;
        o->turns.of[o->turns.count++] = (struct year_break){run->at, year};
        end = day_of(year, &run->first) + run->highest;
        o->is_late[i] = !is_new && end < front - RETURN_DAYS &&
                        (run->begins & YEAR_BEGINS_DELAYED || o->is_late[i - 1]);
        front = is_new || end > front ? end : front;
        o->front[i] = front;
    }
}

/* Whether those that are late have gone through more days than the others meanwhile. */
static bool are_quick(const struct order *o, const struct year_runs *all)
{
    size_t first = all->count, last = 0;
    int64_t days;

    for (size_t i = all->count; i-- > 0;)
        if (o->is_late[i]) {
            last = first == all->count ? i : last;
            first = i;
        }
    if (first == all->count)
        return false;
    days = day_of(o->turns.of[last].year, &all->of[last].first) + all->of[last].highest -
           day_of(o->turns.of[first].year, &all->of[first].first);
    return days >= LATE_DAYS && days >= QUICK * (o->front[last] - o->front[first]);
}

static void keep(struct year_kept *k, uint64_t at, int64_t years)
{
    k->of = mem_grow(k->of, k->count, &k->room, sizeof(k->of[0]));
    k->of[k->count++] = (struct year_kept_run){at, years};
}

/* All but those that are late. */
static struct year_runs others(struct year_kept *k, const struct order *o,
                               const struct year_runs *all)
{
    struct year_runs out = {.delays = all->delays};
    int64_t year = 0;

    for (size_t i = 0; i < all->count; i++) {
        struct year_run run = all->of[i];
        bool is_behind = i && o->is_late[i - 1];

        if (o->is_late[i]) {
            keep(k, run.at, o->turns.of[i].year - year);
            continue;
        }
        year = o->turns.of[i].year;
        if (is_behind) {
            keep(k, run.at, 0);
            if (day_of(year, &run.first) < o->front[i - 1] - RETURN_DAYS)
                run.begins |= YEAR_BEGINS_DELAYED;
        }
        year_runs_add(&out, &run, YEAR_RUNS_SUM);
    }
    out.strays = all->strays;
    out.before = all->before;
    out.last = all->last;
    out.has_many_backs = out.has_many_backs || all->has_many_backs;
    return out;
}

void year_kept_take(struct year_kept *k, struct year_runs *all, int64_t written_s)
{
    CLEANUP_FREE struct order *o = NULL;
    struct year_runs out;

    if (all->is_reduced || all->count > RUNS_MOST)
        return;
    o = mem_new(struct order);
    find_late(o, all, year_within(written_s));
    if (!o->delays || !are_quick(o, all)) {
        for (size_t i = 0; i < all->count; i++)
            all->of[i].begins &= ~(uint32_t)YEAR_BEGINS_DELAYED;
        return;
    }
    k->delays = o->delays;
    out = others(k, o, all);
    year_runs_release(all);
    *all = out;
}

void year_kept_put(const struct year_kept *k, struct year_breaks *b)
{
    struct year_breaks *out;
    size_t next = 0;

    if (k->count == 0 || b->count == 0)
        return;
    out = mem_new(struct year_breaks);
    for (size_t i = 0; i < k->count || next < b->count;) {
        bool is_other = next < b->count && (i == k->count || b->of[next].at <= k->of[i].at);
        struct year_break begins;

        if (is_other) {
            begins = b->of[next++];
            i += i < k->count && k->of[i].at == begins.at;
        } else {
            begins = (struct year_break){k->of[i].at, k->of[i].years};
            begins.year += next ? b->of[next - 1].year : b->of[0].year;
            i++;
        }
        if (out->count < YEAR_RUNS_MOST)
            out->of[out->count++] = begins;
    }
    memcpy(b->of, out->of, sizeof(b->of));
    b->count = out->count;
    b->delays += k->delays;
    free(out);
}
