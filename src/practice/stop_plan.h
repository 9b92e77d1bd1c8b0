/* stop_plan.h: plans that calm-contain carries out, as things of the case. */
#pragma once
#include "contain/plan.h"
#include "practice/action.h"

/* The plan of an action, as it was approved: its bytes are read from the evidence, and hold only if
 * their digest is the one on record. ERR_USAGE: the action was planned in words, and is done by
 * hand; ERR_TAMPER. */
struct stop_plan {
    const struct thing *action;
    struct buf text;
    struct plan *plan;
};
MUST_CHECK int stop_plan_load(struct session *s, const struct view *v, const struct thing *action,
                              struct stop_plan *out, struct err *e);
void stop_plan_release(struct stop_plan *p);
#define CLEANUP_STOP_PLAN CLEANUP(stop_plan_release)

/* A plan to isolate this host, without a timer and of no case; lines: endpoints that pass, which is
 * accepted of whatever they let pass. */
MUST_CHECK int stop_plan_isolate(struct str lines, struct stop_plan *out, struct err *e);

/* Is the action one that is carried out to the letter of a plan: by calm-contain, or a device? */
bool stop_is_planned(const struct thing *action);
/* By a device, as a script. */
bool stop_is_script(const struct thing *action);

extern const struct operation stop_isolate, stop_block, stop_limit, stop_down; /* stop_network.c */
extern const struct operation stop_freeze, stop_end, stop_lock, stop_log_out, stop_keys, stop_unit,
    stop_job, stop_quarantine; /* stop_host.c */
