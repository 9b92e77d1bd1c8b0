/* html_text.c: text, references and anchors of the HTML writer. */
#include "render/html.h"
#include "base/sink.h"

enum { WORD_LONG = 24, WORD_PIECE = 8 };

struct anchor {
    struct doc_ref ref;
    const void *carrier;
    size_t rank; /* rows before events, then in the order of the document */
};

void html_literal(struct html *h, const char *markup)
{
    buf_adds(h->out, markup);
}

/* A word without a place to break would widen its table past the page. */
static void word_pieces(struct html *h, struct str word)
{
    struct str rest = word;
    struct str from = word;

    for (size_t count = 1; rest.len; count++) {
        utf8_take(&rest);
        if (count % WORD_PIECE && rest.len)
            continue;
        sink_html(h->out, str_head(from, from.len - rest.len));
        from = rest;
        if (rest.len)
            html_literal(h, "<wbr>");
    }
}

void html_text(struct html *h, struct str text)
{
    while (text.len) {
        size_t len = 0;

        while (len < text.len && text.p[len] != ' ' && text.p[len] != '\n')
            len++;
        if (len > WORD_LONG)
            word_pieces(h, str_head(text, len));
        else
            sink_html(h->out, str_head(text, len));
        if (len < text.len)
            buf_addc(h->out, text.p[len++]);
        text = str_from(text, len);
    }
}

void html_attribute(struct html *h, const char *name, struct str value)
{
    buf_addf(h->out, " %s=\"", name);
    sink_html(h->out, value);
    buf_addc(h->out, '"');
}

static int ref_cmp(struct doc_ref a, struct doc_ref b)
{
    if (a.letter != b.letter)
        return a.letter < b.letter ? -1 : 1;
    return a.number < b.number ? -1 : a.number > b.number;
}

static int anchor_cmp(const void *a, const void *b)
{
    const struct anchor *x = a;
    const struct anchor *y = b;
    int order = ref_cmp(x->ref, y->ref);

    return order ? order : x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int anchor_ref_cmp(const void *a, const void *b)
{
    return ref_cmp(((const struct anchor *)a)->ref, ((const struct anchor *)b)->ref);
}

struct anchor_list {
    struct anchor *items;
    size_t count, room;
};

static void anchor_add(struct anchor_list *l, struct doc_ref ref, const void *carrier, bool is_row)
{
    if (!ref.letter)
        return;
    l->items = mem_grow(l->items, l->count, &l->room, sizeof(*l->items));
    l->items[l->count] = (struct anchor){ref, carrier, l->count + (is_row ? 0 : SIZE_MAX / 2)};
    l->count++;
}

static void anchors_collect(struct anchor_list *l, const struct block *in)
{
    for (const struct block *b = in->first; b; b = b->next) {
        if (b->kind == BLOCK_EVENT)
            anchor_add(l, b->event->ref, b->event, false);
        if (b->kind == BLOCK_TABLE)
            for (const struct table_row *row = b->table->first; row; row = row->next)
                anchor_add(l, row->anchor, row, true);
        anchors_collect(l, b);
    }
}

void html_anchors_find(struct html *h)
{
    struct anchor_list l = {0};
    size_t kept = 0;

    anchors_collect(&l, h->doc->root);
    if (l.count)
        qsort(l.items, l.count, sizeof(*l.items), anchor_cmp);
    for (size_t i = 0; i < l.count; i++)
        if (kept == 0 || ref_cmp(l.items[kept - 1].ref, l.items[i].ref) != 0)
            l.items[kept++] = l.items[i];
    h->anchors = l.items;
    h->anchor_count = kept;
}

static const struct anchor *anchor_of(const struct html *h, struct doc_ref ref)
{
    struct anchor key = {.ref = ref};

    if (h->anchor_count == 0)
        return NULL;
    return bsearch(&key, h->anchors, h->anchor_count, sizeof(key), anchor_ref_cmp);
}

void html_anchor(struct html *h, struct doc_ref ref, const void *carrier)
{
    const struct anchor *anchor = ref.letter ? anchor_of(h, ref) : NULL;
    char text[24];

    if (anchor && anchor->carrier == carrier)
        html_attribute(h, "id", doc_ref_text(text, ref));
}

void html_ref(struct html *h, struct doc_ref ref, bool in_prose)
{
    char text[24];
    struct str name = doc_ref_text(text, ref);
    bool is_link = anchor_of(h, ref) != NULL;

    if (is_link)
        buf_addf(h->out, "<a class=\"ref\" href=\"#" STR_FMT "\">", STR_ARG(name));
    else
        html_literal(h, "<span class=\"ref\">");
    buf_addf(h->out, in_prose ? "[" STR_FMT "]" : STR_FMT, STR_ARG(name));
    html_literal(h, is_link ? "</a>" : "</span>");
}

void html_time_begin(struct html *h, struct utc at, enum utc_precision precision)
{
    char text[UTC_TEXT_SIZE];
    int len = precision == PRECISION_DAY ? 10 : precision == PRECISION_SECOND ? 19 : 16;

    if (!doc_time_is_shown(at)) {
        html_literal(h, "<time>");
        return;
    }
    utc_write(text, at);
    buf_addf(h->out, "<time datetime=\"%.*s%s\">", len, text,
             precision == PRECISION_DAY ? "" : "Z");
}

void html_time(struct html *h, struct utc at, enum utc_precision precision, const char *suffix)
{
    html_time_begin(h, at, precision);
    event_time(h->out, at, precision);
    if (doc_time_is_shown(at))
        html_literal(h, suffix);
    html_literal(h, "</time>");
}

static void wrapped(struct html *h, const char *tag, struct str text)
{
    buf_addf(h->out, "<%s>", tag);
    html_text(h, text);
    buf_addf(h->out, "</%s>", tag);
}

static void html_part(struct html *h, const struct inline_part *part)
{
    switch (part->kind) {
    case INLINE_TEXT:
        html_text(h, part->text);
        break;
    case INLINE_EMPH:
        wrapped(h, "em", part->text);
        break;
    case INLINE_STRONG:
        wrapped(h, "strong", part->text);
        break;
    case INLINE_CODE:
        wrapped(h, "code", part->text);
        break;
    case INLINE_REF:
        html_ref(h, part->ref, true);
        break;
    case INLINE_TIME:
        html_time(h, part->at, PRECISION_SECOND, " UTC");
        break;
    case INLINE_BREAK:
        html_literal(h, "<br>");
        break;
    }
}

void html_inlines(struct html *h, const struct inlines *t)
{
    for (const struct inline_part *part = t->first; part; part = part->next)
        html_part(h, part);
}
