/* year_rotation.c: rotated logs that stand one behind another in another order than that of time.
 */
#include "timeline/year_runs.h"

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

/* Whether one ends where the other begins, to a day. */
static bool touches(const struct span *end, const struct span *begin)
{
    return days_on(end->to - 1, begin->from) <= 2;
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
        if (on < length - 1)
            return -1;
        least = on - length < least ? on - length : least;
    }
    return least < 0 ? 0 : least;
}

/* Blocks that stand behind those that go on where they end. */
static size_t count_turned(const struct span *spans, size_t count)
{
    size_t turned = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            turned += touches(&spans[k], &spans[i]);
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

bool year_runs_are_rotated(const struct year_runs *r, int64_t written_s, size_t *newest)
{
    struct span spans[YEAR_BACKS_MOST * 2];
    int64_t most = -1;
    size_t turned;

    if (r->has_many_backs || r->count < 2 || r->count > COUNT_OF(spans))
        return false;
    for (size_t i = 0; i < r->count; i++) {
        if (r->of[i].lines < DENSE_LINES || r->of[i].votes || r->of[i].week_lines ||
            year_begins_unset(&r->of[i]))
            return false;
        spans[i] = span_of(&r->of[i]);
    }
    for (size_t i = 0; i < r->count; i++) {
        int64_t gap = gap_behind(spans, r->count, i);

        if (gap < 0)
            return false;
        if (gap > most) {
            most = gap;
            *newest = i;
        }
    }
    turned = count_turned(spans, r->count);
    return turned > 1 || (turned == 1 && year_is_of_end(&r->of[*newest].last, written_s) &&
                          !year_is_of_end(&r->of[r->count - 1].last, written_s));
}
