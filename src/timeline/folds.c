/* folds.c: finds the nights of a log in which clocks were put back, by lines that go back in time.
 */
#include "timeline/folds.h"
#include <stdlib.h>
#include "base/mem.h"

enum {
    LATE_S = ZONE_FOLD_NEAR_S, /* what is out of order by less is no other hour */
    LATE_PART = 4,             /* nor is a fourth of an hour that is short */
    SIZE_MOST = 2 * 26 * 3600,
    NS_OF_S = 1000000000,
};

void folds_release(struct folds *f)
{
    free(f->of);
    *f = (struct folds){0};
}

void folds_add(struct folds *f, const struct fold *fold)
{
    if (f->count == FOLDS_MOST)
        return;
    f->of = mem_grow(f->of, f->count, &f->room, sizeof(f->of[0]));
    f->of[f->count++] = *fold;
}

bool fold_is_sound(const struct fold *f)
{
    const int64_t most = INT64_MAX / NS_OF_S - SIZE_MOST;

    return f->from < f->second && f->second <= f->edge && f->edge < f->to && f->size > 0 &&
           f->size <= SIZE_MOST && f->at < most && f->at > -most;
}

static int64_t late_of(int64_t size)
{
    return size / LATE_PART < LATE_S ? size / LATE_PART : LATE_S;
}

/* The last that begins at or before the place; NULL: none does. */
static const struct fold *fold_at(const struct folds *f, uint64_t place)
{
    size_t from = 0, to = f->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (f->of[middle].from <= place)
            from = middle + 1;
        else
            to = middle;
    }
    return from ? &f->of[from - 1] : NULL;
}

void folds_apply(const struct folds *f, struct event *e)
{
    const struct fold *fold = fold_at(f, e->at);
    int64_t left; /* until clocks are put back */
    bool is_second;

    if (!fold || e->at >= fold->to)
        return;
    left = fold->at - (e->ns / NS_OF_S - (e->ns % NS_OF_S < 0));
    if (left <= 0 || left > fold->size)
        return;
    is_second = e->at >= fold->second && (e->at >= fold->edge || left > late_of(fold->size));
    if (is_second)
        e->ns += fold->size * NS_OF_S;
    e->doubt &= (uint16_t)~DOUBT_TWICE;
    event_puts(e, FIELD_EVENT_DOUBLED_HOUR, is_second ? "second" : "first");
}

void fold_search_begin(struct fold_search *s, struct folds *found, const struct zone *zone)
{
    *s = (struct fold_search){.found = found, .zone = zone};
}

static void open_night(struct fold_search *s, uint64_t place, const struct zone_fold *night)
{
    s->night = *night;
    s->fold = (struct fold){.from = place, .at = night->at, .size = night->size};
    s->is_open = true;
    s->is_second = s->is_edge = s->has_ended = s->is_unclear = false;
    s->is_first = !s->has_clock;
    s->is_from_before = s->has_clock && s->clock < night->from;
    s->last = 0;
}

/* Lines that come out of the night into which none led, or are led before it, run backwards. */
static void close_night(struct fold_search *s, uint64_t place, bool is_left_behind, bool is_end)
{
    bool runs_forward = s->is_from_before || is_left_behind || (s->is_first && is_end);

    s->is_open = false;
    s->fold.to = place;
    if (s->is_second && !s->is_unclear && runs_forward)
        folds_add(s->found, &s->fold);
}

/* A line of another time, so many seconds from the beginning of the hour. */
static void pass_by(struct fold_search *s, uint64_t place, int64_t into)
{
    int64_t size = s->night.size, late = late_of(size);

    if (into >= size && into < size + late)
        s->has_ended = true;
    else if (into >= 0 || into < -late || s->has_ended || s->is_second || s->last >= late)
        close_night(s, place, s->has_ended || into >= size, false);
}

static void go_back(struct fold_search *s, uint64_t place)
{
    s->is_unclear = s->is_unclear || s->is_second;
    s->is_edge = !s->is_second;
    s->is_second = true;
    if (s->is_edge)
        s->fold.second = place;
}

static void take_line(struct fold_search *s, uint64_t place, int64_t into)
{
    int64_t size = s->night.size, late = late_of(size);

    if (2 * (s->last - into) >= size)
        go_back(s, place);
    else if (s->is_edge && into >= size - late)
        return; /* a late one, or there were none for nearly an hour: what follows shows it */
    s->last = into;
    if (s->is_edge) {
        s->fold.edge = place;
        s->is_edge = into < late;
    }
}

static bool is_of_night(const struct fold_search *s, int64_t clock)
{
    return clock >= s->night.from && clock - s->night.from < s->night.size;
}

void fold_search_line(struct fold_search *s, uint64_t place, int64_t clock)
{
    struct zone_fold night;
    int64_t into = clock - s->night.from;

    if (s->is_open && !is_of_night(s, clock))
        pass_by(s, place, into);
    else if (s->is_open && s->has_ended && 2 * (s->last - into) >= s->night.size)
        close_night(s, place, true, false);
    if (!s->is_open && zone_fold_find(s->zone, clock, &night))
        open_night(s, place, &night);
    if (s->is_open && is_of_night(s, clock))
        take_line(s, place, clock - s->night.from);
    s->has_clock = true;
    s->clock = clock;
}

void fold_search_end(struct fold_search *s, bool is_source_end)
{
    if (s->is_open)
        close_night(s, UINT64_MAX, s->has_ended, is_source_end);
}
