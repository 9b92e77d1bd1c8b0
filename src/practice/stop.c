/* stop.c: stops an incident that is still going on. By hand: planned, approved, done, undone and
 * checked on record. */
#include "practice/action.h"
#include "practice/stop_apply.h"
#include "practice/stop_begin.h"
#include "practice/stop_emergency.h"
#include "practice/stop_flood.h"
#include "practice/stop_hand.h"
#include "practice/stop_plan.h"
#include "practice/stop_proposal.h"
#include "practice/stop_review.h"
#include "practice/stop_script.h"
#include "practice/stop_show.h"
#include "practice/stop_status.h"
#include "practice/stop_where.h"

ACTION_PLANNING(stop,
                "calm stop plan \"take web1 off the network: switch sw2 port 14\" --system web1 "
                "--breaks \"the shop\" --undo \"no shutdown on port 14\"");

const struct practice practice_stop = {
    .verb = "stop",
    .title = "Stop the incident",
    .help = "take systems off the network, block, limit; undone the same way",
    .kinds = LIST(struct kind, &action_kind, &proposal_kind),
    /* In the order in which a person at night needs them. */
    .operations =
        LIST(struct operation, &stop_emergency, &stop_isolate, &stop_block, &stop_propose,
             &stop_apply, &stop_confirm, &stop_undo, &stop_status_operation, &stop_list, &stop_show,
             &stop_approve, &stop_script, &stop_review, &stop_record, &stop_limit, &stop_down, &stop_freeze,
             &stop_end, &stop_lock, &stop_log_out, &stop_keys, &stop_unit, &stop_job,
             &stop_quarantine, &stop_plan, &stop_begin, &stop_done, &stop_check),
    .status = stop_where};
