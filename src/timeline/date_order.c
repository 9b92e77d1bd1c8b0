/* date_order.c: a number over 12 shows the order, but anybody may have one written into a log;
 * lines that follow one another day by day show it, too, but so may some that are a month apart. */
#include "timeline/date_order.h"
#include "timeline/dated_when.h"

enum {
    DAY = 86400,
    NEAR_S = 3 * DAY,
    FAR_S = 20 * DAY,
    NEAR_LEAST = 3,    /* steps that are short by one order and long by the other */
    NEAR_TIMES = 4,    /* so many times those of the other order */
    HOURS_LEAST = 12,  /* what is done once a month is not done at all hours */
    SHOWN_ONE_IN = 20, /* lines with a number over 12 that are no chance */
    SHOWN_TIMES = 2,   /* of few, so many times those of the other order */
    SHOWN_FEW = 3,
    ZONES_S = 14 * 3600,
};

static bool is_near(int64_t step)
{
    return step <= NEAR_S && step >= -NEAR_S;
}

static bool is_far(int64_t step)
{
    return step >= FAR_S || step <= -FAR_S;
}

void date_order_add(struct date_order_vote *v, const struct stated *day_first,
                    const struct stated *month_first)
{
    bool by_day = stated_is_date(day_first), by_month = stated_is_date(month_first);
    int64_t now[2], step[2];

    if (!by_day && !by_month)
        return;
    v->lines++;
    v->shown[0] += by_day && !by_month;
    v->shown[1] += by_month && !by_day;
    if (!by_day || !by_month)
        return;
    now[0] = stated_seconds(day_first);
    now[1] = stated_seconds(month_first);
    for (size_t i = 0; i < 2; i++)
        step[i] = v->has_last ? now[i] - v->last[i] : 0;
    for (size_t i = 0; i < 2; i++) {
        v->near[i] += is_near(step[i]) && is_far(step[1 - i]);
        v->last[i] = now[i];
    }
    v->has_last = true;
    v->hours |= 1U << day_first->hour;
}

void date_order_front(struct str *line)
{
    struct str at = *line;

    if (str_take(&at, "[Nest] ")) {
        (void)str_cut(&at, '-');
        if (str_take(&at, " "))
            *line = at;
    } else if (!str_take(line, "[")) {
        (void)str_take(line, "L ");
    }
}

void date_order_see(struct date_order_vote *v, struct str line)
{
    struct dated as[2] = {{.clock = CLOCK_BY_LINE}, {.clock = CLOCK_BY_LINE}};
    bool is_either, is_one = false;

    str_skip_blanks(&line);
    date_order_front(&line);
    for (int i = 0; i < 2; i++) {
        struct str at = line;

        is_one = dated_numbers(&at, i == 0, &as[i], &is_either) || is_one;
    }
    if (is_one)
        date_order_add(v, &as[0].time, &as[1].time);
}

static bool is_continuous(const struct date_order_vote *v, size_t i)
{
    return v->near[i] >= NEAR_LEAST && v->near[i] > v->near[1 - i] * NEAR_TIMES;
}

/* Of two that both are shown by more than chance. */
static enum date_order by_most(const struct date_order_vote *v)
{
    for (size_t i = 0; i < 2; i++)
        if (v->shown[1 - i] < SHOWN_FEW && v->shown[i] > v->shown[1 - i] * SHOWN_TIMES)
            return i ? ORDER_MONTH_FIRST : ORDER_DAY_FIRST;
    return ORDER_BOTH;
}

static bool is_shown(const struct date_order_vote *v, size_t i)
{
    return v->shown[i] && v->shown[i] * SHOWN_ONE_IN >= v->lines;
}

/* Whether by that order alone the last line is of the day on which the source was written. */
static bool fits_file(const struct date_order_vote *v, size_t i)
{
    int64_t age = v->written_s - v->last[i], other = v->written_s - v->last[1 - i];

    return v->written_s && v->has_last && age >= -ZONES_S && age <= DAY + ZONES_S && is_far(other);
}

/* By steps alone: at so many hours of the day, or where the time of the file agrees. */
static bool is_shown_by_steps(const struct date_order_vote *v, size_t i)
{
    bool has_hours = __builtin_popcount(v->hours) >= HOURS_LEAST;

    return is_continuous(v, i) && !fits_file(v, 1 - i) &&
           (has_hours || fits_file(v, i) || (v->shown[i] && v->shown[1 - i] == 0));
}

enum date_order date_order_end(const struct date_order_vote *v, bool is_own)
{
    static const enum date_order orders[] = {ORDER_DAY_FIRST, ORDER_MONTH_FIRST};
    bool has_hours = __builtin_popcount(v->hours) >= HOURS_LEAST;

    if (is_shown(v, 0) && is_shown(v, 1))
        return by_most(v);
    for (size_t i = 0; i < 2; i++)
        if (is_shown(v, i))
            return is_continuous(v, 1 - i) && has_hours ? ORDER_BOTH : orders[i];
    for (size_t i = 0; i < 2; i++)
        if (is_shown_by_steps(v, i))
            return orders[i];
    for (size_t i = 0; i < 2; i++)
        if (is_own && v->shown[i] && v->shown[1 - i] == 0)
            return orders[i];
    return v->shown[0] || v->shown[1] ? ORDER_BOTH : ORDER_UNKNOWN;
}
