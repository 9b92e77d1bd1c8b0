/* text.c: writes a document as plain text for a terminal. */
#include "render/text.h"
#include "base/sink.h"
#include "render/wrap.h"

static void text_blocks(struct text *t, const struct block *in);

static void text_wrap(struct text *t, struct str text)
{
    wrap_add(t->out, text, t->columns, buf_str(&t->indent), buf_str(&t->indent));
}

void text_hang(struct text *t, const char *first, size_t hang, struct str text)
{
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf then = {0};

    buf_addstr(&head, buf_str(&t->indent));
    buf_adds(&head, first);
    buf_addstr(&then, buf_str(&t->indent));
    buf_addn(&then, ' ', hang);
    wrap_add(t->out, text, t->columns, buf_str(&head), buf_str(&then));
}

void text_blank(struct text *t)
{
    struct str indent = buf_str(&t->indent);

    while (indent.len && indent.p[indent.len - 1] == ' ')
        indent.len--;
    buf_addstr(t->out, indent);
    buf_addc(t->out, '\n');
}

/* Takes back the blank line that a block left at the end of its container. */
static void drop_blank(struct text *t, size_t from)
{
    CLEANUP_BUF struct buf blank = {0};
    struct text copy = *t;

    copy.out = &blank;
    text_blank(&copy);
    if (t->out->len > from + blank.len && str_ends(buf_str(t->out), buf_text(&blank)) &&
        t->out->p[t->out->len - blank.len - 1] == '\n')
        t->out->len -= blank.len;
}

static void text_inlines(struct text *t, const char *first, size_t hang, const struct inlines *in)
{
    CLEANUP_BUF struct buf plain = {0};

    inlines_plain(&plain, in);
    text_hang(t, first, hang, buf_str(&plain));
}

/* What lies inside stands further to the right, until there is no room for more of that. */
static void text_inside(struct text *t, const struct block *in, const char *indent)
{
    size_t len = t->indent.len;
    size_t from = t->out->len;

    if (!in->first)
        return;
    if (len + strlen(indent) <= t->columns / 2)
        buf_adds(&t->indent, indent);
    text_blocks(t, in);
    drop_blank(t, from);
    t->indent.len = len;
}

static void underline(struct text *t, size_t from, char c)
{
    struct str written = str_from(buf_str(t->out), from);
    size_t columns = wrap_widest_line(written);

    buf_addn(t->out, c, columns < t->columns ? columns : t->columns);
    buf_addc(t->out, '\n');
}

static void text_heading(struct text *t, const struct block *b)
{
    CLEANUP_BUF struct buf first = {0};
    size_t from;

    buf_addf(&first, "%s  ", b->number);
    if (b->level == 1)
        text_blank(t);
    from = t->out->len;
    text_hang(t, buf_text(&first), first.len, b->label);
    if (b->level < 3)
        underline(t, from, b->level == 1 ? '=' : '-');
    text_blank(t);
}

static void text_contents(struct text *t)
{
    text_wrap(t, STR("Contents"));
    for (const struct block *b = t->doc->root->first; b; b = b->next) {
        CLEANUP_BUF struct buf first = {0};

        if (b->kind != BLOCK_HEADING || b->level > 2)
            continue;
        buf_addf(&first, "%s%s  ", b->level == 2 ? "     " : "  ", b->number);
        text_hang(t, buf_text(&first), first.len, b->label);
    }
    text_blank(t);
}

static void text_list(struct text *t, const struct block *list)
{
    for (const struct block *b = list->first; b; b = b->next) {
        CLEANUP_BUF struct buf first = {0};

        if (list->level == DOC_NUMBERS)
            buf_addf(&first, "%3s. ", b->number);
        else
            buf_adds(&first, list->level == DOC_CHECKBOXES ? " [ ] " : "  -  ");
        text_inlines(t, buf_text(&first), first.len, &b->text);
        text_inside(t, b, "     ");
    }
    text_blank(t);
}

static size_t widest_name(const struct block *pairs, size_t most)
{
    size_t widest = 0;

    for (const struct block *b = pairs->first; b; b = b->next) {
        size_t columns = utf8_columns(b->label);

        widest = columns > widest ? columns : widest;
    }
    return widest < most ? widest : most;
}

static void text_pairs(struct text *t, const struct block *pairs)
{
    size_t width = widest_name(pairs, 20);

    for (const struct block *b = pairs->first; b; b = b->next) {
        CLEANUP_BUF struct buf first = {0};

        if (pairs->level == DOC_DEFINITIONS) {
            text_wrap(t, b->label);
            text_inlines(t, "    ", 4, &b->text);
            text_inside(t, b, "    ");
            continue;
        }
        wrap_cut(&first, b->label, width, true);
        buf_adds(&first, "  ");
        text_inlines(t, buf_text(&first), width + 2, &b->text);
        text_inside(t, b, "    ");
    }
    text_blank(t);
}

static void text_callout(struct text *t, const struct block *b)
{
    CLEANUP_BUF struct buf head = {0};
    size_t len = t->indent.len;

    buf_adds(&head, doc_callout_word((enum doc_callout)b->level));
    if (b->label.len) {
        buf_adds(&head, ": ");
        buf_addstr(&head, b->label);
    }
    if (len + 2 <= t->columns / 2)
        buf_adds(&t->indent, "| ");
    text_wrap(t, buf_str(&head));
    text_blocks(t, b);
    drop_blank(t, 0);
    t->indent.len = len;
}

static void text_event(struct text *t, const struct block *b)
{
    const struct doc_event *event = b->event;
    CLEANUP_BUF struct buf when = {0};
    CLEANUP_BUF struct buf what = {0};
    char ref[24];

    event_clock(&when, event->at, event->precision, true);
    if (!when.len)
        buf_adds(&when, event->precision == PRECISION_DAY ? "that day" : "unknown");
    inlines_plain(&what, &b->text);
    buf_adds(&what, " (");
    event_clock(&what, event->at, event->precision, false);
    if (event->precision != PRECISION_DAY && doc_time_is_shown(event->at))
        buf_addf(&what, " UTC%s", event_day_note(event->at));
    if (event->who.len) {
        buf_adds(&what, "; ");
        buf_addstr(&what, event->who);
    }
    if (event->ref.letter)
        buf_addf(&what, " [" STR_FMT "]", STR_ARG(doc_ref_text(ref, event->ref)));
    if (event->mark.len) {
        buf_adds(&what, "; ");
        buf_addstr(&what, event->mark);
    }
    buf_adds(&what, ")");
    while (when.len < 13)
        buf_addc(&when, ' ');
    text_hang(t, buf_text(&when), when.len, buf_str(&what));
}

static void text_timeline(struct text *t, const struct block *timeline)
{
    const struct block *before = NULL;

    for (const struct block *b = timeline->first; b; before = b, b = b->next) {
        CLEANUP_BUF struct buf day = {0};

        if (event_starts_day(b, before)) {
            if (before)
                text_blank(t);
            event_day(&day, b->event->at);
            event_zone(&day, b->event->at);
            text_wrap(t, buf_str(&day));
        }
        text_event(t, b);
    }
    text_blank(t);
}

static void text_signature(struct text *t, const struct doc_signature *s)
{
    text_hang(t, "", 4, s->role);
    if (s->statement.len)
        text_hang(t, "    ", 4, s->statement);
    text_hang(t, "    Name       ", 15, s->name.len ? s->name : STR("________________________"));
    if (s->key.len) {
        CLEANUP_BUF struct buf at = {0};

        text_hang(t, "    Key        ", 15, s->key);
        event_time(&at, s->at, PRECISION_SECOND);
        buf_adds(&at, " UTC");
        text_hang(t, "    Time       ", 15, buf_str(&at));
    } else {
        text_hang(t, "    Date       ", 15, STR("________________________"));
        text_hang(t, "    Signature  ", 15, STR("________________________"));
    }
    text_blank(t);
}

void text_caption(struct text *t, const char *kind, unsigned *count, struct str caption)
{
    CLEANUP_BUF struct buf b = {0};

    buf_addf(&b, "%s %u. ", kind, ++*count);
    buf_addstr(&b, caption);
    text_wrap(t, buf_str(&b));
}

static void text_bar(struct text *t, const struct doc_bar *bar, uint64_t most, size_t label_columns)
{
    size_t room = (t->columns - t->indent.len) / 3;
    size_t done = most ? (size_t)((double)bar->value / (double)most * (double)room) : 0;

    if (done == 0 && bar->value)
        done = 1;
    buf_addstr(t->out, buf_str(&t->indent));
    wrap_cut(t->out, bar->label, label_columns, true);
    buf_adds(t->out, "  ");
    buf_addn(t->out, '#', done);
    buf_addn(t->out, '.', room - done);
    buf_adds(t->out, "  ");
    wrap_cut(t->out, bar->text, 12, false);
    buf_addc(t->out, '\n');
}

static void text_bars(struct text *t, const struct bars *b)
{
    size_t room = t->columns - t->indent.len;
    size_t label_columns = 0;
    uint64_t most = 0;

    text_caption(t, "Figure", &t->figure_count, b->caption);
    for (size_t i = 0; i < b->count; i++) {
        size_t columns = utf8_columns(b->bars[i].label);

        most = b->bars[i].value > most ? b->bars[i].value : most;
        label_columns = columns > label_columns ? columns : label_columns;
    }
    if (label_columns > room - room / 3 - 16)
        label_columns = room > room / 3 + 16 ? room - room / 3 - 16 : 0;
    for (size_t i = 0; i < b->count; i++)
        text_bar(t, &b->bars[i], most, label_columns);
    text_blank(t);
}

static void text_spans(struct text *t, const struct spans *s)
{
    text_caption(t, "Figure", &t->figure_count, s->caption);
    for (size_t i = 0; i < s->count; i++) {
        CLEANUP_BUF struct buf b = {0};

        buf_addstr(&b, s->spans[i].label);
        buf_adds(&b, ": ");
        span_words(&b, &s->spans[i]);
        text_hang(t, "  -  ", 5, buf_str(&b));
    }
    text_blank(t);
}

static void text_block(struct text *t, const struct block *b)
{
    switch (b->kind) {
    case BLOCK_HEADING:
        text_heading(t, b);
        break;
    case BLOCK_PARA:
    case BLOCK_LEAD:
        text_inlines(t, "", 0, &b->text);
        text_blank(t);
        break;
    case BLOCK_VERBATIM:
        text_hang(t, "    ", 4, b->label);
        text_blank(t);
        break;
    case BLOCK_CONTENTS:
        text_contents(t);
        break;
    case BLOCK_LIST:
        text_list(t, b);
        break;
    case BLOCK_PAIRS:
        text_pairs(t, b);
        break;
    case BLOCK_CALLOUT:
        text_callout(t, b);
        text_blank(t);
        break;
    case BLOCK_TABLE:
        text_table(t, b->table);
        break;
    case BLOCK_TIMELINE:
        text_timeline(t, b);
        break;
    case BLOCK_MATRIX:
        text_matrix(t, b->matrix);
        break;
    case BLOCK_SIGNATURE:
        text_signature(t, b->signature);
        break;
    case BLOCK_BARS:
        text_bars(t, b->bars);
        break;
    case BLOCK_SPANS:
        text_spans(t, b->spans);
        break;
    default: /* a page break and a drawing that a table repeats have no sign on a terminal; the rest
                is written by its container */
        break;
    }
}

static void text_blocks(struct text *t, const struct block *in)
{
    for (const struct block *b = in->first; b; b = b->next)
        text_block(t, b);
}

static void text_head(struct text *t)
{
    const struct doc_head *head = &t->doc->head;
    CLEANUP_BUF struct buf marks = {0};
    size_t from;

    buf_adds(&marks, doc_tlp_label(head->tlp));
    buf_adds(&marks, marks.len && head->status != DOC_PLAIN ? "  " : "");
    buf_adds(&marks, doc_status_word(head->status));
    if (marks.len)
        text_wrap(t, buf_str(&marks));
    if (head->privilege.len)
        text_wrap(t, head->privilege);
    text_blank(t);
    if (head->case_name.len)
        text_wrap(t, head->case_name);
    from = t->out->len;
    text_wrap(t, head->title);
    underline(t, from, '=');
    if (head->subtitle.len)
        text_wrap(t, head->subtitle);
    text_blank(t);
}

void doc_text(struct doc *d, struct buf *out, size_t columns)
{
    struct text t = {.out = out, .doc = d, .columns = columns < 40 ? 40 : columns};

    text_head(&t);
    text_blocks(&t, d->root);
    if (d->head.tlp != DOC_TLP_NONE)
        text_wrap(&t, str_of(doc_tlp_label(d->head.tlp)));
    buf_release(&t.indent);
}
