/* visit_again.c: visits a host again that broke off: behind the last step that came whole, or from
 * the beginning. */
#include "practice/visit.h"
#include "sys/clock.h"

enum { STEP_SIZE = 32, RUN_SIZE = 32 };

/* Both came from a host, and become words of a command there. */
static bool are_plain(struct str step, struct str run)
{
    static const char hex[] = "0123456789abcdef";

    if (!step.len || step.len > STEP_SIZE || run.len != RUN_SIZE)
        return false;
    for (size_t i = 0; i < step.len; i++)
        if ((step.p[i] < 'a' || step.p[i] > 'z') && step.p[i] != '-')
            return false;
    for (size_t i = 0; i < run.len; i++)
        if (!memchr(hex, run.p[i], sizeof(hex) - 1))
            return false;
    return true;
}

/* What was read of an item; the newest, where that was done twice. */
static const struct thing *collection_of(const struct view *v, const struct id *item)
{
    const struct thing *found = NULL;
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "collection", &at));) {
        const struct thing *of = view_ref(v, t, "evidence");

        if (of && id_eq(&of->id, item))
            found = t;
    }
    return found;
}

/* A triage takes seconds: what is volatile in it is better of one moment, so it is taken anew. */
static bool go_on_behind(struct visit *h, const struct thing *cut)
{
    struct str step = cut ? thing_value(cut, "step") : STR("");
    struct str run = cut ? thing_value(cut, "run") : STR("");

    if (!cut || !thing_says(cut, "profile", "full") || !are_plain(step, run))
        return false;
    h->arguments = arena_printf(h->all->arena, STR_FMT " --after " STR_FMT " --continues " STR_FMT,
                                STR_ARG(h->all->arguments), STR_ARG(step), STR_ARG(run));
    h->after = arena_dup(h->all->arena, step.p, step.len);
    return true;
}

static void look(struct view *view, const struct visits *v)
{
    view_init(view, session_state(v->session), session_store(v->session), session_key(v->session),
              utc_now());
}

/* The last visit that brought something of a host. */
static const struct thing *last_visit(const struct view *v, const struct visit *h)
{
    const struct thing *found = NULL;
    const struct thing *t;
    uint64_t port;

    for (size_t at = 0; (t = view_next(v, "visit", &at));)
        if (str_is(thing_value(t, "host"), h->at.host) &&
            str_is(thing_value(t, "user"), h->at.user) && str_u64(thing_value(t, "port"), &port) &&
            port == h->at.port && view_ref(v, t, "evidence"))
            found = t;
    return found;
}

int visit_resume(struct visit *h, struct err *e)
{
    const struct thing *visit;
    struct view v;

    look(&v, h->all);
    visit = last_visit(&v, h);
    if (!visit || !thing_says(visit, "outcome", visit_outcome_names[VISIT_CUT]))
        return err_set(e, ERR_USAGE,
                       "%s: nothing of it was cut off that could be gone on with. Without "
                       "--resume it is collected anew",
                       h->at.given);
    if (!go_on_behind(h, collection_of(&v, &view_ref(&v, visit, "evidence")->id)))
        return err_set(e, ERR_USAGE,
                       "%s: what came of it has no step whole, or is a triage, which takes "
                       "seconds. Without --resume it is collected anew",
                       h->at.given);
    h->before = visit->id;
    h->has_before = true;
    return 0;
}

/* What came is read first, for it says how far it is good; other hosts are not thought silent
 * meanwhile. */
static int read_first(struct visit *h, struct err *e)
{
    int64_t before = monotonic_ms();
    int rc = visit_take_in(h, e);

    for (size_t i = 0; i < h->all->count; i++)
        if (h->all->hosts[i].carrier)
            ssh_carrier_extend(h->all->hosts[i].carrier, monotonic_ms() - before);
    return rc;
}

int visit_plan_again(struct visit *h, struct err *e)
{
    static const unsigned waits_s[] = {2, 8, 30};
    size_t wait = h->tries < COUNT_OF(waits_s) ? h->tries : COUNT_OF(waits_s) - 1;
    struct view v;
    int rc;

    if (h->outcome != VISIT_CUT && !(h->has_before && h->outcome == VISIT_FAILED))
        return 0;
    if (!h->is_lost || h->tries + 1 >= h->all->tries)
        return 0;
    if (h->all->is_full && h->has_evidence) {
        rc = read_first(h, e);
        if (rc || !h->collection)
            return rc; /* what came is no bundle: to try again would bring no other */
        look(&v, h->all);
        (void)go_on_behind(h, collection_of(&v, &h->item_id));
    }
    h->again_ms = monotonic_ms() + (int64_t)waits_s[wait] * 1000;
    h->wait_s = waits_s[wait];
    return 0;
}

static void forget_attempt(struct visit *h)
{
    const struct visit kept = *h;

    visit_release(h);
    *h = (struct visit){.all = kept.all,
                        .at = kept.at,
                        .arguments = kept.arguments,
                        .after = kept.after,
                        .before = kept.id,
                        .has_before = true,
                        .tries = kept.tries + 1,
                        .gate = -1};
}

int visit_begin_again(struct visit *h, struct err *e)
{
    int rc;

    forget_attempt(h);
    rc = visit_record_begin(h, e);
    if (rc == 0)
        visit_begin(h);
    return rc;
}
