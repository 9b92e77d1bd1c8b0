/* team.c: who works on the incident, in which role, who is on duty, who is missing, and when to
 * call experts. */
#include "practice/organisation.h"
#include "practice/power.h"

static const struct field person_fields[] = {
    FIELD_CALLED("name", "how they are called"),
    {.name = "role",
     .type = FIELD_WORD,
     .flags = FIELD_MANY | FIELD_LEAD,
     .choices = role_names,
     .help = "what they do in the team"},
    {.name = "part",
     .type = FIELD_WORD,
     .choices = WORDS("acts", "documents"),
     .help = "of two people, one acts and the other documents and reports"},
    {.name = "duty",
     .type = FIELD_WORD,
     .choices = WORDS("on", "off"),
     .help = "whether they are on duty"},
    {.name = "position",
     .type = FIELD_LINE,
     .help = "what they are in the organisation: CIO, operations manager"},
    {.name = "mobile", .type = FIELD_LINE, .help = "a telephone that the incident does not affect"},
    {.name = "skills", .type = FIELD_LINE, .help = "what they can do: Windows, storage, networks"},
    {.name = "key",
     .type = FIELD_LINE,
     .flags = FIELD_LEAD,
     .help = "their public key, once they are on the team"},
    {.name = "left",
     .type = FIELD_FLAG,
     .flags = FIELD_LEAD,
     .help = "they are no longer on the team"},
    {.name = "source", .type = FIELD_LINE, .help = "where this is known from, if not from you"},
};

static const struct kind person = {.name = "person",
                                   .words = "person added",
                                   .change_words = "person changed",
                                   KIND_FIELDS(person_fields)};

static const struct field need_fields[] = {
    FIELD_CALLED("text", "what is needed and why"),
    {.name = "reason",
     .type = FIELD_WORD,
     .choices = WORDS("skill-missing", "domain-controller-lost", "extortion", "prosecution-likely",
                      "danger-to-people"),
     .help = "what makes an expert necessary"},
    {.name = "who", .type = FIELD_LINE, .help = "whom to call"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("needed", "called", "here", "declined"),
     .help = "how it stands"},
};

static const struct kind expert = {.name = "expert",
                                   .prefix = "x",
                                   .words = "expert needed",
                                   .change_words = "expert: changed",
                                   KIND_FIELDS(need_fields)};

static const struct field handover_fields[] = {
    {.name = "to",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "person",
     .help = "who takes over"},
    FIELD_SAID("text", "what is going on, what is open, what to watch"),
};

static const struct kind handover = {.name = "handover",
                                     .prefix = "ho",
                                     .words = "handed over",
                                     .change_words = "hand-over changed",
                                     KIND_FIELDS(handover_fields)};

static const struct operation team_add = {
    .name = "team add",
    .practice = "team",
    .help = "add a person: to the team, or somebody to be told or asked",
    .example =
        "calm team add \"Eva Brandt\" --position \"owner of the shop\" --mobile \"0171 000000\"",
    .more = "A person on this list can read nothing yet. Someone who should work in this case runs "
            "calm team join, and a "
            "lead lets them in with calm team admit.",
    OP_FIELDS(person_fields),
    .kind = &person,
    .roles = ROLES_WRITING,
    OP_MAKES("person")};

static const struct field person_change_fields[] = {
    FIELD_WHICH("person", "person", "who"),
    {.name = "role",
     .type = FIELD_WORD,
     .flags = FIELD_MANY,
     .choices = role_names,
     .help = "their roles from now on"},
    {.name = "position", .type = FIELD_LINE, .help = "what they are in the organisation"},
    {.name = "mobile", .type = FIELD_LINE, .help = "a telephone that the incident does not affect"},
    {.name = "skills", .type = FIELD_LINE, .help = "what they can do"},
};

static const struct operation team_role = {
    .name = "team role",
    .practice = "team",
    .help = "give a person roles, or correct what is known of them",
    .example = "calm team role bo --role responder --role scribe",
    OP_FIELDS(person_change_fields),
    .kind = &person,
    .type = OP_CHANGE,
    .roles = ROLES_LEADING,
    .faces = FACE_ALL,
    .records = WORDS("person-change/1", "enrol/1"),
    .decide = decide_role};

static const struct field duty_fields[] = {
    FIELD_WHICH("person", "person", "who"),
    {.name = "duty",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = WORDS("on", "off"),
     .help = "on or off duty"},
};

static const struct operation team_duty = {.name = "team duty",
                                           .practice = "team",
                                           .help = "say that somebody goes on or off duty",
                                           .example = "calm team duty bo off",
                                           OP_FIELDS(duty_fields),
                                           .kind = &person,
                                           .roles = ROLES_WRITING,
                                           OP_CHANGES("person")};

static const struct field part_fields[] = {
    FIELD_WHICH("person", "person", "who"),
    {.name = "part",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = WORDS("acts", "documents"),
     .help = "acts on the systems, or documents and reports"},
};

static const struct operation team_part = {.name = "team part",
                                           .practice = "team",
                                           .help = "say who acts and who documents",
                                           .example = "calm team part bo documents",
                                           OP_FIELDS(part_fields),
                                           .kind = &person,
                                           .roles = ROLES_WRITING,
                                           OP_CHANGES("person")};

static const struct operation team_list = {.name = "team list",
                                           .practice = "team",
                                           .help = "list the people of the case",
                                           .example = "calm team list",
                                           .kind = &person,
                                           OP_LISTS};

static const struct operation team_expert = {
    .name = "team expert",
    .practice = "team",
    .help = "note that an expert is needed, and why",
    .example =
        "calm team expert \"forensics of a domain controller\" --reason domain-controller-lost",
    OP_FIELDS(need_fields),
    .kind = &expert,
    .roles = ROLES_WRITING,
    OP_MAKES("expert")};

static const struct field expert_change_fields[] = {
    FIELD_WHICH("expert", "expert", "which need: x1"),
    {.name = "state",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = WORDS("needed", "called", "here", "declined"),
     .help = "how it stands"},
    {.name = "who", .type = FIELD_LINE, .help = "who was called"},
};

static const struct operation team_called = {.name = "team called",
                                             .practice = "team",
                                             .help = "say how the call to an expert went",
                                             .example =
                                                 "calm team called x1 here --who \"Dr. Lang\"",
                                             OP_FIELDS(expert_change_fields),
                                             .kind = &expert,
                                             .roles = ROLES_WRITING,
                                             OP_CHANGES("expert")};

static int handover_job(struct session *s, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    draft_take_input(&d, decision_add(&d, "handover/1"), &handover);
    d.is_independent = true;
    rc = session_append(s, &d, &first, e);
    if (rc == 0)
        rc = session_checkpoint(s, e);
    if (rc == 0 && !answer_record(a, first))
        buf_adds(&a->text,
                 "handed over, and sealed with a checkpoint.\nNext:  the other reads calm "
                 "log and says so: calm note \"taken over\"\n");
    return rc;
}

static const struct operation team_handover = {
    .name = "team handover",
    .practice = "team",
    .help = "hand over to somebody, as a signed record",
    .example = "calm team handover bo \"web1 is cut off; image of db1 runs until 14:00; CIO wants "
               "news at noon\"",
    OP_FIELDS(handover_fields),
    .kind = &handover,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("handover/1", "checkpoint/1"),
    .job = handover_job};

static bool is_on_team(const struct thing *t)
{
    return thing_value(t, "role").len && !thing_value(t, "left").len;
}

static void team_status(const struct view *v, struct practice_status *out)
{
    const struct thing *t;
    const struct thing *documents = NULL;
    const struct thing *acts = NULL;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(v, "person", &at));) {
        if (!is_on_team(t))
            continue;
        count++;
        buf_addstr(&out->done, view_title(t));
        buf_adds(&out->done, ": ");
        roles_show(&out->done, roles_of(thing_value(t, "role")));
        buf_adds(&out->done, thing_says(t, "duty", "off") ? ", off duty\n" : "\n");
        if (thing_says(t, "duty", "off"))
            continue;
        if (thing_says(t, "part", "documents"))
            documents = t;
        if (thing_says(t, "part", "acts"))
            acts = t;
    }
    out->stage = count > 1 && documents && acts ? STAGE_DONE : STAGE_UNDER_WAY;
    if (acts || count == 1) {
        buf_addstr(&out->brief, acts        ? view_title(acts)
                                : v->person ? view_title(v->person)
                                            : STR("one person"));
        buf_adds(&out->brief, " acts");
    }
    if (documents) {
        buf_adds(&out->brief, out->brief.len ? " \xc2\xb7 " : "");
        buf_addstr(&out->brief, view_title(documents));
        buf_adds(&out->brief, " documents");
    } else {
        buf_adds(&out->brief,
                 out->brief.len ? " \xc2\xb7 nobody documents (!)" : "nobody documents (!)");
        buf_adds(&out->missing, "somebody who documents\n");
    }
    if (count < 2) {
        buf_adds(&out->missing, "a second person\n");
        buf_adds(&out->next, "calm team add NAME --mobile NUMBER");
        buf_adds(&out->because, "two see more than one: phone somebody whom you trust");
        out->urgency = 60;
    } else if (!documents) {
        buf_adds(&out->next, "calm team part NAME documents");
        buf_adds(&out->because, "one acts, the other writes down what is done and reports");
        out->urgency = 45;
    }
    for (size_t at = 0; (t = view_next_with(v, "expert", "state", "needed", &at));) {
        buf_adds(&out->missing, "an expert: ");
        buf_addstr(&out->missing, view_title(t));
        buf_addc(&out->missing, '\n');
    }
}

extern const struct operation team_join;
extern const struct operation team_admit;
extern const struct operation team_remove;
extern const struct operation team_compartment;
extern const struct operation team_passphrase;
extern const struct operation team_recover;
extern const struct kind compartment_kind;

const struct practice practice_team = {
    .verb = "team",
    .title = "Identify your team",
    .help = "who acts, who documents, who is missing, when to call experts",
    .kinds = LIST(struct kind, &person, &expert, &handover, &compartment_kind),
    .operations =
        LIST(struct operation, &team_list, &team_add, &team_role, &team_duty, &team_part,
             &team_join, &team_admit, &team_remove, &team_compartment, &team_passphrase,
             &team_recover, &team_expert, &team_called, &team_handover, &organisation_team_load),
    .status = team_status};
