/* report_findings.c: problems, systems and their conclusions, hypotheses against evidence, and
 * facts apart from opinion. */
#include "practice/analyse.h"
#include "practice/hosts.h"
#include "practice/problem.h"
#include "practice/report_make.h"

    static void
    put_field_cell(struct report *r, const struct thing *t, const char *field)
{
    report_field(r, doc_cell(r->doc), t, field);
}

static struct doc_ref row_of(const struct thing *t)
{
    return (struct doc_ref){t->kind->prefix[0], t->number};
}

static void put_problem(struct report *r, const struct thing *t, const char *rank)
{
    struct inlines *cell;
    struct utc since;

    doc_row(r->doc, row_of(t));
    doc_cell_text(r->doc, rank);
    inline_printf(doc_cell(r->doc), "p%u", t->number);
    doc_cell_str(r->doc, view_title(t));
    put_field_cell(r, t, "sort");
    cell = doc_cell(r->doc);
    inline_printf(
        cell, STR_FMT " / " STR_FMT,
        STR_ARG(thing_value_if(t, "impact").len ? thing_value_if(t, "impact") : STR("not said")),
        STR_ARG(thing_value_if(t, "urgency").len ? thing_value_if(t, "urgency") : STR("not said")));
    doc_cell_str(r->doc, thing_time(t, "since", &since) ? report_time(r, since) : STR("not said"));
    cell = doc_cell(r->doc);
    if (report_says(t, "state", "closed")) {
        inline_text(cell, "closed: ");
        report_field(r, cell, t, "outcome");
    } else {
        inline_text(cell, "open");
    }
}

static void put_problem_table(struct report *r)
{
    static const struct doc_column columns[] = {{"Rank", DOC_TEXT},
                                                {"No.", DOC_TEXT},
                                                {"Problem", DOC_TEXT},
                                                {"Looks like", DOC_TEXT},
                                                {"Impact / urgency", DOC_TEXT},
                                                {"Since", DOC_TEXT},
                                                {"How it ended", DOC_TEXT}};
    struct ranked_problem ranked[PROBLEMS_MAX];
    size_t open = problem_rank(r->view, ranked);
    const struct thing *t;

    doc_table(r->doc, STR("Open problems by rank, then those that are closed"), columns,
              COUNT_OF(columns));
    for (size_t i = 0; i < open; i++)
        put_problem(r, ranked[i].problem, arena_printf(r->arena, "%zu", i + 1));
    for (size_t at = 0; (t = view_next_with(r->view, "problem", "state", "closed", &at));)
        put_problem(r, t, "\xe2\x80\x94");
    doc_end(r->doc);
}

/* Who put what on top, and why. */
static void put_choices(struct report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct told *t = &r->told[i];
        const struct thing *p;
        struct inlines *text;

        if (!told_is(r, t, "top/1") || !t->record->thing)
            continue;
        p = view_ref(r->view, t->record->thing, "problem");
        if (!p)
            continue;
        text = doc_para(r->doc);
        inline_printf(text, "On " STR_FMT ", " STR_FMT " put ", STR_ARG(report_time(r, t->when)),
                      STR_ARG(told_by(r, t)));
        report_thing(text, p, true);
        inline_text(text, " on top, because: \xe2\x80\x9c");
        inline_str(text, told_value(t, "because"));
        inline_text(text, "\xe2\x80\x9d ");
        report_ref(text, t->seq);
        inline_text(text, ".");
    }
}

static void put_tops(struct report *r)
{
    struct report_top *tops = NULL;
    size_t count = report_tops(r, &tops);
    struct inlines *text;

    if (count == 0)
        return;
    doc_heading(r->doc, 2, STR("The most important problem over time"));
    doc_list(r->doc, DOC_BULLETS);
    for (size_t i = 0; i < count; i++) {
        text = doc_item(r->doc);
        inline_printf(text, "From " STR_FMT ": ", STR_ARG(report_time(r, tops[i].from)));
        if (tops[i].problem)
            report_thing(text, tops[i].problem, true);
        else
            inline_text(text, "none was open");
        inline_text(text, " ");
        report_ref(text, tops[i].seq);
    }
    doc_end(r->doc);
    free(tops);
    put_choices(r);
}

void report_problems(struct report *r)
{
    doc_heading(r->doc, 1, STR("Problems"));
    if (view_count(r->view, "problem") == 0) {
        doc_para_text(r->doc, "No problem is on record.");
        return;
    }
    put_problem_table(r);
    put_tops(r);
}

/* What was read from it while it ran; what stands out in that is no conclusion. */
static void put_capture(struct report *r, const struct thing *system)
{
    const struct thing *newest = host_newest(r->view, system);
    struct inlines *text = doc_pair(r->doc, STR("Live state"));

    if (!newest) {
        inline_text(text, "none was taken");
        return;
    }
    inline_str(text, view_title(newest));
    inline_text(text, " ");
    report_ref(text, newest->seq);
}

static void put_system(struct report *r, const struct thing *t)
{
    static const char *const fields[] = {"purpose", "owner", "address", "place", "normal"};
    static const char *const names[] = {"Purpose", "Owner", "Addresses", "Place", "Normal is"};
    const struct thing *c = analyse_conclusion(r->view, t);
    struct inlines *text;

    doc_heading(r->doc, 2, view_title(t));
    doc_pairs(r->doc, DOC_FACTS);
    text = doc_pair(r->doc, STR("State"));
    if (thing_value_if(t, "state").len)
        report_field(r, text, t, "state");
    else
        inline_text(text, "unknown");
    inline_text(text, " ");
    report_ref(text, t->changed_seq);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (thing_value_if(t, fields[i]).len)
            report_field(r, doc_pair(r->doc, str_of(names[i])), t, fields[i]);
    put_capture(r, t);
    doc_end(r->doc);
    if (!c) {
        doc_para_text(r->doc, "No conclusion has been reached about this system.");
        return;
    }
    doc_callout(r->doc, DOC_OPINION, STR("Conclusion"));
    text = doc_para(r->doc);
    inline_ref(text, row_of(c));
    inline_text(text, " ");
    report_field(r, text, c, "conclusion");
    if (thing_value_if(c, "confidence").len)
        inline_printf(text, ", with " STR_FMT " confidence",
                      STR_ARG(thing_value_if(c, "confidence")));
    inline_text(text, ". ");
    inline_text(text, "Because: ");
    report_inline_sentence(text, thing_value_if(c, "because"));
    if (thing_value_if(c, "evidence").len) {
        inline_text(text, " Decided by: ");
        report_field(r, text, c, "evidence");
        inline_text(text, ".");
    }
    doc_end(r->doc);
}

static void put_conclusions(struct report *r)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},        {"When", DOC_TIME},
                                                {"System", DOC_TEXT},     {"Conclusion", DOC_TEXT},
                                                {"Confidence", DOC_TEXT}, {"By", DOC_TEXT}};
    const struct thing *t;

    if (view_count(r->view, "conclusion") == 0)
        return;
    doc_table(r->doc,
              STR("Conclusions in the order in which they were reached; the last about a "
                  "system counts"),
              columns, COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "conclusion", &at));) {
        const struct told *told = report_told(r, t->seq);

        doc_row(r->doc, row_of(t));
        inline_printf(doc_cell(r->doc), "c%u", t->number);
        doc_cell_time(r->doc, thing_when(r->view->state, t));
        put_field_cell(r, t, "system");
        put_field_cell(r, t, "conclusion");
        put_field_cell(r, t, "confidence");
        doc_cell_str(r->doc, told ? told_by(r, told) : STR(""));
    }
    doc_end(r->doc);
}

void report_systems(struct report *r)
{
    const struct thing *t;

    doc_heading(r->doc, 1, STR("Systems and conclusions"));
    if (view_count(r->view, "system") == 0)
        doc_para_text(r->doc, "No system is on the list of those that may be affected.");
    for (size_t at = 0; (t = view_next(r->view, "system", &at));)
        put_system(r, t);
    put_conclusions(r);
}

enum { HYPOTHESES_MAX = 12 };

static void put_hypotheses(struct report *r)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},
                                                {"Hypothesis", DOC_TEXT},
                                                {"Possibility", DOC_TEXT},
                                                {"How it stands", DOC_TEXT},
                                                {"What would decide it", DOC_TEXT}};
    const struct thing *t;

    doc_table(r->doc, STR("Hypotheses"), columns, COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "hypothesis", &at));) {
        doc_row(r->doc, row_of(t));
        inline_printf(doc_cell(r->doc), "h%u", t->number);
        doc_cell_str(r->doc, view_title(t));
        put_field_cell(r, t, "sort");
        if (thing_value_if(t, "state").len)
            put_field_cell(r, t, "state");
        else
            doc_cell_text(r->doc, "open");
        put_field_cell(r, t, "decides");
    }
    doc_end(r->doc);
}

static enum doc_weight weight_of(const struct thing *w)
{
    if (!w)
        return DOC_UNWEIGHED;
    return report_says(w, "speaks", "for")       ? DOC_FOR
           : report_says(w, "speaks", "against") ? DOC_AGAINST
                                                 : DOC_NEUTRAL;
}

/* The name and the number of a piece of evidence that was weighed; false when it is not for the
 * reader. */
static bool evidence_name(struct report *r, struct str hex, struct buf *name, struct doc_ref *ref)
{
    const struct told *told;
    const struct thing *t;
    struct id id;
    uint64_t seq;

    if (!hex_read(id.b, sizeof(id.b), hex) || !state_find_id(r->view->state, &id, &seq))
        return false;
    told = report_told(r, seq);
    if (!told)
        return false;
    t = told->record->thing;
    *ref = (struct doc_ref){'r', seq};
    if (t && t->kind->prefix && !t->kind->prefix[1])
        *ref = row_of(t);
    if (t)
        buf_addstr(name, str_head(view_title(t), 200));
    else
        buf_addstr(name, str_head(told_value(told, "text"), 200));
    return true;
}

static void put_matrix(struct report *r)
{
    const struct thing *hypotheses[HYPOTHESES_MAX];
    struct str names[HYPOTHESES_MAX];
    struct str rows[ANALYSE_ROWS_MAX];
    size_t row_count = analyse_evidence(r->view, rows);
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; count < HYPOTHESES_MAX && (t = view_next(r->view, "hypothesis", &at));
         count++) {
        hypotheses[count] = t;
        names[count] =
            str_of(arena_printf(r->arena, "h%u " STR_FMT, t->number, STR_ARG(view_title(t))));
    }
    if (row_count == 0) {
        doc_para_text(r->doc, "No evidence was weighed for or against them.");
        return;
    }
    doc_matrix(r->doc, STR("Evidence weighed for and against each"), names, count);
    for (size_t i = 0; i < row_count; i++) {
        CLEANUP_BUF struct buf name = {0};
        enum doc_weight weights[HYPOTHESES_MAX];
        struct doc_ref ref;

        for (size_t h = 0; h < count; h++)
            weights[h] = weight_of(analyse_weight(r->view, hypotheses[h], rows[i]));
        if (evidence_name(r, rows[i], &name, &ref))
            doc_matrix_row(r->doc, buf_str(&name), ref, weights);
    }
    doc_end(r->doc);
}

static void put_weights(struct report *r)
{
    const struct thing *t;
    struct inlines *text;
    bool is_open = false;

    for (size_t at = 0; (t = view_next(r->view, "weight", &at));) {
        if (!thing_value_if(t, "because").len || !view_ref(r->view, t, "hypothesis"))
            continue;
        if (!is_open)
            doc_list(r->doc, DOC_BULLETS);
        is_open = true;
        text = doc_item(r->doc);
        report_field(r, text, t, "evidence");
        inline_printf(text, STR_FMT,
                      STR_ARG(report_says(t, "speaks", "neutral")
                                  ? STR(" speaks neither for nor against ")
                              : report_says(t, "speaks", "for") ? STR(" speaks for ")
                                                                : STR(" speaks against ")));
        report_thing(text, view_ref(r->view, t, "hypothesis"), false);
        inline_printf(text, " (" STR_FMT "): ", STR_ARG(thing_value_if(t, "strength")));
        report_field(r, text, t, "because");
        inline_text(text, " ");
        report_ref(text, t->seq);
    }
    if (is_open)
        doc_end(r->doc);
}

void report_hypotheses(struct report *r)
{
    size_t count = view_count(r->view, "hypothesis");

    doc_heading(r->doc, 1, STR("Hypotheses and evidence"));
    if (count == 0) {
        doc_para_text(r->doc, "No hypothesis was written down.");
        return;
    }
    put_hypotheses(r);
    if (count > HYPOTHESES_MAX)
        doc_para_text(r->doc, "The table below shows the first twelve of them.");
    put_matrix(r);
    put_weights(r);
}

static void put_standing(struct report *r, const char *standing, const char *heading,
                         enum doc_callout kind, const char *none)
{
    const struct thing *t;
    struct inlines *text;
    size_t count = 0;

    size_t start = 0;

    doc_callout(r->doc,
                view_next_with(r->view, "fact", "standing", standing, &start) ? kind : DOC_NOTE,
                str_of(heading));
    for (size_t at = 0; (t = view_next_with(r->view, "fact", "standing", standing, &at)); count++) {
        if (count == 0)
            doc_list(r->doc, DOC_BULLETS);
        text = doc_item(r->doc);
        inline_printf(text, "k%u ", t->number);
        report_field(r, text, t, "text");
        if (thing_value_if(t, "system").len) {
            inline_text(text, " (");
            report_field(r, text, t, "system");
            inline_text(text, ")");
        }
        if (thing_value_if(t, "from").len) {
            inline_text(text, ", shown by ");
            report_field(r, text, t, "from");
        }
        inline_text(text, " ");
        report_ref(text, t->changed_seq);
    }
    if (count)
        doc_end(r->doc);
    else
        doc_para_text(r->doc, none);
    doc_end(r->doc);
}

void report_facts(struct report *r)
{
    const struct thing *t;
    const struct thing *last = NULL;

    doc_heading(r->doc, 1, STR("Facts apart from opinion"));
    for (size_t at = 0; (t = view_next(r->view, "assessment", &at));)
        last = t;
    if (last) {
        const struct told *told = report_told(r, last->seq);
        struct inlines *text;

        doc_callout(r->doc, DOC_OPINION, STR("The signed assessment"));
        text = doc_para(r->doc);
        report_inline_sentence(text, thing_value_if(last, "text"));
        inline_printf(text, " Signed on " STR_FMT " by " STR_FMT " ",
                      STR_ARG(report_time(r, state_record(r->view->state, last->seq)->time)),
                      STR_ARG(told ? told_name(r, told) : STR("")));
        report_ref(text, last->seq);
        inline_text(text, ".");
        doc_end(r->doc);
    }
    put_standing(r, "known", "Known", DOC_FACT, "Nothing was written down as known.");
    put_standing(r, "assumed", "Assumed", DOC_OPINION, "Nothing was assumed.");
    put_standing(r, "unknown", "Not known", DOC_GAP, "No question is without an answer.");
}
