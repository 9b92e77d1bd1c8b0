/* html.c: writes a document as one HTML file. */
#include "render/html.h"
#include "base/hash.h"
#include "base/sink.h"
#include "report_css.h"

static void html_blocks(struct html *h, const struct block *in);

/* A string of CSS: every byte that is not a letter, digit or space is written as a number, so that
 * nothing can end the string or the style. */
static void css_string(struct buf *out, struct str text)
{
    CLEANUP_BUF struct buf safe = {0};
    struct str rest;

    sink_terminal(&safe, text, false);
    rest = buf_str(&safe);
    buf_addc(out, '"');
    while (rest.len) {
        uint32_t c = utf8_take(&rest);

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ')
            buf_addc(out, (char)c);
        else
            buf_addf(out, "\\%x ", (unsigned)c); /* the space ends the number */
    }
    buf_addc(out, '"');
}

static void margin_box(struct buf *css, const char *box, struct str text)
{
    if (text.len == 0)
        return;
    buf_addf(css, "@%s{content:", box);
    css_string(css, text);
    buf_adds(css, "}\n");
}

static const char *tlp_class(enum doc_tlp tlp)
{
    static const char *const classes[] = {"none", "clear", "green", "amber", "amber", "red"};

    return classes[tlp];
}

/* TLP 2.0: the label stands in the header and the footer of each page, to the right, in 12 point
 * or more, in its colour on black. */
static void tlp_boxes(struct buf *css, enum doc_tlp tlp)
{
    static const char *const colors[] = {"", "#fff", "#33ff00", "#ffc000", "#ffc000", "#ff2b2b"};

    if (tlp == DOC_TLP_NONE)
        return;
    for (int i = 0; i < 2; i++)
        buf_addf(css, "@%s-right{content:\"%s\";color:%s;width:%s}\n", i == 0 ? "top" : "bottom",
                 doc_tlp_label(tlp), colors[tlp], tlp == DOC_TLP_AMBER_STRICT ? "46mm" : "30mm");
}

static void page_style(struct buf *css, const struct doc_head *head)
{
    CLEANUP_BUF struct buf running = {0};
    const char *status = doc_status_word(head->status);

    buf_addstr(&running, head->case_name.len ? head->case_name : head->title);
    if (head->status != DOC_PLAIN)
        buf_addf(&running, " \xc2\xb7 %s", status);
    buf_adds(css, "@page{\n");
    margin_box(css, "top-left", buf_str(&running));
    margin_box(css, "bottom-left", head->privilege);
    tlp_boxes(css, head->tlp);
    buf_adds(css, "}\n");
}

struct str html_own_css(void)
{
    return report_css[0].bytes;
}

/* The style is allowed by its hash alone: no other style, no script, nothing from anywhere. */
static void html_style(struct html *h)
{
    CLEANUP_BUF struct buf css = {0};
    struct hash hash;

    buf_addc(&css, '\n');
    buf_addstr(&css, html_own_css());
    page_style(&css, &h->doc->head);
    hash = hash_bytes(css.p, css.len);
    html_literal(h, HTML_POLICY);
    base64_add(h->out, hash.b, sizeof(hash.b));
    html_literal(h, HTML_STYLE);
    buf_addstr(h->out, buf_str(&css));
}

static void html_head(struct html *h)
{
    const struct doc_head *head = &h->doc->head;

    html_literal(h, HTML_BEGIN);
    html_attribute(h, "lang", head->lang);
    html_literal(h, HTML_METAS CALM_VERSION);
    html_style(h);
    html_literal(h, HTML_TITLE);
    sink_html(h->out, head->title);
    if (head->case_name.len) {
        html_literal(h, " \xc2\xb7 ");
        sink_html(h->out, head->case_name);
    }
    html_literal(h, HTML_BODY);
}

static void html_marks(struct html *h)
{
    const struct doc_head *head = &h->doc->head;

    html_literal(h, "<p class=\"marks\">");
    if (head->status != DOC_PLAIN)
        buf_addf(h->out, "<span class=\"status\">%s</span> ", doc_status_word(head->status));
    if (head->privilege.len) {
        html_literal(h, "<span class=\"privilege\">");
        html_text(h, head->privilege);
        html_literal(h, "</span> ");
    }
    if (head->tlp != DOC_TLP_NONE)
        buf_addf(h->out, "<strong class=\"tlp %s\">%s</strong>", tlp_class(head->tlp),
                 doc_tlp_label(head->tlp));
    html_literal(h, "</p>\n");
}

static void html_title(struct html *h)
{
    const struct doc_head *head = &h->doc->head;

    html_literal(h, "<header>\n");
    html_marks(h);
    if (head->case_name.len) {
        html_literal(h, "<p class=\"case\">");
        html_text(h, head->case_name);
        html_literal(h, "</p>\n");
    }
    html_literal(h, "<h1>");
    html_text(h, head->title);
    html_literal(h, "</h1>\n");
    if (head->subtitle.len) {
        html_literal(h, "<p class=\"subtitle\">");
        html_text(h, head->subtitle);
        html_literal(h, "</p>\n");
    }
    html_literal(h, "</header>\n");
}

static void heading_text(struct html *h, const struct block *b)
{
    buf_addf(h->out, "<span class=\"no\">%s</span> ", b->number);
    html_text(h, b->label);
}

/* An appendix after chapters could repeat no anchor: its number starts with a letter. */
static void html_heading(struct html *h, const struct block *b)
{
    buf_addf(h->out, "<h%d id=\"section-%s\">", b->level + 1, b->number);
    heading_text(h, b);
    buf_addf(h->out, "</h%d>\n", b->level + 1);
}

static void contents_entry(struct html *h, const struct block *b)
{
    buf_addf(h->out, "<li class=\"l%d\"><a href=\"#section-%s\">", b->level, b->number);
    heading_text(h, b);
    html_literal(h, "</a></li>\n");
}

static void html_contents(struct html *h)
{
    html_literal(h, "<nav class=\"contents\" aria-labelledby=\"contents\"><h2 id=\"contents\">"
                    "Contents</h2>\n<ol>\n");
    for (const struct block *b = h->doc->root->first; b; b = b->next)
        if (b->kind == BLOCK_HEADING && b->level <= 2)
            contents_entry(h, b);
    html_literal(h, "</ol></nav>\n");
}

static void html_list(struct html *h, const struct block *list)
{
    static const char *const opens[] = {"<ul>\n", "<ol>\n", "<ul class=\"boxes\">\n"};

    html_literal(h, opens[list->level]);
    for (const struct block *b = list->first; b; b = b->next) {
        html_literal(h, "<li>");
        html_inlines(h, &b->text);
        html_blocks(h, b);
        html_literal(h, "</li>\n");
    }
    html_literal(h, list->level == DOC_NUMBERS ? "</ol>\n" : "</ul>\n");
}

static void html_pairs(struct html *h, const struct block *pairs)
{
    if (!pairs->first)
        return;
    buf_addf(h->out, "<dl class=\"%s\">\n", pairs->level == DOC_FACTS ? "facts" : "terms");
    for (const struct block *b = pairs->first; b; b = b->next) {
        html_literal(h, "<div><dt>");
        html_text(h, b->label);
        html_literal(h, "</dt><dd>");
        html_inlines(h, &b->text);
        html_blocks(h, b);
        html_literal(h, "</dd></div>\n");
    }
    html_literal(h, "</dl>\n");
}

static void html_callout(struct html *h, const struct block *b)
{
    static const char *const classes[] = {"fact", "opinion", "gap", "override", "note"};

    buf_addf(h->out, "<div class=\"callout %s\" role=\"note\"><p class=\"kind\">%s</p>\n",
             classes[b->level], doc_callout_word((enum doc_callout)b->level));
    if (b->label.len) {
        html_literal(h, "<p class=\"headline\">");
        html_text(h, b->label);
        html_literal(h, "</p>\n");
    }
    html_blocks(h, b);
    html_literal(h, "</div>\n");
}

static void html_day(struct html *h, const struct doc_event *event)
{
    html_literal(h, "<p class=\"day\">");
    event_day(h->out, event->at);
    event_zone(h->out, event->at);
    html_literal(h, "</p>\n<ol class=\"events\">\n");
}

static void event_when(struct html *h, const struct doc_event *event)
{
    html_literal(h, "<p class=\"when\">");
    if (event->precision == PRECISION_DAY || !doc_time_is_shown(event->at)) {
        html_time_begin(h, event->at, PRECISION_DAY);
        html_literal(h, event->precision == PRECISION_DAY ? "that day</time>" : "unknown</time>");
    } else {
        html_time_begin(h, event->at, event->precision);
        event_clock(h->out, event->at, event->precision, true);
        html_literal(h, "</time> <span class=\"utc\">");
        event_clock(h->out, event->at, event->precision, false);
        buf_addf(h->out, " UTC%s</span>", event_day_note(event->at));
    }
    html_literal(h, "</p>");
}

static void html_event(struct html *h, const struct block *b)
{
    const struct doc_event *event = b->event;

    html_literal(h, "<li");
    html_anchor(h, event->ref, event);
    html_literal(h, ">");
    event_when(h, event);
    html_literal(h, "<div class=\"what\"><p>");
    html_inlines(h, &b->text);
    html_literal(h, "</p><p class=\"by\">");
    html_text(h, event->who);
    if (event->ref.letter) {
        html_literal(h, event->who.len ? " \xc2\xb7 " : "");
        html_ref(h, event->ref, false);
    }
    if (event->mark.len) {
        html_literal(h, " <span class=\"mark\">");
        html_text(h, event->mark);
        html_literal(h, "</span>");
    }
    html_literal(h, "</p></div></li>\n");
}

static void html_timeline(struct html *h, const struct block *timeline)
{
    const struct block *before = NULL;

    html_literal(h, "<div class=\"timeline\">\n");
    for (const struct block *b = timeline->first; b; b = b->next) {
        if (event_starts_day(b, before)) {
            html_literal(h, before ? "</ol>\n" : "");
            html_day(h, b->event);
        }
        html_event(h, b);
        before = b;
    }
    html_literal(h, before ? "</ol></div>\n" : "</div>\n");
}

static void signature_line(struct html *h, const char *name, struct str value)
{
    buf_addf(h->out, "<div><dt>%s</dt><dd>", name);
    html_text(h, value);
    html_literal(h, value.len ? "</dd></div>" : "&nbsp;</dd></div>");
}

static void html_signature(struct html *h, const struct doc_signature *s)
{
    bool is_signed = s->key.len > 0;

    buf_addf(h->out, "<div class=\"signature%s\"><p class=\"role\">", is_signed ? " signed" : "");
    html_text(h, s->role);
    html_literal(h, "</p>");
    if (s->statement.len) {
        html_literal(h, "<p class=\"statement\">");
        html_text(h, s->statement);
        html_literal(h, "</p>");
    }
    html_literal(h, "<dl>");
    signature_line(h, "Name", s->name);
    if (is_signed) {
        html_literal(h, "<div class=\"key\"><dt>Signed with key</dt><dd>");
        html_text(h, s->key);
        html_literal(h, "</dd></div><div><dt>Time</dt><dd>");
        html_time(h, s->at, PRECISION_SECOND, " UTC");
        html_literal(h, "</dd></div>");
    } else {
        signature_line(h, "Date", STR(""));
        signature_line(h, "Signature", STR(""));
    }
    html_literal(h, "</dl></div>\n");
}

/* Signatures that follow each other stand side by side. */
static const struct block *html_signatures(struct html *h, const struct block *b)
{
    html_literal(h, "<div class=\"signatures\">\n");
    for (;; b = b->next) {
        html_signature(h, b->signature);
        if (!b->next || b->next->kind != BLOCK_SIGNATURE)
            break;
    }
    html_literal(h, "</div>\n");
    return b;
}

static void html_para(struct html *h, const struct block *b)
{
    html_literal(h, b->kind == BLOCK_LEAD ? "<p class=\"lead\">" : "<p>");
    html_inlines(h, &b->text);
    html_literal(h, "</p>\n");
}

static void html_block(struct html *h, const struct block *b)
{
    switch (b->kind) {
    case BLOCK_HEADING:
        html_heading(h, b);
        break;
    case BLOCK_PARA:
    case BLOCK_LEAD:
        html_para(h, b);
        break;
    case BLOCK_VERBATIM:
        html_literal(h, "<pre><code>");
        html_text(h, b->label);
        html_literal(h, "</code></pre>\n");
        break;
    case BLOCK_PAGE_BREAK:
        html_literal(h, "<div class=\"break\"></div>\n");
        break;
    case BLOCK_CONTENTS:
        html_contents(h);
        break;
    case BLOCK_LIST:
        html_list(h, b);
        break;
    case BLOCK_PAIRS:
        html_pairs(h, b);
        break;
    case BLOCK_CALLOUT:
        html_callout(h, b);
        break;
    case BLOCK_TABLE:
        html_table(h, b->table);
        break;
    case BLOCK_TIMELINE:
        html_timeline(h, b);
        break;
    case BLOCK_MATRIX:
        html_matrix(h, b->matrix);
        break;
    case BLOCK_BARS:
        html_bars(h, b->bars);
        break;
    case BLOCK_SPANS:
        html_spans(h, b->spans);
        break;
    case BLOCK_MOMENTS:
        html_moments(h, b->moments);
        break;
    case BLOCK_ROOT:
    case BLOCK_ITEM:
    case BLOCK_PAIR:
    case BLOCK_EVENT:
    case BLOCK_SIGNATURE:
        BUG("a block of kind %d where none can be", (int)b->kind);
    }
}

static void html_blocks(struct html *h, const struct block *in)
{
    for (const struct block *b = in->first; b; b = b->next) {
        if (b->kind == BLOCK_SIGNATURE)
            b = html_signatures(h, b);
        else
            html_block(h, b);
    }
}

void doc_html(struct doc *d, struct buf *out)
{
    struct html h = {.out = out, .doc = d};

    html_anchors_find(&h);
    html_head(&h);
    html_title(&h);
    html_literal(&h, "<main id=\"main\">\n");
    html_blocks(&h, d->root);
    html_literal(&h, HTML_FOOT);
    html_marks(&h);
    html_literal(&h, HTML_END);
    free(h.anchors);
}
