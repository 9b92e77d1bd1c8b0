/* report_build.c: puts the sections together and writes the three files' text. */
#include "practice/report_build.h"

static enum doc_tlp doc_label(enum tlp label)
{
    static const enum doc_tlp labels[TLP_COUNT] = {DOC_TLP_CLEAR, DOC_TLP_GREEN, DOC_TLP_AMBER,
                                                   DOC_TLP_AMBER_STRICT, DOC_TLP_RED};

    return labels[label];
}

static void begin_doc(struct report *r)
{
    const struct thing *t = calm_case(r->view);
    struct doc_head head = {.title = r->choice->title,
                            .case_name = t ? view_title(t) : STR(""),
                            .privilege = r->choice->privilege,
                            .tlp = doc_label(r->choice->label),
                            .status = r->choice->status};

    head.subtitle =
        str_of(arena_printf(r->arena, "%s of %s", r->choice->is_issued ? "Issued report" : "Report",
                            report_time(r, r->view->now).p));
    r->doc = doc_new(r->arena, &head);
}

static void put_title_facts(struct report *r)
{
    const struct thing *t = calm_case(r->view);

    doc_pairs(r->doc, DOC_FACTS);
    if (t)
        doc_pair_str(r->doc, "Case", view_title(t));
    doc_pair_str(r->doc, "Standing", report_capital(r, str_of(calm_conclusion_words(r->view))));
    if (r->knows_opening)
        doc_pair_str(r->doc, "Opened", report_time(r, r->opened));
    doc_pair_str(r->doc, "Reported", report_time(r, r->view->now));
    if (r->choice->audience.len)
        doc_pair_str(r->doc, "Written for", r->choice->audience);
    doc_pair_str(r->doc, "Label", str_of(tlp_mark(r->choice->label)));
    if (r->choice->privilege.len)
        doc_pair_str(r->doc, "Privilege", r->choice->privilege);
    doc_end(r->doc);
}

static void build(struct report *r)
{
    static void (*const sections[])(struct report *) = {
        report_summary,  report_scope,      report_handling,     report_timeline,   report_marked,
        report_problems, report_systems,    report_hypotheses,   report_facts,      report_evidence,
        report_people,   report_deviations, report_gaps,         report_weaknesses, report_risks,
        report_gains,    report_lessons,    report_distribution, report_signatures};

    report_gains_make(r);
    report_summary_make(r);
    begin_doc(r);
    put_title_facts(r);
    doc_contents(r->doc);
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        sections[i](r);
    doc_appendices(r->doc);
    report_glossary(r);
    report_verify(r);
    report_records(r);
}

int report_build(struct session *s, const struct view *v, const struct report_choice *choice,
                 struct report_texts *out, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(report_release) struct report r = {.choice = choice, .arena = arena};
    struct view cut = view_at_most(v, choice->label);
    int rc;

    cut.only_scope =
        choice->scope.len ? arena_dup(arena, choice->scope.p, choice->scope.len) : "team";
    r.view = &cut;
    r.size = state_size(v->state);
    r.root = state_root(v->state);
    rc = report_load(&r, session_store(s), session_scopes(s), e);
    if (rc)
        return rc;
    build(&r);
    doc_html(r.doc, &out->html);
    doc_markdown(r.doc, &out->markdown);
    report_json(&r, &out->json);
    return 0;
}

void report_texts_release(struct report_texts *t)
{
    buf_release(&t->html);
    buf_release(&t->markdown);
    buf_release(&t->json);
}
