/* fix.c: which weaknesses were used, and what closes or mitigates each. */
#include "practice/action.h"

ACTION_OPERATIONS(fix, GATE_ASSESSED,
                  "calm fix plan \"update the shop to 4.2.1\" --system web1 --for w1 --undo "
                  "\"package 4.1.9 is kept\"");

static const struct field weakness_fields[] = {
    FIELD_CALLED("text", "what let it happen: in software, settings, habits or hardware"),
    {.name = "cve", .type = FIELD_LINE, .help = "its CVE, if it has one"},
    {.name = "used",
     .type = FIELD_WORD,
     .choices = WORDS("unknown", "yes", "likely", "no"),
     .help = "whether it was used in this incident"},
    FIELD_SYSTEMS("where"),
    {.name = "from", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it: e3, r17"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("open", "mitigated", "closed", "accepted"),
     .help = "how it stands"},
    {.name = "by-what",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "action",
     .help = "the action that closed it: a3"},
    {.name = "proof", .type = FIELD_TEXT, .help = "how it was checked again, or who accepts it"},
};
static const struct kind weakness = {.name = "weakness",
                                     .prefix = "w",
                                     .words = "weakness",
                                     .change_words = "weakness changed",
                                     KIND_FIELDS(weakness_fields)};

static const struct field weakness_make_fields[] = {
    FIELD_CALLED("text", "what let it happen: in software, settings, habits or hardware"),
    {.name = "cve", .type = FIELD_LINE, .help = "its CVE, if it has one"},
    {.name = "used",
     .type = FIELD_WORD,
     .choices = WORDS("unknown", "yes", "likely", "no"),
     .help = "whether it was used in this incident"},
    FIELD_SYSTEMS("where"),
    {.name = "from", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it: e3, r17"},
};
static const struct operation fix_weakness = {
    .name = "fix weakness",
    .practice = "fix",
    .help = "name a weakness that was used or could be",
    .example =
        "calm fix weakness \"the shop's upload takes any file\" --used yes --system web1 --from e3",
    OP_FIELDS(weakness_make_fields),
    .kind = &weakness,
    .roles = ROLES_WRITING,
    OP_MAKES("weakness")};

static const struct field weakness_change_fields[] = {
    FIELD_WHICH("weakness", "weakness", "which: w1"),
    {.name = "state",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = WORDS("open", "mitigated", "closed", "accepted"),
     .help = "how it stands"},
    {.name = "by-what",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "action",
     .help = "the action that closed it: a3"},
    {.name = "proof",
     .type = FIELD_TEXT,
     .help = "how it was checked again, or who accepts it and why"},
    {.name = "used",
     .type = FIELD_WORD,
     .choices = WORDS("unknown", "yes", "likely", "no"),
     .help = "whether it was used in this incident"},
};

static int decide_weakness(struct decision *d, struct err *e)
{
    if (!str_is(input_value(d->op, d->input, "state"), "open") &&
        !input_has(d->op, d->input, "proof"))
        return err_set(
            e, ERR_USAGE,
            "say how it was checked: --proof \"upload of a .php file is refused now (r41)\"");
    return decide_change(d, e);
}

static const struct operation fix_mark = {
    .name = "fix mark",
    .practice = "fix",
    .help = "a weakness is closed, mitigated, or accepted; with the proof",
    .example =
        "calm fix mark w1 closed --by-what a3 --proof \"upload of a .php file is refused now\"",
    OP_FIELDS(weakness_change_fields),
    .kind = &weakness,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("weakness-change/1"),
    .decide = decide_weakness};
static const struct operation fix_weaknesses = {.name = "fix weaknesses",
                                                .practice = "fix",
                                                .help = "list the weaknesses",
                                                .example = "calm fix weaknesses",
                                                .kind = &weakness,
                                                OP_LISTS};

static void fix_status(const struct view *v, struct practice_status *out)
{
    const struct thing *t;
    size_t open = 0;
    size_t all = 0;

    action_status(v, "fix", out);
    for (size_t at = 0; (t = view_next(v, "weakness", &at)); all++) {
        bool is_open = !thing_value(t, "state").len || thing_says(t, "state", "open");

        open += is_open;
        buf_addf(is_open ? &out->missing : &out->done, "w%u " STR_FMT "%s" STR_FMT "\n", t->number,
                 STR_ARG(view_title(t)), is_open ? "" : ": ",
                 STR_ARG(is_open ? STR("") : thing_value(t, "state")));
    }
    if (view_count(v, "assessment") == 0) {
        out->stage = out->stage == STAGE_OPEN && !all ? STAGE_WAITING : out->stage;
        return;
    }
    if (all == 0) {
        buf_adds(&out->missing, "the weaknesses that were used, not only those with a CVE\n");
        buf_adds(&out->next, "calm fix weakness \"what let it happen\" --used likely");
        buf_adds(&out->because, "unless the way in is closed, it happens again");
        out->urgency = 21;
    }
    out->stage = all == 0 ? out->stage : open ? STAGE_UNDER_WAY : STAGE_DONE;
}

const struct practice practice_fix = {
    .verb = "fix",
    .title = "Mitigate the vulnerabilities exploited",
    .help = "which weaknesses were used, what closes each, proof by re-check",
    .kinds = LIST(struct kind, &weakness),
    .operations =
        LIST(struct operation, &fix_weakness, &fix_mark, &fix_weaknesses, ACTION_LIST(fix)),
    .status = fix_status};
