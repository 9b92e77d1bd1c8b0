/* stop_begin.c: has calm-contain carry out plans, here and on other hosts, at one moment where they
 * are several. What will be done is on record before, what came of it after. */
#include "practice/stop_begin.h"
#include <stdio.h>
#include <string.h>
#include "base/sink.h"
#include "contain/action.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/stop_apply.h"
#include "practice/stop_begin_tell.h"
#include "practice/stop_device.h"
#include "practice/stop_kept.h"
#include "practice/stop_plan.h"
#include "practice/stop_way.h"

enum { LEAD_MS = 1500, LATE_MS = 30000, ROUND_COUNT = 3, TITLE_SIZE = 300 };

static void beginning_release(struct beginning *b)
{
    for (size_t i = 0; i < b->count; i++) {
        stop_plan_release(&b->parts[i].plan);
        contain_helper_close(b->parts[i].helper);
        buf_release(&b->parts[i].seen);
    }
    free(b->parts);
    stop_ways_release(&b->ways);
}

int stop_may_begin(const struct view *v, const struct operation *op, const struct input *in,
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

static int add_part(struct beginning *b, const struct view *v, const struct id *id, struct err *e)
{
    const struct thing *action = state_thing_by_id(v->state, id);
    struct begin_part *part = &b->parts[b->count];
    int rc;

    for (size_t i = 0; i < b->count; i++)
        if (id_eq(&b->parts[i].id, id))
            return err_set(e, ERR_USAGE, "a%u is named twice", action->number);
    if (b->count == CONTAIN_HELPER_COUNT)
        return err_set(e, ERR_LIMIT, "at most %d at one moment", CONTAIN_HELPER_COUNT);
    if (stop_is_script(action))
        return err_set(e, ERR_USAGE,
                       "a%u is carried out on a device, which no moment is agreed on with: calm "
                       "stop apply a%u alone",
                       action->number, action->number);
    rc = stop_refuse_device_way(b->op, b->in, e);
    if (rc == 0)
        rc = stop_may_begin(v, b->op, b->in, action, e);
    if (rc == 0)
        rc = stop_plan_load(b->session, v, action, &part->plan, e);
    if (rc)
        return rc;
    part->id = *id;
    part->number = action->number;
    part->is_far = thing_value(action, "ssh").len > 0;
    b->count++;
    return 0;
}

static int read_parts(struct beginning *b, struct err *e)
{
    struct str ids = input_value(b->op, b->in, "action");
    struct view v;
    int rc = session_view(b->session, &v, e);

    while (rc == 0 && ids.len) {
        struct id id;

        if (hex_read(id.b, sizeof(id.b), str_cut(&ids, '\n')))
            rc = add_part(b, &v, &id, e);
    }
    return rc;
}

/* This machine first: sudo may ask on the terminal, and so may the way to another host. */
static void open_all(struct beginning *b)
{
    for (int far = 0; far <= 1; far++)
        for (size_t i = 0; i < b->count; i++) {
            struct begin_part *part = &b->parts[i];
            const struct thing *action = state_thing_by_id(session_state(b->session), &part->id);

            if (part->is_far == (far != 0) &&
                stop_way_of(&b->ways, action, false, &part->helper, &part->why))
                part->is_out = true;
        }
}

/* Waits for all that still take part; those that did not answer well are out. */
static void hear_all(struct beginning *b, int64_t until_ms)
{
    struct contain_helper *helpers[CONTAIN_HELPER_COUNT];
    size_t count = 0;

    for (size_t i = 0; i < b->count; i++)
        if (!b->parts[i].is_out)
            helpers[count++] = b->parts[i].helper;
    contain_helper_wait(helpers, count, until_ms);
    for (size_t i = 0; i < b->count; i++) {
        CLEANUP_BUF struct buf lines = {0};

        if (!b->parts[i].is_out &&
            contain_helper_answer(b->parts[i].helper, &lines, &b->parts[i].why))
            b->parts[i].is_out = true;
    }
}

static void prepare_all(struct beginning *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (!b->parts[i].is_out) {
            contain_helper_be_patient(b->parts[i].helper, b->parts[i].plan.plan->action->keep);
            contain_helper_give_prepare(b->parts[i].helper, buf_str(&b->parts[i].plan.text));
        }
    hear_all(b, 0);
}

/* The shortest of some round trips, for all hosts side by side. */
static void measure_all(struct beginning *b)
{
    for (int round = 0; round < ROUND_COUNT; round++) {
        for (size_t i = 0; i < b->count; i++)
            if (!b->parts[i].is_out)
                contain_helper_give(b->parts[i].helper, "host", STR(""));
        hear_all(b, 0);
        for (size_t i = 0; i < b->count; i++) {
            struct begin_part *part = &b->parts[i];
            int64_t asked_us, answered_us;

            if (part->is_out)
                continue;
            contain_helper_times(part->helper, &asked_us, &answered_us);
            if (!part->round_us || answered_us - asked_us < part->round_us)
                part->round_us = answered_us - asked_us;
        }
    }
}

/* Is there still something to begin? Else why not, and nothing is begun anywhere. */
static int may_go_on(const struct beginning *b, struct err *e)
{
    CLEANUP_BUF struct buf why = {0};
    size_t out = 0;
    int first = 0;

    for (size_t i = 0; i < b->count; i++) {
        const struct begin_part *part = &b->parts[i];

        if (!part->is_out)
            continue;
        out++;
        first = first ? first : part->why.code;
        buf_addf(&why, "%sa%u: %s", why.len ? "; " : "", part->number, part->why.text);
    }
    if (!out || (b->leaves_failed && out < b->count))
        return 0;
    if (b->count == 1)
        return err_set(e, first, "%s", b->parts[0].why.text);
    return err_set(e, first, "nothing was begun anywhere. %.900s%s", buf_text(&why),
                   out < b->count ? ". To begin with the others alone: --without-failed" : "");
}

/* The state before, as evidence, and that it is begun: one step, before anything is changed. */
static int append_intent(struct beginning *b, struct begin_part *part, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct evidence_facts facts = {.sort = "list", .has_blob = true};
    CLEANUP_BUF struct buf title = {0};
    const struct thing *system, *action;
    CLEANUP_BUF struct buf hex = {0};
    CLEANUP(stop_kept_release) struct stop_kept kept = {.is_there = false};
    CLEANUP_BUF struct buf before = {0};
    struct draft *dr;
    struct id item, file;
    uint64_t first;
    int rc;

    buf_addstr(&before, contain_helper_before(part->helper)); /* what is fetched takes its place */
    rc = intake_bytes(b->session, buf_str(&before), &facts.digests, e);
    if (rc == 0)
        rc = stop_kept_take(b->session, part->helper, part->plan.plan, buf_str(&before), &kept, e);
    if (rc == 0)
        rc = session_draft(b->session, &d, b->op, b->in, e);
    if (rc)
        return rc;
    d.is_independent = true;
    action = state_thing_by_id(d.view->state, &part->id);
    system = view_ref(d.view, action, "system");
    if (system)
        hex_add(&hex, system->id.b, sizeof(system->id.b));
    buf_addf(&title, "state before a%u: " STR_FMT, part->number,
             STR_ARG(str_head(view_title(action), TITLE_SIZE)));
    facts.title = buf_str(&title);
    facts.system_id = buf_str(&hex);
    item = evidence_draft(&d, &facts)->id;
    if (kept.is_there)
        file = stop_kept_draft(&d, &kept, part->plan.plan, buf_str(&hex));
    dr = decision_add(&d, "action-change/1");
    draft_ref(dr, &part->id);
    draft_take_input(&d, dr, &action_kind);
    draft_value(dr, "state", STR("begun"));
    draft_value_ref(&d, dr, "before", &item);
    if (kept.is_there)
        draft_value_ref(&d, dr, "evidence", &file);
    rc = session_append(b->session, &d, &first, e);
    part->has_intent = rc == 0;
    return rc;
}

static int append_intents(struct beginning *b, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < b->count; i++)
        if (!b->parts[i].is_out)
            rc = append_intent(b, &b->parts[i], e);
    return rc;
}

/* Intents that came to nothing: of those that are out, or of all. */
static int end_intents(struct beginning *b, bool all, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; i < b->count; i++) {
        struct begin_part *part = &b->parts[i];
        CLEANUP_BUF struct buf why = {0};

        if (!part->has_intent || (!all && !part->is_out))
            continue;
        buf_addf(&why, "never begun: %s",
                 part->why.code ? part->why.text : "another host could not take part");
        part->has_intent = false;
        if (stop_append_outcome(b->session, b->op, b->in, &part->id, "undone", buf_str(&why), NULL,
                                rc ? NULL : e))
            rc = ERR_IO;
    }
    return rc;
}

/* All is prepared; nothing is begun yet. */
static int get_ready(struct beginning *b, struct err *e)
{
    struct err later = {0};
    int rc;

    open_all(b);
    prepare_all(b);
    rc = may_go_on(b, e);
    if (rc)
        return rc;
    rc = append_intents(b, e);
    if (rc == 0 && b->count > 1) {
        measure_all(b);
        rc = may_go_on(b, e);
    }
    if (end_intents(b, rc != 0, &later))
        return err_set(e, ERR_IO, "nothing was begun, and that could not be put on record: %s",
                       later.text);
    return rc;
}

static int64_t longest_round_us(const struct beginning *b)
{
    int64_t longest = 0;

    for (size_t i = 0; i < b->count; i++)
        longest = b->parts[i].round_us > longest ? b->parts[i].round_us : longest;
    return longest;
}

static void go_all(struct beginning *b)
{
    int64_t moment_us = b->count > 1 ? begin_now_us() + LEAD_MS * 1000 + longest_round_us(b) : 0;
    struct contain_helper *helpers[CONTAIN_HELPER_COUNT];
    size_t count = 0;

    for (size_t i = 0; i < b->count; i++) {
        struct begin_part *part = &b->parts[i];
        int64_t left_us = moment_us - begin_now_us() - part->round_us / 2;

        if (part->is_out)
            continue;
        contain_helper_give_go(part->helper, &part->plan.plan->id,
                               left_us > 0 ? (uint64_t)left_us / 1000 : 0);
        helpers[count++] = part->helper;
    }
    contain_helper_wait(helpers, count, moment_us ? moment_us / 1000 + LATE_MS : 0);
}

/* What came of one, on record; one that was lost stays begun: its outcome is not known. */
static int append_result(struct beginning *b, struct begin_part *part, struct err *e)
{
    const struct plan *plan = part->plan.plan;
    struct stop_outcome o = {.state = plan->timer_s ? "unconfirmed" : "done"};
    CLEANUP_BUF struct buf lines = {0};
    int64_t asked_us, answered_us;
    int rc = contain_helper_answer(part->helper, &lines, &part->why);

    if (contain_helper_is_lost(part->helper))
        return part->result = BEGIN_UNKNOWN, 0;
    if (rc) {
        part->result = BEGIN_FAILED;
        return stop_append_outcome(b->session, b->op, b->in, &part->id, "undone",
                                   str_of(part->why.text), NULL, e);
    }
    part->result = BEGIN_IN_EFFECT;
    contain_helper_times(part->helper, &asked_us, &answered_us);
    part->moment = stop_moment_read(buf_str(&lines), asked_us, answered_us);
    stop_add_seen(&part->seen, buf_str(&lines), part->plan.plan->timer_s > 0);
    o.result = buf_str(&part->seen);
    o.answer = part->is_far ? buf_str(&lines) : STR("");
    if (plan->timer_s) {
        o.field = "goes-back";
        o.moment = utc_plus_s(utc_now(), plan->timer_s);
    }
    rc = stop_append(b->session, b->op, b->in, &part->id, &o, e);
    return rc ? err_wrap(e, rc, "a%u is in effect, and that could not be put on record",
                         part->number)
              : 0;
}

static int append_results(struct beginning *b, struct err *e)
{
    int first = 0;

    for (size_t i = 0; i < b->count; i++) {
        struct err mine = {0};
        int rc = b->parts[i].is_out ? 0 : append_result(b, &b->parts[i], &mine);

        if (rc && !first) {
            first = rc;
            *e = mine;
        }
    }
    return first;
}

/* Of one alone, what went wrong is the command's own error. */
static int verdict(const struct beginning *b, struct answer *a, struct err *e)
{
    const struct begin_part *only = &b->parts[0];

    if (b->count == 1 && only->result == BEGIN_UNKNOWN)
        return err_set(e, ERR_IO,
                       "whether a%u is in effect is not known (calm stop status tells): %.800s",
                       only->number, only->why.text);
    if (b->count == 1 && only->result == BEGIN_FAILED)
        return err_set(e, only->why.code, "%s", only->why.text);
    begin_tell(b, a);
    return 0;
}

/* The one action that is named, where a device carries it out; else NULL. */
static int find_script(const struct beginning *b, const struct thing **out, struct err *e)
{
    struct str ids = str_trim(input_value(b->op, b->in, "action"));
    const struct thing *action;
    struct view v;
    int rc = session_view(b->session, &v, e);

    *out = NULL;
    if (rc || memchr(ids.p, '\n', ids.len))
        return rc;
    action = input_thing(&v, b->op, b->in, "action");
    if (action && stop_is_script(action))
        *out = action;
    return 0;
}

static int apply_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(beginning_release)
    struct beginning b = {.session = s,
                          .op = op,
                          .in = in,
                          .ways = {.op = op, .in = in, .case_folder = a->around->case_folder},
                          .leaves_failed = input_has(op, in, "without-failed")};
    const struct thing *script;
    int rc = find_script(&b, &script, e);

    if (rc == 0 && script)
        return stop_device_apply(s, op, in, script, a, e);
    b.parts = mem_array(CONTAIN_HELPER_COUNT, sizeof(*b.parts));
    if (rc == 0)
        rc = read_parts(&b, e);
    if (rc == 0)
        rc = get_ready(&b, e);
    if (rc)
        return rc;
    go_all(&b);
    rc = append_results(&b, e);
    return rc ? rc : verdict(&b, a, e);
}

static const struct field apply_fields[] = {
    STOP_FIELD_ACTIONS,
    {.name = "without-failed",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "of several: begin although some cannot, without those"},
    STOP_FIELDS_DEVICE_WAY,
    REACH_FIELDS,
};

const struct operation stop_apply = {
    .name = "stop apply",
    .practice = "stop",
    .help = "carry out plans, several at one moment; each goes back by itself until confirmed",
    .example = "calm stop apply a3",
    .more =
        "calm-contain, a small program of its own, judges the plan once more, saves the state that "
        "it will change, and waits until that is evidence and the intent is on record. Then two "
        "watchdogs and a keeper start, and the change is made. Unconfirmed within its time, all "
        "goes back, also where this program, calm-contain or both watchdogs were ended, and after "
        "a restart of the host. Where you are not root, sudo is asked. A plan for another host is "
        "carried "
        "out there, over SSH. Several begin at one moment, so that an intruder on one is not "
        "warned by the loss of another; where one cannot be prepared, nothing begins anywhere. A "
        "plan that was made with --script is sent to its device over SSH. "
        "doc/format/containment.md.",
    OP_FIELDS(apply_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .gate = GATE_FIRST_LOOK,
    .roles = ROLES_ACTING,
    .faces = FACE_CLI,
    .records = WORDS("evidence/1", "action-change/1"),
    .job = apply_job};
