/* notify_words.c: how a message stands, in words, and the list of all of them. */
#include "practice/notify_words.h"
#include "practice/notify_phone.h"
#include "practice/notify_queue.h"
#include "base/sink.h"
#include "render/screen.h"

enum { ABOUT_COLUMNS = 50, MARK_COLUMNS = 3 };

void notify_acknowledged_words(const struct view *v, const struct thing *m, struct buf *out)
{
    const struct thing *to = view_ref(v, m, "to");

    buf_addf(out, "acknowledged by " STR_FMT, STR_ARG(to ? view_title(to) : STR("its recipient")));
    if (thing_value(m, "by-word").len) {
        buf_adds(out, " (word)");
        return;
    }
    buf_adds(out, ", as ");
    view_signer_name(v, state_record(v->state, m->changed_seq), out);
    buf_adds(out, " wrote it down");
    if (thing_value(m, "word").len)
        buf_adds(out, ", without the word");
}

static void add_moment(const struct view *v, const struct thing *m, const char *words,
                       const char *field, struct buf *out)
{
    char text[UTC_PLAIN_SIZE];
    struct utc when;

    buf_adds(out, words);
    if (thing_time(m, field, &when))
        buf_addf(out, "%s", utc_local_short(text, when, v->now));
    else
        buf_adds(out, "any time");
}

static void add_escalated(const struct view *v, const struct thing *m, struct buf *out)
{
    const struct thing *other = view_ref(v, m, "escalated-to");

    buf_addf(out, "no answer, " STR_FMT " is told instead",
             STR_ARG(other ? view_title(other) : STR("somebody else")));
}

static void add_sent(const struct view *v, const struct thing *m, struct buf *out)
{
    if (notify_is_silent(v, m))
        add_moment(v, m, "silent since ", "answer-by", out);
    else if (thing_value(m, "answer-by").len)
        add_moment(v, m, "sent, an answer is expected by ", "answer-by", out);
    else
        buf_adds(out, "sent");
}

void notify_state_words(const struct view *v, const struct thing *m, struct buf *out)
{
    if (thing_says(m, "state", "phone"))
        buf_adds(out, notify_is_in_person(v, m) ? "to be told in person" : "to be phoned");
    else if (thing_says(m, "state", "unknown") || notify_is_cut_off(v, m))
        buf_adds(out, "nobody knows whether it arrived: ask them");
    else if (thing_says(m, "state", "waiting"))
        add_moment(v, m, "not delivered, next try at ", "next-try", out);
    else if (thing_says(m, "state", "sending"))
        buf_adds(out, "being sent now");
    else if (thing_says(m, "state", "sent"))
        add_sent(v, m, out);
    else if (thing_says(m, "state", "acknowledged"))
        notify_acknowledged_words(v, m, out);
    else if (thing_says(m, "state", "failed"))
        buf_adds(out, "did not reach them");
    else if (thing_says(m, "state", "escalated"))
        add_escalated(v, m, out);
    else
        buf_adds(out, "a draft, not sent");
}

void notify_about_words(const struct view *v, const struct thing *m, struct buf *out)
{
    struct str text = thing_value(m, "text");
    struct str line = str_trim(str_cut(&text, '\n'));
    struct str head = utf8_head_columns(line, ABOUT_COLUMNS);
    const struct thing *deadline = view_ref(v, m, "deadline");
    uint64_t before;

    if (deadline && str_u64(thing_value(m, "before"), &before))
        buf_addf(out, "reminder of d%u " STR_FMT ", %llu h before", deadline->number,
                 STR_ARG(thing_value(deadline, "law")), (unsigned long long)(before / 3600));
    else if (thing_value(m, "template").len)
        buf_addstr(out, thing_value(m, "template"));
    else
        buf_addf(out, "\"" STR_FMT "%s\"", STR_ARG(head),
                 head.len < line.len || text.len ? "\xe2\x80\xa6" : "");
}

static void list_one(const struct view *v, const struct thing *m, struct screen *screen)
{
    const struct thing *to = view_ref(v, m, "to"), *c = view_ref(v, m, "channel");
    char when[UTC_PLAIN_SIZE];
    CLEANUP_BUF struct buf call = {0};
    CLEANUP_BUF struct buf line = {0};
    struct utc sent;

    view_call(&call, m);
    buf_addf(&line, STR_FMT ": ", STR_ARG(to ? view_title(to) : STR("somebody")));
    notify_about_words(v, m, &line);
    screen_pair(screen, 0, MARK_COLUMNS, buf_str(&call), buf_str(&line));
    buf_clear(&line);
    notify_state_words(v, m, &line);
    if (c)
        buf_addf(&line, " \xc2\xb7 " STR_FMT, STR_ARG(view_title(c)));
    if (thing_time(m, "sent-at", &sent))
        buf_addf(&line, " \xc2\xb7 sent %s", utc_local_short(when, sent, v->now));
    buf_addf(&line, " \xc2\xb7 %s", tlp_mark(m->tlp));
    screen_para_style(screen, MARK_COLUMNS + 2, SCREEN_DIM, buf_str(&line));
    if (thing_value(m, "answer").len) {
        buf_clear(&line);
        buf_addf(&line, "Their answer, as it was written down: " STR_FMT,
                 STR_ARG(thing_value(m, "answer")));
        screen_para_style(screen, MARK_COLUMNS + 2, SCREEN_DIM, buf_str(&line));
    }
}

static int list_query(const struct view *v, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    struct screen screen = {&a->text, a->columns, a->color};
    const struct thing *m;

    if (a->wants_json)
        return query_list(v, op, in, a, e);
    for (size_t at = 0; (m = view_next(v, "message", &at));)
        list_one(v, m, &screen);
    if (a->text.len)
        screen_para(&screen, 0, STR("A whole text: calm notify preview m1"));
    else
        screen_para(&screen, 0, STR("None yet."));
    return 0;
}

const struct operation notify_list = {.name = "notify list",
                                      .practice = "notify",
                                      .help = "list the messages and how they stand",
                                      .example = "calm notify list",
                                      .kind = &notify_message_kind,
                                      .type = OP_QUERY,
                                      .faces = FACE_ALL,
                                      .query = list_query};
