/* markdown.c: writes a document as CommonMark with pipe tables. */
#include "render/doc_tree.h"
#include "base/sink.h"
#include <strings.h>

struct markdown {
    struct buf *out;
    const struct doc *doc;
    unsigned *table_count, *figure_count; /* shared with the writers of what lies inside */
};

static void md_blocks(struct markdown *m, const struct block *in);

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

/* What sink_markdown would escape although it means nothing here, so that dates and names of
 * machines stay readable. */
static bool is_plain_here(struct str text, size_t at, bool only_digits_before)
{
    char before = at ? text.p[at - 1] : ' ';
    char after = at + 1 < text.len ? text.p[at + 1] : ' ';

    switch (text.p[at]) {
    case '-':
    case '_':
        return is_alnum(before) && is_alnum(after);
    case '+':
        return is_alnum(before);
    case '(':
    case '!':
        return true;
    case ')':
        return !only_digits_before;
    default:
        return false;
    }
}

/* What means something to pandoc or to GitHub though not to CommonMark: links, mail addresses,
 * formulas, definition lists; and a number that would begin a list. */
static bool is_special_here(struct str text, size_t at, bool only_digits_before)
{
    char after = at + 1 < text.len ? text.p[at + 1] : ' ';

    switch (text.p[at]) {
    case '@':
    case '$':
    case '^':
    case '"':
        return true;
    case '=':
    case '%':
        return at == 0;
    case ':':
        return at == 0 || !(after == ' ' || char_is_digit(after));
    case '.':
        return only_digits_before || (at >= 3 && strncasecmp(text.p + at - 3, "www", 3) == 0);
    default:
        return false;
    }
}

enum { MID_LINE = -1 };

/* Whether the line that began at start holds digits and nothing else yet. */
static bool is_number_so_far(const struct buf *out, ssize_t start)
{
    if (start == MID_LINE || out->len == (size_t)start)
        return false;
    for (size_t i = (size_t)start; i < out->len; i++)
        if (!char_is_digit(out->p[i]))
            return false;
    return true;
}

/* start is where the line began in out, or MID_LINE when something stands before the text. */
static void md_text(struct buf *out, ssize_t start, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool number = (text.p[i] == '.' || text.p[i] == ')') && is_number_so_far(out, start);
        size_t end = i + 1;

        if (is_plain_here(text, i, number)) {
            buf_addc(out, text.p[i]);
        } else if (is_special_here(text, i, number)) {
            buf_addf(out, "\\%c", text.p[i]);
        } else {
            while ((unsigned char)text.p[end - 1] >= 0x80 && end < text.len &&
                   (unsigned char)text.p[end] >= 0x80)
                end++; /* whole characters only */
            sink_markdown(out, str_head(str_from(text, i), end - i));
            i = end - 1;
        }
    }
}

/* The start of a block, where spaces would make it a block of code. */
static void md_start(struct buf *out, struct str text)
{
    md_text(out, (ssize_t)out->len, str_trim(text));
}

/* A mark around words that begin or end with anything but a letter need not be one. */
static void md_marked(struct buf *out, ssize_t start, const char *mark, struct str text)
{
    bool can_mark = text.len && is_alnum(text.p[0]) && is_alnum(text.p[text.len - 1]);

    buf_adds(out, can_mark ? mark : "");
    md_text(out, can_mark ? MID_LINE : start, text);
    buf_adds(out, can_mark ? mark : "");
}

static size_t longest_fence(struct str text)
{
    size_t run = 0, longest = 0;

    for (size_t i = 0; i < text.len; i++) {
        run = text.p[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void md_verbatim(struct buf *out, struct str text)
{
    CLEANUP_BUF struct buf safe = {0};
    size_t fence;

    sink_terminal(&safe, text, true);
    fence = longest_fence(buf_str(&safe)) + 1;
    fence = fence < 3 ? 3 : fence;
    buf_addn(out, '`', fence);
    buf_addc(out, '\n');
    buf_addstr(out, buf_str(&safe));
    buf_addc(out, '\n');
    buf_addn(out, '`', fence);
    buf_adds(out, "\n\n");
}

static void md_code(struct buf *out, struct str text, bool in_table)
{
    CLEANUP_BUF struct buf safe = {0};
    size_t longest;

    sink_terminal(&safe, str_trim(text), false);
    longest = longest_fence(buf_str(&safe));
    if (safe.len == 0 || (in_table && memchr(safe.p, '|', safe.len))) {
        md_text(out, MID_LINE, text); /* a bar ends the cell even within code */
        return;
    }
    buf_addn(out, '`', longest + 1);
    buf_adds(out, longest ? " " : "");
    buf_addstr(out, buf_str(&safe));
    buf_adds(out, longest ? " " : "");
    buf_addn(out, '`', longest + 1);
}

static void md_part(struct buf *out, ssize_t start, const struct inline_part *part, bool in_table)
{
    char ref[24];

    switch (part->kind) {
    case INLINE_TEXT:
        md_text(out, start, part->text);
        break;
    case INLINE_EMPH:
        md_marked(out, start, "*", part->text);
        break;
    case INLINE_STRONG:
        md_marked(out, start, "**", part->text);
        break;
    case INLINE_CODE:
        md_code(out, part->text, in_table);
        break;
    case INLINE_REF:
        buf_addf(out, "\\[" STR_FMT "\\]", STR_ARG(doc_ref_text(ref, part->ref)));
        break;
    case INLINE_TIME:
        event_time(out, part->at, PRECISION_SECOND);
        buf_adds(out, doc_time_is_shown(part->at) ? " UTC" : "");
        break;
    case INLINE_BREAK:
        buf_adds(out, in_table ? " \xc2\xb7 " : "\\\n");
        break;
    }
}

static bool part_has_text(const struct inline_part *part)
{
    return part->kind == INLINE_TEXT || part->kind == INLINE_EMPH || part->kind == INLINE_STRONG ||
           part->kind == INLINE_CODE;
}

static void md_inlines(struct buf *out, const struct inlines *t, bool in_table)
{
    ssize_t start = (ssize_t)out->len;

    for (const struct inline_part *part = t->first; part; part = part->next) {
        struct inline_part copy = *part;

        if (part_has_text(part) && out->len == (size_t)start)
            while (copy.text.len && memchr(" \t\r\n", copy.text.p[0], 4))
                copy.text = str_from(copy.text, 1);
        if (part->kind == INLINE_BREAK && !part->next)
            break; /* it would be a backslash */
        md_part(out, start, &copy, in_table);
        if (part->kind == INLINE_BREAK)
            start = (ssize_t)out->len;
    }
}

/* What lies inside a list or a quotation: each line behind a prefix. */
static void md_inside(struct markdown *m, const struct block *in, const char *prefix)
{
    CLEANUP_BUF struct buf inner = {0};
    struct markdown inside = *m;
    struct str rest;

    inside.out = &inner;
    md_blocks(&inside, in);
    rest = str_trim(buf_str(&inner));
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');

        if (line.len || prefix[0] == '>')
            buf_adds(m->out, prefix);
        buf_addstr(m->out, line);
        buf_addc(m->out, '\n');
    }
}

static void md_heading(struct markdown *m, const struct block *b)
{
    buf_addn(m->out, '#', (size_t)b->level + 1);
    buf_addf(m->out, " %s ", b->number);
    md_start(m->out, b->label);
    buf_adds(m->out, "\n\n");
}

static void md_contents(struct markdown *m)
{
    buf_adds(m->out, "## Contents\n\n");
    for (const struct block *b = m->doc->root->first; b; b = b->next) {
        if (b->kind != BLOCK_HEADING || b->level > 2)
            continue;
        buf_addf(m->out, "%s- %s ", b->level == 2 ? "  " : "", b->number);
        md_start(m->out, b->label);
        buf_addc(m->out, '\n');
    }
    buf_addc(m->out, '\n');
}

static void md_list(struct markdown *m, const struct block *list)
{
    for (const struct block *b = list->first; b; b = b->next) {
        if (list->level == DOC_NUMBERS)
            buf_addf(m->out, "%s. ", b->number);
        else
            buf_adds(m->out, list->level == DOC_CHECKBOXES ? "- [ ] " : "- ");
        md_inlines(m->out, &b->text, false);
        buf_adds(m->out, b->first ? "\n\n" : "\n");
        md_inside(m, b, strlen(b->number) < 3 ? "    " : "        ");
        buf_adds(m->out, b->first ? "\n" : "");
    }
    buf_addc(m->out, '\n');
}

static void md_pairs(struct markdown *m, const struct block *pairs)
{
    for (const struct block *b = pairs->first; b; b = b->next) {
        buf_adds(m->out, "- ");
        md_marked(m->out, (ssize_t)m->out->len, "**", str_trim(b->label));
        buf_adds(m->out, ": ");
        md_inlines(m->out, &b->text, false);
        buf_adds(m->out, b->first ? "\n\n" : "\n");
        md_inside(m, b, "    ");
        buf_adds(m->out, b->first ? "\n" : "");
    }
    buf_addc(m->out, '\n');
}

static void md_callout(struct markdown *m, const struct block *b)
{
    buf_addf(m->out, "> **%s.**", doc_callout_word((enum doc_callout)b->level));
    if (b->label.len) {
        buf_addc(m->out, ' ');
        md_text(m->out, MID_LINE, b->label);
    }
    buf_adds(m->out, "\n>\n");
    md_inside(m, b, "> ");
    buf_adds(m->out, "\n");
}

static void md_caption(struct markdown *m, const char *kind, unsigned *count, struct str caption)
{
    buf_addf(m->out, "**%s %u.** ", kind, ++*count);
    md_text(m->out, MID_LINE, caption);
    buf_adds(m->out, "\n\n");
}

static void md_table_head(struct markdown *m, const struct table *t)
{
    for (size_t i = 0; i < t->column_count; i++) {
        buf_adds(m->out, i ? " | " : "| ");
        md_start(m->out, str_of(t->columns[i].heading));
        buf_adds(m->out, t->columns[i].type == DOC_TIME ? " (UTC)" : "");
    }
    buf_adds(m->out, " |\n|");
    for (size_t i = 0; i < t->column_count; i++)
        buf_adds(m->out, t->columns[i].type == DOC_NUMBER ? "---:|" : "---|");
    buf_addc(m->out, '\n');
}

static void md_cell(struct buf *out, const struct inlines *cell, enum doc_column_type type)
{
    const struct inline_part *part = cell ? cell->first : NULL;
    char ref[24];

    if (part && !part->next && type == DOC_TIME && part->kind == INLINE_TIME)
        event_time(out, part->at, PRECISION_SECOND);
    else if (part && !part->next && part->kind == INLINE_REF)
        buf_addstr(out, doc_ref_text(ref, part->ref));
    else if (part && !part->next && type == DOC_MONO && part->kind == INLINE_TEXT)
        md_code(out, part->text, true);
    else if (cell)
        md_inlines(out, cell, true);
}

static void md_table(struct markdown *m, const struct table *t)
{
    md_caption(m, "Table", m->table_count, t->caption);
    md_table_head(m, t);
    for (const struct table_row *row = t->first; row; row = row->next) {
        for (size_t i = 0; i < t->column_count; i++) {
            buf_adds(m->out, i ? " | " : "| ");
            md_cell(m->out, row_cell(row, i), t->columns[i].type);
        }
        buf_adds(m->out, " |\n");
    }
    if (!t->first)
        buf_adds(m->out, "| None. |\n");
    buf_addc(m->out, '\n');
}

static void md_event(struct markdown *m, const struct block *b)
{
    const struct doc_event *event = b->event;
    char ref[24];

    buf_adds(m->out, "- ");
    if (event->precision == PRECISION_DAY || !doc_time_is_shown(event->at)) {
        buf_adds(m->out, "*time unknown*");
    } else {
        buf_adds(m->out, "**");
        event_clock(m->out, event->at, event->precision, true);
        buf_adds(m->out, "** (");
        event_clock(m->out, event->at, event->precision, false);
        buf_addf(m->out, " UTC%s)", event_day_note(event->at));
    }
    buf_addc(m->out, ' ');
    md_inlines(m->out, &b->text, false);
    buf_adds(m->out, " (");
    md_text(m->out, MID_LINE, event->who);
    if (event->ref.letter)
        buf_addf(m->out, "%s\\[" STR_FMT "\\]", event->who.len ? ", " : "",
                 STR_ARG(doc_ref_text(ref, event->ref)));
    if (event->mark.len) {
        buf_adds(m->out, "; ");
        md_text(m->out, MID_LINE, event->mark);
    }
    buf_adds(m->out, ")\n");
}

static void md_timeline(struct markdown *m, const struct block *timeline)
{
    const struct block *before = NULL;

    for (const struct block *b = timeline->first; b; before = b, b = b->next) {
        if (event_starts_day(b, before)) {
            buf_adds(m->out, before ? "\n**" : "**");
            event_day(m->out, b->event->at);
            event_zone(m->out, b->event->at);
            buf_adds(m->out, "**\n\n");
        }
        md_event(m, b);
    }
    buf_addc(m->out, '\n');
}

static void md_matrix(struct markdown *m, const struct matrix *x)
{
    char ref[24];

    md_caption(m, "Table", m->table_count, x->caption);
    buf_adds(m->out, "| Evidence");
    for (size_t i = 0; i < x->hypothesis_count; i++) {
        buf_adds(m->out, " | ");
        md_text(m->out, MID_LINE, x->hypotheses[i]);
    }
    buf_adds(m->out, " |\n|---|");
    for (size_t i = 0; i < x->hypothesis_count; i++)
        buf_adds(m->out, ":---:|");
    for (const struct matrix_row *row = x->first; row; row = row->next) {
        buf_adds(m->out, "\n| ");
        md_text(m->out, MID_LINE, row->evidence);
        if (row->ref.letter)
            buf_addf(m->out, " \\[" STR_FMT "\\]", STR_ARG(doc_ref_text(ref, row->ref)));
        for (size_t i = 0; i < x->hypothesis_count; i++)
            buf_addf(m->out, " | %s", doc_weight_sign(row->weights[i]));
        buf_adds(m->out, " |");
    }
    buf_adds(m->out, "\n| **In sum**");
    for (size_t i = 0; i < x->hypothesis_count; i++)
        buf_addf(m->out, " | %zu for, %zu against", matrix_count(x, i, DOC_FOR),
                 matrix_count(x, i, DOC_AGAINST));
    buf_adds(m->out, " |\n\n");
}

static void md_signature(struct markdown *m, const struct doc_signature *s)
{
    md_marked(m->out, (ssize_t)m->out->len, "**", str_trim(s->role));
    buf_adds(m->out, ": ");
    md_text(m->out, MID_LINE, s->name.len ? s->name : STR(""));
    buf_adds(m->out, s->name.len ? "" : "\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_");
    if (s->statement.len) {
        buf_adds(m->out, "\\\n");
        md_start(m->out, s->statement);
    }
    if (s->key.len) {
        buf_adds(m->out, "\\\nSigned with key ");
        md_code(m->out, s->key, false);
        buf_adds(m->out, ", ");
        event_time(m->out, s->at, PRECISION_SECOND);
        buf_adds(m->out, " UTC");
    } else {
        buf_adds(m->out, "\\\nDate and signature: \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_");
    }
    buf_adds(m->out, "\n\n");
}

static void md_bars(struct markdown *m, const struct bars *b)
{
    md_caption(m, "Figure", m->figure_count, b->caption);
    for (size_t i = 0; i < b->count; i++) {
        buf_adds(m->out, "- ");
        md_start(m->out, b->bars[i].label);
        buf_adds(m->out, ": ");
        md_text(m->out, MID_LINE, b->bars[i].text);
        buf_addc(m->out, '\n');
    }
    buf_addc(m->out, '\n');
}

static void md_spans(struct markdown *m, const struct spans *s)
{
    md_caption(m, "Figure", m->figure_count, s->caption);
    for (size_t i = 0; i < s->count; i++) {
        buf_adds(m->out, "- ");
        md_start(m->out, s->spans[i].label);
        buf_adds(m->out, ": ");
        span_words(m->out, &s->spans[i]);
        buf_addc(m->out, '\n');
    }
    buf_addc(m->out, '\n');
}

static void md_block(struct markdown *m, const struct block *b)
{
    switch (b->kind) {
    case BLOCK_HEADING:
        md_heading(m, b);
        break;
    case BLOCK_PARA:
    case BLOCK_LEAD:
        md_inlines(m->out, &b->text, false);
        buf_adds(m->out, "\n\n");
        break;
    case BLOCK_VERBATIM:
        md_verbatim(m->out, b->label);
        break;
    case BLOCK_CONTENTS:
        md_contents(m);
        break;
    case BLOCK_LIST:
        md_list(m, b);
        break;
    case BLOCK_PAIRS:
        md_pairs(m, b);
        break;
    case BLOCK_CALLOUT:
        md_callout(m, b);
        break;
    case BLOCK_TABLE:
        md_table(m, b->table);
        break;
    case BLOCK_TIMELINE:
        md_timeline(m, b);
        break;
    case BLOCK_MATRIX:
        md_matrix(m, b->matrix);
        break;
    case BLOCK_SIGNATURE:
        md_signature(m, b->signature);
        break;
    case BLOCK_BARS:
        md_bars(m, b->bars);
        break;
    case BLOCK_SPANS:
        md_spans(m, b->spans);
        break;
    default: /* a page break and a drawing that a table repeats have no sign in Markdown; the rest
                is written by its container */
        break;
    }
}

static bool is_list(const struct block *b)
{
    return b && (b->kind == BLOCK_LIST || b->kind == BLOCK_PAIRS || b->kind == BLOCK_CONTENTS ||
                 b->kind == BLOCK_BARS || b->kind == BLOCK_SPANS || b->kind == BLOCK_TIMELINE);
}

static void md_blocks(struct markdown *m, const struct block *in)
{
    const struct block *before = NULL;

    for (const struct block *b = in->first; b; before = b, b = b->next) {
        if (is_list(before) && (b->kind == BLOCK_LIST || b->kind == BLOCK_PAIRS))
            buf_adds(m->out, "<!-- -->\n\n"); /* or the two lists would become one */
        md_block(m, b);
    }
}

static void md_head(struct markdown *m)
{
    const struct doc_head *head = &m->doc->head;

    buf_adds(m->out, "# ");
    md_start(m->out, head->title);
    buf_adds(m->out, "\n\n");
    if (head->subtitle.len) {
        md_start(m->out, head->subtitle);
        buf_adds(m->out, "\n\n");
    }
    if (head->tlp != DOC_TLP_NONE)
        buf_addf(m->out, "- **%s**\n", doc_tlp_label(head->tlp));
    if (head->status != DOC_PLAIN)
        buf_addf(m->out, "- %s\n", doc_status_word(head->status));
    if (head->case_name.len) {
        buf_adds(m->out, "- ");
        md_start(m->out, head->case_name);
        buf_addc(m->out, '\n');
    }
    if (head->privilege.len) {
        buf_adds(m->out, "- ");
        md_start(m->out, head->privilege);
        buf_addc(m->out, '\n');
    }
    buf_adds(m->out, "\n<!-- -->\n\n");
}

void doc_markdown(struct doc *d, struct buf *out)
{
    unsigned tables = 0, figures = 0;
    struct markdown m = {out, d, &tables, &figures};

    md_head(&m);
    md_blocks(&m, d->root);
}
