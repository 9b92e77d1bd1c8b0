/* stop_apply.c: has calm-contain confirm a plan that was carried out, and put it back; what came of
 * it is on record after. */
#include <stdio.h>
#include "base/sink.h"
#include "contain/action.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/stop_apply.h"
#include "practice/stop_plan.h"
#include "practice/stop_way.h"

enum { TEXT_SIZE = 2000 };

/* What another host said, to the letter. */
static struct id draft_answer(struct decision *d, const struct id *action,
                              const struct blob_digests *digests)
{
    const struct thing *t = state_thing_by_id(d->view->state, action);
    const struct thing *system = view_ref(d->view, t, "system");
    struct evidence_facts facts = {.sort = "list", .has_blob = true, .digests = *digests};
    CLEANUP_BUF struct buf hex = {0};

    if (system)
        hex_add(&hex, system->id.b, sizeof(system->id.b));
    facts.system_id = buf_str(&hex);
    facts.title = str_of(arena_printf(d->arena, "answer of the host to a%u", t->number));
    return evidence_draft(d, &facts)->id;
}

int stop_append(struct session *s, const struct operation *op, const struct input *in,
                const struct id *action, const struct stop_outcome *o, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf when = {0};
    CLEANUP_BUF struct buf result = {0};
    struct blob_digests digests;
    struct id item = {0};
    struct draft *dr;
    uint64_t first;
    int rc = o->answer.len ? intake_bytes(s, o->answer, &digests, e) : 0;

    if (rc == 0)
        rc = session_draft(s, &d, op, in, e);
    if (rc)
        return rc;
    d.is_independent = true;
    if (o->answer.len)
        item = draft_answer(&d, action, &digests);
    dr = decision_add(&d, "action-change/1");
    draft_ref(dr, action);
    draft_value(dr, "state", str_of(o->state));
    sink_terminal(&result, str_head(o->result, TEXT_SIZE), false); /* some is a host's own words */
    if (result.len)
        draft_value(dr, "result", buf_str(&result));
    if (o->field) {
        utc_add(&when, o->moment);
        draft_value(dr, o->field, buf_str(&when));
    }
    if (o->answer.len)
        draft_value_ref(&d, dr, "evidence", &item);
    return session_append(s, &d, &first, e);
}

int stop_append_outcome(struct session *s, const struct operation *op, const struct input *in,
                        const struct id *action, const char *state, struct str result,
                        struct err *e)
{
    return stop_append(s, op, in, action, &(struct stop_outcome){.state = state, .result = result},
                       e);
}

void stop_add_seen(struct buf *out, struct str lines)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n'), word = str_cut(&line, ' ');
        struct str rest = line, first = str_cut(&rest, ' ');

        if (str_is(word, "dropped"))
            buf_addf(out, "%sin effect; packets dropped so far: " STR_FMT, out->len ? "; " : "",
                     STR_ARG(first));
        else if (str_is(word, "boot"))
            buf_addf(out, "%safter a restart: " STR_FMT, out->len ? "; " : "",
                     STR_ARG(str_is(line, "none") ? STR("nothing runs by itself here") : line));
        else if (word.len && !str_is(word, "moment"))
            buf_addf(out, "%s" STR_FMT " " STR_FMT, out->len ? "; " : "", STR_ARG(word),
                     STR_ARG(line));
    }
}

static int ask_about(struct session *s, struct stop_ways *ways, const struct view *v,
                     const struct thing *action, const char *order, struct err *e)
{
    CLEANUP(contain_helper_closep) struct contain_helper *h = NULL;
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    CLEANUP_BUF struct buf lines = {0};
    int rc = stop_plan_load(s, v, action, &p, e);

    if (rc == 0)
        rc = stop_way_of(ways, action, false, &h, e);
    if (rc == 0)
        rc = contain_helper_about(h, order, &p.plan->id, &lines, e);
    if (rc && h && contain_helper_is_lost(h))
        return err_wrap(e, rc, "whether that was done is not known (calm stop status tells)");
    if (rc == 0 && str_is(str_of(order), "undo"))
        (void)!contain_helper_about(h, "forget", &p.plan->id, &lines, NULL);
    return rc;
}

static int confirm_one(struct session *s, const struct operation *op, const struct input *in,
                       struct stop_ways *ways, const struct id *id, struct answer *a, struct err *e)
{
    const struct thing *action;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    action = state_thing_by_id(v.state, id);
    rc = ask_about(s, ways, &v, action, "confirm", e);
    if (rc == 0)
        rc = stop_append_outcome(s, op, in, id, "done", STR("confirmed"), e);
    if (rc == 0 && !a->wants_json)
        buf_addf(&a->text,
                 "a%u stays until somebody undoes it: calm stop undo a%u\nNext:  calm stop check "
                 "a%u works \"what was seen\"\n",
                 action->number, action->number, action->number);
    return rc;
}

/* One that cannot be confirmed keeps no other from being: their time runs. */
static int confirm_job(struct session *s, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP_STOP_WAYS struct stop_ways ways = {.op = op, .in = in};
    struct str ids = input_value(op, in, "action");
    int first = 0;

    while (ids.len) {
        struct err mine = {0};
        struct id id;
        int rc;

        if (!hex_read(id.b, sizeof(id.b), str_cut(&ids, '\n')))
            continue;
        rc = confirm_one(s, op, in, &ways, &id, a, &mine);
        if (rc && !first) {
            first = rc;
            *e = mine;
        }
    }
    return first;
}

int stop_undo_planned(struct session *s, const struct operation *op, const struct input *in,
                      const struct view *v, const struct thing *action, struct answer *a,
                      struct err *e)
{
    CLEANUP_STOP_WAYS struct stop_ways ways = {.op = op, .in = in};
    struct str said = input_value(op, in, "result");
    int rc = ask_about(s, &ways, v, action, "undo", e);

    if (rc == 0)
        rc = stop_append(
            s, op, in, &action->id,
            &(struct stop_outcome){.state = "undone", .result = said.len ? said : STR("put back")},
            e);
    if (rc == 0 && !a->wants_json)
        buf_addf(&a->text, "a%u is undone: %s is as it was before.\n", action->number,
                 thing_value(action, "ssh").len ? "that host" : "this host");
    return rc;
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
    int rc = contain_helper_prepare(h, buf_str(&p->text), &before, e);

    if (rc == 0)
        rc = append_plan(s, op, in, action, buf_str(&p->text), buf_str(&before), e);
    if (rc == 0)
        rc = contain_helper_about(h, "go", &p->plan->id, &lines, e);
    if (rc)
        return rc;
    stop_add_seen(&seen, buf_str(&lines));
    return stop_append(s, op, in, action,
                       &(struct stop_outcome){.state = "done", .result = buf_str(&seen)}, e);
}

static const struct field confirm_fields[] = {STOP_FIELD_ACTIONS, REACH_FIELDS};

const struct operation stop_confirm = {
    .name = "stop confirm",
    .practice = "stop",
    .help = "let what was applied stay: it no longer goes back by itself",
    .example = "calm stop confirm a3",
    OP_FIELDS(confirm_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .roles = ROLES_ACTING,
    .faces = FACE_CLI,
    .records = WORDS("action-change/1"),
    .job = confirm_job};
