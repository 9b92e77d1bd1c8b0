/* assess.c: which systems are affected, what is known, unknown and assumed, and the signed
 * assessment that repair waits for. */
#include "practice/organisation.h"

#define STATES WORDS("unknown", "suspected", "affected", "clear")

static const struct field system_fields[] = {
    FIELD_CALLED("name", "how it is called: web1"),
    {.name = "state",
     .type = FIELD_WORD,
     .choices = STATES,
     .help = "whether the incident touches it",
     .fallback = "unknown"},
    {.name = "purpose", .type = FIELD_LINE, .help = "what it is for: the shop's database"},
    {.name = "owner", .type = FIELD_LINE, .help = "who answers for it, and their telephone"},
    {.name = "address", .type = FIELD_LINE, .flags = FIELD_MANY, .help = "its addresses"},
    {.name = "place", .type = FIELD_LINE, .help = "where it stands; switch and port"},
    {.name = "host",
     .type = FIELD_LINE,
     .help = "the name that it has for itself, where that differs"},
    {.name = "relies-on",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "system",
     .help = "the systems that it needs"},
    {.name = "normal",
     .type = FIELD_TEXT,
     .help = "what normal is: services, ports, load, a test that shows it"},
    {.name = "source", .type = FIELD_LINE, .help = "where this is known from, if not from you"},
};

static const struct kind system_kind = {.name = "system",
                                        .words = "system",
                                        .change_words = "system changed",
                                        KIND_FIELDS(system_fields)};

static const struct field system_change_fields[] = {
    FIELD_WHICH("system", "system", "which: web1"),
    {.name = "state",
     .type = FIELD_WORD,
     .flags = FIELD_ARG,
     .choices = STATES,
     .help = "whether the incident touches it"},
    {.name = "purpose", .type = FIELD_LINE, .help = "what it is for"},
    {.name = "owner", .type = FIELD_LINE, .help = "who answers for it"},
    {.name = "address", .type = FIELD_LINE, .flags = FIELD_MANY, .help = "its addresses"},
    {.name = "place", .type = FIELD_LINE, .help = "where it stands; switch and port"},
    {.name = "host", .type = FIELD_LINE, .help = "the name that it has for itself"},
    {.name = "relies-on",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "system",
     .help = "the systems that it needs"},
    {.name = "normal", .type = FIELD_TEXT, .help = "what normal is"},
};

static const struct operation assess_system = {
    .name = "assess system",
    .practice = "assess",
    .help = "put a system on the list",
    .example = "calm assess system web1 --state suspected --purpose \"the shop\" --owner \"Eva "
               "Brandt, 0171 000000\"",
    OP_FIELDS(system_fields),
    .kind = &system_kind,
    .roles = ROLES_WRITING,
    OP_SAYS("system")};

static const struct operation assess_mark = {
    .name = "assess mark",
    .practice = "assess",
    .help = "say whether a system is affected, or more of what is known about it",
    .example = "calm assess mark web1 affected",
    OP_FIELDS(system_change_fields),
    .kind = &system_kind,
    .roles = ROLES_WRITING,
    OP_CHANGES("system")};

static const struct operation assess_systems = {.name = "assess systems",
                                                .practice = "assess",
                                                .help = "list the systems",
                                                .example = "calm assess systems",
                                                .kind = &system_kind,
                                                OP_LISTS};

static const struct field fact_fields[] = {
    FIELD_SAID("text", "in one sentence"),
    {.name = "standing",
     .type = FIELD_WORD,
     .choices = WORDS("known", "unknown", "assumed"),
     .help = "how sure it is"},
    FIELD_SYSTEMS("which system it is about"),
    {.name = "from", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it: e3, r17"},
};

static const struct kind fact = {.name = "fact",
                                 .prefix = "k",
                                 .words = "for the assessment",
                                 .change_words = "assessment: changed",
                                 KIND_FIELDS(fact_fields)};

static const struct field fact_make_fields[] = {
    FIELD_SAID("text", "in one sentence"),
    FIELD_SYSTEMS("which system it is about"),
    {.name = "from", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it: e3, r17"},
};

static int decide_fact(struct decision *d, const char *standing)
{
    struct draft *dr = decision_add(d, "fact/1");

    draft_take_input(d, dr, &fact);
    draft_value(dr, "standing", str_of(standing));
    d->is_independent = true;
    return 0;
}

static int decide_known(struct decision *d, struct err *e)
{
    (void)e;
    return decide_fact(d, "known");
}

static int decide_unknown(struct decision *d, struct err *e)
{
    (void)e;
    return decide_fact(d, "unknown");
}

static int decide_assumed(struct decision *d, struct err *e)
{
    (void)e;
    return decide_fact(d, "assumed");
}

#define FACT_OPERATION(code, word, words, example_text, decision)                                  \
    static const struct operation code = {.name = "assess " word,                                  \
                                          .practice = "assess",                                    \
                                          .help = words,                                           \
                                          .example = example_text,                                 \
                                          OP_FIELDS(fact_make_fields),                             \
                                          .kind = &fact,                                           \
                                          .type = OP_CHANGE,                                       \
                                          .roles = ROLES_WRITING,                                  \
                                          .faces = FACE_ALL,                                       \
                                          .records = WORDS("fact/1"),                              \
                                          .decide = decision}
FACT_OPERATION(assess_known, "known", "write down what is known",
               "calm assess known \"mail from web1 began at 02:40\" --system web1 --from r17",
               decide_known);
FACT_OPERATION(assess_unknown, "unknown", "write down what is not known and should be",
               "calm assess unknown \"who wrote /var/tmp/.x on web1\"", decide_unknown);
FACT_OPERATION(assess_assume, "assume", "write down what is assumed for now",
               "calm assess assume \"the backup of Sunday is clean\"", decide_assumed);

static const struct field answer_fields[] = {
    FIELD_WHICH("fact", "fact", "which: k2"),
    FIELD_SAID("text", "what is known now"),
    {.name = "standing",
     .type = FIELD_WORD,
     .choices = WORDS("known", "unknown", "assumed"),
     .help = "how sure it is",
     .fallback = "known"},
    {.name = "from", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it: e3, r17"},
};

static const struct operation assess_answer = {
    .name = "assess answer",
    .practice = "assess",
    .help = "an unknown or an assumption became known, or was wrong",
    .example = "calm assess answer k2 \"the account deploy, by ssh from 203.0.113.9\" --from e3",
    OP_FIELDS(answer_fields),
    .kind = &fact,
    .roles = ROLES_WRITING,
    OP_CHANGES("fact")};

static const struct operation assess_facts = {.name = "assess facts",
                                              .practice = "assess",
                                              .help = "list what is known, unknown and assumed",
                                              .example = "calm assess facts",
                                              .kind = &fact,
                                              OP_LISTS};

static const struct field look_fields[] = {
    FIELD_SAID("text", "what you see: what runs, who is connected, what depends on it"),
    FIELD_SYSTEMS("at which system"),
};

static const struct kind look = {.name = "look",
                                 .prefix = "l",
                                 .words = "first look",
                                 .change_words = "first look",
                                 KIND_FIELDS(look_fields)};

static const struct operation assess_look = {
    .name = "assess look",
    .practice = "assess",
    .help = "the first look: two minutes before anything is touched",
    .example =
        "calm assess look \"load 40, mail queue grows, nobody logged in but me\" --system web1",
    OP_FIELDS(look_fields),
    .kind = &look,
    .roles = ROLES_WRITING,
    OP_MAKES("look")};

static const struct field assessment_fields[] = {
    FIELD_SAID("text", "what happened as far as is known, how far it reaches, what is next"),
    {.name = "unknowns", .type = FIELD_NUMBER, .help = "how many questions were open then"},
};

static const struct kind assessment = {.name = "assessment",
                                       .prefix = "as",
                                       .words = "assessment signed",
                                       .change_words = "assessment signed anew",
                                       KIND_FIELDS(assessment_fields)};

static const struct field sign_fields[] = {
    FIELD_SAID("text", "what happened as far as is known, how far it reaches, what is next"),
};

static size_t count_facts(const struct view *v, const char *standing)
{
    size_t count = 0;

    for (size_t at = 0; view_next_with(v, "fact", "standing", standing, &at);)
        count++;
    return count;
}

static int decide_sign(struct decision *d, struct err *e)
{
    struct draft *dr;
    size_t at = 0;

    if (!view_next(d->view, "system", &at))
        return err_set(e, ERR_GATE,
                       "no system is on the list yet, so there is nothing to assess. Put one "
                       "there: calm assess system NAME");
    if (view_count(d->view, "look") == 0 && view_count(d->view, "snapshot") == 0)
        return err_set(
            e, ERR_GATE,
            "nobody has looked yet: calm assess look \"what I see\", or calm snapshot take");
    dr = decision_add(d, "assessment/1");
    draft_take_input(d, dr, &assessment);
    draft_value(dr, "unknowns",
                str_of(arena_printf(d->arena, "%zu", count_facts(d->view, "unknown"))));
    return 0;
}

static const struct operation assess_sign = {
    .name = "assess sign",
    .practice = "assess",
    .help = "sign the assessment; cleaning and repair wait for it",
    .example = "calm assess sign \"web1 was entered through the shop's upload; db1 has a failed "
               "drive, not connected with it\"",
    .more = "It can be signed again whenever more is known; the last one counts.",
    OP_FIELDS(sign_fields),
    .kind = &assessment,
    .type = OP_CHANGE,
    .roles = ROLES_LEADING,
    .faces = FACE_ALL,
    .records = WORDS("assessment/1"),
    .decide = decide_sign};

/* Someone has looked at this system: a first look or a snapshot names it, or its state was decided.
 */
static bool is_looked_at(const struct view *v, const struct thing *system)
{
    size_t at = 0;
    size_t snapshot_at = 0;

    return view_next_of(v, "look", "system", system, &at) ||
           view_next_of(v, "snapshot", "system", system, &snapshot_at) ||
           (!thing_says(system, "state", "unknown") && thing_value(system, "state").len);
}

static void assess_status(const struct view *v, struct practice_status *out)
{
    const struct thing *t;
    const struct thing *unseen = NULL;
    size_t count = 0;
    bool is_signed = view_count(v, "assessment") > 0;

    for (size_t at = 0; (t = view_next(v, "system", &at)); count++) {
        bool looked = is_looked_at(v, t);

        buf_addf(&out->brief, "%s" STR_FMT ": %s", count ? ", " : "", STR_ARG(view_title(t)),
                 looked ? "done" : "not yet");
        buf_addf(looked ? &out->done : &out->missing,
                 looked ? STR_FMT ": " STR_FMT "\n" : "a look at " STR_FMT STR_FMT "\n",
                 STR_ARG(view_title(t)), STR_ARG(looked ? thing_value(t, "state") : STR("")));
        if (!looked && !unseen)
            unseen = t;
    }
    if (count_facts(v, "unknown")) {
        add_count(&out->missing, count_facts(v, "unknown"), "answer: calm assess facts",
                  "answers: calm assess facts");
        buf_addc(&out->missing, '\n');
    }
    out->stage = is_signed ? STAGE_DONE : count ? STAGE_UNDER_WAY : STAGE_OPEN;
    if (count == 0) {
        buf_adds(&out->missing, "the systems that may be affected\n");
        buf_adds(&out->next, "calm assess system NAME --state suspected");
        buf_adds(&out->because,
                 "what may be affected must be on a list before it can be looked at");
        out->urgency = 65;
    } else if (unseen) {
        buf_addf(&out->next, "calm assess look \"what I see\" --system " STR_FMT,
                 STR_ARG(view_title(unseen)));
        buf_addf(&out->because,
                 "no one has looked at " STR_FMT " yet; two minutes are enough to begin",
                 STR_ARG(view_title(unseen)));
        out->urgency = 55;
    } else if (!is_signed) {
        buf_adds(&out->missing, "the signed assessment\n");
        buf_adds(&out->next, "calm assess sign \"what we know\"");
        buf_adds(&out->because,
                 "every system on the list was looked at; clean and fix wait for the assessment");
        out->urgency = 42;
    }
}

const struct practice practice_assess = {
    .verb = "assess",
    .title = "Fully assess the situation",
    .help = "affected systems; what is known, unknown and assumed",
    .kinds = LIST(struct kind, &system_kind, &fact, &look, &assessment),
    .operations = LIST(struct operation, &assess_look, &assess_system, &assess_mark,
                       &assess_systems, &assess_known, &assess_unknown, &assess_assume,
                       &assess_answer, &assess_facts, &assess_sign, &organisation_assess_load),
    .status = assess_status};
