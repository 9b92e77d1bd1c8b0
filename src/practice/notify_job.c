/* notify_job.c: the job that sends: one message, which a person sees before it goes, or all that
 * is due. */
#include <unistd.h>
#include "base/sink.h"
#include "practice/notify_due.h"
#include "practice/notify_reach.h"
#include "practice/notify_show.h"
#include "sys/file.h"

struct telling {
    struct session *s;
    struct answer *a;
    struct json j;
    bool is_short; /* something did not get to its end */
};

static void tell_error(void *context, const struct err *why)
{
    struct telling *t = context;

    t->is_short = true;
    if (t->a->wants_json)
        return;
    sink_terminal(&t->a->text, str_of(why->text), false);
    buf_adds(&t->a->text, ".\n");
}

static void tell_message(void *context, const struct id *id)
{
    struct telling *t = context;
    struct view v;
    const struct thing *m;

    if (session_view(t->s, &v, NULL))
        return;
    m = state_thing_by_id(v.state, id);
    if (!m)
        return;
    t->is_short =
        t->is_short || thing_says(m, "state", "waiting") || thing_says(m, "state", "unknown");
    if (t->a->wants_json)
        thing_json(&v, m, &t->j);
    else
        notify_tell_outcome(&v, m, t->a);
}

static int send_all(struct sending *x, struct telling *t, struct err *e)
{
    const struct notify_teller teller = {tell_message, tell_error, t};
    int rc = notify_do_due(x, t->a->around, &teller, e);

    if (rc == 0 && !t->a->wants_json && !t->a->text.len)
        buf_adds(&t->a->text, "Nothing is due.\n");
    return rc;
}

/* A person at a terminal sees what goes before it does. */
static int ask(const struct sending *x, const struct thing *m, const struct view *v,
               struct answer *a, struct err *e)
{
    if (!m || !a->confirm || a->wants_json || input_has(x->op, x->in, "yes"))
        return 0;
    notify_preview_text(v, x->settings, m, a->rows, a);
    if (!a->confirm(a, "Send it"))
        return err_set(e, ERR_CANCEL, "nothing was sent");
    buf_clear(&a->text);
    return 0;
}

static int send_named(struct sending *x, const struct id *id, struct telling *t, struct err *e)
{
    int rc = notify_send_one(x, id, e);

    if (rc == 0)
        tell_message(t, id);
    return rc;
}

static int send_locked(struct sending *x, const struct id *message, struct answer *a, struct err *e)
{
    struct telling t = {.s = x->s, .a = a};
    CLEANUP_FD int fd = -1;
    int rc = notify_lock(a->around, &fd, e);

    if (rc)
        return rc;
    json_begin(&t.j, &a->json);
    if (a->wants_json)
        json_array_begin(&t.j);
    rc = message ? send_named(x, message, &t, e) : send_all(x, &t, e);
    if (a->wants_json)
        json_array_end(&t.j);
    if (t.is_short)
        a->exit_status = err_exit_status(ERR_IO);
    return rc;
}

static int send_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(settings_freep) struct settings *settings = NULL;
    struct sending x = {.s = s, .op = op, .in = in};
    const struct thing *m;
    uint64_t for_s = 0;
    struct id id;
    struct view v;
    int rc = notify_settings(a->around, &settings, e);

    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    if (str_u64(input_value(op, in, "for"), &for_s))
        x.for_s = (int64_t)for_s;
    x.settings = settings;
    m = input_thing(&v, op, in, "message");
    if (!m == !input_has(op, in, "all"))
        return err_set(e, ERR_USAGE, "say which message, or --all that is due: calm notify queue");
    if (m)
        id = m->id;
    rc = ask(&x, m, &v, a, e);
    return rc ? rc : send_locked(&x, m ? &id : NULL, a, e);
}

static const struct field send_fields[] = {
    {.name = "message",
     .type = FIELD_REF,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .kind = "message",
     .help = "which: m1"},
    {.name = "all",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "all that is due; no drafts"},
    {.name = "yes", .type = FIELD_FLAG, .flags = FIELD_OUTSIDE, .help = "do not ask first"},
    {.name = "for",
     .type = FIELD_SPAN,
     .flags = FIELD_OUTSIDE,
     .help = "how long a channel is tried that cannot take it: 1 h if not said"},
};

const struct operation notify_send = {
    .name = "notify send",
    .practice = "notify",
    .help = "send a message over the first channel that can be trusted, once",
    .example = "calm notify send m1",
    .more =
        "A channel that is compromised, or relies on a system that is affected, is passed over; "
        "so is one that may not carry the label, or cannot encrypt to the recipient. Where none "
        "is left, the telephone number and the words are shown. What could not be delivered is "
        "tried again by --all, which also tells the alternate where somebody stays silent and "
        "reminds of deadlines that come near; calm notify watch does that as long as it runs. "
        "Accounts stand in notify.conf (calm notify accounts). The exit status is "
        "11 where something is not at its end yet.",
    OP_FIELDS(send_fields),
    .kind = &notify_message_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("message/1", "message-change/1"),
    .job = send_job};
