/* report_close.c: weaknesses, residual risk, lessons, distribution, signatures, glossary, and how
 * to verify it all. */
#include "journal/note.h"
#include "practice/report_make.h"
#include "practice/verify.h"

static void cell_field(struct report *r, const struct thing *t, const char *field)
{
    report_field(r, doc_cell(r->doc), t, field);
}

void report_weaknesses(struct report *r)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},
                                                {"Weakness", DOC_TEXT},
                                                {"Used", DOC_TEXT},
                                                {"Where", DOC_TEXT},
                                                {"State", DOC_TEXT},
                                                {"Closed by", DOC_TEXT},
                                                {"How it was checked", DOC_TEXT}};
    const struct thing *t;

    doc_heading(r->doc, 1, STR("Weaknesses and what was done about them"));
    if (view_count(r->view, "weakness") == 0) {
        doc_para_text(r->doc, "No weakness is on record.");
        return;
    }
    doc_table(r->doc, STR("Weaknesses"), columns, COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "weakness", &at));) {
        struct inlines *cell;

        doc_row(r->doc, (struct doc_ref){'w', t->number});
        inline_printf(doc_cell(r->doc), "w%u", t->number);
        cell = doc_cell(r->doc);
        inline_str(cell, view_title(t));
        if (thing_value_if(t, "cve").len)
            inline_printf(cell, " (" STR_FMT ")", STR_ARG(thing_value_if(t, "cve")));
        doc_cell_str(r->doc,
                     thing_value_if(t, "used").len ? thing_value_if(t, "used") : STR("not known"));
        cell_field(r, t, "system");
        doc_cell_str(r->doc,
                     thing_value_if(t, "state").len ? thing_value_if(t, "state") : STR("open"));
        cell_field(r, t, "by-what");
        cell_field(r, t, "proof");
    }
    doc_end(r->doc);
}

static void put_risk(struct report *r, const struct thing *t)
{
    struct inlines *text;
    bool is_accepted = thing_value_if(t, "accepted-by").len > 0;

    doc_row(r->doc, (struct doc_ref){0});
    inline_printf(doc_cell(r->doc), "rk%u", t->number);
    doc_cell_str(r->doc, view_title(t));
    cell_field(r, t, "level");
    text = doc_cell(r->doc);
    if (is_accepted)
        report_field(r, text, t, "accepted-by");
    else
        inline_text(text, "nobody yet");
    cell_field(r, t, "because");
    cell_field(r, t, "review");
}

/* What follows from the record itself: weaknesses left open, questions without an answer. */
static void put_remaining(struct report *r)
{
    const struct thing *t;
    bool is_open = false;

    for (size_t at = 0; (t = view_next(r->view, "weakness", &at));) {
        struct inlines *text;

        if (report_says(t, "state", "closed"))
            continue;
        if (!is_open) {
            doc_para_text(r->doc, "Besides, these weaknesses are not closed:");
            doc_list(r->doc, DOC_BULLETS);
        }
        is_open = true;
        text = doc_item(r->doc);
        report_thing(text, t, true);
        inline_printf(
            text, ": " STR_FMT,
            STR_ARG(thing_value_if(t, "state").len ? thing_value_if(t, "state") : STR("open")));
    }
    if (is_open)
        doc_end(r->doc);
}

void report_risks(struct report *r)
{
    static const struct doc_column columns[] = {
        {"No.", DOC_TEXT},         {"Risk that remains", DOC_TEXT}, {"Level", DOC_TEXT},
        {"Accepted by", DOC_TEXT}, {"Because", DOC_TEXT},           {"Looked at again", DOC_TEXT}};
    const struct thing *t;

    doc_heading(r->doc, 1, STR("Residual risk, and who accepts it"));
    if (view_count(r->view, "risk") == 0) {
        doc_para_text(r->doc, "No residual risk was written down, and nobody has accepted any.");
    } else {
        doc_table(r->doc, STR("Risks that remain"), columns, COUNT_OF(columns));
        for (size_t at = 0; (t = view_next(r->view, "risk", &at));)
            put_risk(r, t);
        doc_end(r->doc);
    }
    put_remaining(r);
}

void report_lessons(struct report *r)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},
                                                {"What could have been handled better", DOC_TEXT},
                                                {"Recommendation", DOC_TEXT},
                                                {"Owner", DOC_TEXT},
                                                {"Until", DOC_TEXT},
                                                {"State", DOC_TEXT}};
    const struct thing *t;
    struct utc due;

    doc_heading(r->doc, 1, STR("Lessons"));
    if (view_count(r->view, "lesson") == 0) {
        doc_para_text(r->doc, "No lesson was written down yet.");
        return;
    }
    doc_table(r->doc, STR("Lessons"), columns, COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "lesson", &at));) {
        doc_row(r->doc, (struct doc_ref){0});
        inline_printf(doc_cell(r->doc), "le%u", t->number);
        doc_cell_str(r->doc, view_title(t));
        cell_field(r, t, "do");
        doc_cell_str(r->doc, thing_value_if(t, "owner").len ? thing_value_if(t, "owner")
                                                            : STR("nobody yet"));
        doc_cell_str(r->doc, thing_time(t, "due", &due) ? str_head(report_time(r, due), 10)
                                                        : STR("no date yet"));
        doc_cell_str(r->doc,
                     thing_value_if(t, "state").len ? thing_value_if(t, "state") : STR("open"));
    }
    doc_end(r->doc);
}

static const char *meaning_of(enum tlp label)
{
    static const char *const texts[TLP_COUNT] = {
        [TLP_CLEAR] = "It may be passed on without limit.",
        [TLP_GREEN] = "It may be passed on within the community of its recipients, not in public.",
        [TLP_AMBER] = "It may be passed on by need to know within the recipients' organisations "
                      "and to their clients.",
        [TLP_AMBER_STRICT] = "It may be passed on by need to know within the recipients' "
                             "organisation only.",
        [TLP_RED] = "It is for the eyes and ears of the named recipients only."};

    return texts[label];
}

void report_distribution(struct report *r)
{
    struct str lines = r->choice->distribution;

    doc_heading(r->doc, 1, STR("Distribution and privilege"));
    inline_printf(doc_para(r->doc), "This report is labelled %s. %s", tlp_mark(r->choice->label),
                  meaning_of(r->choice->label));
    if (r->choice->privilege.len)
        report_inline_sentence(doc_para(r->doc), r->choice->privilege);
    else
        doc_para_text(r->doc, "No privilege is claimed for it.");
    if (!lines.len) {
        doc_para_text(r->doc, "No recipient was named when it was made.");
        return;
    }
    doc_para_text(r->doc, "It goes to:");
    doc_list(r->doc, DOC_BULLETS);
    while (lines.len)
        inline_str(doc_item(r->doc), str_cut(&lines, '\n'));
    doc_end(r->doc);
}

void report_signatures(struct report *r)
{
    doc_heading(r->doc, 1, STR("Review, approval and signatures"));
    for (size_t i = 0; i < r->choice->signer_count; i++) {
        const struct report_signer *s = &r->choice->signers[i];
        struct doc_signature signature = {.role = str_of(s->role),
                                          .statement = s->words,
                                          .name = s->name,
                                          .key = s->key,
                                          .at = s->at};

        doc_signature(r->doc, &signature);
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static bool matches(struct str text, size_t off, struct str term)
{
    if (off + term.len > text.len || (off && is_letter(text.p[off - 1])))
        return false;
    for (size_t i = 0; i < term.len; i++) {
        char c = text.p[off + i];

        if (c != term.p[i] && !(c >= 'A' && c <= 'Z' && (c | 0x20) == term.p[i]))
            return false;
    }
    off += term.len;
    if (off < text.len && text.p[off] == 's')
        off++;
    return off == text.len || !is_letter(text.p[off]);
}

static bool uses_term(struct str text, struct str term)
{
    for (size_t off = 0; off < text.len; off++)
        if ((text.p[off] | 0x20) == (term.p[0] | 0x20) && matches(text, off, term))
            return true;
    return false;
}

enum { GLOSSARY_SEARCH_SIZE = 1 << 18 };

void report_glossary(struct report *r)
{
    CLEANUP_BUF struct buf text = {0};
    const char *term;
    json_t *meaning;

    doc_markdown(r->doc, &text);
    doc_heading(r->doc, 1, STR("Glossary"));
    doc_pairs(r->doc, DOC_DEFINITIONS);
    json_object_foreach(r->glossary, term, meaning)
    {
        if (uses_term(str_head(buf_str(&text), GLOSSARY_SEARCH_SIZE), str_of(term)))
            doc_pair_str(r->doc, term, str_of(json_string_value(meaning)));
    }
    doc_end(r->doc);
}

void report_verify(struct report *r)
{
    CLEANUP_BUF struct buf groups = {0};
    CLEANUP_BUF struct buf lines = {0};
    CLEANUP_BUF struct buf id = {0};

    groups_write(&groups, r->root.b);
    hex_add(&id, state_case_id(r->view->state)->b, 32);
    doc_heading(r->doc, 1, STR("How to verify all this"));
    doc_para_text(r->doc,
                  "The journal is a text of signed lines, each chained to the one before it. "
                  "Whoever holds it can check, with a program that shares nothing with the one "
                  "that wrote it, that no line was changed, added, removed or put elsewhere up to "
                  "the number of records below, because their root stands on this page. Keep this "
                  "page apart from the case, or the root proves nothing.");
    doc_pairs(r->doc, DOC_FACTS);
    inline_code(doc_pair(r->doc, STR("Case")), buf_str(&id));
    inline_printf(doc_pair(r->doc, STR("Records")), "%llu", (unsigned long long)r->size);
    inline_code(doc_pair(r->doc, STR("Root, in groups")), buf_str(&groups));
    doc_end(r->doc);
    doc_para_text(r->doc, "The last two characters of each group are check digits over the eight "
                          "before them, so that a mistyped group is named. The readable copy of "
                          "the journal lies in the case folder:");
    verify_command(&lines, "", r->size, &r->root, "journal/journal.cj1");
    doc_verbatim(r->doc, buf_str(&lines));
    doc_para_text(r->doc, "It answers 0 where the journal holds exactly the records up to that "
                          "number, 1 where it was tampered with, 2 where it is sound but nothing "
                          "from outside the case vouches for it, 3 where it is no journal, and 4 "
                          "where it could not check. Each piece of evidence can be checked against "
                          "its hash with any program that computes SHA-256:");
    doc_verbatim(r->doc, STR("cd evidence && for f in */*; do printf '%s  %s\\n' \"${f#*/}\" "
                             "\"$f\"; done | sha256sum -c --quiet\n"));
}
