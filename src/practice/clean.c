/* clean.c: wipes out what the incident left, or rebuilds and restores; by hand, on record, with a
 * copy kept as evidence. */
#include "practice/action.h"

ACTION_OPERATIONS(clean, GATE_ASSESSED,
                  "calm clean plan \"rebuild web1 from the image of May\" --system web1 --undo "
                  "\"old disk stays in the safe\"");

static void clean_status(const struct view *v, struct practice_status *out)
{
    action_status(v, "clean", out);
    if (view_count(v, "assessment") == 0) {
        out->stage = out->stage == STAGE_OPEN ? STAGE_WAITING : out->stage;
        buf_adds(&out->missing, "the signed assessment, before anything is cleaned\n");
    } else if (out->stage == STAGE_OPEN) {
        buf_adds(&out->missing, "what the incident left: code, accounts, files, settings; rebuild "
                                "what was fully compromised\n");
        buf_adds(&out->next, "calm clean plan \"what\" --undo \"how\"");
        buf_adds(&out->because,
                 "the assessment is signed; what the incident left can be removed now");
        out->urgency = 22;
    }
}

const struct practice practice_clean = {
    .verb = "clean",
    .title = "Wipe out all effects",
    .help = "remove what the incident left; rebuild or restore what was fully compromised",
    .operations = LIST(struct operation, ACTION_LIST(clean)),
    .status = clean_status};
