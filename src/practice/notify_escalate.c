/* notify_escalate.c: the job that sends: one message, or all that is due, and silence goes to the
 * alternate. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/notify_queue.h"
#include "practice/notify_reach.h"
#include "practice/notify_send.h"
#include "practice/notify_show.h"
#include "practice/notify_write.h"
#include "sys/file.h"

enum { MESSAGES_MAX = 10000, ESCALATE_TRIES = 8 };

/* The same text, with a word of its own. */
static struct str with_word(struct decision *d, const struct thing *m, const char *word)
{
    struct str text = thing_value(m, "text"), old = thing_value(m, "word");
    CLEANUP_BUF struct buf out = {0};

    while (text.len) {
        const char *at = old.len ? memmem(text.p, text.len, old.p, old.len) : NULL;
        struct str before = at ? str_head(text, (size_t)(at - text.p)) : text;

        buf_addstr(&out, before);
        if (at)
            buf_adds(&out, word);
        text = str_from(text, before.len + (at ? old.len : 0));
    }
    return str_of(arena_strdup(d->arena, buf_text(&out)));
}

static void draft_instead(struct decision *d, const struct thing *m, const struct thing *other)
{
    static const char *const same[] = {"subject", "template", "answer-within"};
    struct draft *dr = decision_add(d, "message/1");
    char *word = arena_alloc(d->arena, NOTIFY_WORD_SIZE + 1);
    bool has_word = thing_value(m, "word").len > 0;

    dr->tlp = m->tlp;
    dr->scope = str_of(state_scope(d->view->state, state_record(d->view->state, m->seq)));
    if (has_word)
        notify_word_draw(word);
    draft_value(dr, "text", with_word(d, m, word));
    draft_value_ref(d, dr, "to", &other->id);
    draft_value(dr, "state", STR("draft"));
    draft_value_ref(d, dr, "instead-of", &m->id);
    for (size_t i = 0; i < COUNT_OF(same); i++)
        if (thing_value(m, same[i]).len)
            draft_value(dr, same[i], thing_value(m, same[i]));
    if (has_word)
        draft_value(dr, "word", str_of(word));
}

static int try_escalate(struct sending *x, const struct id *message, struct id *made, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    const struct thing *m, *other;
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(x->s, &d, x->op, x->in, e);

    if (rc)
        return rc;
    m = state_thing_by_id(d.view->state, message);
    if (!m || !notify_is_silent(d.view, m))
        return err_set(e, ERR_GATE, "it was answered meanwhile");
    other = notify_alternate(d.view, m);
    if (!other)
        return err_set(e, ERR_NOTFOUND,
                       "m%u is not answered, and nobody is named instead: phone them, or: calm "
                       "notify escalate m%u --to NAME",
                       m->number, m->number);
    draft_instead(&d, m, other);
    *made = d.drafts[0].id;
    dr = notify_change(&d, m, "escalated");
    draft_value_ref(&d, dr, "escalated-to", &other->id);
    draft_value(dr, "why", STR("no answer in time"));
    return session_append(x->s, &d, &first, e);
}

int notify_escalate_silent(struct sending *x, const struct id *message, struct id *made,
                           struct err *e)
{
    int rc = ERR_CONFLICT;

    for (int i = 0; rc == ERR_CONFLICT && i < ESCALATE_TRIES; i++)
        rc = try_escalate(x, message, made, e);
    return rc;
}

/* One sender of this user on this machine at a time: whoever holds the lock knows that an attempt
 * by the same key which has no outcome is not under way any more. */
static int lock(const struct surroundings *around, int *out, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FD int fd = -1;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int rc;

    if (!around->state_folder)
        return err_set(e, ERR_NOTFOUND, "there is no place for a lock: set HOME");
    rc = folder_make(around->state_folder, 0700, e);
    if (rc)
        return rc;
    buf_addf(&path, "%s/notify.lock", around->state_folder);
    fd = open(buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(e, "cannot lock %s", buf_text(&path));
    while (fcntl(fd, F_OFD_SETLKW, &whole) < 0)
        if (errno != EINTR)
            return err_errno(e, "cannot lock %s", buf_text(&path));
    *out = fd;
    fd = -1;
    return 0;
}

/* What is due now, as ids: the state changes while they are dealt with. */
static size_t find_due(const struct view *v,
                       bool (*is_wanted)(const struct view *, const struct thing *), struct id *out)
{
    const struct thing *m;
    size_t count = 0;

    for (size_t at = 0; count < MESSAGES_MAX && (m = view_next(v, "message", &at));)
        if (is_wanted(v, m))
            out[count++] = m->id;
    return count;
}

static bool is_to_be_sent(const struct view *v, const struct thing *m)
{
    return notify_is_due(v, m) || notify_is_cut_off(v, m);
}

struct telling {
    struct answer *a;
    struct json j;
    bool is_short; /* something did not get to its end */
};

static void tell_error(struct telling *t, const struct err *why)
{
    t->is_short = true;
    if (t->a->wants_json)
        return;
    sink_terminal(&t->a->text, str_of(why->text), false);
    buf_adds(&t->a->text, ".\n");
}

static void tell_message(struct telling *t, struct session *s, const struct id *id)
{
    struct view v;
    const struct thing *m;

    if (session_view(s, &v, NULL))
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

static void send_and_tell(struct sending *x, const struct id *id, struct telling *t)
{
    struct err why = {0};

    if (notify_send_one(x, id, &why))
        tell_error(t, &why);
    else
        tell_message(t, x->s, id);
}

static int send_all(struct sending *x, struct telling *t, struct err *e)
{
    CLEANUP_FREE struct id *ids = mem_array(MESSAGES_MAX, sizeof(*ids));
    struct view v;
    size_t count;
    int rc = session_view(x->s, &v, e);

    if (rc)
        return rc;
    count = find_due(&v, is_to_be_sent, ids);
    for (size_t i = 0; i < count; i++)
        send_and_tell(x, &ids[i], t);
    rc = session_view(x->s, &v, e);
    if (rc)
        return rc;
    count = find_due(&v, notify_is_silent, ids);
    for (size_t i = 0; i < count; i++) {
        struct err why = {0};
        struct id made;

        if (notify_escalate_silent(x, &ids[i], &made, &why))
            tell_error(t, &why);
        else
            send_and_tell(x, &made, t);
    }
    if (!t->a->wants_json && !t->a->text.len)
        buf_adds(&t->a->text, "Nothing is due.\n");
    return 0;
}

/* A person at a terminal sees what goes before it does. */
static int send_named(struct sending *x, const struct thing *m, const struct view *v,
                      struct telling *t, struct err *e)
{
    struct id id = m->id;
    int rc;

    if (t->a->confirm && !t->a->wants_json && !input_has(x->op, x->in, "yes")) {
        notify_preview_text(v, x->settings, m, t->a);
        if (!t->a->confirm(t->a, "Send it"))
            return err_set(e, ERR_CANCEL, "nothing was sent");
        buf_clear(&t->a->text);
    }
    rc = notify_send_one(x, &id, e);
    if (rc == 0)
        tell_message(t, x->s, &id);
    return rc;
}

static int send_locked(struct sending *x, struct answer *a, struct err *e)
{
    struct telling t = {.a = a};
    const struct thing *m;
    struct view v;
    int rc = session_view(x->s, &v, e);

    if (rc)
        return rc;
    m = input_thing(&v, x->op, x->in, "message");
    if (!m == !input_has(x->op, x->in, "all"))
        return err_set(e, ERR_USAGE, "say which message, or --all that is due: calm notify queue");
    json_begin(&t.j, &a->json);
    if (a->wants_json)
        json_array_begin(&t.j);
    rc = m ? send_named(x, m, &v, &t, e) : send_all(x, &t, e);
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
    CLEANUP_FD int fd = -1;
    struct sending x = {.s = s, .op = op, .in = in};
    uint64_t for_s = 0;
    int rc = lock(a->around, &fd, e);

    if (rc == 0)
        rc = notify_settings(a->around, &settings, e);
    if (rc)
        return rc;
    if (str_u64(input_value(op, in, "for"), &for_s))
        x.for_s = (int64_t)for_s;
    x.settings = settings;
    return send_locked(&x, a, e);
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
        "tried again by --all, which also tells the alternate where somebody stays silent: run it "
        "every minute. Accounts stand in notify.conf (calm notify accounts). The exit status is "
        "11 where something is not at its end yet.",
    OP_FIELDS(send_fields),
    .kind = &notify_message_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("message/1", "message-change/1"),
    .job = send_job};
