/* notify_remind.c: reminds of deadlines that come near, each time once, whoever looks and whenever
 * a program was started. */
#include "practice/notify_remind.h"
#include "practice/notify_reach.h"
#include "practice/notify_write.h"

enum { HOUR_S = 3600, REMIND_TRIES = 8 };

static const int64_t moments_s[] = {1 * HOUR_S, 4 * HOUR_S,
                                    24 * HOUR_S}; /* before, nearest first */

/* Had that moment come before the clock was put on record? Whoever did that knew. */
static bool was_known(const struct view *v, const struct thing *deadline, struct utc moment)
{
    return utc_cmp(state_record(v->state, deadline->seq)->time, moment) >= 0;
}

/* There is a message for that moment, or for a later one. */
static bool is_made(const struct view *v, const struct thing *deadline, int64_t before_s)
{
    const struct thing *m;
    uint64_t other;

    for (size_t at = 0; (m = view_next_of(v, "message", "deadline", deadline, &at));)
        if (str_u64(thing_value(m, "before"), &other) && (int64_t)other <= before_s)
            return true;
    return false;
}

int64_t notify_reminder_due(const struct view *v, const struct thing *deadline)
{
    struct utc due;

    if (!thing_says(deadline, "state", "running") || !thing_time(deadline, "due", &due) ||
        utc_cmp(due, v->now) <= 0)
        return 0;
    for (size_t i = 0; i < COUNT_OF(moments_s); i++) {
        struct utc moment = utc_plus_s(due, -moments_s[i]);

        if (utc_cmp(moment, v->now) <= 0)
            return was_known(v, deadline, moment) || is_made(v, deadline, moments_s[i])
                       ? 0
                       : moments_s[i];
    }
    return 0;
}

bool notify_reminder_next(const struct view *v, const struct thing *deadline, struct utc *when)
{
    struct utc due;

    if (!thing_says(deadline, "state", "running") || !thing_time(deadline, "due", &due))
        return false;
    for (size_t i = COUNT_OF(moments_s); i-- > 0;) {
        *when = utc_plus_s(due, -moments_s[i]);
        if (utc_cmp(*when, v->now) > 0)
            return true;
    }
    return false;
}

static bool is_here(const struct thing *person)
{
    return !thing_value(person, "left").len;
}

/* "Dr. Lang, counsel" is the person Dr. Lang. */
static const struct thing *person_named(const struct view *v, struct str words)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "person", &at));) {
        struct str name = view_title(t);

        if (name.len && str_eq(str_head(words, name.len), name) &&
            (words.len == name.len || words.p[name.len] == ',' || words.p[name.len] == ' ') &&
            is_here(t))
            return t;
    }
    return NULL;
}

static const struct thing *a_lead(const struct view *v)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "person", &at));)
        if ((roles_of(thing_value(t, "role")) & ROLES_LEADING) && is_here(t))
            return t;
    return NULL;
}

const struct thing *notify_reminder_reader(const struct view *v, const struct thing *deadline)
{
    struct str decided = thing_value(deadline, "decided-by");
    const struct thing *who = decided.len ? person_named(v, decided) : NULL;

    if (!who)
        who = view_signer(v, state_record(v->state, deadline->seq));
    return who && is_here(who) ? who : a_lead(v);
}

static int try_remind(struct sending *x, const struct surroundings *around,
                      const struct id *deadline, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    const struct thing *t, *to;
    const char *scope;
    int64_t before_s;
    uint64_t first;
    int rc = session_draft(x->s, &d, x->op, x->in, e);

    if (rc)
        return rc;
    t = state_thing_by_id(d.view->state, deadline);
    before_s = t && view_allows(d.view, t) ? notify_reminder_due(d.view, t) : 0;
    if (!before_s)
        return err_set(e, ERR_GATE, "that reminder is not due any more");
    scope = state_scope(d.view->state, state_record(d.view->state, t->seq));
    if (strcmp(scope, "team") != 0)
        return err_set(e, ERR_DENIED,
                       "d%u belongs to the compartment %s, which no channel leaves: remind them "
                       "yourself",
                       t->number, scope);
    to = notify_reminder_reader(d.view, t);
    if (!to)
        return err_set(e, ERR_NOTFOUND, "d%u comes near, and nobody is here to be reminded",
                       t->number);
    rc = notify_write_reminder(&d, around, t, to, before_s, e);
    return rc ? rc : session_append(x->s, &d, &first, e);
}

int notify_remind(struct sending *x, const struct surroundings *around, const struct id *deadline,
                  struct err *e)
{
    int rc = ERR_CONFLICT;

    for (int i = 0; rc == ERR_CONFLICT && i < REMIND_TRIES; i++)
        rc = try_remind(x, around, deadline, e);
    return rc;
}
