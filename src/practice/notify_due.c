/* notify_due.c: does all that is due once: reminders of deadlines, tries, and silence, which goes
 * to the alternate. */
#include "practice/notify_due.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "practice/notify_queue.h"
#include "practice/notify_reach.h"
#include "practice/notify_remind.h"
#include "practice/notify_write.h"
#include "sys/file.h"

enum { MOST = 10000, ESCALATE_TRIES = 8 };

/* The same text, with a word of its own; where it begins with the name of whom it was for, with the
 * other's. */
static struct str text_instead(struct decision *d, const struct thing *m, const struct thing *other,
                               const char *word)
{
    const struct thing *to = view_ref(d->view, m, "to");
    struct str text = thing_value(m, "text"), old = thing_value(m, "word");
    struct str name = to ? view_title(to) : STR("");
    CLEANUP_BUF struct buf out = {0};

    if (name.len && text.len > name.len && str_eq(str_head(text, name.len), name) &&
        text.p[name.len] == ',') {
        buf_addstr(&out, view_title(other));
        text = str_from(text, name.len);
    }
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
    draft_value(dr, "text", text_instead(d, m, other, word));
    draft_value_ref(d, dr, "to", &other->id);
    draft_value(dr, "state", STR("waiting")); /* so that it goes even if this program ends now */
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

/* Drafts the same text to the alternate of a silent message, and marks that one. *made is the new
 * message. ERR_NOTFOUND: nobody is named. */
static int escalate_silent(struct sending *x, const struct id *message, struct id *made,
                           struct err *e)
{
    int rc = ERR_CONFLICT;

    for (int i = 0; rc == ERR_CONFLICT && i < ESCALATE_TRIES; i++)
        rc = try_escalate(x, message, made, e);
    return rc;
}

/* One sender of this user on this machine at a time: whoever holds the lock knows that an attempt
 * by the same key which has no outcome is not under way any more. */
int notify_lock(const struct surroundings *around, int *out, struct err *e)
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

/* What is wanted now, as ids: the state changes while they are dealt with. */
static size_t find(const struct view *v, const char *kind,
                   bool (*is_wanted)(const struct view *, const struct thing *), struct id *out)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; count < MOST && (t = view_next(v, kind, &at));)
        if (is_wanted(v, t))
            out[count++] = t->id;
    return count;
}

static bool is_to_be_sent(const struct view *v, const struct thing *m)
{
    return notify_is_due(v, m) || notify_is_cut_off(v, m);
}

static bool is_to_be_reminded(const struct view *v, const struct thing *deadline)
{
    return notify_reminder_due(v, deadline) > 0;
}

struct doing {
    struct sending *x;
    const struct surroundings *around;
    const struct notify_teller *teller;
};

static void send(struct doing *d, const struct id *message)
{
    struct err why = {0};

    if (notify_send_one(d->x, message, &why))
        d->teller->failed(d->teller->context, &why);
    else
        d->teller->moved(d->teller->context, message);
}

static void remind(struct doing *d, const struct id *deadline)
{
    struct err why = {0};

    if (notify_remind(d->x, d->around, deadline, &why) && why.code != ERR_GATE)
        d->teller->failed(d->teller->context, &why);
}

static void escalate(struct doing *d, const struct id *message)
{
    struct err why = {0};
    struct id made;

    if (escalate_silent(d->x, message, &made, &why))
        d->teller->failed(d->teller->context, &why);
    else
        send(d, &made);
}

int notify_do_due(struct sending *x, const struct surroundings *around,
                  const struct notify_teller *teller, struct err *e)
{
    static const struct {
        const char *kind;
        bool (*is_wanted)(const struct view *, const struct thing *);
        void (*go)(struct doing *d, const struct id *id);
    } steps[] = {{"deadline", is_to_be_reminded, remind}, /* what it makes is sent next */
                 {"message", is_to_be_sent, send},
                 {"message", notify_is_silent, escalate}};
    CLEANUP_FREE struct id *ids = mem_array(MOST, sizeof(*ids));
    struct doing d = {x, around, teller};

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct view v;
        int rc = session_view(x->s, &v, e);
        size_t count = rc ? 0 : find(&v, steps[i].kind, steps[i].is_wanted, ids);

        if (rc)
            return rc;
        for (size_t k = 0; k < count; k++)
            steps[i].go(&d, &ids[k]);
    }
    return 0;
}
