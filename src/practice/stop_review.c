/* stop_review.c: puts on record what another person found about an emergency stop, or a change that
 * went past a gate. */
#include "practice/stop_review.h"

bool stop_wants_review(const struct thing *action)
{
    return !thing_value(action, "review").len && !thing_says(action, "state", "planned") &&
           !thing_says(action, "state", "approved") &&
           (thing_value(action, "reason").len || thing_common(action, COMMON_OVERRIDE).len);
}

static const struct field review_fields[] = {
    FIELD_WHICH("action", "action", "which: a3"),
    FIELD_SAID("review", "what was found: was it right, what did it cost, what follows"),
    {.name = "approval",
     .type = FIELD_LINE,
     .option = "spoken",
     .help = "the review was spoken: by whom, when, how (they sign later)"},
};

static int decide_review(struct decision *d, struct err *e)
{
    const struct thing *action = input_thing(d->view, d->op, d->input, "action");

    if (!action)
        return err_set(e, ERR_NOTFOUND, "say which action: calm stop list");
    if (thing_says(action, "state", "planned") || thing_says(action, "state", "approved"))
        return err_set(e, ERR_GATE, "a%u was not done yet: calm stop approve a%u", action->number,
                       action->number);
    if (action_planner(d->view, action) == d->view->person && action_needs_another(d->view) &&
        !input_has(d->op, d->input, "approval"))
        return err_set(e, ERR_GATE,
                       "a%u is yours, so another reviews it. If they said so by voice: calm stop "
                       "review a%u \"what was found\" --spoken \"name, time\"",
                       action->number, action->number);
    return decide_change(d, e);
}

const struct operation stop_review = {
    .name = "stop review",
    .practice = "stop",
    .help = "look back at an emergency, as another person",
    .example = "calm stop review a1 \"right: the share was being encrypted; the shop was off for "
               "40 min\"",
    OP_FIELDS(review_fields),
    .kind = &action_kind,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("action-change/1"),
    .decide = decide_review};
