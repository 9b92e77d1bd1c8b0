/* stop_begin_tell.c: tells what came of plans that were carried out. */
#include "practice/stop_begin_tell.h"
#include <time.h>
#include "base/json.h"
#include "base/sink.h"
#include "render/screen.h"

int64_t begin_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static const char *state_of(const struct begin_part *part)
{
    static const char *const names[] = {[BEGIN_LEFT_OUT] = "left-out",
                                        [BEGIN_IN_EFFECT] = "done",
                                        [BEGIN_FAILED] = "undone",
                                        [BEGIN_UNKNOWN] = "unknown"};

    return part->result == BEGIN_IN_EFFECT && part->plan.plan->timer_s ? "unconfirmed"
                                                                       : names[part->result];
}

static void tell_json(const struct begin_part *part, bool is_one, struct json *j)
{
    json_object_begin(j);
    json_put_u64(j, "action", part->number);
    json_put_text(j, "state", state_of(part));
    json_put_u64(j, "timer_s", part->plan.plan->timer_s);
    if (part->result == BEGIN_IN_EFFECT && part->plan.plan->timer_s)
        json_put_utc(j, "goes_back", utc_plus_s(utc_now(), part->plan.plan->timer_s));
    json_put_str(j, "seen", buf_str(&part->seen));
    if (part->result != BEGIN_IN_EFFECT)
        json_put_text(j, "why", part->why.text);
    if (!is_one)
        json_put_u64(j, "round_trip_us", (uint64_t)part->round_us);
    json_object_end(j);
}

static bool spread_of(const struct beginning *b, struct stop_spread *out)
{
    struct stop_moment moments[CONTAIN_HELPER_COUNT];

    for (size_t i = 0; i < b->count; i++)
        moments[i] = b->parts[i].moment;
    return stop_spread_of(moments, b->count, out);
}

static void tell_all_json(const struct beginning *b, struct json *j)
{
    struct stop_spread spread;

    json_object_begin(j);
    json_name(j, "actions");
    json_array_begin(j);
    for (size_t i = 0; i < b->count; i++)
        tell_json(&b->parts[i], false, j);
    json_array_end(j);
    if (spread_of(b, &spread)) {
        json_put_u64(j, "spread_us", (uint64_t)spread.about_us);
        json_put_u64(j, "spread_most_us", (uint64_t)spread.most_us);
    }
    json_object_end(j);
}

static void tell_one(const struct begin_part *part, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    struct utc now = utc_now();
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf why = {0};
    char span[UTC_PLAIN_SIZE], when[UTC_PLAIN_SIZE];

    screen_printf(&screen, 0, "a%u is applied: " STR_FMT ".", part->number,
                  STR_ARG(buf_str(&part->seen)));
    if (part->plan.plan->timer_s) {
        screen_printf(&screen, 0, "It goes back by itself in %s, at %s, unless you confirm it.",
                      span_text(span, part->plan.plan->timer_s),
                      utc_local_short(when, utc_plus_s(now, part->plan.plan->timer_s), now));
        buf_addf(&next, "calm stop confirm a%u", part->number);
        buf_addf(&why,
                 "if you still reach what you need, and it does what it should; else: calm stop "
                 "undo a%u",
                 part->number);
    } else {
        buf_addf(&next, "calm stop check a%u works \"what was seen\"", part->number);
    }
    screen_blank(&screen);
    screen_next(&screen, buf_str(&next), buf_str(&why));
}

static void tell_part(const struct begin_part *part, struct screen *screen)
{
    static const char *const words[] = {[BEGIN_LEFT_OUT] = "left out, nothing was changed there: ",
                                        [BEGIN_FAILED] = "NOT in effect, put back there: ",
                                        [BEGIN_UNKNOWN] =
                                            "outcome unknown (calm stop status tells): "};
    CLEANUP_BUF struct buf mark = {0};
    CLEANUP_BUF struct buf text = {0};
    char span[UTC_PLAIN_SIZE];

    buf_addf(&mark, "a%u", part->number);
    buf_addf(&text, STR_FMT ": ", STR_ARG(part->plan.plan->host));
    if (part->result != BEGIN_IN_EFFECT)
        buf_addf(&text, "%s%s", words[part->result], part->why.text);
    else
        buf_addstr(&text, buf_str(&part->seen));
    if (part->result == BEGIN_IN_EFFECT && part->plan.plan->timer_s)
        buf_addf(&text, "; goes back by itself in %s", span_text(span, part->plan.plan->timer_s));
    screen_pair(screen, 0, 5, buf_str(&mark), buf_str(&text));
}

/* Rounded up, so that nothing is said to be closer than it was. */
static unsigned long long whole_ms(int64_t us)
{
    return (unsigned long long)(us + 999) / 1000;
}

static void tell_many(const struct beginning *b, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf next = {0};
    struct stop_spread spread;

    for (size_t i = 0; i < b->count; i++) {
        const struct begin_part *part = &b->parts[i];

        tell_part(part, &screen);
        if (part->result == BEGIN_IN_EFFECT && part->plan.plan->timer_s)
            buf_addf(&next, "%s a%u", next.len ? "" : "calm stop confirm", part->number);
    }
    if (spread_of(b, &spread))
        screen_printf(&screen, 0,
                      "They began some %llu ms apart, and not more than %llu ms, as measured from "
                      "here and as the hosts say how long they waited.",
                      whole_ms(spread.about_us), whole_ms(spread.most_us));
    if (next.len)
        screen_next(
            &screen, buf_str(&next),
            STR("those that you still reach, and that do what they should; the others go back"));
}

void begin_tell(const struct beginning *b, struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    if (a->wants_json && b->count == 1)
        tell_json(&b->parts[0], true, &j);
    else if (a->wants_json)
        tell_all_json(b, &j);
    else if (b->count == 1)
        tell_one(&b->parts[0], a);
    else
        tell_many(b, a);
    for (size_t i = 0; i < b->count; i++)
        if (b->parts[i].result != BEGIN_IN_EFFECT)
            a->exit_status = err_exit_status(ERR_IO);
}
