/* stop_apply.c: has calm-contain confirm a plan that was carried out, and put it back; what came of
 * it is on record after. */
#include <stdio.h>
#include <string.h>
#include "base/sink.h"
#include "contain/action.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/stop_apply.h"
#include "practice/stop_device.h"
#include "practice/stop_plan.h"
#include "practice/stop_way.h"
#include "render/screen.h"

enum { TEXT_SIZE = 2000, TRY_COUNT = 8 };

/* What another host said, to the letter. */
static struct id draft_answer(struct decision *d, const struct thing *t,
                              const struct stop_outcome *o, const struct blob_digests *digests)
{
    const struct thing *system = view_ref(d->view, t, "system");
    struct evidence_facts facts = {.sort = "list", .has_blob = true, .digests = *digests};
    CLEANUP_BUF struct buf hex = {0};
    struct draft *dr;

    if (system)
        hex_add(&hex, system->id.b, sizeof(system->id.b));
    facts.system_id = buf_str(&hex);
    facts.title = str_of(arena_printf(d->arena, "answer of %s to a%u",
                                      o->answerer ? o->answerer : "the host", t->number));
    dr = evidence_draft(d, &facts);
    stop_draft_like(d, dr, t);
    return dr->id;
}

void stop_outcome_add(struct stop_outcome *o, const char *field, struct str value)
{
    if (o->more_count == COUNT_OF(o->more))
        BUG("an outcome says too much");
    o->more[o->more_count++] = (struct draft_value){field, value};
}

static bool has_value(const struct draft *dr, const char *name)
{
    for (size_t i = 0; i < dr->value_count; i++)
        if (strcmp(dr->values[i].name, name) == 0)
            return true;
    return false;
}

static void draft_outcome(struct decision *d, const struct thing *t, const struct stop_outcome *o,
                          const struct id *item)
{
    struct draft *dr = decision_add(d, "action-change/1");
    CLEANUP_BUF struct buf when = {0};
    CLEANUP_BUF struct buf result = {0};

    draft_ref(dr, &t->id);
    stop_draft_like(d, dr, t);
    if (o->takes_input)
        draft_take_input(d, dr, &action_kind);
    if (o->state)
        draft_value(dr, "state", str_of(o->state));
    sink_terminal(&result, str_head(o->result, TEXT_SIZE), false); /* some is a host's own words */
    if (result.len && !has_value(dr, "result"))
        draft_value(dr, "result", str_of(arena_strdup(d->arena, buf_text(&result))));
    if (o->field) {
        utc_add(&when, o->moment);
        draft_value(dr, o->field, str_of(arena_strdup(d->arena, buf_text(&when))));
    }
    for (size_t i = 0; i < o->more_count; i++)
        draft_value(dr, o->more[i].name, o->more[i].value);
    if (item)
        draft_value_ref(d, dr, "evidence", item);
}

static int append_once(struct session *s, const struct operation *op, const struct input *in,
                       const struct id *action, const struct stop_outcome *o,
                       const struct blob_digests *digests, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    bool has_file = o->file && o->file->is_given;
    const struct thing *t;
    struct id item = {0};
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    t = state_thing_by_id(d.view->state, action);
    d.is_independent = !o->may;
    rc = o->may ? o->may(d.view, op, in, t, e) : 0;
    if (rc)
        return rc;
    if (o->answer.len)
        item = draft_answer(&d, t, o, digests);
    else if (has_file)
        item = stop_answer_draft(&d, o->file, t);
    draft_outcome(&d, t, o, o->answer.len || has_file ? &item : NULL);
    return session_append(s, &d, &first, e);
}

int stop_append(struct session *s, const struct operation *op, const struct input *in,
                const struct id *action, const struct stop_outcome *o, struct err *e)
{
    struct blob_digests digests;
    int rc = o->answer.len ? intake_bytes(s, o->answer, &digests, e) : 0;

    if (rc)
        return rc;
    rc = ERR_CONFLICT;
    for (int i = 0; rc == ERR_CONFLICT && i < TRY_COUNT; i++)
        rc = append_once(s, op, in, action, o, &digests, e);
    return rc;
}

int stop_append_outcome(struct session *s, const struct operation *op, const struct input *in,
                        const struct id *action, const char *state, struct str result,
                        const struct utc *when, struct err *e)
{
    struct stop_outcome o = {.state = state, .result = result};

    if (when) {
        o.field = common_fields[COMMON_OCCURRED].name;
        o.moment = *when;
    }
    return stop_append(s, op, in, action, &o, e);
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

bool stop_add_warning(struct buf *out, struct str line)
{
    static const struct {
        const char *code;
        const char *words;
    } known[] = {
        {"restart", "A RESTART LIFTS IT, so do not restart this host"},
        {"unkept", "It is kept nowhere on this host: calm stop undo ends it, calm stop status does "
                   "not know it"},
        {"check", "It was put in effect, and looking at it failed"},
        {"follow",
         "A network interface that is plugged in from now on lets frames of programs out"},
    };
    struct str word = str_cut(&line, ' '), code = str_cut(&line, ' ');

    for (size_t i = 0; str_is(word, "warn") && i < COUNT_OF(known); i++)
        if (str_is(code, known[i].code)) {
            buf_addf(out, "%s: " STR_FMT, known[i].words, STR_ARG(line));
            return true;
        }
    return false;
}

/* "process 812 frozen" and the like stand as they are. */
static void add_seen_line(struct buf *out, struct str line, bool has_timer)
{
    struct str rest = line, word = str_cut(&rest, ' '), first = str_cut(&rest, ' ');

    if (stop_add_warning(out, line))
        return;
    if (str_is(word, "dropped") && str_is(first, "0"))
        buf_adds(out, "in effect; no packet was dropped yet");
    else if (str_is(word, "dropped"))
        buf_addf(out, "in effect; " STR_FMT " packet%s dropped so far", STR_ARG(first),
                 str_is(first, "1") ? "" : "s");
    else if (str_is(word, "boot"))
        add_boot(out, rest.len ? rest : first, has_timer);
    else
        buf_addstr(out, line);
}

/* What the helper's check saw, as words; what becomes of it at a restart last. */
void stop_add_seen(struct buf *out, struct str lines, bool has_timer)
{
    for (int is_boot = 0; is_boot < 2; is_boot++)
        for (struct str rest = lines; rest.len;) {
            struct str line = str_cut(&rest, '\n');

            if (!line.len || str_starts(line, "boot ") != is_boot || str_starts(line, "moment "))
                continue;
            buf_adds(out, out->len ? "; " : "");
            add_seen_line(out, line, has_timer);
        }
}

/* What is over, or has no time that could be over, is not asked about. */
static int refuse_order(const struct stop_plan *p, const char *order, struct err *e)
{
    uint32_t n = p->action->number;
    bool is_confirm = str_is(str_of(order), "confirm");

    if (p->plan->action->cannot_undo && thing_says(p->action, "state", "done"))
        return err_set(e, ERR_GATE,
                       "a%u was done and cannot be undone, which was accepted when it was planned; "
                       "there is nothing to %s",
                       n, order);
    if (is_confirm && !p->plan->timer_s && !p->plan->action->cannot_undo)
        return err_set(e, ERR_GATE,
                       "a%u is an emergency: it has no timer, so there is nothing to confirm. It "
                       "stays until somebody undoes it: calm stop undo a%u",
                       n, n);
    return 0;
}

static int ask_about(struct session *s, struct stop_ways *ways, const struct view *v,
                     const struct thing *action, const char *order, struct err *e)
{
    CLEANUP(contain_helper_closep) struct contain_helper *h = NULL;
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    CLEANUP_BUF struct buf lines = {0};
    int rc = stop_plan_load(s, v, action, &p, e);

    if (rc == 0)
        rc = refuse_order(&p, order, e);
    if (rc == 0)
        rc = stop_way_of(ways, action, false, &h, e);
    if (rc == 0)
        contain_helper_be_patient(h, p.plan->action->keep);
    if (rc == 0)
        rc = contain_helper_about(h, order, &p.plan->id, &lines, e);
    if (rc && h && contain_helper_is_lost(h))
        return err_wrap(e, rc, "whether that was done is not known (calm stop status tells)");
    if (rc == 0 && str_is(str_of(order), "undo"))
        (void)!contain_helper_about(h, "forget", &p.plan->id, &lines, NULL);
    return rc;
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

static int confirm_one(struct session *s, const struct operation *op, const struct input *in,
                       struct stop_ways *ways, const struct id *id, struct answer *a, struct err *e)
{
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    const struct thing *action;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    action = state_thing_by_id(v.state, id);
    if (!stop_is_planned(action))
        return err_set(e, ERR_USAGE,
                       "a%u is done by hand, and nothing of it goes back by itself: there is "
                       "nothing to confirm. What was seen: calm stop check a%u works \"…\"",
                       action->number, action->number);
    if (stop_is_script(action))
        return stop_device_confirm(s, op, in, action, a, e);
    rc = stop_refuse_device_way(op, in, e);
    if (rc == 0)
        rc = stop_plan_load(s, &v, action, &p, e);
    if (rc == 0)
        rc = ask_about(s, ways, &v, action, "confirm", e);
    if (rc == 0)
        rc = stop_append_outcome(s, op, in, id, "done", STR("confirmed"), NULL, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc == 0)
        tell_confirmed(&v, state_thing_by_id(v.state, id), p.plan, a);
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
    struct id id = action->id;
    int rc = ask_about(s, &ways, v, action, "undo", e);

    if (rc == 0)
        rc = stop_append(
            s, op, in, &id,
            &(struct stop_outcome){.state = "undone", .result = said.len ? said : STR("put back")},
            e);
    if (rc)
        return rc;
    action = state_thing_by_id(session_state(s), &id);
    if (a->wants_json)
        tell_json(a, action, STR("put back"));
    else
        buf_addf(&a->text, "a%u is undone: what it changed %s is as it was before.\n",
                 action->number, thing_value(action, "ssh").len ? "there" : "here");
    return 0;
}

static const struct field confirm_fields[] = {
    STOP_FIELD_ACTIONS,
    {.name = "result",
     .type = FIELD_TEXT,
     .help = "of a device, by hand: its text was typed, and what it answered"},
    STOP_FIELDS_DEVICE,
};

const struct operation stop_confirm = {
    .name = "stop confirm",
    .practice = "stop",
    .help = "let what was applied stay: it no longer goes back by itself",
    .example = "calm stop confirm a3",
    .more = "Of a plan that was made with --script the device's text for it is sent over SSH; or "
            "it is printed, and said again with --result when it was typed.",
    OP_FIELDS(confirm_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .roles = ROLES_ACTING,
    .faces = FACE_CLI,
    .records = WORDS("evidence/1", "action-change/1"),
    .job = confirm_job};
