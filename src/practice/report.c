/* report.c: the final report, its scope, the risk that remains, and how far it all is. */
#include "practice/report_issue.h"
#include "practice/report_make.h"

static const struct field report_fields[] = {
    {.name = "title", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "how it is called"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("draft", "reviewed", "approved", "issued"),
     .help = "how far it is"},
    {.name = "label", .type = FIELD_WORD, .choices = tlp_names, .help = "what its readers may see"},
    {.name = "audience", .type = FIELD_LINE, .help = "for whom it is written"},
    {.name = "privilege", .type = FIELD_LINE, .help = "the mark of privilege on every page"},
    {.name = "distribution", .type = FIELD_LINE, .flags = FIELD_MANY, .help = "who gets it"},
    {.name = "folder", .type = FIELD_PATH, .help = "where its files were written"},
    {.name = "digests", .type = FIELD_LINE, .flags = FIELD_MANY, .help = "its files' SHA-256"},
    {.name = "size", .type = FIELD_NUMBER, .help = "how many records it was made from"},
    {.name = "review", .type = FIELD_TEXT, .help = "what the reviewer says"},
    {.name = "reviewed-by", .type = FIELD_REF, .kind = "person", .help = "who reviewed it"},
    {.name = "approval", .type = FIELD_TEXT, .help = "what the approver says"},
    {.name = "approved-by", .type = FIELD_REF, .kind = "person", .help = "who approved it"},
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "evidence",
     .help = "its files as evidence"},
};
const struct kind report_kind = {.name = "report",
                                 .prefix = "rp",
                                 .words = "report drafted",
                                 .change_words = "report",
                                 KIND_FIELDS(report_fields)};

#define LEVELS WORDS("low", "medium", "high")
static const struct field risk_fields[] = {
    FIELD_CALLED("text", "what may still happen"),
    {.name = "level", .type = FIELD_WORD, .choices = LEVELS, .help = "how grave it is"},
    {.name = "accepted-by", .type = FIELD_LINE, .help = "who accepts it"},
    {.name = "because", .type = FIELD_TEXT, .help = "why it is accepted, and what keeps it small"},
    {.name = "review", .type = FIELD_TIME, .help = "when it is looked at again"},
    FIELD_SYSTEMS("where"),
};
static const struct kind risk = {.name = "risk",
                                 .prefix = "rk",
                                 .words = "residual risk",
                                 .change_words = "residual risk",
                                 KIND_FIELDS(risk_fields)};

static const struct field scope_fields[] = {
    FIELD_SAID("text", "what the report covers, and what not"),
    {.name = "methods", .type = FIELD_TEXT, .help = "how it was found out, with which programs"},
    {.name = "limits", .type = FIELD_TEXT, .help = "what could not be looked at, and why"},
};
static const struct kind scope = {.name = "report-scope",
                                  .prefix = "rs",
                                  .words = "scope of the report",
                                  .change_words = "scope of the report changed",
                                  KIND_FIELDS(scope_fields)};

static const struct operation report_scope_operation = {
    .name = "report scope",
    .practice = "report",
    .help = "say what the report covers, by which methods, within which limits",
    .example = "calm report scope \"web1 and db1 from Sunday to Tuesday\" --limits \"the "
               "provider's logs had expired\"",
    .more = "The last one counts. Without it the report says that it is made from the journal "
            "alone.",
    OP_FIELDS(scope_fields),
    .kind = &scope,
    .roles = ROLES_WRITING,
    OP_MAKES("report-scope")};

static const struct operation report_risk = {
    .name = "report risk",
    .practice = "report",
    .help = "write down a risk that remains, and who accepts it",
    .example =
        "calm report risk \"the shop's password hashes may have been copied\" --level medium "
        "--accepted-by \"Eva Brandt\" --because \"all passwords were reset\"",
    OP_FIELDS(risk_fields),
    .kind = &risk,
    .roles = ROLES_WRITING,
    OP_MAKES("risk")};

static const struct field accept_fields[] = {
    FIELD_WHICH("risk", "risk", "which: rk1"),
    FIELD_CALLED("accepted-by", "who accepts it"),
    {.name = "because", .type = FIELD_TEXT, .help = "why, and what keeps it small"},
    {.name = "review", .type = FIELD_TIME, .help = "when it is looked at again"},
};
static const struct operation report_accept = {
    .name = "report accept",
    .practice = "report",
    .help = "somebody accepts a risk that remains",
    .example = "calm report accept rk1 \"Eva Brandt\" --because \"all passwords were reset\" "
               "--review \"in 90 days\"",
    OP_FIELDS(accept_fields),
    .kind = &risk,
    .roles = ROLES_WRITING,
    OP_CHANGES("risk")};

static const struct operation report_list = {.name = "report list",
                                             .practice = "report",
                                             .help = "list the reports and how far each is",
                                             .example = "calm report list",
                                             .kind = &report_kind,
                                             OP_LISTS};

static void status_of_report(const struct thing *t, struct practice_status *out)
{
    static const struct {
        const char *state, *missing, *next, *because;
    } steps[] = {{"draft", "the review of the report, by somebody who did not draft it\n",
                  "calm report review \"what was checked\"",
                  "a stranger sees what the author does not"},
                 {"reviewed", "the approval of the report\n", "calm report approve",
                  "the report is reviewed, and waits for a lead"},
                 {"approved", "the issue of the report\n", "calm report issue",
                  "the report is approved; issuing it makes it evidence"}};

    buf_addf(&out->done, "rp%u " STR_FMT " (" STR_FMT ")\n", t->number, STR_ARG(view_title(t)),
             STR_ARG(thing_value_if(t, "state")));
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        if (!report_says(t, "state", steps[i].state))
            continue;
        buf_adds(&out->missing, steps[i].missing);
        buf_adds(&out->next, steps[i].next);
        buf_adds(&out->because, steps[i].because);
        out->urgency = 11;
    }
}

static void report_status(const struct view *v, struct practice_status *out)
{
    const struct thing *t = report_last(v);

    out->stage = !t ? STAGE_OPEN : report_says(t, "state", "issued") ? STAGE_DONE : STAGE_UNDER_WAY;
    if (!view_count(v, "risk"))
        buf_adds(&out->missing, "the risk that remains, and who accepts it\n");
    if (t) {
        buf_addstr(&out->brief, thing_value_if(t, "state"));
        status_of_report(t, out);
        return;
    }
    buf_adds(&out->missing, "a report that is reviewed, approved and issued\n");
    buf_adds(&out->next, "calm report draft");
    buf_adds(&out->because, "it is made from the record in a second, as often as you like");
    out->urgency = view_count(v, "signoff") ? 10 : 2;
}

const struct practice practice_report = {
    .verb = "report",
    .title = "Create a final report",
    .help = "what happened and how it was handled; reviewed, approved, issued",
    .kinds = LIST(struct kind, &report_kind, &risk, &scope),
    .operations =
        LIST(struct operation, &report_draft, &report_review, &report_approve, &report_issue,
             &report_list, &report_scope_operation, &report_risk, &report_accept),
    .status = report_status};
