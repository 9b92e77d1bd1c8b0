/* clock_vote.c: a clock of twelve hours shows both halves of a day and no hour but 1 to 12, and by
 * it lines are in order. One of these signs alone decides nothing. */
#include "timeline/clock_vote.h"

enum { BY_DAY, BY_TWELVE, BACK = 0, FORWARD, STEP_S = 60 };

static void add_offset(struct clock_vote *v, const struct stated *s)
{
    bool is_first = v->offset_count == 0;
    size_t i = 0;

    while (i < v->offset_count && v->offsets[i] != s->zone_s)
        i++;
    if (i == v->offset_count && i < CLOCK_VOTE_OFFSETS)
        v->offsets[v->offset_count++] = s->zone_s;
    for (i = 0; i < 2; i++) {
        int64_t now = stated_seconds(s) - (i ? s->zone_s : 0);
        int64_t step = is_first ? 0 : now - v->offset_last[i];

        v->offset_steps[i][BACK] += step < -STEP_S;
        v->offset_steps[i][FORWARD] += step > STEP_S;
        v->offset_last[i] = now;
    }
}

void clock_vote_add(struct clock_vote *v, const struct stated *s)
{
    struct stated as[2] = {*s, *s};
    int hour = s->half ? s->shown_hour : s->hour;
    bool is_out = hour < 1 || hour > 12;

    v->am += s->half == 'a';
    v->pm += s->half == 'p';
    v->out += s->half && is_out;
    v->differing += stated_half_counts(s);
    v->bare += s->is_half_bare;
    v->plain += !s->half;
    v->plain_out += !s->half && is_out;
    as[BY_DAY].hour = hour;
    as[BY_TWELVE].hour = s->half && !is_out ? hour % 12 + (s->half == 'p' ? 12 : 0) : hour;
    for (size_t i = 0; i < 2; i++) {
        int64_t now = stated_seconds(&as[i]), step = v->has_last ? now - v->last[i] : 0;

        v->steps[i][BACK] += step < -STEP_S;
        v->steps[i][FORWARD] += step > STEP_S;
        v->last[i] = now;
    }
    v->has_last = true;
    if (s->has_zone && s->is_zone_apart)
        add_offset(v, s);
}

/* Steps against the order that the log has, which may be the newest first. */
static uint64_t disorder(const uint64_t steps[2])
{
    return steps[BACK] < steps[FORWARD] ? steps[BACK] : steps[FORWARD];
}

struct clock_verdict clock_vote_end(const struct clock_vote *v)
{
    uint64_t by_day = disorder(v->steps[BY_DAY]), by_twelve = disorder(v->steps[BY_TWELVE]);
    bool is_day_plainly = v->plain_out && v->plain >= v->am + v->pm;

    if (v->am + v->pm == 0)
        return (struct clock_verdict){v->plain_out ? CLOCK_DAY : CLOCK_BY_LINE, !v->plain_out};
    if (v->out)
        return by_twelve < by_day ? (struct clock_verdict){CLOCK_TWELVE, true}
                                  : (struct clock_verdict){CLOCK_DAY, false};
    if (is_day_plainly)
        return by_twelve < by_day
                   ? (struct clock_verdict){CLOCK_TWELVE, !(v->am && v->pm)}
                   : (struct clock_verdict){CLOCK_DAY, v->am && v->pm && by_twelve == by_day};
    if (v->am && v->pm)
        return (struct clock_verdict){by_twelve > 2 * by_day + 1 ? CLOCK_DAY : CLOCK_TWELVE,
                                      by_twelve > by_day};
    if (v->bare == 0)
        return (struct clock_verdict){CLOCK_BY_LINE, false};
    return (struct clock_verdict){by_twelve < by_day   ? CLOCK_TWELVE
                                  : by_twelve > by_day ? CLOCK_DAY
                                                       : CLOCK_BY_LINE,
                                  true};
}

/* Lines are in order by what their times are. Where summer time ends, or logs of several places
 * stand behind one another, that is so of few lines either way. */
enum manner_offsets clock_vote_offsets(const struct clock_vote *v)
{
    uint64_t without = disorder(v->offset_steps[0]), by = disorder(v->offset_steps[1]);

    if (v->offset_count > 1 && by > 2 * without + 2)
        return OFFSETS_WORDS;
    return v->offset_count == CLOCK_VOTE_OFFSETS && by >= without ? OFFSETS_DOUBTFUL
                                                                  : OFFSETS_STATED;
}
