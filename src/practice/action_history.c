/* action_history.c: tells from the records of an action when it was planned, approved, done,
 * undone, checked and reviewed. */
#include "practice/action_history.h"

/* One record of an action that says how far it is. */
struct step {
    uint64_t seq;
    const char *word;
    struct utc when;
    bool went_back; /* by itself: nobody did it */
};

const char *action_step(struct str before, struct str state, struct str check, struct str review)
{
    static const char *const same[] = {"planned", "approved", "begun", "undone"};

    for (size_t i = 0; i < COUNT_OF(same); i++)
        if (str_is(state, same[i]))
            return same[i];
    if (str_is(state, "unconfirmed"))
        return "applied";
    if (str_is(state, "done"))
        return str_is(before, "unconfirmed") ? "confirmed" : "done";
    return review.len ? "reviewed" : check.len ? "checked" : NULL;
}

/* What a record says in one field; empty where it says nothing there, or nobody can read it. */
static struct str say(const struct view *v, uint64_t seq, const char *field, struct buf *out)
{
    buf_clear(out);
    return view_text(v, seq, field, out, NULL) ? STR("") : buf_str(out);
}

/* *state: what the records before said, and then what this one says. */
static bool read_step(const struct view *v, uint64_t seq, struct buf *state, struct step *out)
{
    const struct record *r = state_record(v->state, seq);
    CLEANUP_BUF struct buf now = {0};
    CLEANUP_BUF struct buf check = {0};
    CLEANUP_BUF struct buf review = {0};
    CLEANUP_BUF struct buf result = {0};
    CLEANUP_BUF struct buf when = {0};

    *out = (struct step){.seq = seq, .when = r->time};
    say(v, seq, "state", &now);
    say(v, seq, "check", &check);
    say(v, seq, "review", &review);
    out->word = action_step(buf_str(state), buf_str(&now), buf_str(&check), buf_str(&review));
    out->went_back = str_is(buf_str(&now), "undone") &&
                     str_starts(say(v, seq, "result", &result), "went back by itself");
    if (!utc_read(&out->when, say(v, seq, common_fields[COMMON_OCCURRED].name, &when)))
        out->when = r->time;
    if (now.len) {
        buf_clear(state);
        buf_addstr(state, buf_str(&now));
    }
    return out->word != NULL;
}

/* The next one; *seq is where to go on, *state is kept between the calls. */
static bool next_step(const struct view *v, const struct thing *action, uint64_t *seq,
                      struct buf *state, struct step *out)
{
    while (*seq < state_size(v->state)) {
        uint64_t at = (*seq)++;
        const struct record *r = state_record(v->state, at);

        if (r->thing == action && view_allows_record(v, r) && read_step(v, at, state, out))
            return true;
    }
    return false;
}

static void add_words(const struct view *v, const struct step *s, struct buf *out)
{
    CLEANUP_BUF struct buf spoken = {0};
    char when[UTC_PLAIN_SIZE];

    utc_local_short(when, s->when, v->now);
    buf_adds(out, out->len ? ", " : "");
    if (s->went_back) {
        buf_addf(out, "went back by itself %s", when);
        return;
    }
    if (str_is(str_of(s->word), "approved") && say(v, s->seq, "approval", &spoken).len) {
        buf_addf(out, "approved %s by voice (" STR_FMT ")", when, STR_ARG(buf_str(&spoken)));
        return;
    }
    buf_addf(out, "%s %s by ", s->word, when);
    view_signer_name(v, state_record(v->state, s->seq), out);
}

/* That calm began is told only where nothing is known of what came of it. */
void action_history(const struct view *v, const struct thing *action, struct buf *out)
{
    CLEANUP_BUF struct buf state = {0};
    struct step s, begun = {.word = NULL};
    uint64_t seq = action->seq;

    while (next_step(v, action, &seq, &state, &s)) {
        bool is_begun = str_is(str_of(s.word), "begun") && thing_value(action, "plan").len;

        begun = is_begun ? s : (struct step){.word = NULL};
        if (!is_begun)
            add_words(v, &s, out);
    }
    if (begun.word)
        add_words(v, &begun, out);
}

void action_history_json(const struct view *v, const struct thing *action, struct json *j)
{
    CLEANUP_BUF struct buf state = {0};
    uint64_t seq = action->seq;
    struct step s;

    json_name(j, "history");
    json_array_begin(j);
    while (next_step(v, action, &seq, &state, &s)) {
        CLEANUP_BUF struct buf who = {0};

        view_signer_name(v, state_record(v->state, s.seq), &who);
        json_object_begin(j);
        json_put_text(j, "step", s.word);
        json_put_utc(j, "time", s.when);
        json_put_str(j, "by", buf_str(&who));
        json_put_u64(j, "record", s.seq);
        json_object_end(j);
    }
    json_array_end(j);
}
