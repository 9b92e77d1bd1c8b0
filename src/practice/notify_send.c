/* notify_send.c: sends one message once: what is to happen is on record before, what came of it
 * after, and nothing is repeated to a receiver that could not tell. */
#include "practice/notify_send.h"
#include <stdio.h>
#include "notify/deliver.h"
#include "notify/sender.h"
#include "practice/notify_queue.h"
#include "practice/notify_reach.h"

enum { ROUNDS_MAX = 64, SPARE_S = 30, TRY_S = 3600, WAIT_MOST_S = 15 * 60 };

struct draft *notify_change(struct decision *d, const struct thing *m, const char *state)
{
    struct draft *dr = decision_add(d, "message-change/1");

    dr->tlp = m->tlp;
    dr->scope = str_of(state_scope(d->view->state, state_record(d->view->state, m->seq)));
    draft_ref(dr, &m->id);
    if (state)
        draft_value(dr, "state", str_of(state));
    return dr;
}

void notify_put_time(struct decision *d, struct draft *dr, const char *field, struct utc when)
{
    CLEANUP_BUF struct buf text = {0};

    utc_add(&text, when);
    draft_value(dr, field, str_of(arena_strdup(d->arena, buf_text(&text))));
}

/* One go at one message, on the state as it is then. */
struct round {
    struct sending *x;
    struct decision d;
    const struct thing *m;
    const struct thing *to;
    struct notify_way way;
    struct buf passed;
    struct buf why;
    bool may_have_arrived; /* so only the same channel may repeat it */
    bool is_done;          /* the message is where it stays for now */
};

static void round_release(struct round *r)
{
    decision_release(&r->d);
    buf_release(&r->passed);
    buf_release(&r->why);
}

static int append(struct round *r, struct err *e)
{
    uint64_t first;

    return session_append(r->x->s, &r->d, &first, e);
}

/* What holds whatever else was written meanwhile: an outcome. */
static int append_outcome(struct round *r, struct draft *dr, struct err *e)
{
    r->d.is_independent = true;
    draft_value(dr, "why", buf_str(&r->why));
    return append(r, e);
}

static int check_state(const struct round *r, struct err *e)
{
    const struct thing *m = r->m;
    unsigned n = m->number;

    if (thing_says(m, "state", "unknown"))
        return err_set(e, ERR_GATE,
                       "nobody knows whether m%u arrived, so it is not sent again. Ask them: calm "
                       "notify acknowledged m%u WORD, or, if they have nothing: calm notify failed "
                       "m%u \"has nothing\", and send it again",
                       n, n, n);
    if (thing_says(m, "state", "sending") && !notify_is_cut_off(r->d.view, m))
        return err_set(e, ERR_GATE, "m%u is being sent by somebody else just now", n);
    if (thing_says(m, "state", "sent") || thing_says(m, "state", "acknowledged") ||
        thing_says(m, "state", "escalated"))
        return err_set(e, ERR_GATE, "m%u is " STR_FMT " already", n,
                       STR_ARG(thing_value(m, "state")));
    return 0;
}

static int begin_round(struct round *r, const struct id *id, struct err *e)
{
    int rc = session_draft(r->x->s, &r->d, r->x->op, r->x->in, e);

    if (rc)
        return rc;
    r->m = state_thing_by_id(r->d.view->state, id);
    if (!r->m || !view_allows(r->d.view, r->m))
        return err_set(e, ERR_NOTFOUND, "that message is not there");
    r->to = view_ref(r->d.view, r->m, "to");
    r->may_have_arrived =
        notify_is_cut_off(r->d.view, r->m) || thing_value(r->m, "may-have-arrived").len > 0;
    rc = check_state(r, e);
    return rc ? rc : notify_reader_check(r->d.view, r->m, e);
}

static void draft_tried(struct round *r, struct draft *dr, const struct thing *channel)
{
    struct str before = thing_value(r->m, "tried");
    struct str lines = before;
    CLEANUP_BUF struct buf hex = {0};
    struct id id;

    if (view_refers(r->d.view, r->m, "tried", channel))
        return;
    buf_addstr(&hex, before);
    if (hex.len)
        buf_addc(&hex, '\n');
    hex_add(&hex, channel->id.b, sizeof(channel->id.b));
    draft_value(dr, "tried", str_of(arena_strdup(r->d.arena, buf_text(&hex))));
    draft_ref(dr, &channel->id);
    while (lines.len)
        if (hex_read(id.b, sizeof(id.b), str_cut(&lines, '\n')))
            draft_ref(dr, &id);
}

/* Nobody is reached safely by a program: the telephone, and the words are there. */
static int leave_to_phone(struct round *r, struct err *e)
{
    struct draft *dr = notify_change(&r->d, r->m, "phone");

    r->is_done = true;
    if (thing_value(r->m, "tried").len && !thing_says(r->m, "state", "phone"))
        buf_addf(&r->why, STR_FMT "\n", STR_ARG(thing_value(r->m, "why"))); /* of the last one */
    buf_addstr(&r->why, str_trim(buf_str(&r->passed)));
    if (r->way.channel)
        draft_value_ref(&r->d, dr, "channel", &r->way.channel->id);
    else if (thing_value(r->m, "channel").len)
        draft_value(dr, "channel", STR(""));
    if (r->way.address.len || thing_value(r->m, "address").len)
        draft_value(dr, "address", r->way.address);
    return append_outcome(r, dr, e);
}

static int leave_unknown(struct round *r, struct err *e)
{
    r->is_done = true;
    if (!r->why.len)
        buf_adds(&r->why, "an attempt was cut off, and this channel cannot tell a repeat");
    return append_outcome(r, notify_change(&r->d, r->m, "unknown"), e);
}

static int pass_over(struct round *r, const struct err *why, struct err *e)
{
    struct draft *dr = notify_change(&r->d, r->m, NULL);

    buf_addf(&r->why, STR_FMT ": %s", STR_ARG(view_title(r->way.channel)), why->text);
    draft_tried(r, dr, r->way.channel);
    return append_outcome(r, dr, e);
}

static void make_letter(const struct round *r, struct letter *l)
{
    struct str subject = thing_value(r->m, "subject");

    *l = (struct letter){.id = r->m->id,
                         .when = notify_written(r->d.view, r->m),
                         .name = view_title(r->to),
                         .address = r->way.address,
                         .subject = subject.len ? subject : STR("A message for you"),
                         .text = thing_value(r->m, "text"),
                         .label = tlp_mark(r->m->tlp)};
}

static bool is_same_channel(const struct round *r)
{
    return view_ref(r->d.view, r->m, "channel") == r->way.channel;
}

static uint64_t attempts(const struct round *r)
{
    uint64_t n = 0;

    return str_u64(thing_value(r->m, "attempts"), &n) ? n : 0;
}

/* Depends on what was seen, so of two programs only one gets it through. */
static int append_intent(struct round *r, unsigned wall_s, struct err *e)
{
    struct draft *dr = notify_change(&r->d, r->m, "sending");
    struct utc now = r->d.view->now;

    draft_value_ref(&r->d, dr, "channel", &r->way.channel->id);
    draft_value(dr, "address", r->way.address);
    draft_value(dr, "attempts",
                str_of(arena_printf(r->d.arena, "%llu", (unsigned long long)attempts(r) + 1)));
    notify_put_time(&r->d, dr, "sending-until", utc_plus_s(now, (int64_t)wall_s + SPARE_S));
    if (!is_same_channel(r) || !thing_value(r->m, "tries-until").len)
        notify_put_time(&r->d, dr, "tries-until",
                        utc_plus_s(now, r->x->for_s ? r->x->for_s : TRY_S));
    if (r->may_have_arrived)
        draft_value(dr, "may-have-arrived", STR("yes"));
    return append(r, e);
}

static int64_t wait_s(uint64_t tries)
{
    int64_t s = 60;

    while (--tries && s < WAIT_MOST_S)
        s *= 2;
    return s < WAIT_MOST_S ? s : WAIT_MOST_S;
}

void notify_put_sent(struct decision *d, struct draft *dr, const struct thing *m)
{
    struct utc now = d->view->now;
    uint64_t within;

    notify_put_time(d, dr, "sent-at", now);
    if (str_u64(thing_value(m, "answer-within"), &within) && within)
        notify_put_time(d, dr, "answer-by", utc_plus_s(now, (int64_t)within));
}

static void put_sent(struct round *r, struct draft *dr)
{
    r->is_done = true;
    notify_put_sent(&r->d, dr, r->m);
    if (r->may_have_arrived)
        draft_value(dr, "may-have-arrived", STR(""));
}

static bool is_over(const struct round *r)
{
    struct utc until;

    return thing_time(r->m, "tries-until", &until) && utc_cmp(until, r->d.view->now) <= 0;
}

static void put_later(struct round *r, struct draft *dr, bool wants_same)
{
    struct utc now = r->d.view->now;

    if (wants_same)
        notify_put_time(&r->d, dr, "next-try", utc_plus_s(now, wait_s(attempts(r))));
    else
        notify_put_time(&r->d, dr, "next-try", now);
    if (!wants_same)
        draft_tried(r, dr, r->way.channel);
    r->is_done = wants_same;
}

static void say_why(struct round *r, const struct post_result *result)
{
    char said[POST_SAID_SIZE + 1];

    if (result->end == POST_SENT)
        return;
    snprintf(said, sizeof(said), "%s", result->said);
    account_redact(r->way.account, said);
    buf_adds(&r->why, result->why);
    if (result->status)
        buf_addf(&r->why, " (%u)", result->status);
    if (said[0])
        buf_addf(&r->why, ". It said: %s", said);
}

/* On the state as it is after the effect. */
static int append_end(struct round *r, const struct post_result *result, bool can_repeat,
                      struct err *e)
{
    bool is_unsure = result->end == POST_UNKNOWN || r->may_have_arrived;
    struct draft *dr;

    say_why(r, result);
    if (result->end != POST_SENT && is_unsure &&
        (!can_repeat || result->end == POST_REFUSED || is_over(r)))
        return leave_unknown(r, e);
    dr = notify_change(&r->d, r->m, result->end == POST_SENT ? "sent" : "waiting");
    if (result->end == POST_SENT) {
        put_sent(r, dr);
        return append_outcome(r, dr, e);
    }
    if (is_unsure && !thing_value(r->m, "may-have-arrived").len)
        draft_value(dr, "may-have-arrived", STR("yes"));
    put_later(r, dr, is_unsure || (result->end == POST_LATER && !is_over(r)));
    return append_outcome(r, dr, e);
}

/* The outcome goes on record by a round of its own, since the state has changed by the intent. */
static int send_and_record(struct round *before, struct post *post, bool *is_done, struct err *e)
{
    CLEANUP(round_release) struct round after = {.x = before->x};
    struct id message = before->m->id, channel = before->way.channel->id;
    struct post_result result;
    bool can_repeat = post->can_repeat;
    struct err why = {0};
    int rc = sender_send(post, &result, &why);

    if (rc) {
        result = (struct post_result){.end = POST_LATER};
        snprintf(result.why, sizeof(result.why), "%.500s", why.text);
    }
    rc = session_draft(before->x->s, &after.d, before->x->op, before->x->in, e);
    if (rc)
        return rc;
    after.m = state_thing_by_id(after.d.view->state, &message);
    after.way = (struct notify_way){.channel = state_thing_by_id(after.d.view->state, &channel),
                                    .account = before->way.account};
    after.may_have_arrived = before->may_have_arrived;
    rc = append_end(&after, &result, can_repeat, e);
    *is_done = after.is_done;
    return rc;
}

static int go(struct round *r, struct err *e)
{
    CLEANUP_POST struct post post = {0};
    struct letter letter;
    struct err why = {0};
    int rc;

    make_letter(r, &letter);
    if (deliver_prepare(r->x->settings, r->way.account, &letter, &post, &why))
        return r->may_have_arrived ? leave_unknown(r, e) : pass_over(r, &why, e);
    if (r->may_have_arrived && !post.can_repeat)
        return leave_unknown(r, e);
    rc = append_intent(r, post.wall_s, e);
    return rc ? rc : send_and_record(r, &post, &r->is_done, e);
}

/* A round ends with a record, or with ERR_CONFLICT where somebody else wrote one first. */
static int one_round(struct round *r, const struct id *id, struct err *e)
{
    int rc = begin_round(r, id, e);

    if (rc)
        return rc;
    if (r->may_have_arrived) {
        if (!notify_way_still_fits(r->d.view, r->x->settings, r->m, &r->way))
            return leave_unknown(r, e);
        return go(r, e);
    }
    r->way = notify_way_of(r->d.view, r->x->settings, r->m, &r->passed);
    return r->way.account ? go(r, e) : leave_to_phone(r, e);
}

int notify_send_one(struct sending *x, const struct id *message, struct err *e)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        CLEANUP(round_release) struct round r = {.x = x};
        int rc = one_round(&r, message, e);

        if (rc && rc != ERR_CONFLICT)
            return rc;
        if (rc == 0 && r.is_done)
            return 0;
    }
    return err_set(e, ERR_CONFLICT, "others write to this case without a pause: try again");
}
