/* report_stops.c: what calm changed on hosts to stop the incident, step by step. */
#include "practice/action_history.h"
#include "practice/report_make.h"
#include "practice/stop_plan.h"
#include "practice/stop_review.h"

enum { PREVIEW_MAX = 1500 };

static void put_lines(struct inlines *cell, struct str lines)
{
    for (bool is_first = true; lines.len; is_first = false) {
        inline_text(cell, is_first ? ": " : "; ");
        inline_str(cell, str_cut(&lines, '\n'));
    }
}

/* What a state means beyond its word. */
static void put_state(struct report *r, struct inlines *cell, const struct told *t,
                      const char *step)
{
    const struct thing *a = t->record->thing;
    struct str approval = told_value(t, "approval");
    struct utc back;

    if (str_is(str_of(step), "planned") && thing_value_if(a, "preview").len) {
        inline_text(cell, "; what it would do then");
        put_lines(cell, str_head(thing_value_if(a, "preview"), PREVIEW_MAX));
    }
    if (approval.len)
        inline_printf(cell, " (spoken: " STR_FMT ")", STR_ARG(approval));
    if (str_is(str_of(step), "begun") && thing_value_if(a, "before").len) {
        inline_text(cell, "; the state before is saved as ");
        report_field(r, cell, a, "before");
    }
    if (str_is(str_of(step), "applied") && utc_read(&back, told_value(t, "goes-back")))
        inline_printf(cell, "; unless confirmed, it goes back by itself at " STR_FMT,
                      STR_ARG(report_time(r, back)));
}

/* Seconds count here: who was cut off, and for how long. */
static void put_time(struct report *r, struct utc when)
{
    struct inlines *cell = doc_cell(r->doc);
    char text[UTC_PLAIN_SIZE];

    inline_text(cell, utc_local(text, when));
    inline_break(cell);
    inline_text(cell, utc_plain(text, when));
}

static void put_words(struct inlines *cell, const struct told *t, const char *step)
{
    static const char *const words[] = {"result", "proof", "review"};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct str said = told_value(t, words[i]);

        if (!said.len || str_is(said, step))
            continue;
        inline_text(cell, ": ");
        inline_str(cell, said);
    }
}

static void put_step(struct report *r, const struct told *t, const char *step)
{
    bool went_back = str_starts(told_value(t, "result"), "went back by itself");
    struct inlines *cell;

    doc_row(r->doc, (struct doc_ref){0});
    inline_printf(doc_cell(r->doc), "a%u", t->record->thing->number);
    put_time(r, t->when);
    cell = doc_cell(r->doc);
    inline_text(cell, went_back ? "expired" : step);
    put_state(r, cell, t, step);
    put_words(cell, t, step);
    if (told_value(t, "override").len) {
        inline_text(cell, "; held back, and gone on with because: \xe2\x80\x9c");
        inline_str(cell, told_value(t, "override"));
        inline_text(cell, "\xe2\x80\x9d");
    }
    inline_printf(doc_cell(r->doc), "%s" STR_FMT, went_back ? "noted by " : "",
                  STR_ARG(told_by(r, t)));
    report_ref(doc_cell(r->doc), t->seq);
}

static void put_steps(struct report *r, const struct thing *action)
{
    struct str state = STR("");

    for (size_t i = 0; i < r->count; i++) {
        const struct told *t = &r->told[i];
        const char *step;

        if (t->record->thing != action)
            continue;
        step = action_step(state, told_value(t, "state"), told_value(t, "check"),
                           told_value(t, "review"));
        if (told_value(t, "state").len)
            state = told_value(t, "state");
        if (step)
            put_step(r, t, step);
    }
}

static bool is_carried_out_by_calm(const struct thing *action)
{
    return report_says(action, "practice", "stop") &&
           (thing_value_if(action, "plan").len || thing_value_if(action, "reason").len);
}

static void put_reviews(struct report *r)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(r->view, "action", &at));) {
        struct inlines *text;

        if (!is_carried_out_by_calm(t) || !stop_wants_review(t))
            continue;
        doc_callout(r->doc, DOC_GAP, STR(""));
        text = doc_para(r->doc);
        report_thing(text, t, true);
        inline_text(text, " did not wait for approval, and no review of it is on record.");
        doc_end(r->doc);
    }
}

void report_stops(struct report *r)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},
                                                {"When (local and UTC)", DOC_TEXT},
                                                {"Step", DOC_TEXT},
                                                {"By", DOC_TEXT},
                                                {"Record", DOC_TEXT}};
    const struct thing *t;
    bool is_open = false;

    for (size_t at = 0; (t = view_next(r->view, "action", &at));) {
        if (!is_carried_out_by_calm(t))
            continue;
        if (!is_open) {
            doc_heading(r->doc, 2, STR("What was done to stop it, step by step"));
            doc_table(
                r->doc,
                STR("Changes that calm carried out on hosts and devices, and emergency stops"),
                columns, COUNT_OF(columns));
        }
        is_open = true;
        put_steps(r, t);
    }
    if (!is_open)
        return;
    doc_end(r->doc);
    put_reviews(r);
}
