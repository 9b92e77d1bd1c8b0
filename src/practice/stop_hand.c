/* stop_hand.c: begin, done, check and undo of the changes that stop an incident: what people do is
 * put on record, what a device does is printed or sent, what calm-contain did it puts back. */
#include "practice/stop_hand.h"
#include "practice/stop_apply.h"
#include "practice/stop_device.h"
#include "practice/stop_plan.h"

enum { TRY_COUNT = 8 };

/* One try: decided on the state as it is then. */
static int decide_once(struct session *s, const struct operation *op, const struct input *in,
                       op_decide *decide, const struct stop_answer *file, struct answer *a,
                       struct err *e)
{
    static const struct field which = {.name = "action", .type = FIELD_REF, .kind = "action"};
    CLEANUP(decision_release) struct decision d = {0};
    const struct thing *action = NULL;
    struct id id, item;
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    if (view_resolve(d.view, &which, in->values[0], &id, NULL) == 0)
        action = state_thing_by_id(d.view->state, &id);
    if (file->is_given)
        item = stop_answer_draft(&d, file, action);
    rc = decide(&d, e);
    if (rc)
        return rc;
    if (file->is_given)
        draft_value_ref(&d, &d.drafts[d.draft_count - 1], "evidence", &item);
    rc = session_append(s, &d, &first, e);
    if (rc == 0)
        session_tell(s, &d, first, a);
    return rc;
}

static int by_hand(struct session *s, const struct operation *op, const struct input *in,
                   op_decide *decide, struct answer *a, struct err *e)
{
    CLEANUP_STOP_ANSWER struct stop_answer file = {0};
    int rc = stop_answer_take(s, op, in, &file, e);

    if (rc)
        return rc;
    rc = ERR_CONFLICT;
    for (int i = 0; rc == ERR_CONFLICT && i < TRY_COUNT; i++)
        rc = decide_once(s, op, in, decide, &file, a, e);
    return rc;
}

/* The action that the first field names; NULL: it says something else, in words. */
static int find(struct session *s, const struct operation *op, const struct input *in,
                const struct thing **out, struct err *e)
{
    static const struct field which = {.name = "action", .type = FIELD_REF, .kind = "action"};
    struct view v;
    struct id id;
    int rc = session_view(s, &v, e);

    *out = NULL;
    if (rc == 0 && op->fields[0].type == FIELD_REF)
        *out = input_thing(&v, op, in, op->fields[0].name);
    else if (rc == 0 && view_resolve(&v, &which, in->values[0], &id, NULL) == 0)
        *out = state_thing_by_id(v.state, &id);
    return rc;
}

static int perform(struct session *s, const struct operation *op, const struct input *in,
                   op_decide *decide, stop_device_step *on_device, struct answer *a, struct err *e)
{
    const struct thing *action;
    int rc = find(s, op, in, &action, e);

    if (rc)
        return rc;
    if (action && stop_is_script(action))
        return on_device(s, op, in, action, a, e);
    rc = stop_refuse_device_way(op, in, e);
    return rc ? rc : by_hand(s, op, in, decide, a, e);
}

static int begin_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    return perform(s, op, in, action_begin, stop_device_begin, a, e);
}

static int done_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    return perform(s, op, in, action_done, stop_device_done, a, e);
}

/* Of what is not carried out on a device the verdict is what is recorded. */
static int decide_check(struct decision *d, struct err *e)
{
    if (!input_has(d->op, d->input, "check") || !input_has(d->op, d->input, "proof"))
        return err_set(e, ERR_USAGE,
                       "say what the check showed: calm stop check aN works \"what was seen\"");
    return action_check(d, e);
}

static int check_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    return perform(s, op, in, decide_check, stop_device_check, a, e);
}

static bool was_begun(const struct thing *action)
{
    return !thing_says(action, "state", "planned") && !thing_says(action, "state", "approved");
}

static int undo_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    const struct thing *action;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    action = input_thing(&v, op, in, "action");
    if (action && stop_is_planned(action) && !stop_is_script(action) && was_begun(action)) {
        rc = stop_refuse_device_way(op, in, e);
        return rc ? rc : stop_undo_planned(s, op, in, &v, action, a, e);
    }
    return perform(s, op, in, action_undo, stop_device_undo, a, e);
}

#define WHICH FIELD_WHICH("action", "action", "which: a3")
#define STOP_HAND_OPERATION(verb, words, text, more_text, role, gate_code)                         \
    const struct operation stop_##verb = {.name = "stop " #verb,                                   \
                                          .practice = "stop",                                      \
                                          .help = words,                                           \
                                          .example = text,                                         \
                                          .more = more_text,                                       \
                                          OP_FIELDS(verb##_fields),                                \
                                          .kind = &action_kind,                                    \
                                          .type = OP_JOB,                                          \
                                          .gate = gate_code,                                       \
                                          .roles = role,                                           \
                                          .faces = FACE_CLI,                                       \
                                          .records =                                               \
                                              WORDS("evidence/1", "action/1", "action-change/1"),  \
                                          .job = verb##_job}

static const struct field begin_fields[] = {WHICH, STOP_FIELD_ANSWER};
STOP_HAND_OPERATION(begin, "ask for the go-ahead and begin by hand; prints a device's text",
                    "calm stop begin a3",
                    "Of a plan that was made with --script it prints the text to be typed on the "
                    "device, and the clock of its timer runs from then on.",
                    ROLES_ACTING, GATE_FIRST_LOOK);

static const struct field done_fields[] = {
    ACTION_DONE_FIELDS,
    STOP_FIELD_ANSWER,
};
STOP_HAND_OPERATION(done, "record that it was done by hand: a planned one, or in words",
                    "calm stop done a3 \"as planned\"",
                    "What was done by hand is never refused; what was missing, a first look or an "
                    "approval, is noted. A text for a device that nobody approved is refused, "
                    "unless --override says why.",
                    ROLES_WRITING, GATE_NONE);

static const struct field check_fields[] = {
    WHICH,
    {.name = "check",
     .type = FIELD_WORD,
     .flags = FIELD_ARG,
     .choices = WORDS("works", "fails", "partly"),
     .help = "what the check showed"},
    {.name = "proof",
     .type = FIELD_TEXT,
     .flags = FIELD_ARG,
     .help = "how it was checked, and what was seen"},
    STOP_FIELDS_DEVICE,
};
STOP_HAND_OPERATION(check, "record the check that it worked; asks a device",
                    "calm stop check a3 works \"no connection left (ss -tn)\"",
                    "Without a verdict the device's text for it is printed, or sent over SSH and "
                    "its answer shown and kept.",
                    ROLES_WRITING, GATE_NONE);

static const struct field undo_fields[] = {
    WHICH,
    {.name = "result",
     .type = FIELD_TEXT,
     .flags = FIELD_ARG,
     .help = "why, or what was put back by hand"},
    STOP_FIELDS_DEVICE,
};
STOP_HAND_OPERATION(undo, "put back what calm did, or note what others did",
                    "calm stop undo a3 \"the shop is needed until noon\"",
                    "Of a plan that was made with --script the device's inverse is sent over SSH; "
                    "or it is printed, and said again with what was answered when it was typed.",
                    ROLES_WRITING, GATE_NONE);
