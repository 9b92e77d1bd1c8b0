/* doc.c: builds the tree of a document. */
#include "render/doc_tree.h"
#include <ctype.h>

enum { COLUMN_LIMIT = 16, HYPOTHESIS_LIMIT = 12 };

static struct str dup_str(struct arena *a, struct str s)
{
    return (struct str){arena_dup(a, s.p ? s.p : "", s.len), s.len};
}

struct doc *doc_new(struct arena *a, const struct doc_head *head)
{
    struct doc *d = arena_new_in(a, struct doc);

    d->arena = a;
    d->head = *head;
    d->head.title = dup_str(a, head->title);
    d->head.subtitle = dup_str(a, head->subtitle);
    d->head.case_name = dup_str(a, head->case_name);
    d->head.privilege = dup_str(a, head->privilege);
    d->head.lang = head->lang.len ? dup_str(a, head->lang) : STR("en");
    d->root = d->open = arena_new_in(a, struct block);
    return d;
}

struct arena *doc_arena(struct doc *d)
{
    return d->arena;
}

static struct inline_part *part_add(struct inlines *t, enum inline_kind kind)
{
    struct inline_part *part = arena_new_in(t->arena, struct inline_part);

    part->kind = kind;
    if (t->last)
        t->last->next = part;
    else
        t->first = part;
    t->last = part;
    return part;
}

static void text_add(struct inlines *t, enum inline_kind kind, struct str text)
{
    if (text.len)
        part_add(t, kind)->text = dup_str(t->arena, text);
}

void inline_text(struct inlines *t, const char *text)
{
    text_add(t, INLINE_TEXT, str_of(text));
}

void inline_str(struct inlines *t, struct str text)
{
    text_add(t, INLINE_TEXT, text);
}

void inline_printf(struct inlines *t, const char *fmt, ...)
{
    CLEANUP_BUF struct buf b = {0};
    va_list ap;

    va_start(ap, fmt);
    buf_addv(&b, fmt, ap);
    va_end(ap);
    text_add(t, INLINE_TEXT, buf_str(&b));
}

void inline_emph(struct inlines *t, struct str text)
{
    text_add(t, INLINE_EMPH, text);
}

void inline_strong(struct inlines *t, struct str text)
{
    text_add(t, INLINE_STRONG, text);
}

void inline_code(struct inlines *t, struct str text)
{
    text_add(t, INLINE_CODE, text);
}

void inline_ref(struct inlines *t, struct doc_ref ref)
{
    if (ref.letter)
        part_add(t, INLINE_REF)->ref = ref;
}

void inline_time(struct inlines *t, struct utc at)
{
    part_add(t, INLINE_TIME)->at = at;
}

void inline_break(struct inlines *t)
{
    part_add(t, INLINE_BREAK);
}

static struct block *block_add(struct doc *d, enum block_kind kind)
{
    struct block *b = arena_new_in(d->arena, struct block);
    struct block *in = d->open;

    b->kind = kind;
    b->parent = in;
    b->text.arena = d->arena;
    if (in->last)
        in->last->next = b;
    else
        in->first = b;
    in->last = b;
    return b;
}

static struct block *block_open(struct doc *d, enum block_kind kind)
{
    d->open = block_add(d, kind);
    return d->open;
}

/* The container that takes blocks of prose; anything else in the way was opened and not ended. */
static struct block *prose_add(struct doc *d, enum block_kind kind)
{
    enum block_kind in = d->open->kind;

    if (in != BLOCK_ROOT && in != BLOCK_ITEM && in != BLOCK_PAIR && in != BLOCK_CALLOUT)
        BUG("a paragraph, list or table inside a table, list or timeline; doc_end is missing");
    return block_add(d, kind);
}

static struct block *prose_open(struct doc *d, enum block_kind kind)
{
    d->open = prose_add(d, kind);
    return d->open;
}

void doc_heading(struct doc *d, int level, struct str text)
{
    struct block *b;

    if (level < 1 || level > 3 || d->open != d->root)
        BUG("a heading of level %d, or inside a container", level);
    b = block_add(d, BLOCK_HEADING);
    b->level = level;
    b->label = dup_str(d->arena, text);
    d->counts[level - 1]++;
    for (int i = level; i < 3; i++)
        d->counts[i] = 0;
    if (d->is_appendix && d->counts[0] > 26)
        b->number = arena_printf(d->arena, "Z%u", d->counts[0]);
    else if (d->is_appendix)
        b->number = arena_printf(d->arena, "%c", (char)('@' + d->counts[0]));
    else
        b->number = arena_printf(d->arena, "%u", d->counts[0]);
    for (int i = 1; i < level; i++)
        b->number = arena_printf(d->arena, "%s.%u", b->number, d->counts[i]);
}

void doc_appendices(struct doc *d)
{
    d->is_appendix = true;
    for (int i = 0; i < 3; i++)
        d->counts[i] = 0;
}

struct inlines *doc_para(struct doc *d)
{
    return &prose_add(d, BLOCK_PARA)->text;
}

void doc_para_text(struct doc *d, const char *text)
{
    inline_text(doc_para(d), text);
}

struct inlines *doc_lead(struct doc *d)
{
    return &prose_add(d, BLOCK_LEAD)->text;
}

void doc_verbatim(struct doc *d, struct str text)
{
    prose_add(d, BLOCK_VERBATIM)->label = dup_str(d->arena, text);
}

void doc_page_break(struct doc *d)
{
    prose_add(d, BLOCK_PAGE_BREAK);
}

void doc_contents(struct doc *d)
{
    prose_add(d, BLOCK_CONTENTS);
}

void doc_list(struct doc *d, enum doc_list kind)
{
    prose_open(d, BLOCK_LIST)->level = (int)kind;
}

/* Steps out of the item or pair before, into the container itself. */
static void step_out(struct doc *d, enum block_kind child, enum block_kind container)
{
    if (d->open->kind == child)
        d->open = d->open->parent;
    if (d->open->kind != container)
        BUG("an item or pair outside its list");
}

struct inlines *doc_item(struct doc *d)
{
    size_t number = 1;

    step_out(d, BLOCK_ITEM, BLOCK_LIST);
    if (d->open->last) /* counted on, so that long lists stay cheap */
        number = (size_t)d->open->last->level + 1;
    block_open(d, BLOCK_ITEM)->level = (int)number;
    d->open->number = arena_printf(d->arena, "%zu", number);
    return &d->open->text;
}

void doc_pairs(struct doc *d, enum doc_pairs kind)
{
    prose_open(d, BLOCK_PAIRS)->level = (int)kind;
}

struct inlines *doc_pair(struct doc *d, struct str name)
{
    step_out(d, BLOCK_PAIR, BLOCK_PAIRS);
    block_open(d, BLOCK_PAIR)->label = dup_str(d->arena, name);
    return &d->open->text;
}

void doc_pair_str(struct doc *d, const char *name, struct str value)
{
    inline_str(doc_pair(d, str_of(name)), value);
}

void doc_callout(struct doc *d, enum doc_callout kind, struct str title)
{
    struct block *b = prose_open(d, BLOCK_CALLOUT);

    b->level = (int)kind;
    b->label = dup_str(d->arena, title);
}

void doc_end(struct doc *d)
{
    if (d->open->kind == BLOCK_ITEM || d->open->kind == BLOCK_PAIR)
        d->open = d->open->parent;
    if (d->open == d->root)
        BUG("doc_end without anything to end");
    d->open = d->open->parent;
}

void doc_table(struct doc *d, struct str caption, const struct doc_column *columns,
               size_t column_count)
{
    struct table *t = arena_new_in(d->arena, struct table);
    struct doc_column *copy = arena_alloc(d->arena, column_count * sizeof(*copy));

    if (column_count == 0 || column_count > COLUMN_LIMIT)
        BUG("a table of %zu columns", column_count);
    for (size_t i = 0; i < column_count; i++)
        copy[i] = (struct doc_column){
            arena_strdup(d->arena, columns[i].heading ? columns[i].heading : ""), columns[i].type};
    *t = (struct table){dup_str(d->arena, caption), column_count, copy, NULL, NULL, 0};
    prose_open(d, BLOCK_TABLE)->table = t;
}

static struct table *open_table(struct doc *d)
{
    if (d->open->kind != BLOCK_TABLE)
        BUG("a row or cell outside a table");
    return d->open->table;
}

void doc_row(struct doc *d, struct doc_ref anchor)
{
    struct table *t = open_table(d);
    struct table_row *row =
        arena_alloc(d->arena, sizeof(*row) + t->column_count * sizeof(row->cells[0]));

    row->anchor = anchor;
    if (t->last)
        t->last->next = row;
    else
        t->first = row;
    t->last = row;
    t->row_count++;
}

struct inlines *doc_cell(struct doc *d)
{
    struct table *t = open_table(d);
    struct inlines *cell;

    if (!t->last || t->last->used == t->column_count)
        BUG("a cell without a row, or more cells than columns");
    cell = &t->last->cells[t->last->used++];
    cell->arena = d->arena;
    return cell;
}

void doc_cell_str(struct doc *d, struct str text)
{
    inline_str(doc_cell(d), text);
}

void doc_cell_text(struct doc *d, const char *text)
{
    inline_text(doc_cell(d), text);
}

void doc_cell_u64(struct doc *d, uint64_t number)
{
    inline_printf(doc_cell(d), "%llu", (unsigned long long)number);
}

void doc_cell_time(struct doc *d, struct utc at)
{
    inline_time(doc_cell(d), at);
}

void doc_cell_ref(struct doc *d, struct doc_ref ref)
{
    inline_ref(doc_cell(d), ref);
}

void doc_timeline(struct doc *d)
{
    prose_open(d, BLOCK_TIMELINE);
}

struct inlines *doc_timeline_event(struct doc *d, const struct doc_event *event)
{
    struct doc_event *copy = arena_new_in(d->arena, struct doc_event);
    struct block *b;

    if (d->open->kind != BLOCK_TIMELINE)
        BUG("an event outside a timeline");
    *copy = *event;
    copy->who = dup_str(d->arena, event->who);
    copy->mark = dup_str(d->arena, event->mark);
    b = block_add(d, BLOCK_EVENT);
    b->event = copy;
    return &b->text;
}

void doc_matrix(struct doc *d, struct str caption, const struct str *hypotheses,
                size_t hypothesis_count)
{
    struct matrix *m = arena_new_in(d->arena, struct matrix);
    struct str *copy = arena_alloc(d->arena, hypothesis_count * sizeof(*copy));

    if (hypothesis_count == 0 || hypothesis_count > HYPOTHESIS_LIMIT)
        BUG("a matrix of %zu hypotheses", hypothesis_count);
    for (size_t i = 0; i < hypothesis_count; i++)
        copy[i] = dup_str(d->arena, hypotheses[i]);
    *m = (struct matrix){dup_str(d->arena, caption), hypothesis_count, copy, NULL, NULL};
    prose_open(d, BLOCK_MATRIX)->matrix = m;
}

void doc_matrix_row(struct doc *d, struct str evidence, struct doc_ref ref,
                    const enum doc_weight *weights)
{
    struct matrix_row *row = arena_new_in(d->arena, struct matrix_row);
    struct matrix *m = d->open->matrix;

    if (d->open->kind != BLOCK_MATRIX)
        BUG("weights outside a matrix");
    row->evidence = dup_str(d->arena, evidence);
    row->ref = ref;
    row->weights = (const enum doc_weight *)arena_dup(d->arena, weights,
                                                      m->hypothesis_count * sizeof(*weights));
    if (m->last)
        m->last->next = row;
    else
        m->first = row;
    m->last = row;
}

void doc_signature(struct doc *d, const struct doc_signature *signature)
{
    struct doc_signature *copy = arena_new_in(d->arena, struct doc_signature);

    *copy = *signature;
    copy->role = dup_str(d->arena, signature->role);
    copy->statement = dup_str(d->arena, signature->statement);
    copy->name = dup_str(d->arena, signature->name);
    copy->key = dup_str(d->arena, signature->key);
    prose_add(d, BLOCK_SIGNATURE)->signature = copy;
}

void doc_bars(struct doc *d, struct str caption, const struct doc_bar *bars, size_t bar_count)
{
    struct doc_bar *copy = arena_alloc(d->arena, bar_count * sizeof(*copy));
    struct bars *b = arena_new_in(d->arena, struct bars);

    for (size_t i = 0; i < bar_count; i++)
        copy[i] = (struct doc_bar){dup_str(d->arena, bars[i].label),
                                   dup_str(d->arena, bars[i].text), bars[i].value};
    *b = (struct bars){dup_str(d->arena, caption), bar_count, copy};
    prose_add(d, BLOCK_BARS)->bars = b;
}

void doc_spans(struct doc *d, struct str caption, const struct doc_span *spans, size_t span_count)
{
    struct doc_span *copy = arena_alloc(d->arena, span_count * sizeof(*copy));
    struct spans *b = arena_new_in(d->arena, struct spans);

    for (size_t i = 0; i < span_count; i++)
        copy[i] = (struct doc_span){dup_str(d->arena, spans[i].label), spans[i].from, spans[i].to};
    *b = (struct spans){dup_str(d->arena, caption), span_count, copy};
    prose_add(d, BLOCK_SPANS)->spans = b;
}

void doc_moments(struct doc *d, struct str caption, const struct doc_moment *moments,
                 size_t moment_count)
{
    struct doc_moment *copy = arena_alloc(d->arena, moment_count * sizeof(*copy));
    struct moments *m = arena_new_in(d->arena, struct moments);

    if (moment_count == 0)
        BUG("a drawing of no moments");
    for (size_t i = 0; i < moment_count; i++) {
        copy[i] = moments[i];
        copy[i].lane = dup_str(d->arena, moments[i].lane);
        copy[i].kind = dup_str(d->arena, moments[i].kind);
        copy[i].words = dup_str(d->arena, moments[i].words);
    }
    *m = (struct moments){dup_str(d->arena, caption), moment_count, copy};
    prose_add(d, BLOCK_MOMENTS)->moments = m;
}
