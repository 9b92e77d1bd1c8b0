/* report_timeline.c: what happened in order, and every record in full. */
#include "practice/report_make.h"

enum { EVENT_MAX = 700, RECORD_MAX = 2000, LATE_S = 15 * 60 };

/* The item's new place, which the record of its custody tells already. */
static bool told_is_custody_only(const struct told *t)
{
    if (!t->record->kind || strcmp(t->record->kind->name, "evidence") != 0 || !t->record->is_change)
        return false;
    for (size_t i = 0; i < t->said_count; i++)
        if (!str_is(t->said[i].name, "place") && !str_is(t->said[i].name, "seal") &&
            !str_is(t->said[i].name, "holder"))
            return false;
    return true;
}

/* Of a channel only what became of its trust is told. */
static bool told_is_trust(const struct told *t)
{
    struct str trust = told_value(t, "trust");

    return strcmp(t->record->kind->name, "channel") == 0 &&
           (t->record->is_change ? trust.len > 0 : str_is(trust, "compromised"));
}

/* Kinds that tell of bookkeeping rather than of what happened; they stand in the appendix. */
static bool is_told_in_timeline(const struct told *t)
{
    static const char *const kinds[] = {"contact", "channel", "weight",       "fact",
                                        "report",  "risk",    "report-scope", "lesson"};

    for (size_t i = 0; t->record->kind && i < COUNT_OF(kinds); i++)
        if (strcmp(t->record->kind->name, kinds[i]) == 0)
            return told_is_trust(t);
    if (told_is_custody_only(t))
        return false;
    return t->record->kind != NULL;
}

/* Whom people spoke with is for those who may read amber and above. */
static bool may_name(const struct report *r)
{
    return r->choice->label >= TLP_AMBER;
}

static bool is_hidden_value(const struct report *r, const struct said *s)
{
    static const char *const technical[] = {"occurred",       "occurred-precision",
                                            "occurred-clock", "performed-by",
                                            "override",       "key",
                                            "sha256",         "md5",
                                            "mode",           "owner",
                                            "practice",       "size"};

    for (size_t i = 0; i < COUNT_OF(technical); i++)
        if (str_is(s->name, technical[i]))
            return true;
    return str_is(s->name, "with") && !may_name(r);
}

static struct str title_name(const struct told *t)
{
    return t->record->kind ? str_of(t->record->kind->fields[0].name) : STR("");
}

/* The rest of what a record says: "impact: high, urgency: high". */
static void put_values(struct report *r, struct inlines *t, const struct told *told,
                       const char *before)
{
    const char *between = before;

    for (size_t i = 0; i < told->said_count; i++) {
        const struct said *s = &told->said[i];

        if (is_hidden_value(r, s) || str_eq(s->name, title_name(told)) || !s->value.len)
            continue;
        inline_text(t, between);
        inline_emph(t, str_of(arena_printf(r->arena, STR_FMT ": ", STR_ARG(s->name))));
        report_inline(r, t, told->record->kind, s->name, s->value, EVENT_MAX);
        between = "; ";
    }
}

static void put_conversation(struct report *r, struct inlines *t, const struct told *told)
{
    struct str via = told_value(told, "via");

    inline_text(t, "Conversation");
    if (may_name(r) && told_value(told, "with").len) {
        inline_text(t, " with ");
        inline_str(t, told_value(told, "with"));
    }
    if (str_is(via, "in-person"))
        inline_text(t, ", in person");
    else if (via.len && !str_is(via, "other"))
        inline_printf(t, " by " STR_FMT, STR_ARG(via));
    inline_text(t, ": ");
    report_inline(r, t, told->record->kind, STR("text"), told_value(told, "text"), EVENT_MAX);
    if (told_value(told, "about").len) {
        inline_text(t, " (about ");
        report_inline(r, t, told->record->kind, STR("about"), told_value(told, "about"), EVENT_MAX);
        inline_text(t, ")");
    }
}

static void put_words(struct report *r, struct inlines *t, const struct told *told)
{
    const struct record *record = told->record;
    const char *words = record->is_change ? record->kind->change_words : record->kind->words;
    struct str title = told_value(told, record->kind->fields[0].name);
    CLEANUP_BUF struct buf capital = {0};

    buf_adds(&capital, words);
    if (capital.len && capital.p[0] >= 'a' && capital.p[0] <= 'z')
        capital.p[0] = (char)(capital.p[0] - 32);
    inline_str(t, buf_str(&capital));
    if (record->thing) {
        inline_text(t, " ");
        report_thing(t, record->thing, record->is_change && !title.len);
    }
    if (title.len && (!record->thing || record->thing->kind->prefix || record->is_change)) {
        inline_text(t, record->thing ? " " : ": ");
        report_inline(r, t, record->kind, title_name(told), title, EVENT_MAX);
    }
    put_values(r, t, told, title.len ? "; " : ": ");
}

static void put_event_text(struct report *r, struct inlines *t, const struct told *told)
{
    if (strcmp(told->record->kind->name, "conversation") == 0)
        put_conversation(r, t, told);
    else if (!report_phrase(r, t, told))
        put_words(r, t, told);
    if (told->record->is_redacted)
        inline_text(t, " [part of this record was destroyed by a recorded redaction]");
    else if (told->is_missing)
        inline_text(t, " [part of this record is missing]");
}

/* Corrections stand beside what they correct, at its time. */
static void put_corrections(struct report *r, struct inlines *t, const struct told *told)
{
    for (const struct told *c = told->correction; c; c = c->next_correction) {
        inline_break(t);
        inline_strong(t, STR("Corrected "));
        report_ref(t, c->seq);
        inline_printf(t, " on " STR_FMT " by " STR_FMT ": ",
                      STR_ARG(report_time(r, c->record->time)), STR_ARG(told_by(r, c)));
        report_inline(r, t, c->record->kind, STR("text"), told_value(c, "text"), EVENT_MAX);
    }
}

static struct str mark_of(struct report *r, const struct told *t)
{
    CLEANUP_BUF struct buf b = {0};
    char span[UTC_PLAIN_SIZE];
    int64_t late = told_late_s(t);

    if (t->corrects)
        buf_addf(&b, "corrects r%llu", (unsigned long long)t->corrects->seq);
    if (told_value(t, "override").len || told_value(t, "before-gate").len)
        buf_addf(&b, "%s%s", b.len ? ", " : "",
                 told_value(t, "override").len ? "override" : "before its gate");
    if (late > LATE_S)
        buf_addf(&b, "%srecorded %s later", b.len ? ", " : "", span_text(span, late));
    if (t->record->trust != TRUST_YES)
        buf_addf(&b, "%snot trusted", b.len ? ", " : "");
    return report_take(r, &b);
}

void report_timeline(struct report *r)
{
    size_t told = 0;

    doc_heading(r->doc, 1, STR("What happened, in order"));
    inline_text(doc_para(r->doc),
                "In the order in which things happened, in local time and in UTC. Where the "
                "time was said by a person it is that time, with how exact it is; otherwise it is "
                "the time at which the record was signed. What was written more than 15 min "
                "afterwards is marked, and corrections stand beside what they correct.");
    doc_timeline(r->doc);
    for (size_t i = 0; i < r->count; i++) {
        const struct told *t = r->by_time[i];
        struct doc_event event = {.at = t->when,
                                  .precision = t->has_occurred ? t->precision : PRECISION_SECOND,
                                  .who = told_by(r, t),
                                  .mark = mark_of(r, t),
                                  .ref = {'r', t->seq}};
        struct inlines *text;

        if (!is_told_in_timeline(t))
            continue;
        told++;
        text = doc_timeline_event(r->doc, &event);
        put_event_text(r, text, t);
        put_corrections(r, text, t);
    }
    doc_end(r->doc);
    if (told == 0)
        doc_para_text(r->doc, "Nothing in the record may be shown at this label.");
}

static void put_record(struct report *r, const struct told *t)
{
    struct inlines *cell;

    doc_row(r->doc, (struct doc_ref){'r', t->seq});
    inline_printf(doc_cell(r->doc), "r%llu", (unsigned long long)t->seq);
    doc_cell_time(r->doc, t->record->time);
    doc_cell_str(r->doc, told_name(r, t));
    cell = doc_cell(r->doc);
    inline_text(cell, state_type(r->view->state, t->record));
    if (t->record->thing) {
        CLEANUP_BUF struct buf call = {0};

        view_call(&call, t->record->thing);
        inline_printf(cell, " %s", buf_text(&call));
    }
    cell = doc_cell(r->doc);
    for (size_t i = 0; i < t->said_count; i++) {
        const struct said *s = &t->said[i];

        if (str_is(s->name, "with") && !may_name(r))
            continue;
        inline_text(cell, i ? "; " : "");
        inline_emph(cell, str_of(arena_printf(r->arena, STR_FMT ": ", STR_ARG(s->name))));
        report_inline(r, cell, t->record->kind, s->name, s->value, RECORD_MAX);
    }
    if (t->record->is_redacted)
        inline_text(cell, " (in part destroyed by a redaction)");
    else if (t->is_missing)
        inline_text(cell, " (in part missing)");
    if (t->record->refusal)
        inline_printf(cell, " (refused, no effect: %s)", t->record->refusal);
    else if (t->record->trust != TRUST_YES)
        inline_text(cell, " (not trusted)");
}

void report_records(struct report *r)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},
                                                {"Recorded", DOC_TIME},
                                                {"By", DOC_TEXT},
                                                {"Type", DOC_TEXT},
                                                {"Says", DOC_TEXT}};

    doc_heading(r->doc, 1, STR("Every record"));
    doc_para_text(r->doc, "In the order of the journal. Numbers that are absent are of records "
                          "that this report's label leaves out.");
    doc_table(r->doc, STR("Records in the order of the journal"), columns, COUNT_OF(columns));
    for (size_t i = 0; i < r->count; i++)
        put_record(r, &r->told[i]);
    doc_end(r->doc);
}
