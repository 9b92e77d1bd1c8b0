/* action.c: changes that are made by hand: planned, approved, begun, done, undone and checked,
 * timed and on record. */
#include "practice/action.h"
#include "base/sink.h"

static const struct field action_fields[] = {
    {.name = "text", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "what is changed"},
    {.name = "practice",
     .type = FIELD_WORD,
     .choices = WORDS("stop", "clean", "fix", "confirm"),
     .help = "which practice it serves"},
    FIELD_SYSTEMS("on which systems"),
    {.name = "breaks", .type = FIELD_LINE, .help = "what it breaks, and for whom"},
    {.name = "undo", .type = FIELD_TEXT, .help = "how it is undone, or why it cannot be"},
    {.name = "for",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .help = "the problem or weakness that it is for"},
    {.name = "steps", .type = FIELD_TEXT, .help = "the exact commands or steps"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("planned", "approved", "begun", "unconfirmed", "done", "undone"),
     .help = "how far it is"},
    {.name = "approved-by", .type = FIELD_REF, .kind = "person", .help = "who approved it"},
    {.name = "approval", .type = FIELD_LINE, .help = "how the approval was given"},
    {.name = "result", .type = FIELD_TEXT, .help = "what happened"},
    {.name = "check",
     .type = FIELD_WORD,
     .choices = WORDS("works", "fails", "partly"),
     .help = "what the check showed"},
    {.name = "proof", .type = FIELD_TEXT, .help = "how it was checked"},
    {.name = "evidence", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it"},
    {.name = "plan",
     .type = FIELD_REF,
     .kind = "evidence",
     .help = "what calm-contain is to do, to the letter"},
    {.name = "script",
     .type = FIELD_FLAG,
     .help = "it is carried out on a device as a script, not by calm-contain"},
    {.name = "device", .type = FIELD_LINE, .help = "in whose language its texts are: ios"},
    {.name = "texts",
     .type = FIELD_REF,
     .kind = "evidence",
     .help = "what is sent to the device, to the letter"},
    {.name = "ssh", .type = FIELD_LINE, .help = "where it is carried out, over SSH"},
    {.name = "sudo", .type = FIELD_FLAG, .help = "by sudo there"},
    {.name = "preview", .type = FIELD_TEXT, .help = "what it would have done when it was planned"},
    {.name = "before", .type = FIELD_REF, .kind = "evidence", .help = "the state before"},
    {.name = "goes-back",
     .type = FIELD_TIME,
     .help = "when it goes back by itself, unless it is confirmed"},
    {.name = "reason", .type = FIELD_TEXT, .help = "of an emergency stop: why it could not wait"},
    {.name = "review", .type = FIELD_TEXT, .help = "what was found when it was reviewed"},
    {.name = "before-gate",
     .type = FIELD_LINE,
     .help = "which gate was still closed when it was done"},
};

const struct kind action_kind = {.name = "action",
                                 .prefix = "a",
                                 .words = "action planned",
                                 .change_words = "action",
                                 KIND_FIELDS(action_fields)};

#define WHICH                                                                                      \
    {                                                                                              \
        .name = "action", .type = FIELD_REF, .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,  \
        .kind = "action", .help = "which: a3"                                                      \
    }

const struct field action_plan_fields[ACTION_PLAN_COUNT] = {
    FIELD_CALLED("text", "what is to be changed"),
    FIELD_SYSTEMS("on which systems"),
    {.name = "breaks", .type = FIELD_LINE, .help = "what it breaks, and for whom"},
    {.name = "undo", .type = FIELD_TEXT, .help = "how it is undone, or: cannot be undone"},
    {.name = "for",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .help = "the problem or weakness that it is for: p1, w1"},
    {.name = "steps", .type = FIELD_TEXT, .help = "the exact commands or steps"},
};
const struct field action_fields_approve[ACTION_APPROVE_COUNT] = {
    WHICH,
    {.name = "approval",
     .type = FIELD_LINE,
     .option = "spoken",
     .help = "the approval was spoken: by whom, when, how (they sign later)"},
};
const struct field action_fields_begin[ACTION_BEGIN_COUNT] = {WHICH};
const struct field action_fields_done[ACTION_DONE_COUNT] = {
    ACTION_DONE_FIELDS,
};
const struct field action_fields_undo[ACTION_UNDO_COUNT] = {
    WHICH, FIELD_SAID("result", "what was put back")};
const struct field action_fields_check[ACTION_CHECK_COUNT] = {
    WHICH,
    {.name = "check",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = WORDS("works", "fails", "partly"),
     .help = "what the check showed"},
    FIELD_SAID("proof", "how it was checked, and what was seen"),
};

int action_plan(struct decision *d, struct err *e)
{
    struct draft *dr = decision_add(d, "action/1");

    if (!input_has(d->op, d->input, "undo"))
        return err_set(
            e, ERR_USAGE,
            "say how it is undone: --undo \"how\", or --undo \"cannot be undone, because …\"");
    draft_take_input(d, dr, &action_kind);
    draft_value(dr, "practice", str_of(d->op->practice));
    draft_value(dr, "state", STR("planned"));
    buf_addf(
        &d->say,
        "Next:  another person approves it: calm %s approve {call}; then calm %s begin {call}\n",
        d->op->practice, d->op->practice);
    d->is_independent = true;
    return 0;
}

static bool is_at_work(const struct thing *person)
{
    return thing_value(person, "key").len && !thing_value(person, "left").len &&
           !thing_says(person, "duty", "off");
}

static size_t team_size(const struct view *v)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(v, "person", &at));)
        count += is_at_work(t);
    return count;
}

bool action_needs_another(const struct view *v)
{
    return team_size(v) > 1;
}

void action_others(const struct view *v, struct buf *out)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(v, "person", &at));)
        if (t != v->person && is_at_work(t) && count++ < 3)
            buf_addf(out, "%s" STR_FMT, count > 1 ? " or " : "", STR_ARG(view_title(t)));
    if (count > 3)
        buf_adds(out, " or others");
}

const struct thing *action_planner(const struct view *v, const struct thing *action)
{
    return view_signer(v, state_record(v->state, action->seq));
}

static int find_action(struct decision *d, const struct thing **out, struct err *e)
{
    *out = input_thing(d->view, d->op, d->input, "action");
    if (!*out)
        return err_set(e, ERR_NOTFOUND, "say which action: calm %s list", d->op->practice);
    return 0;
}

const char *action_go(const struct thing *action)
{
    bool is_by_hand = !thing_value(action, "plan").len ||
                      (thing_value(action, "script").len && !thing_value(action, "ssh").len);

    return is_by_hand ? "begin" : "apply";
}

int action_approve(struct decision *d, struct err *e)
{
    const struct thing *action;
    struct draft *dr;
    bool is_spoken = input_has(d->op, d->input, "approval");
    int rc = find_action(d, &action, e);

    if (rc)
        return rc;
    if (!thing_says(action, "state", "planned"))
        return err_set(e, ERR_GATE, "a%u is already " STR_FMT, action->number,
                       STR_ARG(thing_value(action, "state")));
    if (thing_value(action, "script").len && !thing_value(action, "texts").len)
        return err_set(e, ERR_GATE,
                       "a%u has no texts yet, so nobody can read what would be sent: calm stop "
                       "script a%u --for DEVICE --keep",
                       action->number, action->number);
    if (!is_spoken && action_planner(d->view, action) == d->view->person &&
        action_needs_another(d->view))
        return err_set(e, ERR_GATE,
                       "you planned a%u, so another approves it. If they said so by voice: calm %s "
                       "approve a%u --spoken \"name, time\"",
                       action->number, d->op->practice, action->number);
    rc = decide_change(d, e);
    if (rc == ERR_USAGE)
        rc = 0; /* approving says nothing but itself */
    if (rc)
        return rc;
    dr = &d->drafts[0];
    draft_value(dr, "state", STR("approved"));
    draft_value_ref(d, dr, "approved-by", &d->view->person->id);
    buf_addf(&d->say, "Next:  calm %s %s a%u\n", d->op->practice, action_go(action),
             action->number);
    return 0;
}

int action_begin(struct decision *d, struct err *e)
{
    const struct thing *action;
    struct draft *dr;
    int rc = find_action(d, &action, e);

    if (rc)
        return rc;
    if (thing_value(action, "plan").len)
        return err_set(e, ERR_USAGE, "a%u is carried out by calm itself: calm stop apply a%u",
                       action->number, action->number);
    if (thing_says(action, "state", "planned") && action_needs_another(d->view) &&
        !d->input->values[d->op->field_count + COMMON_OVERRIDE].len)
        return err_set(e, ERR_GATE,
                       "a%u is not approved, and two or more are on the team: calm %s approve a%u "
                       "(another person), or --spoken, "
                       "or go on with --override \"why\"",
                       action->number, d->op->practice, action->number);
    if (thing_says(action, "state", "done") || thing_says(action, "state", "undone"))
        return err_set(e, ERR_GATE, "a%u is already " STR_FMT, action->number,
                       STR_ARG(thing_value(action, "state")));
    dr = decision_add(d, "action-change/1");
    draft_ref(dr, &action->id);
    draft_take_input(d, dr, &action_kind);
    draft_value(dr, "state", STR("begun"));
    buf_addf(
        &d->say,
        "Go ahead. When it is done: calm %s done a%u \"what happened\"\nIf it goes wrong: " STR_FMT
        "\n",
        d->op->practice, action->number, STR_ARG(thing_value(action, "undo")));
    return 0;
}

/* Work by hand is never refused; where a gate would have held it back, the record says so. */
static void mark_gate(struct decision *d, struct draft *dr, const struct thing *action)
{
    bool is_late = strcmp(d->op->practice, "clean") == 0 || strcmp(d->op->practice, "fix") == 0;
    bool is_alone =
        !action || !thing_says(action, "state", "planned") || !action_needs_another(d->view);
    const char *gate = NULL;

    if (is_late && view_count(d->view, "assessment") == 0)
        gate = "before the assessment was signed";
    else if (strcmp(d->op->practice, "stop") == 0 && !view_count(d->view, "look") &&
             !view_count(d->view, "snapshot"))
        gate = "before the first look";
    if (gate || !is_alone)
        draft_value(dr, "before-gate",
                    str_of(arena_printf(d->arena, "%s%s%s", gate ? gate : "",
                                        gate && !is_alone ? ", and " : "",
                                        is_alone ? "" : "before it was approved")));
}

/* Whether it is spelled as the number of an action is: a3. */
static bool is_number(struct str what)
{
    uint64_t n;

    return str_starts(what, action_kind.prefix) &&
           str_u64(str_from(what, strlen(action_kind.prefix)), &n);
}

int action_done(struct decision *d, struct err *e)
{
    static const struct field which = {.name = "action", .type = FIELD_REF, .kind = "action"};
    struct str what = input_value(d->op, d->input, "what");
    const struct thing *action = NULL;
    struct draft *dr;
    struct id id;

    if (view_resolve(d->view, &which, what, &id, NULL) == 0)
        action = state_thing_by_id(d->view->state, &id);
    else if (is_number(what)) /* a slip, which would stand as words in reports and messages */
        return view_resolve(d->view, &which, what, &id, e);
    dr = decision_add(d, action ? "action-change/1" : "action/1");
    if (action)
        draft_ref(dr, &action->id);
    draft_take_input(d, dr, &action_kind);
    if (!action) {
        draft_value(dr, "text", what);
        draft_value(dr, "practice", str_of(d->op->practice));
        if (!input_has(d->op, d->input, "undo"))
            buf_addf(&d->say, "How could it be undone? Say it while it is fresh: calm note correct "
                              "{record} \"undo: …\"\n");
        d->words = "action done";
    }
    draft_value(dr, "state", STR("done"));
    mark_gate(d, dr, action);
    buf_addf(&d->say, "Next:  check that it works: calm %s check {call} works \"what was seen\"\n",
             d->op->practice);
    return 0;
}

static int set_state(struct decision *d, const char *state, struct err *e)
{
    int rc = decide_change(d, e);

    if (rc == 0 && state)
        draft_value(&d->drafts[d->draft_count - 1], "state", str_of(state));
    return rc;
}

int action_undo(struct decision *d, struct err *e)
{
    return set_state(d, "undone", e);
}

int action_check(struct decision *d, struct err *e)
{
    return set_state(d, NULL, e);
}

struct action_counts action_count(const struct view *v, const char *practice)
{
    struct action_counts c = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(v, "action", "practice", practice, &at));) {
        c.planned += thing_says(t, "state", "planned");
        c.approved += thing_says(t, "state", "approved");
        c.begun += thing_says(t, "state", "begun") || thing_says(t, "state", "unconfirmed");
        c.done += thing_says(t, "state", "done");
        c.undone += thing_says(t, "state", "undone");
        c.checked += thing_says(t, "check", "works");
        c.failed += thing_says(t, "check", "fails");
    }
    return c;
}

static void add_brief(const struct action_counts *c, struct buf *out)
{
    size_t all = c->done + c->planned + c->approved + c->begun;

    if (all)
        buf_addf(out, "%zu of %zu done", c->done, all);
    else
        buf_adds(out, "all undone");
}

void action_status(const struct view *v, const char *practice, struct practice_status *out)
{
    struct action_counts c = action_count(v, practice);
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(v, "action", "practice", practice, &at));) {
        bool is_done = thing_says(t, "state", "undone") ||
                       (thing_says(t, "state", "done") && thing_says(t, "check", "works"));

        buf_addf(
            is_done ? &out->done : &out->missing, "a%u " STR_FMT " (%s" STR_FMT "%s)\n", t->number,
            STR_ARG(view_title(t)), thing_says(t, "state", "unconfirmed") ? "applied, " : "",
            STR_ARG(thing_value(t, "state")),
            thing_says(t, "state", "done") && !thing_value(t, "check").len ? ", not checked" : "");
        if (thing_says(t, "state", "done") && !thing_value(t, "check").len && !out->next.len) {
            buf_addf(&out->next, "calm %s check a%u works \"what was seen\"", practice, t->number);
            buf_addf(&out->because, "a%u was done and nobody has checked that it works", t->number);
            out->urgency = 35;
        }
    }
    if (c.done + c.undone + c.planned + c.approved + c.begun == 0)
        out->stage = STAGE_OPEN;
    else
        out->stage = c.done && c.done == c.checked && !c.planned && !c.approved && !c.begun
                         ? STAGE_DONE
                         : STAGE_UNDER_WAY;
    if (out->stage == STAGE_UNDER_WAY)
        add_brief(&c, &out->brief);
}
