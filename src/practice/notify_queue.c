/* notify_queue.c: messages that are not at their end, and what is due. */
#include "practice/notify_queue.h"
#include "base/sink.h"
#include "practice/notify_reach.h"
#include "practice/notify_remind.h"
#include "practice/notify_words.h"

enum { DUE = 70, SILENT = 74 }; /* before plans (stop_where.c), behind what goes back by itself */

static bool is_past(const struct view *v, const struct thing *m, const char *field)
{
    struct utc when;

    return thing_time(m, field, &when) && utc_cmp(when, v->now) <= 0;
}

bool notify_is_cut_off(const struct view *v, const struct thing *m)
{
    const struct record *r = state_record(v->state, m->changed_seq);

    return thing_says(m, "state", "sending") &&
           (key_eq(state_key(v->state, r), &v->key) || is_past(v, m, "sending-until"));
}

bool notify_is_due(const struct view *v, const struct thing *m)
{
    return thing_says(m, "state", "waiting") &&
           (is_past(v, m, "next-try") || !thing_value(m, "next-try").len);
}

bool notify_is_silent(const struct view *v, const struct thing *m)
{
    return thing_says(m, "state", "sent") && is_past(v, m, "answer-by");
}

struct utc notify_written(const struct view *v, const struct thing *m)
{
    return state_record(v->state, m->seq)->time;
}

const struct thing *notify_alternate(const struct view *v, const struct thing *m)
{
    const struct thing *to = view_ref(v, m, "to"), *row, *other;

    for (size_t at = 0; to && (row = view_next_of(v, "contact", "person", to, &at));) {
        const struct thing *named = view_ref(v, row, "alternate");

        if (named && named != to)
            return named;
    }
    for (size_t at = 0; to && (row = view_next_of(v, "contact", "person", to, &at));)
        for (size_t k = 0; (other = view_next(v, "contact", &k));) {
            const struct thing *who = view_ref(v, other, "person");

            if (who && who != to && str_eq(thing_value(other, "role"), thing_value(row, "role")))
                return who;
        }
    return NULL;
}

static bool is_open(const struct thing *m)
{
    return thing_says(m, "state", "draft") || thing_says(m, "state", "sending") ||
           thing_says(m, "state", "waiting") || thing_says(m, "state", "unknown") ||
           thing_says(m, "state", "phone") ||
           (thing_says(m, "state", "sent") && thing_value(m, "answer-by").len);
}

void notify_queue_line(const struct view *v, const struct thing *m, struct buf *out)
{
    const struct thing *to = view_ref(v, m, "to"), *c = view_ref(v, m, "channel");

    buf_addf(out, "m%u to " STR_FMT ": ", m->number,
             STR_ARG(to ? view_title(to) : STR("somebody")));
    notify_state_words(v, m, out);
    if (c)
        buf_addf(out, " (" STR_FMT ")", STR_ARG(view_title(c)));
    if (thing_value(m, "why").len && !thing_says(m, "state", "sent") &&
        !thing_says(m, "state", "escalated"))
        buf_addf(out, ": " STR_FMT, STR_ARG(str_head(thing_value(m, "why"), 1000)));
    buf_addc(out, '\n');
}

static int queue_query(const struct view *v, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    const struct thing *m;
    struct json j;

    (void)op;
    (void)in;
    (void)e;
    json_begin(&j, &a->json);
    if (a->wants_json)
        json_array_begin(&j);
    for (size_t at = 0; (m = view_next(v, "message", &at));) {
        CLEANUP_BUF struct buf line = {0};

        if (!is_open(m))
            continue;
        notify_queue_line(v, m, &line);
        if (a->wants_json)
            thing_json(v, m, &j);
        else
            sink_terminal(&a->text, buf_str(&line), true);
    }
    if (a->wants_json)
        json_array_end(&j);
    else if (!a->text.len)
        buf_adds(&a->text, "Nothing is on its way.\n");
    return 0;
}

/* Somebody has to act, or a program that is not running: the silent before what is only due. */
static bool is_late(const struct view *v, const struct thing *m, bool wants_silent)
{
    return wants_silent ? notify_is_silent(v, m)
                        : notify_is_due(v, m) || thing_says(m, "state", "phone");
}

size_t notify_late_lines(const struct view *v, struct buf *out)
{
    const struct thing *m, *first = NULL, *to;
    CLEANUP_BUF struct buf words = {0};
    size_t count = 0;

    for (int silent = 1; silent >= 0; silent--)
        for (size_t at = 0; (m = view_next(v, "message", &at)); count += is_late(v, m, silent))
            first = !first && is_late(v, m, silent) ? m : first;
    if (!first)
        return 0;
    to = view_ref(v, first, "to");
    if (notify_is_due(v, first))
        buf_adds(&words, "to be sent again");
    else
        notify_state_words(v, first, &words);
    buf_addf(out, "m%u " STR_FMT ": %s", first->number,
             STR_ARG(to ? view_title(to) : STR("somebody")), buf_text(&words));
    if (count > 1)
        buf_addf(out, ", and %zu more", count - 1);
    buf_addf(out, ": calm notify %s\n",
             count > 1 ? "due"
             : notify_is_due(v, first) || (notify_is_silent(v, first) && notify_alternate(v, first))
                 ? "send --all"
                 : "sheet");
    return 1;
}

/* What somebody must do, by what it is. */
struct due {
    struct buf lines;
    const struct thing *first_silent;
    size_t by_itself; /* send --all does it */
    size_t to_phone;
    size_t to_ask;
    const struct thing *first_to_ask;
};

static void collect_reminders(const struct view *v, struct due *d)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "deadline", &at));) {
        if (!notify_reminder_due(v, t))
            continue;
        buf_addf(&d->lines, "d%u " STR_FMT ": a reminder is to be sent\n", t->number,
                 STR_ARG(thing_value(t, "law")));
        d->by_itself++;
    }
}

static void collect_due(const struct view *v, struct due *d)
{
    const struct thing *m;

    collect_reminders(v, d);
    for (size_t at = 0; (m = view_next(v, "message", &at));) {
        bool is_silent = notify_is_silent(v, m);
        bool is_asked = thing_says(m, "state", "unknown");
        bool is_phoned = thing_says(m, "state", "phone");
        bool is_sent = notify_is_due(v, m) || notify_is_cut_off(v, m);
        const struct thing *other = is_silent ? notify_alternate(v, m) : NULL;

        if (!is_silent && !is_asked && !is_phoned && !is_sent)
            continue;
        if (is_silent)
            buf_addf(
                &d->lines, "m%u: no answer; " STR_FMT "%s\n", m->number,
                STR_ARG(other ? view_title(other) : STR("nobody is named instead, phone them")),
                other ? " is told instead" : "");
        else
            notify_queue_line(v, m, &d->lines);
        d->first_silent = d->first_silent || !is_silent ? d->first_silent : m;
        d->by_itself += is_sent || other != NULL;
        d->to_phone += is_phoned || (is_silent && !other);
        d->to_ask += is_asked;
        d->first_to_ask = d->first_to_ask || !is_asked ? d->first_to_ask : m;
    }
}

void notify_queue_status(const struct view *v, struct practice_status *out)
{
    struct due d = {0};

    collect_due(v, &d);
    buf_addstr(&out->missing, buf_str(&d.lines));
    if (d.by_itself + d.to_phone + d.to_ask) {
        buf_clear(&out->next);
        buf_clear(&out->because);
        out->urgency = d.first_silent ? SILENT : out->urgency > DUE ? out->urgency : DUE;
    }
    if (d.by_itself) {
        buf_adds(&out->next, "calm notify send --all");
        if (d.first_silent)
            buf_addf(&out->because, "m%u is not answered; calm notify watch goes on with it",
                     d.first_silent->number);
        else
            buf_addf(&out->because, "%zu of the messages on their way %s due", d.by_itself,
                     d.by_itself == 1 ? "is" : "are");
    } else if (d.to_phone) {
        buf_adds(&out->next, "calm notify sheet");
        buf_adds(&out->because, "somebody must be phoned: no channel reaches them safely");
    } else if (d.to_ask) {
        buf_addf(&out->next, "calm notify acknowledged m%u WORD", d.first_to_ask->number);
        buf_addf(&out->because, "nobody knows whether m%u arrived: ask them",
                 d.first_to_ask->number);
    }
    buf_release(&d.lines);
}

static int due_query(const struct view *v, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf deadlines = {0};
    struct due d = {0};
    struct json j;

    (void)op;
    (void)in;
    (void)e;
    collect_due(v, &d);
    (void)deadline_lines(v, &deadlines);
    if (a->wants_json) {
        json_begin(&j, &a->json);
        json_object_begin(&j);
        json_put_u64(&j, "by_itself", d.by_itself);
        json_put_u64(&j, "to_phone", d.to_phone);
        json_put_u64(&j, "to_ask", d.to_ask);
        json_put_str(&j, "messages", buf_str(&d.lines));
        json_put_str(&j, "deadlines", buf_str(&deadlines));
        json_object_end(&j);
    } else {
        sink_terminal(&a->text, buf_str(&d.lines), true);
        sink_terminal(&a->text, buf_str(&deadlines), true);
        if (!a->text.len)
            buf_adds(&a->text, "Nothing is due.\n");
        if (d.by_itself)
            buf_adds(&a->text, "Next:  calm notify send --all\n");
        if (d.to_phone)
            buf_adds(&a->text, "Next:  calm notify sheet\n");
    }
    buf_release(&d.lines);
    return 0;
}

const struct operation notify_queue = {
    .name = "notify queue",
    .practice = "notify",
    .help = "list the messages on their way: where each stands, and why",
    .example = "calm notify queue",
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = queue_query};
const struct operation notify_due = {
    .name = "notify due",
    .practice = "notify",
    .help = "list what is due: tries, silence, calls to make, deadlines",
    .example = "calm notify due",
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = due_query};
