/* stop_apply.c: has calm-contain carry out a plan, confirms it and puts it back. What will be done
 * is on record before, what came of it after. */
#include <stdio.h>
#include "base/sink.h"
#include "contain/action.h"
#include "practice/contain_helper.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/stop_apply.h"
#include "practice/stop_plan.h"
#include "render/screen.h"

enum { TEXT_SIZE = 2000 };

static const struct thing *find(const struct view *v, const struct operation *op,
                                const struct input *in)
{
    return input_thing(v, op, in, "action");
}

/* One more state of an action, with what came of it. */
struct outcome {
    const char *state;
    struct str result;
    const char *field; /* a moment beside it, or NULL */
    struct utc moment;
    const struct id *before; /* evidence, or NULL */
};

static int append_outcome(struct session *s, const struct operation *op, const struct input *in,
                          const struct id *action, const struct outcome *o, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf when = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    dr = decision_add(&d, "action-change/1");
    draft_ref(dr, action);
    draft_value(dr, "state", str_of(o->state));
    if (o->result.len)
        draft_value(dr, "result", str_head(o->result, TEXT_SIZE));
    if (o->field) {
        utc_add(&when, o->moment);
        draft_value(dr, o->field, buf_str(&when));
    }
    if (o->before)
        draft_value_ref(&d, dr, "before", o->before);
    return session_append(s, &d, &first, e);
}

int stop_append_outcome(struct session *s, const struct operation *op, const struct input *in,
                        const struct id *action, const char *state, struct str result,
                        const struct utc *when, struct err *e)
{
    struct outcome o = {.state = state, .result = result};

    if (when) {
        o.field = common_fields[COMMON_OCCURRED].name;
        o.moment = *when;
    }
    return append_outcome(s, op, in, action, &o, e);
}

/* The state before, as evidence, and that it is begun: one step, before anything is changed. */
static int append_intent(struct session *s, const struct operation *op, const struct input *in,
                         const struct thing *action, struct str before, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct evidence_facts facts = {.sort = "list", .has_blob = true};
    CLEANUP_BUF struct buf title = {0};
    const struct thing *system;
    CLEANUP_BUF struct buf hex = {0};
    struct draft *dr;
    struct id item;
    uint64_t first;
    int rc = intake_bytes(s, before, &facts.digests, e);

    if (rc == 0)
        rc = session_draft(s, &d, op, in, e);
    if (rc)
        return rc;
    d.is_independent = true;
    system = view_ref(d.view, action, "system");
    if (system)
        hex_add(&hex, system->id.b, sizeof(system->id.b));
    buf_addf(&title, "state before a%u: " STR_FMT, action->number,
             STR_ARG(str_head(view_title(action), 300)));
    facts.title = buf_str(&title);
    facts.system_id = buf_str(&hex);
    item = evidence_draft(&d, &facts)->id;
    dr = decision_add(&d, "action-change/1");
    draft_ref(dr, &action->id);
    draft_take_input(&d, dr, &action_kind);
    draft_value(dr, "state", STR("begun"));
    draft_value_ref(&d, dr, "before", &item);
    return session_append(s, &d, &first, e);
}

static void add_boot(struct buf *out, struct str how, bool has_timer)
{
    if (str_is(how, "none"))
        buf_adds(out, "nothing of calm runs at a restart of this host: look after one (calm stop "
                      "status)");
    else
        buf_addf(out, "%s (" STR_FMT ")",
                 has_timer ? "a restart of this host puts it back, until it is confirmed"
                           : "it stays in effect after a restart of this host",
                 STR_ARG(how));
}

/* "process 812 frozen" and the like stand as they are. */
static void add_seen_line(struct buf *out, struct str line, bool has_timer)
{
    struct str rest = line, word = str_cut(&rest, ' '), first = str_cut(&rest, ' ');

    if (str_is(word, "dropped") && str_is(first, "0"))
        buf_adds(out, "in effect; no packet was dropped yet");
    else if (str_is(word, "dropped"))
        buf_addf(out, "in effect; " STR_FMT " packets dropped so far", STR_ARG(first));
    else if (str_is(word, "boot"))
        add_boot(out, rest.len ? rest : first, has_timer);
    else
        buf_addstr(out, line);
}

/* What the helper's check saw, as words; what becomes of it at a restart last. */
static void add_seen(struct buf *out, struct str lines, bool has_timer)
{
    for (int is_boot = 0; is_boot < 2; is_boot++)
        for (struct str rest = lines; rest.len;) {
            struct str line = str_cut(&rest, '\n');

            if (!line.len || str_starts(line, "boot ") != is_boot)
                continue;
            buf_adds(out, out->len ? "; " : "");
            add_seen_line(out, line, has_timer);
        }
}

static int check_state(const struct view *v, const struct operation *op, const struct input *in,
                       const struct thing *action, struct err *e)
{
    if (thing_says(action, "state", "planned") && action_needs_another(v) &&
        !in->values[op->field_count + COMMON_OVERRIDE].len)
        return err_set(e, ERR_GATE,
                       "a%u is not approved, and two or more are on the team: calm stop approve "
                       "a%u (another person), or --spoken, or go on with --override \"why\"",
                       action->number, action->number);
    if (thing_says(action, "state", "planned") || thing_says(action, "state", "approved"))
        return 0;
    return err_set(e, ERR_GATE, "a%u is already " STR_FMT, action->number,
                   STR_ARG(thing_value(action, "state")));
}

/* How a change stands, for a program. */
static void tell_json(struct answer *a, const struct thing *action, struct str seen)
{
    struct utc back;
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    json_put_u64(&j, "action", action->number);
    json_put_str(&j, "state", thing_value(action, "state"));
    json_put_str(&j, "seen", seen);
    if (thing_says(action, "state", "unconfirmed") && thing_time(action, "goes-back", &back))
        json_put_utc(&j, "goes_back", back);
    json_object_end(&j);
}

static void tell_applied(const struct view *v, const struct thing *action, const struct plan *p,
                         struct str seen, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf why = {0};
    char span[UTC_PLAIN_SIZE], when[UTC_PLAIN_SIZE];

    if (a->wants_json) {
        tell_json(a, action, seen);
        return;
    }
    screen_printf(&screen, 0, "a%u " STR_FMT " is applied: " STR_FMT ".", action->number,
                  STR_ARG(view_title(action)), STR_ARG(seen));
    if (p->timer_s) {
        screen_printf(&screen, 0, "It goes back by itself in %s, at %s, unless you confirm it.",
                      span_text(span, p->timer_s),
                      utc_local_short(when, utc_plus_s(v->now, p->timer_s), v->now));
        buf_addf(&next, "calm stop confirm a%u", action->number);
        buf_addf(&why,
                 "if you still reach what you need, and it does what it should; else: calm stop "
                 "undo a%u",
                 action->number);
    } else {
        buf_addf(&next, "calm stop check a%u works \"what was seen\"", action->number);
    }
    screen_blank(&screen);
    screen_next(&screen, buf_str(&next), buf_str(&why));
}

static int go(struct session *s, const struct operation *op, const struct input *in,
              const struct stop_plan *p, struct contain_helper *h, struct answer *a, struct err *e)
{
    struct id action = p->action->id;
    CLEANUP_BUF struct buf lines = {0};
    CLEANUP_BUF struct buf seen = {0};
    struct outcome o = {.state = p->plan->timer_s ? "unconfirmed" : "done"};
    struct err later = {0};
    struct view v;
    int rc = contain_helper_about(h, "go", &p->plan->id, &lines, e);

    if (rc == ERR_IO)
        return err_wrap(e, rc, "whether a%u is in effect is not known (calm stop status tells)",
                        p->action->number);
    if (rc) {
        o = (struct outcome){.state = "undone", .result = str_of(e->text)};
        if (append_outcome(s, op, in, &action, &o, &later))
            return err_wrap(e, rc, "and that could not be put on record (%s)", later.text);
        return rc;
    }
    add_seen(&seen, buf_str(&lines), p->plan->timer_s > 0);
    o.result = buf_str(&seen);
    if (p->plan->timer_s) {
        o.field = "goes-back";
        o.moment = utc_plus_s(utc_now(), p->plan->timer_s);
    }
    rc = append_outcome(s, op, in, &action, &o, e);
    if (rc)
        return err_wrap(e, rc, "it is in effect, and that could not be put on record");
    rc = session_view(s, &v, e);
    if (rc == 0)
        tell_applied(&v, state_thing_by_id(v.state, &action), p->plan, buf_str(&seen), a);
    return rc;
}

static int apply_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(contain_helper_closep) struct contain_helper *h = NULL;
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    CLEANUP_BUF struct buf before = {0};
    const struct thing *action;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    action = find(&v, op, in);
    rc = check_state(&v, op, in, action, e);
    if (rc == 0)
        rc = stop_plan_load(s, &v, action, &p, e);
    if (rc == 0)
        rc = contain_helper_open(&h, false, e);
    if (rc == 0)
        rc = contain_helper_prepare(h, buf_str(&p.text), &before, e);
    if (rc == 0)
        rc = append_intent(s, op, in, action, buf_str(&before), e);
    return rc ? rc : go(s, op, in, &p, h, a, e);
}

static int ask_about(const struct stop_plan *p, const char *order, struct err *e)
{
    CLEANUP(contain_helper_closep) struct contain_helper *h = NULL;
    CLEANUP_BUF struct buf lines = {0};
    int rc = contain_helper_open(&h, false, e);

    if (rc == 0)
        rc = contain_helper_about(h, order, &p->plan->id, &lines, e);
    if (rc == 0 && str_is(str_of(order), "undo"))
        (void)!contain_helper_about(h, "forget", &p->plan->id, &lines, NULL);
    return rc;
}

static void tell_confirmed(const struct view *v, const struct thing *action, const struct plan *p,
                           struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf next = {0};
    char when[UTC_PLAIN_SIZE];

    if (a->wants_json) {
        tell_json(a, action, STR("confirmed"));
        return;
    }
    if (p->expiry_s)
        screen_printf(&screen, 0,
                      "a%u stays until %s, or until somebody undoes it: calm stop undo a%u",
                      action->number,
                      utc_local_short(when, (struct utc){.sec = (int64_t)p->expiry_s}, v->now),
                      action->number);
    else
        screen_printf(&screen, 0, "a%u stays until somebody undoes it: calm stop undo a%u",
                      action->number, action->number);
    screen_blank(&screen);
    buf_addf(&next, "calm stop check a%u works \"what was seen\"", action->number);
    screen_next(&screen, buf_str(&next), STR("look from outside whether it has stopped"));
}

static int confirm_job(struct session *s, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    const struct thing *action;
    struct id id;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    action = find(&v, op, in);
    id = action->id;
    rc = stop_plan_load(s, &v, action, &p, e);
    if (rc == 0)
        rc = ask_about(&p, "confirm", e);
    if (rc == 0)
        rc = append_outcome(s, op, in, &id,
                            &(struct outcome){.state = "done", .result = STR("confirmed")}, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc == 0)
        tell_confirmed(&v, state_thing_by_id(v.state, &id), p.plan, a);
    return rc;
}

int stop_undo_planned(struct session *s, const struct operation *op, const struct input *in,
                      const struct view *v, const struct thing *action, struct answer *a,
                      struct err *e)
{
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    struct str said = input_value(op, in, "result");
    struct id id = action->id;
    int rc = stop_plan_load(s, v, action, &p, e);

    if (rc == 0)
        rc = ask_about(&p, "undo", e);
    if (rc == 0)
        rc = append_outcome(
            s, op, in, &id,
            &(struct outcome){.state = "undone", .result = said.len ? said : STR("put back")}, e);
    if (rc)
        return rc;
    action = state_thing_by_id(session_state(s), &id);
    if (a->wants_json)
        tell_json(a, action, STR("put back"));
    else
        buf_addf(&a->text, "a%u is undone: what it changed here is as it was before.\n",
                 action->number);
    return 0;
}

/* The plan and the state before, as evidence, beside the action that is begun. */
static int append_plan(struct session *s, const struct operation *op, const struct input *in,
                       const struct id *action, struct str plan, struct str before, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct evidence_facts facts[2] = {
        {.sort = "list", .has_blob = true, .title = STR("plan: emergency isolation of this host")},
        {.sort = "list", .has_blob = true, .title = STR("state before the emergency isolation")}};
    struct id items[2];
    struct draft *dr;
    uint64_t first;
    int rc = intake_bytes(s, plan, &facts[0].digests, e);

    if (rc == 0)
        rc = intake_bytes(s, before, &facts[1].digests, e);
    if (rc == 0)
        rc = session_draft(s, &d, op, in, e);
    if (rc)
        return rc;
    d.is_independent = true;
    for (size_t i = 0; i < COUNT_OF(items); i++)
        items[i] = evidence_draft(&d, &facts[i])->id;
    dr = decision_add(&d, "action-change/1");
    draft_ref(dr, action);
    draft_value_ref(&d, dr, "plan", &items[0]);
    draft_value_ref(&d, dr, "before", &items[1]);
    return session_append(s, &d, &first, e);
}

int stop_apply_emergency(struct session *s, const struct operation *op, const struct input *in,
                         const struct id *action, const struct stop_plan *p,
                         struct contain_helper *h, struct err *e)
{
    CLEANUP_BUF struct buf before = {0};
    CLEANUP_BUF struct buf lines = {0};
    CLEANUP_BUF struct buf seen = {0};
    struct err why = {0};
    int rc = contain_helper_prepare(h, buf_str(&p->text), &before, e);

    if (rc == 0)
        rc = append_plan(s, op, in, action, buf_str(&p->text), buf_str(&before), e);
    if (rc == 0)
        rc = contain_helper_about(h, "go", &p->plan->id, &lines, e);
    if (rc)
        return rc;
    add_seen(&seen, buf_str(&lines), false);
    if (append_outcome(s, op, in, action,
                       &(struct outcome){.state = "done", .result = buf_str(&seen)}, &why))
        return err_set(e, ERR_IO, "it was cut off, and that could not be put on record (%s)",
                       why.text);
    return 0;
}

#define WHICH FIELD_WHICH("action", "action", "which: a3")

static const struct field which_fields[] = {WHICH};

const struct operation stop_apply = {
    .name = "stop apply",
    .practice = "stop",
    .help = "carry a plan out here; unconfirmed, it goes back",
    .example = "calm stop apply a3",
    .more =
        "calm-contain, a small program of its own, judges the plan once more, saves the state that "
        "it will change, and waits until that is evidence and the intent is on record. Then two "
        "watchdogs start, and the change is made. Unconfirmed within its time, all goes back, also "
        "where this program, calm-contain or one of the watchdogs was ended, and after a restart "
        "of the host. Where you are not root, sudo is asked. doc/format/containment.md.",
    OP_FIELDS(which_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .gate = GATE_FIRST_LOOK,
    .roles = ROLES_ACTING,
    .faces = FACE_CLI,
    .records = WORDS("evidence/1", "action-change/1"),
    .job = apply_job};

const struct operation stop_confirm = {.name = "stop confirm",
                                       .practice = "stop",
                                       .help = "let it stay: it no longer goes back by itself",
                                       .example = "calm stop confirm a3",
                                       OP_FIELDS(which_fields),
                                       .kind = &action_kind,
                                       .type = OP_JOB,
                                       .roles = ROLES_ACTING,
                                       .faces = FACE_CLI,
                                       .records = WORDS("action-change/1"),
                                       .job = confirm_job};
