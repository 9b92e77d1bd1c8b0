/* report_handling.c: scope, methods and limits, and how the incident was handled, practice by
 * practice. */
#include "practice/report_make.h"

enum { RECORDS_NAMED_MAX = 24, PEOPLE_NAMED_MAX = 12 };

static const struct thing *last_of(const struct report *r, const char *kind)
{
    const struct thing *last = NULL;
    const struct thing *t;

    for (size_t at = 0; (t = view_next(r->view, kind, &at));)
        last = t;
    return last;
}

static void put_own_words(struct report *r, const struct thing *t, const char *field,
                          const char *fallback)
{
    struct inlines *p = doc_para(r->doc);

    if (!t || !thing_value_if(t, field).len) {
        inline_text(p, fallback);
        return;
    }
    report_field(r, p, t, field);
    inline_text(p, " ");
    report_ref(p, t->changed_seq);
}

static void put_systems_line(struct report *r)
{
    struct inlines *p = doc_para(r->doc);
    size_t count = view_count(r->view, "system");
    const struct thing *t;
    size_t i = 0;

    if (count == 0) {
        inline_text(p, "No system is on the list of those that may be affected.");
        return;
    }
    inline_text(p, count == 1 ? "One system was looked at: " : "The systems looked at: ");
    for (size_t at = 0; (t = view_next(r->view, "system", &at)); i++) {
        inline_text(p, report_between(i, count));
        inline_strong(p, view_title(t));
    }
    inline_text(p, ".");
}

static void put_limits(struct report *r)
{
    doc_list(r->doc, DOC_BULLETS);
    inline_printf(doc_item(r->doc),
                  "This report may be read by whoever may read what is labelled %s. Records with a "
                  "stricter label, if there are any, are left out and not counted.",
                  tlp_mark(r->choice->label));
    inline_text(doc_item(r->doc), "Records show what people wrote and when; hashes show that "
                                  "bytes have not changed since. Neither shows that a statement "
                                  "is true.");
    inline_text(doc_item(r->doc), "Times of records come from the clocks of the machines they were "
                                  "signed on; times said by people are marked as such. What is "
                                  "known of those clocks stands in the section on gaps.");
    inline_text(doc_item(r->doc), "Words in quotation marks, in the timeline and in the tables "
                                  "are those of the people who wrote them.");
    report_unread(r);
    doc_end(r->doc);
}

void report_scope(struct report *r)
{
    const struct thing *own = last_of(r, "report-scope");

    doc_heading(r->doc, 1, STR("Scope, methods and limits"));
    doc_heading(r->doc, 2, STR("Scope"));
    put_own_words(r, own, "text",
                  "This report covers the handling of the case from its first record to the moment "
                  "the report was made.");
    put_systems_line(r);
    doc_heading(r->doc, 2, STR("Methods"));
    put_own_words(r, own, "methods",
                  "The report is made from the case's journal alone, in which every action, piece "
                  "of evidence and conversation is a signed record; nothing was added by hand. "
                  "Numbers such as [r17] name records, which stand in full in an appendix.");
    doc_heading(r->doc, 2, STR("Limits"));
    if (own && thing_value_if(own, "limits").len)
        put_own_words(r, own, "limits", "");
    put_limits(r);
}

/* The records of one practice. */
struct work {
    const struct told *first;
    size_t count;
    struct str people[PEOPLE_NAMED_MAX];
    size_t people_count;
    bool has_more_people;
};

static void add_person(struct work *w, struct str name)
{
    for (size_t i = 0; i < w->people_count; i++)
        if (str_eq(w->people[i], name))
            return;
    if (w->people_count == PEOPLE_NAMED_MAX)
        w->has_more_people = true;
    else
        w->people[w->people_count++] = name;
}

static void gather(struct report *r, const struct practice *p, struct work *w)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct told *t = r->by_time[i];

        if (report_practice_of(t) != p)
            continue;
        w->first = w->first ? w->first : t;
        w->count++;
        add_person(w, told_by(r, t));
    }
}

static void put_work(struct report *r, const struct practice *p, const struct work *w)
{
    struct inlines *t = doc_para(r->doc);
    size_t named = 0;

    if (w->count == 0) {
        inline_text(t, "Nothing is on record.");
        return;
    }
    inline_printf(t, "First on " STR_FMT ", by " STR_FMT ". ",
                  STR_ARG(report_time(r, w->first->when)), STR_ARG(told_by(r, w->first)));
    inline_str(t, report_capital(r, report_count(r, w->count, "record", "records")));
    inline_text(t, " by ");
    for (size_t i = 0; i < w->people_count; i++) {
        inline_text(t, w->has_more_people && i ? ", " : report_between(i, w->people_count));
        inline_str(t, w->people[i]);
    }
    inline_text(t, w->has_more_people ? " and others: " : ": ");
    for (size_t i = 0; i < r->count && named < RECORDS_NAMED_MAX; i++) {
        if (report_practice_of(&r->told[i]) != p)
            continue;
        inline_text(t, named++ ? ", " : "");
        report_ref(t, r->told[i].seq);
    }
    if (named < w->count)
        inline_printf(t, " and %zu more", w->count - named);
    inline_text(t, ".");
}

static void put_lines(struct report *r, const char *lead, struct str lines)
{
    bool is_open = false;

    while (lines.len) {
        struct str line = report_status_line(r, str_cut(&lines, '\n'));

        if (!line.len)
            continue;
        if (!is_open) {
            inline_emph(doc_para(r->doc), str_of(lead));
            doc_list(r->doc, DOC_BULLETS);
        }
        is_open = true;
        inline_str(doc_item(r->doc), line);
    }
    if (is_open)
        doc_end(r->doc);
}

static void put_overrides(struct report *r, const struct practice *p)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct told *t = &r->told[i];
        struct str why = told_value(t, "override");
        struct str gate = told_value(t, "before-gate");
        struct inlines *text;

        if (report_practice_of(t) != p || (!why.len && !gate.len))
            continue;
        doc_callout(r->doc, DOC_OVERRIDE, STR(""));
        text = doc_para(r->doc);
        inline_printf(text, STR_FMT " ", STR_ARG(told_by(r, t)));
        if (why.len)
            inline_printf(text,
                          "went on although this was held back, for the reason "
                          "\xe2\x80\x9c" STR_FMT "\xe2\x80\x9d ",
                          STR_ARG(why));
        else
            inline_printf(text, "recorded work that was done " STR_FMT " ", STR_ARG(gate));
        report_ref(text, t->seq);
        inline_text(text, ".");
        doc_end(r->doc);
    }
}

/* Whether somebody looked before anything was changed. */
static void put_first_steps(struct report *r)
{
    struct inlines *t = doc_para(r->doc);
    const struct told *look = report_first(r, "look");
    const struct told *change = NULL;

    for (size_t i = 0; i < r->count && !change; i++)
        if (r->by_time[i]->record->thing && thing_is(r->by_time[i]->record->thing, "action") &&
            (str_is(told_value(r->by_time[i], "state"), "done") ||
             str_is(told_value(r->by_time[i], "state"), "begun")))
            change = r->by_time[i];
    if (!look) {
        inline_text(t, "No first look is on record");
    } else {
        inline_text(t, "The first look is on record ");
        report_ref(t, look->seq);
    }
    if (!change) {
        inline_text(t, "; no change to a system is on record.");
        return;
    }
    inline_text(t, !look                                   ? "; the first change to a system was "
                   : utc_cmp(look->when, change->when) < 0 ? ", before the first change to a "
                                                             "system "
                                                           : ", but only after the first change "
                                                             "to a system ");
    report_ref(t, change->seq);
    if (!look)
        inline_printf(t, " of " STR_FMT, STR_ARG(report_time(r, change->when)));
    inline_text(t, ".");
}

static void put_practice(struct report *r, size_t i)
{
    const struct practice *p = practices[i];
    struct work w = {0};

    gather(r, p, &w);
    doc_heading(r->doc, 2, str_of(p->title));
    put_work(r, p, &w);
    if (strcmp(p->verb, "calm") == 0)
        put_first_steps(r);
    put_lines(r, "How it stood in the end", buf_str(&r->status[i].done));
    if (r->knows_opening) /* else what is missing may only be withheld */
        put_lines(r, "Not done, or not on record", buf_str(&r->status[i].missing));
    put_overrides(r, p);
}

void report_handling(struct report *r)
{
    doc_heading(r->doc, 1, STR("How the incident was handled"));
    doc_para_text(r->doc, "The practices in the order of the work: what was done and by whom, "
                          "with the numbers of the records, and what was not done.");
    for (size_t i = 0; practices[i]; i++)
        put_practice(r, i);
}
