/* analyse.c: hypotheses, evidence weighed for and against each, and a conclusion for each system.
 */
#include "practice/analyse.h"
#include "base/sink.h"
#include "practice/timeline.h"
#include "practice/timeline_clock.h"
#include "practice/timeline_left.h"
#include "practice/timeline_sources.h"
#include "render/screen.h"

static const struct field hypothesis_fields[] = {
    FIELD_CALLED("text", "what may have happened"),
    {.name = "sort",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED,
     .choices = WORDS("fault", "attack", "accident", "other"),
     .help = "which of the possibilities it is"},
    FIELD_SYSTEMS("which systems"),
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("open", "confirmed", "ruled-out"),
     .help = "how it stands"},
    {.name = "decides", .type = FIELD_LINE, .help = "what would decide it"},
};
static const struct kind hypothesis = {.name = "hypothesis",
                                       .prefix = "h",
                                       .words = "hypothesis",
                                       .change_words = "hypothesis changed",
                                       KIND_FIELDS(hypothesis_fields)};

static const struct operation analyse_hypothesis = {
    .name = "analyse hypothesis",
    .practice = "analyse",
    .help = "put a hypothesis beside the others: at least one fault and one attack",
    .example =
        "calm analyse hypothesis \"the raid controller fails\" --sort fault --decides \"its log\"",
    OP_FIELDS(hypothesis_fields),
    .kind = &hypothesis,
    .roles = ROLES_WRITING,
    OP_MAKES("hypothesis")};

static const struct field hypothesis_change_fields[] = {
    FIELD_WHICH("hypothesis", "hypothesis", "which: h1"),
    {.name = "state",
     .type = FIELD_WORD,
     .flags = FIELD_ARG,
     .choices = WORDS("open", "confirmed", "ruled-out"),
     .help = "how it stands"},
    {.name = "text", .type = FIELD_LINE, .help = "said better"},
    {.name = "decides", .type = FIELD_LINE, .help = "what would decide it"},
};
static const struct operation analyse_mark = {
    .name = "analyse mark",
    .practice = "analyse",
    .help = "confirm a hypothesis, rule it out, or open it again",
    .example = "calm analyse mark h2 ruled-out",
    OP_FIELDS(hypothesis_change_fields),
    .kind = &hypothesis,
    .roles = ROLES_WRITING,
    OP_CHANGES("hypothesis")};

static const struct field weight_fields[] = {
    {.name = "hypothesis",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "hypothesis",
     .help = "which: h1"},
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "what speaks: e3, r17, k2"},
    {.name = "speaks",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = WORDS("for", "against", "neutral"),
     .help = "for or against it"},
    {.name = "strength",
     .type = FIELD_WORD,
     .choices = WORDS("medium", "weak", "strong"),
     .help = "how much",
     .fallback = "medium"},
    {.name = "because", .type = FIELD_LINE, .help = "why"},
};
static const struct kind weight = {.name = "weight",
                                   .prefix = "wt",
                                   .words = "evidence weighed",
                                   .change_words = "weighed anew",
                                   KIND_FIELDS(weight_fields)};

static const struct operation analyse_weigh = {
    .name = "analyse weigh",
    .practice = "analyse",
    .help = "weigh a piece of evidence for or against a hypothesis",
    .example =
        "calm analyse weigh h1 e3 for --strength strong --because \"the log shows the login\"",
    OP_FIELDS(weight_fields),
    .kind = &weight,
    .roles = ROLES_WRITING,
    OP_MAKES("weight")};

static const struct field conclusion_fields[] = {
    {.name = "system",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "system",
     .help = "which system"},
    {.name = "conclusion",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_MANY,
     .choices = WORDS("undetermined", "fault", "attack", "accident", "false-alarm", "several"),
     .help = "what it was"},
    {.name = "confidence",
     .type = FIELD_WORD,
     .choices = WORDS("low", "medium", "high"),
     .help = "how sure",
     .fallback = "medium"},
    {.name = "because", .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .help = "why"},
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .help = "what decided it: e3, r17"},
};
static const struct kind conclusion = {.name = "conclusion",
                                       .prefix = "c",
                                       .words = "conclusion",
                                       .change_words = "conclusion changed",
                                       KIND_FIELDS(conclusion_fields)};

static const struct operation analyse_conclude = {
    .name = "analyse conclude",
    .practice = "analyse",
    .help = "say what happened to a system; it can be revised, the last one counts",
    .example = "calm analyse conclude web1 attack --confidence high --because \"foreign key in "
               "authorized_keys\" --evidence e3",
    OP_FIELDS(conclusion_fields),
    .kind = &conclusion,
    .roles = ROLES_WRITING,
    OP_MAKES("conclusion")};

const struct thing *analyse_conclusion(const struct view *v, const struct thing *system)
{
    const struct thing *last = NULL;
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "conclusion", "system", system, &at));)
        last = t;
    return last;
}

const struct thing *analyse_weight(const struct view *v, const struct thing *h, struct str evidence)
{
    const struct thing *last = NULL;
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "weight", "hypothesis", h, &at));)
        if (str_eq(thing_value(t, "evidence"), evidence))
            last = t;
    return last;
}

struct balance analyse_balance(const struct view *v, const char *sort)
{
    struct balance b = {0};
    const struct thing *h;
    const struct thing *t;

    for (size_t h_at = 0; (h = view_next_with(v, "hypothesis", "sort", sort, &h_at));) {
        if (thing_says(h, "state", "ruled-out"))
            continue;
        b.hypotheses++;
        for (size_t at = 0; (t = view_next_of(v, "weight", "hypothesis", h, &at));) {
            if (analyse_weight(v, h, thing_value(t, "evidence")) != t)
                continue;
            b.for_count += thing_says(t, "speaks", "for");
            b.against_count += thing_says(t, "speaks", "against");
        }
    }
    return b;
}

size_t analyse_evidence(const struct view *v, struct str out[ANALYSE_ROWS_MAX])
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; count < ANALYSE_ROWS_MAX && (t = view_next(v, "weight", &at));) {
        struct str evidence = thing_value(t, "evidence");
        bool is_new = true;

        for (size_t i = 0; i < count; i++)
            is_new = is_new && !str_eq(out[i], evidence);
        if (is_new)
            out[count++] = evidence;
    }
    return count;
}

const char *analyse_mark_of(const struct thing *weight_thing)
{
    bool is_strong;

    if (!weight_thing || thing_says(weight_thing, "speaks", "neutral"))
        return weight_thing ? "0" : "";
    is_strong = thing_says(weight_thing, "strength", "strong");
    if (thing_says(weight_thing, "speaks", "for"))
        return is_strong ? "++" : "+";
    return is_strong ? "--" : "-";
}

static void matrix_row(const struct view *v, struct str evidence, struct answer *a)
{
    static const struct field any = {.name = "evidence", .type = FIELD_REF};
    CLEANUP_BUF struct buf name = {0};
    const struct thing *h;
    const struct thing *w = NULL;

    for (size_t at = 0; (h = view_next(v, "hypothesis", &at));) {
        w = analyse_weight(v, h, evidence);
        if (w)
            break;
    }
    if (w)
        view_show(v, w, &any, true, &name);
    for (size_t at = 0; (h = view_next(v, "hypothesis", &at));)
        buf_addf(&a->text, " %3s ", analyse_mark_of(analyse_weight(v, h, evidence)));
    buf_adds(&a->text, "  ");
    sink_terminal(&a->text, utf8_head_columns(buf_str(&name), 50), false);
    buf_addc(&a->text, '\n');
}

static int query_matrix(const struct view *v, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    struct screen screen = {&a->text, a->columns, a->color};
    struct str rows[ANALYSE_ROWS_MAX];
    size_t count = analyse_evidence(v, rows);
    const struct thing *t;

    if (a->wants_json)
        return query_list(v, op, in, a, e);
    for (size_t at = 0; (t = view_next(v, "hypothesis", &at));) {
        CLEANUP_BUF struct buf call = {0};
        CLEANUP_BUF struct buf text = {0};

        view_call(&call, t);
        buf_addf(&text, STR_FMT ": " STR_FMT, STR_ARG(thing_value(t, "sort")),
                 STR_ARG(view_title(t)));
        if (thing_value(t, "state").len)
            buf_addf(&text, " (" STR_FMT ")", STR_ARG(thing_value(t, "state")));
        screen_item(&screen, 0, buf_str(&call), buf_str(&text));
    }
    if (count)
        buf_addc(&a->text, '\n');
    for (size_t at = 0; count && (t = view_next(v, "hypothesis", &at));)
        buf_addf(&a->text, " h%-3u", t->number);
    if (count)
        buf_adds(&a->text, "  evidence (++ speaks strongly for, - against)\n");
    for (size_t i = 0; i < count; i++)
        matrix_row(v, rows[i], a);
    if (count == 0)
        buf_adds(&a->text, "Nothing was weighed yet: calm analyse weigh h1 e1 for --because WHY\n");
    return 0;
}

static const struct operation analyse_matrix = {.name = "analyse matrix",
                                                .practice = "analyse",
                                                .help = "hypotheses and evidence as a table",
                                                .example = "calm analyse matrix",
                                                .kind = &weight,
                                                .type = OP_QUERY,
                                                .faces = FACE_ALL,
                                                .query = query_matrix};
static const struct operation analyse_conclusions = {.name = "analyse conclusions",
                                                     .practice = "analyse",
                                                     .help =
                                                         "list the conclusions, revised ones too",
                                                     .example = "calm analyse conclusions",
                                                     .kind = &conclusion,
                                                     OP_LISTS};

static void analyse_status(const struct view *v, struct practice_status *out)
{
    struct balance fault = analyse_balance(v, "fault");
    struct balance attack = analyse_balance(v, "attack");
    size_t concluded = 0;
    size_t systems = 0;
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "system", &at)); systems++) {
        const struct thing *c = analyse_conclusion(v, t);

        if (!c) {
            buf_addf(&out->missing, "a conclusion for " STR_FMT "\n", STR_ARG(view_title(t)));
            continue;
        }
        concluded++;
        buf_addf(&out->done, STR_FMT ": " STR_FMT " (" STR_FMT " confidence)\n",
                 STR_ARG(view_title(t)), STR_ARG(thing_value(c, "conclusion")),
                 STR_ARG(thing_value(c, "confidence")));
    }
    out->stage = systems && concluded == systems         ? STAGE_DONE
                 : fault.hypotheses || attack.hypotheses ? STAGE_UNDER_WAY
                                                         : STAGE_OPEN;
    if (systems)
        buf_addf(&out->brief, "%zu of %zu concluded", concluded, systems);
    if (!fault.hypotheses || !attack.hypotheses) {
        const char *absent = fault.hypotheses ? "attack" : "fault";

        buf_addf(&out->missing, "a hypothesis that it is %s %s\n", *absent == 'a' ? "an" : "a",
                 absent);
        buf_addf(&out->next, "calm analyse hypothesis \"what may have happened\" --sort %s",
                 absent);
        buf_addf(&out->because,
                 "both possibilities stay open until evidence decides: nobody wrote down yet how "
                 "it could be %s %s",
                 *absent == 'a' ? "an" : "a", absent);
        out->urgency = 38;
    } else if (systems && concluded < systems && view_count(v, "weight")) {
        buf_adds(&out->next, "calm analyse conclude SYSTEM attack|fault|… --because WHY");
        buf_adds(
            &out->because,
            "evidence was weighed; say for each system what it was, or that it is undetermined");
        out->urgency = 25;
    }
}

const struct practice practice_analyse = {
    .verb = "analyse",
    .title = "Analyse the evidence to confirm",
    .help = "hypotheses weighed against evidence; a conclusion for each system",
    .kinds = LIST(struct kind, &hypothesis, &weight, &conclusion, &timeline_kind,
                  &timeline_left_kind, &event_tag_kind, &clock_kind),
    .operations = LIST(struct operation, &analyse_timeline, &analyse_search, &analyse_histogram,
                       &analyse_top, &analyse_who, &analyse_event, &analyse_tag, &analyse_tags,
                       &analyse_timelines, &analyse_sources, &analyse_clock, &analyse_clocks,
                       &analyse_export, &analyse_matrix, &analyse_hypothesis, &analyse_mark,
                       &analyse_weigh, &analyse_conclude, &analyse_conclusions),
    .status = analyse_status};
