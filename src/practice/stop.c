/* stop.c: stops an incident that is still going on. By hand: planned, approved, done, undone and
 * checked on record. */
#include "practice/action.h"
#include "practice/reach.h"
#include "practice/stop_apply.h"
#include "practice/stop_begin.h"
#include "practice/stop_emergency.h"
#include "practice/stop_flood.h"
#include "practice/stop_plan.h"
#include "practice/stop_proposal.h"
#include "practice/stop_review.h"
#include "practice/stop_script.h"
#include "practice/stop_show.h"
#include "practice/stop_status.h"
#include "practice/stop_where.h"

ACTION_OPERATIONS(stop, GATE_FIRST_LOOK,
                  "calm stop plan \"take web1 off the network: switch sw2 port 14\" --system web1 "
                  "--breaks \"the shop\" --undo \"no shutdown on port 14\"");

/* What calm did is put back by calm; what was done by hand is only recorded. */
static int undo_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    const struct thing *action;
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    action = input_thing(d.view, op, in, "action");
    if (stop_is_planned(action) && !thing_says(action, "state", "planned") &&
        !thing_says(action, "state", "approved"))
        return stop_undo_planned(s, op, in, d.view, action, a, e);
    rc = action_undo(&d, e);
    if (rc == 0)
        rc = session_append(s, &d, &first, e);
    if (rc == 0 && !answer_record(a, first))
        buf_addf(&a->text, "a%u undone\n", action->number);
    return rc;
}

static const struct field undo_fields[] = {
    FIELD_WHICH("action", "action", "which: a3"),
    {.name = "result",
     .type = FIELD_TEXT,
     .flags = FIELD_ARG,
     .help = "why, or what was put back by hand"},
    REACH_FIELDS,
};

static const struct operation stop_undo = {
    .name = "stop undo",
    .practice = "stop",
    .help = "put back what calm did, or note what others did",
    .example = "calm stop undo a3 \"the shop is needed until noon\"",
    OP_FIELDS(undo_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("action-change/1"),
    .job = undo_job};

const struct practice practice_stop = {
    .verb = "stop",
    .title = "Stop the incident",
    .help = "take systems off the network, block, limit; undone the same way",
    .kinds = LIST(struct kind, &action_kind, &proposal_kind),
    /* In the order in which a person at night needs them. */
    .operations =
        LIST(struct operation, &stop_emergency, &stop_isolate, &stop_block, &stop_propose,
             &stop_apply, &stop_confirm, &stop_undo, &stop_status_operation, &stop_list, &stop_show,
             &stop_approve, &stop_script, &stop_review, &stop_limit, &stop_down, &stop_freeze,
             &stop_end, &stop_lock, &stop_log_out, &stop_keys, &stop_unit, &stop_job,
             &stop_quarantine, &stop_plan, &stop_begin, &stop_done, &stop_check),
    .status = stop_where};
