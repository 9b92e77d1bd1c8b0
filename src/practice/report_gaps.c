/* report_gaps.c: what went otherwise than planned, and where the record is thin. */
#include "practice/report_make.h"

enum { SILENCE_S = 30 * 60, LATE_S = 15 * 60, LATE_NAMED_MAX = 12 };

static void put_override(struct report *r, const struct told *t)
{
    struct inlines *text = doc_item(r->doc);

    inline_printf(text, STR_FMT ", " STR_FMT ": ", STR_ARG(report_time(r, t->when)),
                  STR_ARG(told_by(r, t)));
    if (t->record->thing) {
        report_thing(text, t->record->thing, true);
        inline_text(text, " ");
    }
    report_ref(text, t->seq);
    if (told_value(t, "override").len) {
        inline_text(text, ". Held back, and gone on with because: \xe2\x80\x9c");
        inline_str(text, told_value(t, "override"));
        inline_text(text, "\xe2\x80\x9d");
    }
    if (told_value(t, "lost").len) {
        inline_text(text, ". Not taken over: ");
        inline_str(text, told_value(t, "lost"));
    }
    if (told_value(t, "before-gate").len)
        inline_printf(text, ". Done " STR_FMT, STR_ARG(told_value(t, "before-gate")));
    inline_text(text, ".");
}

static bool is_override(const struct told *t)
{
    return told_value(t, "override").len || told_value(t, "before-gate").len;
}

static bool is_emergency(const struct told *t)
{
    const struct thing *a = t->record->thing;

    return a && !t->record->is_change && thing_is(a, "action") &&
           str_starts(view_title(a), "emergency stop");
}

/* A change to a system for which no plan was written before it was done. */
static bool is_unplanned(const struct told *t)
{
    const struct thing *a = t->record->thing;

    return a && !t->record->is_change && thing_is(a, "action") &&
           str_is(told_value(t, "state"), "done");
}

/* The folder of the case was another one from there on, or an earlier state of itself. */
static bool is_carried(const struct told *t)
{
    const struct thing *a = t->record->thing;

    return a && !t->record->is_change && (thing_is(a, "continuation") || thing_is(a, "rollback"));
}

static size_t put_all(struct report *r, const char *lead, bool (*wanted)(const struct told *t))
{
    size_t count = 0;

    for (size_t i = 0; i < r->count; i++) {
        if (!wanted(&r->told[i]))
            continue;
        if (count++ == 0) {
            doc_heading(r->doc, 2, str_of(lead));
            doc_list(r->doc, DOC_BULLETS);
        }
        put_override(r, &r->told[i]);
    }
    if (count)
        doc_end(r->doc);
    return count;
}

static size_t put_failed(struct report *r)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(r->view, "action", &at));) {
        struct inlines *text;
        bool is_undone = report_says(t, "state", "undone");

        if (!is_undone && !report_says(t, "check", "fails") && !report_says(t, "check", "partly"))
            continue;
        if (count++ == 0) {
            doc_heading(r->doc, 2, STR("Changes that were undone or did not work"));
            doc_list(r->doc, DOC_BULLETS);
        }
        text = doc_item(r->doc);
        report_thing(text, t, true);
        inline_text(text, is_undone                           ? ": undone. "
                          : report_says(t, "check", "partly") ? ": works in part. "
                                                              : ": does not work. ");
        report_inline_sentence(text, thing_value_if(t, is_undone ? "result" : "proof"));
        inline_text(text, " ");
        report_ref(text, t->changed_seq);
    }
    if (count)
        doc_end(r->doc);
    return count;
}

static void put_actions(struct report *r)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},      {"Change", DOC_TEXT},
                                                {"For", DOC_TEXT},      {"State", DOC_TEXT},
                                                {"Approved", DOC_TEXT}, {"What happened", DOC_TEXT},
                                                {"Check", DOC_TEXT},    {"Undone by", DOC_TEXT}};
    const struct thing *t;

    if (view_count(r->view, "action") == 0) {
        doc_para_text(r->doc, "No change to a system is on record.");
        return;
    }
    doc_table(r->doc, STR("Every change to a system"), columns, COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "action", &at));) {
        struct inlines *cell;

        doc_row(r->doc, (struct doc_ref){'a', t->number});
        inline_printf(doc_cell(r->doc), "a%u", t->number);
        cell = doc_cell(r->doc);
        inline_str(cell, view_title(t));
        if (thing_value_if(t, "system").len) {
            inline_text(cell, " (");
            report_field(r, cell, t, "system");
            inline_text(cell, ")");
        }
        report_field(r, doc_cell(r->doc), t, "practice");
        report_field(r, doc_cell(r->doc), t, "state");
        cell = doc_cell(r->doc);
        if (thing_value_if(t, "approval").len) {
            inline_text(cell, "spoken: ");
            report_field(r, cell, t, "approval");
        } else if (thing_value_if(t, "approved-by").len) {
            report_field(r, cell, t, "approved-by");
        } else {
            inline_text(cell, "not on record");
        }
        report_field(r, doc_cell(r->doc), t, "result");
        cell = doc_cell(r->doc);
        if (thing_value_if(t, "check").len) {
            report_field(r, cell, t, "check");
            inline_text(cell, ": ");
            report_field(r, cell, t, "proof");
        } else {
            inline_text(cell, "not checked");
        }
        report_field(r, doc_cell(r->doc), t, "undo");
    }
    doc_end(r->doc);
}

void report_deviations(struct report *r)
{
    size_t count;

    doc_heading(r->doc, 1, STR("Changes, overrides and deviations"));
    put_actions(r);
    report_stops(r);
    count = put_all(r, "Gates that were overridden, and work before a gate", is_override);
    count += put_all(r, "Emergency stops", is_emergency);
    count += put_all(r, "Changes without a plan beforehand", is_unplanned);
    count += put_failed(r);
    count += put_all(r, "The record continued elsewhere, or put back", is_carried);
    if (count == 0)
        doc_para_text(r->doc, "No gate was overridden, no emergency stop was made, nothing was "
                              "done without a plan, nothing was undone, and the record "
                              "stayed in its folder.");
}

/* The longest stretches without a record, the longest first. */
struct silence {
    const struct told *before, *after;
    int64_t s;
};

static size_t find_silences(const struct report *r, struct silence out[REPORT_SILENCES])
{
    size_t count = 0;

    for (size_t i = 1; i < r->count; i++) {
        struct silence s = {&r->told[i - 1], &r->told[i], 0};
        size_t at;

        s.s = utc_minus_ms(s.after->record->time, s.before->record->time) / 1000;
        if (s.s < SILENCE_S || s.after->record->is_merged)
            continue;
        for (at = count; at > 0 && out[at - 1].s < s.s; at--)
            if (at < REPORT_SILENCES)
                out[at] = out[at - 1];
        if (at < REPORT_SILENCES)
            out[at] = s;
        if (count < REPORT_SILENCES)
            count++;
    }
    return count;
}

static void put_silences(struct report *r)
{
    struct silence silences[REPORT_SILENCES];
    size_t count = find_silences(r, silences);
    char span[UTC_PLAIN_SIZE];

    doc_heading(r->doc, 2, STR("Silence"));
    if (count == 0) {
        doc_para_text(r->doc, "There is no stretch of 30 min or more without a record.");
        return;
    }
    doc_para_text(r->doc,
                  count == 1
                      ? "One stretch of 30 min or more is without a record that may be shown here:"
                      : "The longest stretches without a record that may be shown here:");
    doc_list(r->doc, DOC_BULLETS);
    for (size_t i = 0; i < count; i++) {
        struct inlines *text = doc_item(r->doc);

        inline_printf(text, "%s, from " STR_FMT " to " STR_FMT ", between ",
                      span_text(span, silences[i].s),
                      STR_ARG(report_time(r, silences[i].before->record->time)),
                      STR_ARG(report_time(r, silences[i].after->record->time)));
        report_ref(text, silences[i].before->seq);
        inline_text(text, " and ");
        report_ref(text, silences[i].after->seq);
        inline_text(text, ".");
    }
    doc_end(r->doc);
}

static void put_late(struct report *r)
{
    char span[UTC_PLAIN_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < r->count; i++)
        count += told_late_s(&r->told[i]) > LATE_S;
    doc_heading(r->doc, 2, STR("Late entries"));
    if (count == 0) {
        doc_para_text(r->doc, "Nothing was recorded more than 15 min after it happened.");
        return;
    }
    inline_str(
        doc_para(r->doc),
        report_capital(r, str_of(arena_printf(r->arena, STR_FMT " more than 15 min afterwards:",
                                              STR_ARG(report_count(r, count, "record was written",
                                                                   "records were written"))))));
    doc_list(r->doc, DOC_BULLETS);
    for (size_t i = 0, named = 0; i < r->count && named < LATE_NAMED_MAX; i++) {
        const struct told *t = &r->told[i];
        struct inlines *text;

        if (told_late_s(t) <= LATE_S)
            continue;
        named++;
        text = doc_item(r->doc);
        report_ref(text, t->seq);
        inline_printf(text, " tells of " STR_FMT " and was recorded %s later by " STR_FMT,
                      STR_ARG(report_time(r, t->when)), span_text(span, told_late_s(t)),
                      STR_ARG(told_name(r, t)));
        if (told_value(t, "occurred-clock").len)
            inline_printf(text, "; the time is from " STR_FMT,
                          STR_ARG(told_value(t, "occurred-clock")));
        inline_text(text, ".");
    }
    if (count > LATE_NAMED_MAX)
        inline_printf(doc_item(r->doc), "and %zu more, marked in the timeline.",
                      count - LATE_NAMED_MAX);
    doc_end(r->doc);
}

static void put_clocks(struct report *r)
{
    char span[UTC_PLAIN_SIZE];

    doc_heading(r->doc, 2, STR("Clocks"));
    if (r->free_clock_count == 0)
        doc_para_text(r->doc, "Every record was signed on a machine whose clock was kept by NTP.");
    else if (r->free_clock_count == r->count)
        doc_para_text(r->doc, "No record was signed on a machine whose clock was known to be kept "
                              "by NTP.");
    else
        inline_printf(doc_para(r->doc),
                      "%zu of the %zu records shown were signed on a machine whose clock was not "
                      "known to be kept by NTP.",
                      r->free_clock_count, r->count);
    for (size_t i = 0; i < r->step_count; i++) {
        const struct clock_step *s = &r->steps[i];
        struct inlines *text = doc_para(r->doc);

        inline_printf(text, "The clock of one machine was set %s by %s between ",
                      s->ms > 0 ? "forward" : "back", span_text(span, s->ms / 1000));
        report_ref(text, s->before->seq);
        inline_text(text, " and ");
        report_ref(text, s->after->seq);
        inline_text(text, ".");
    }
    if (r->step_count == 0)
        doc_para_text(r->doc, "No clock was seen to be set between two records.");
}

static void put_marked(struct report *r, const char *none, const char *one, const char *many,
                       bool (*is_marked)(const struct told *t))
{
    struct inlines *text = doc_para(r->doc);
    size_t count = 0;
    size_t i;

    for (i = 0; i < r->count; i++)
        count += is_marked(&r->told[i]);
    if (count == 0) {
        inline_text(text, none);
        return;
    }
    inline_text(text, count == 1 ? one : many);
    for (size_t named = i = 0; i < r->count && named < LATE_NAMED_MAX; i++) {
        if (!is_marked(&r->told[i]))
            continue;
        inline_text(text, named++ ? ", " : " ");
        report_ref(text, r->told[i].seq);
    }
    inline_text(text, count > LATE_NAMED_MAX ? " and others." : ".");
}

static bool is_untrusted(const struct told *t)
{
    return t->record->trust != TRUST_YES && !t->record->refusal;
}

static bool is_refused(const struct told *t)
{
    return t->record->refusal != NULL;
}

static bool is_redacted(const struct told *t)
{
    return t->record->is_redacted;
}

static bool is_missing(const struct told *t)
{
    return t->is_missing && !t->record->is_redacted;
}

static bool is_damaged(const struct told *t)
{
    return t->is_damaged;
}

void report_gaps(struct report *r)
{
    doc_heading(r->doc, 1, STR("Gaps in the record"));
    put_silences(r);
    put_late(r);
    put_clocks(r);
    doc_heading(r->doc, 2, STR("Not trusted, destroyed, withheld"));
    put_marked(r, "Every record shown is signed by a key that is trusted.",
               "One record is not trusted, because its key had no power or was revoked:",
               "These records are not trusted, because their keys had no power or were revoked:",
               is_untrusted);
    put_marked(
        r, "No record shown breaks a rule of the journal.",
        "One record breaks a rule of the journal, and has no effect; it says which among all "
        "records:",
        "These records break a rule of the journal, and have no effect; each says which "
        "among all records:",
        is_refused);
    put_marked(r, "No record shown had a part destroyed.",
               "Part of one record was destroyed by a redaction, which is itself on record:",
               "Parts of these records were destroyed by redactions, which are themselves on "
               "record:",
               is_redacted);
    put_marked(r, "No value is missing but those.",
               "A value of one record is not in the case any more, though no redaction destroyed "
               "it:",
               "Values of these records are not in the case any more, though no redaction "
               "destroyed them:",
               is_missing);
    put_marked(r, "Every value shown is the one that was signed for.",
               "A value of one record is not the one that was signed for, and is not shown:",
               "Values of these records are not the ones that were signed for, and are not shown:",
               is_damaged);
    inline_printf(doc_para(r->doc),
                  "Whatever is labelled more strictly than %s, or lies in a compartment that the "
                  "maker of this report cannot open, is withheld; how much that is, this report "
                  "does not say.",
                  tlp_mark(r->choice->label));
}
