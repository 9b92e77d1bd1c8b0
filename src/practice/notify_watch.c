/* notify_watch.c: the job that watches: it sends what is due, tells the alternates of those who are
 * silent, reminds of deadlines, and says each thing that happens as one line with its time. */
#include "practice/notify_watch.h"
#include <poll.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/notify_due.h"
#include "practice/notify_queue.h"
#include "practice/notify_reach.h"
#include "practice/notify_remind.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum { LOOK_MS = 1000, TOLD_SIZE = 64 * 1024, CLOCK_AT = 11, CLOCK_COLUMNS = 8 };

struct watching {
    struct sending *x;
    struct answer *a;
    struct json j;
    uint64_t seen;    /* records before this one were told of */
    struct buf told;  /* what could not be done, a line each: said once */
    bool has_no_ears; /* nobody reads any more */
};

/* "07:16:02  m1 to Eva Brandt: silent since 07:15" */
static void say(struct watching *w, struct utc now, struct str words)
{
    char when[UTC_PLAIN_SIZE];

    if (w->a->wants_json)
        return;
    buf_addf(&w->a->text, "%.*s  ", CLOCK_COLUMNS, utc_local(when, now) + CLOCK_AT);
    sink_terminal(&w->a->text, str_trim(words), false);
    buf_addc(&w->a->text, '\n');
    if (w->a->flush && w->a->flush(w->a) != 0)
        w->has_no_ears = true;
}

/* What was done is told from the record, as what others did is. */
static void moved(void *context, const struct id *message)
{
    (void)context;
    (void)message;
}

static void failed(void *context, const struct err *why)
{
    struct watching *w = context;
    struct str words = str_of(why->text);

    if (str_has_line(buf_str(&w->told), words))
        return;
    if (w->told.len > TOLD_SIZE)
        buf_clear(&w->told);
    buf_addf(&w->told, STR_FMT "\n", STR_ARG(words));
    say(w, utc_now(), words);
}

static void tell_changes(struct watching *w, const struct view *v)
{
    const struct thing *m;

    for (size_t at = 0; (m = view_next(v, "message", &at));) {
        CLEANUP_BUF struct buf line = {0};

        if (m->changed_seq < w->seen)
            continue;
        if (w->a->wants_json)
            thing_json(v, m, &w->j);
        notify_queue_line(v, m, &line);
        say(w, v->now, buf_str(&line));
    }
    w->seen = state_size(v->state);
}

static bool is_message_left(const struct view *v, const struct thing *m)
{
    if (thing_says(m, "state", "waiting"))
        return notify_reader_check(v, m, NULL) == 0;
    if (thing_says(m, "state", "sent") && thing_value(m, "answer-by").len)
        return !notify_is_silent(v, m) || notify_alternate(v, m);
    return thing_says(m, "state", "sending");
}

/* Will anything still be done without a person? */
static bool is_left(const struct view *v)
{
    const struct thing *t;
    struct utc when;

    for (size_t at = 0; (t = view_next(v, "message", &at));)
        if (is_message_left(v, t))
            return true;
    for (size_t at = 0; (t = view_next(v, "deadline", &at));)
        if (notify_reminder_due(v, t) || notify_reminder_next(v, t, &when))
            return true;
    return false;
}

static int do_round(struct watching *w, struct err *e)
{
    CLEANUP(settings_freep) struct settings *settings = NULL;
    const struct notify_teller teller = {moved, failed, w};
    CLEANUP_FD int fd = -1;
    int rc = notify_settings(w->a->around, &settings, e);

    if (rc == 0)
        rc = notify_lock(w->a->around, &fd, e);
    if (rc)
        return rc;
    w->x->settings = settings;
    rc = notify_do_due(w->x, w->a->around, &teller, e);
    w->x->settings = NULL;
    return rc;
}

static int watch(struct watching *w, bool stays, bool *is_done, struct err *e)
{
    struct view v;
    int rc = 0;

    while (rc == 0 && !interrupt_came() && !w->has_no_ears) {
        rc = do_round(w, e);
        if (rc == 0)
            rc = session_view(w->x->s, &v, e);
        if (rc)
            return rc;
        tell_changes(w, &v);
        *is_done = !stays && !is_left(&v);
        if (*is_done)
            return 0;
        (void)poll(NULL, 0, LOOK_MS); /* a signal ends it earlier, and is looked at above */
    }
    return rc;
}

static int begin(struct watching *w, struct err *e)
{
    struct view v;
    int rc = session_view(w->x->s, &v, e);

    if (rc)
        return rc;
    w->seen = state_size(v.state);
    say(w, v.now, STR("watching; Ctrl-C ends it"));
    return 0;
}

static int watch_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(interrupt_end) struct interrupt signals;
    struct sending x = {.s = s, .op = op, .in = in};
    struct watching w = {.x = &x, .a = a};
    bool is_done = false;
    uint64_t for_s = 0;
    int rc;

    if (str_u64(input_value(op, in, "for"), &for_s))
        x.for_s = (int64_t)for_s;
    interrupt_begin(&signals);
    json_begin(&w.j, &a->json);
    if (a->wants_json)
        json_array_begin(&w.j);
    rc = begin(&w, e);
    if (rc == 0)
        rc = watch(&w, input_has(op, in, "stay"), &is_done, e);
    if (a->wants_json)
        json_array_end(&w.j);
    if (rc == 0)
        say(&w, utc_now(),
            is_done ? STR("nothing is left to watch; what a person has to do: calm notify due")
                    : STR("ended; what is still due: calm notify due"));
    buf_release(&w.told);
    return rc;
}

static const struct field watch_fields[] = {
    {.name = "stay",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "go on when nothing is left: for what others will send"},
    {.name = "for",
     .type = FIELD_SPAN,
     .flags = FIELD_OUTSIDE,
     .help = "how long a channel is tried that cannot take it: 1 h if not said"},
};

const struct operation notify_watch = {
    .name = "notify watch",
    .practice = "notify",
    .help = "send what is due, tell the alternate of whoever is silent, remind of deadlines",
    .example = "calm notify watch",
    .more = "It stays in the foreground and says each thing that happens as one line with its "
            "time, also what others do. It ends when nothing is left that could become due, or on "
            "Ctrl-C; started again, it goes on where it was, and of several that run at once one "
            "sends. Whoever started the clock of a deadline, or decided that it runs, is reminded "
            "24 hours, 4 hours and 1 hour before, once each. Drafts are not sent.",
    OP_FIELDS(watch_fields),
    .kind = &notify_message_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("message/1", "message-change/1"),
    .job = watch_job};
