/* stop.c: stops an incident that is still going on. By hand: planned, approved, done, undone and
 * checked on record. */
#include "practice/action.h"

ACTION_OPERATIONS(stop, GATE_FIRST_LOOK,
                  "calm stop plan \"take web1 off the network: switch sw2 port 14\" --system web1 "
                  "--breaks \"the shop\" --undo \"no shutdown on port 14\"");

static const struct field emergency_fields[] = {
    FIELD_SAID("reason", "why it cannot wait"),
    FIELD_SYSTEMS("which systems"),
};

/* Recorded at once, asked by nothing; the cable is faster than any program. */
static int decide_emergency(struct decision *d, struct err *e)
{
    struct draft *dr = decision_add(d, "action/1");

    (void)e;
    draft_take_input(d, dr, &action_kind);
    draft_value(
        dr, "text",
        str_of(arena_printf(d->arena, "emergency stop: " STR_FMT,
                            STR_ARG(str_head(input_value(d->op, d->input, "reason"), 400)))));
    draft_value(dr, "practice", STR("stop"));
    draft_value(dr, "state", STR("begun"));
    draft_value(dr, "undo", STR("put the cable back, or enable the port, after the review"));
    d->is_independent = true;
    buf_adds(&d->say, "On record. Now, with your hands:\n"
                      "  1  Pull the network cable, or shut the switch port. Leave the power on,\n"
                      "     unless files are being encrypted and nothing else stops it.\n"
                      "  2  Disconnect backups from the network.\n"
                      "  3  Touch nothing else: memory and logs are evidence.\n"
                      "Next:  calm stop done aN \"cable pulled at …\"\n");
    return 0;
}

static const struct operation stop_emergency = {
    .name = "stop emergency",
    .practice = "stop",
    .help = "cut off at once; any responder, asks nothing, reviewed afterwards",
    .example = "calm stop emergency \"files on fs1 are being encrypted\"",
    OP_FIELDS(emergency_fields),
    .kind = &action_kind,
    .type = OP_CHANGE,
    .faces = FACE_ALL,
    .records = WORDS("action/1"),
    .decide = decide_emergency};

static void stop_status(const struct view *v, struct practice_status *out)
{
    action_status(v, "stop", out);
    if (out->stage != STAGE_OPEN)
        return;
    buf_adds(&out->missing, "if it is still going on: a plan to stop it\n");
    buf_adds(&out->next, "calm stop plan \"what to cut off\" --undo \"how to undo it\"");
    buf_adds(&out->because,
             "if it is still going on; if it cannot wait: calm stop --emergency \"why\"");
    out->urgency = 2;
}

const struct practice practice_stop = {
    .verb = "stop",
    .title = "Stop the incident",
    .help = "take systems off the network, block, limit; undone the same way",
    .kinds = LIST(struct kind, &action_kind),
    .operations = LIST(struct operation, ACTION_LIST(stop), &stop_emergency),
    .status = stop_status};
