/* year_rotation.c: rotated logs that stand one behind another in another order than that of time.
 */
#include "timeline/year_runs.h"

enum { FEBRUARY_28 = 59 };

/* Days of the year, from which to which a block goes. */
struct span {
    int64_t from, to;
};

static struct span span_of(const struct year_run *r)
{
    static const int before[] = {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335};
    int64_t day = before[r->first.month - 1] + (int64_t)r->first.day;

    return (struct span){day + r->lowest, day + r->highest};
}

/* Days from one to the next such one as the other, at least 0. */
static int64_t days_on(int64_t from, int64_t to)
{
    return ((to - from) % DAYS + DAYS) % DAYS;
}

/* Whether one ends where the other begins, to a day; 28 February may be the last one. */
static bool touches(const struct span *end, const struct span *begin)
{
    return days_on(end->to - 1, begin->from) <= (end->to % DAYS == FEBRUARY_28 ? 3 : 2);
}

/* Whether both are of one day, as what is done once a year, and no part of one log. */
static bool are_of_one_day(const struct span *a, const struct span *b)
{
    return a->from == b->from && a->to - a->from <= 1 && b->to - b->from <= 1;
}

/* Days behind its end, around the year, in which no other begins; below 0: one lies over it, by
 * more than the day on which the log was rotated. */
static int64_t gap_behind(const struct span *spans, size_t count, size_t i)
{
    int64_t length = spans[i].to - spans[i].from, least = DAYS;

    for (size_t k = 0; k < count; k++) {
        int64_t on = days_on(spans[i].from, spans[k].from);

        if (k == i)
            continue;
        if (on < length - 1 || are_of_one_day(&spans[i], &spans[k]))
            return -1;
        least = on - length < least ? on - length : least;
    }
    return least < 0 ? 0 : least;
}

/* Blocks that stand behind those that go on where they end, and then all that touch another. */
static size_t count_turned(const struct span *spans, size_t count, size_t *touching)
{
    size_t turned = 0;

    *touching = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            bool is = i != k && touches(&spans[k], &spans[i]);

            turned += is && k > i;
            *touching += is;
        }
    return turned;
}

bool year_is_of_end(const struct year_date *d, int64_t written_s)
{
    struct stated written = {0};
    struct year_date end;
    int days;

    stated_from_seconds(&written, year_within(written_s));
    end = year_date_of(&written);
    days = year_days_between(d, &end);
    return days >= -1 && days <= RETURN_DAYS;
}

/* Whether each could be a log of its own. */
static bool are_blocks(const struct year_runs *r, struct span *spans)
{
    if (r->has_many_backs || r->count < 2 || r->count > BLOCKS_MOST)
        return false;
    for (size_t i = 0; i < r->count; i++) {
        if (r->of[i].lines < DENSE_LINES || r->of[i].votes || r->of[i].week_lines ||
            year_is_shown_beside(&r->of[i]) || year_begins_unset(&r->of[i]))
            return false;
        spans[i] = span_of(&r->of[i]);
    }
    return true;
}

bool year_runs_are_rotated(const struct year_runs *r, int64_t written_s, size_t *newest)
{
    struct span spans[BLOCKS_MOST];
    int64_t most = -1;
    size_t turned, touching;

    if (!are_blocks(r, spans))
        return false;
    for (size_t i = 0; i < r->count; i++) {
        int64_t gap = gap_behind(spans, r->count, i);

        if (gap < 0)
            return false;
        if (gap > most) {
            most = gap;
            *newest = i;
        }
    }
    turned = count_turned(spans, r->count, &touching);
    if (touching * 3 + 1 < r->count) /* by chance, of logs that are apart */
        return false;
    return turned > 1 || (turned == 1 && year_is_of_end(&r->of[*newest].last, written_s) &&
                          !year_is_of_end(&r->of[r->count - 1].last, written_s));
}

/* The block that goes before it in time: the one behind it, as where the newest stands first, or
 * before it, or else the only one; count: none. */
static size_t block_before(const struct span *spans, size_t count, size_t i, const bool *is_used)
{
    size_t found = count, times = 0;

    if (i + 1 < count && !is_used[i + 1] && touches(&spans[i + 1], &spans[i]))
        return i + 1;
    if (i > 0 && !is_used[i - 1] && touches(&spans[i - 1], &spans[i]))
        return i - 1;
    for (size_t k = 0; k < count; k++)
        if (!is_used[k] && touches(&spans[k], &spans[i])) {
            found = k;
            times++;
        }
    return times == 1 ? found : count;
}

/* All of them from that one on. */
static bool follow(const struct span *spans, size_t count, size_t newest, size_t *order)
{
    bool is_used[BLOCKS_MOST] = {false};
    size_t turned = 0;

    order[0] = newest;
    is_used[newest] = true;
    for (size_t n = 1; n < count; n++) {
        size_t next = block_before(spans, count, order[n - 1], is_used);

        if (next == count)
            return false;
        turned += next > order[n - 1];
        is_used[next] = true;
        order[n] = next;
    }
    return turned > 1;
}

bool year_runs_are_chained(const struct year_runs *r, int64_t written_s, size_t *order)
{
    struct span spans[BLOCKS_MOST];

    if (!are_blocks(r, spans))
        return false;
    for (size_t i = 0; i < r->count; i++)
        if (year_is_of_end(&r->of[i].last, written_s) && follow(spans, r->count, i, order))
            return true;
    return follow(spans, r->count, 0, order);
}
