/* confirm.c: data, applications and services checked against what normal was, and signed off by
 * their owners. */
#include "practice/action.h"

ACTION_OPERATIONS(
    confirm, GATE_NONE,
    "calm confirm plan \"switch the shop on again\" --system web1 --undo \"switch it off again\"");

static const struct field normal_fields[] = {
    FIELD_CALLED("text", "what was checked, and what was seen"),
    {.name = "system",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_MANY,
     .kind = "system",
     .help = "at which system"},
    {.name = "what",
     .type = FIELD_WORD,
     .choices = WORDS("service", "data", "application", "monitoring"),
     .help = "what it was that was checked"},
    {.name = "outcome",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED,
     .choices = WORDS("normal", "not-normal", "partly"),
     .help = "whether it is as it was"},
    {.name = "evidence", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it: e3"},
};
static const struct kind normal = {.name = "normal",
                                   .prefix = "n",
                                   .words = "checked",
                                   .change_words = "check changed",
                                   KIND_FIELDS(normal_fields)};
static const struct operation confirm_normal = {
    .name = "confirm normal",
    .practice = "confirm",
    .help = "record a check of data, an application or a service against what normal is",
    .example = "calm confirm normal \"an order from the test account went through\" --system web1 "
               "--what application --outcome normal",
    OP_FIELDS(normal_fields),
    .kind = &normal,
    .roles = ROLES_WRITING,
    OP_MAKES("normal")};

static const struct field signoff_fields[] = {
    {.name = "system",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "system",
     .help = "which system"},
    FIELD_CALLED("owner", "who signs for it, and how: on paper, by mail, by voice"),
    {.name = "text", .type = FIELD_TEXT, .help = "with which reservations"},
    {.name = "evidence", .type = FIELD_REF, .flags = FIELD_MANY, .help = "the signed paper: e9"},
};
static const struct kind signoff = {.name = "signoff",
                                    .prefix = "so",
                                    .words = "signed off",
                                    .change_words = "sign-off changed",
                                    KIND_FIELDS(signoff_fields)};
static const struct operation confirm_sign = {
    .name = "confirm sign",
    .practice = "confirm",
    .help = "the owner of a system signs that it is back to normal",
    .example = "calm confirm sign web1 \"Eva Brandt, on paper\" --evidence e9",
    OP_FIELDS(signoff_fields),
    .kind = &signoff,
    .roles = ROLES_WRITING,
    OP_MAKES("signoff")};
static const struct operation confirm_checks = {.name = "confirm checks",
                                                .practice = "confirm",
                                                .help = "list the checks",
                                                .example = "calm confirm checks",
                                                .kind = &normal,
                                                OP_LISTS};

static void confirm_status(const struct view *v, struct practice_status *out)
{
    const struct thing *t;
    size_t signed_off = 0;
    size_t wanted = 0;

    action_status(v, "confirm", out);
    for (size_t at = 0; (t = view_next(v, "system", &at));) {
        size_t sign_at = 0;

        if (!thing_says(t, "state", "affected") && !thing_says(t, "state", "suspected"))
            continue;
        wanted++;
        if (view_next_of(v, "signoff", "system", t, &sign_at)) {
            signed_off++;
            buf_addf(&out->done, STR_FMT ": signed off\n", STR_ARG(view_title(t)));
        } else {
            buf_addf(&out->missing, "the owner's sign-off for " STR_FMT "\n",
                     STR_ARG(view_title(t)));
        }
    }
    out->stage = wanted && signed_off == wanted                    ? STAGE_DONE
                 : view_count(v, "assessment") == 0 && !signed_off ? STAGE_WAITING
                 : signed_off || view_count(v, "normal")           ? STAGE_UNDER_WAY
                                                                   : STAGE_OPEN;
    if (out->stage == STAGE_UNDER_WAY)
        buf_addf(&out->brief, "%zu of %zu signed off", signed_off, wanted);
    if (wanted > signed_off && view_count(v, "assessment") && !out->next.len) {
        buf_adds(&out->next,
                 "calm confirm normal \"what was checked\" --system NAME --outcome normal");
        buf_adds(&out->because,
                 "each affected system is checked against what normal was, then its owner signs");
        out->urgency = 15;
    }
}

const struct practice practice_confirm = {
    .verb = "confirm",
    .title = "Confirm normal operations",
    .help = "data, applications and services checked; owners sign",
    .kinds = LIST(struct kind, &normal, &signoff),
    .operations = LIST(struct operation, &confirm_normal, &confirm_sign, &confirm_checks,
                       ACTION_LIST(confirm)),
    .status = confirm_status};
