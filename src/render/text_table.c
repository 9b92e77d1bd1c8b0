/* text_table.c: tables of the plain text writer: as wide as they are, narrowed, or row by row. */
#include "render/text.h"
#include "base/sink.h"
#include "render/wrap.h"

enum { COLUMN_MOST = 16, GUTTER = 2, TEXT_LEAST = 12, MONO_LEAST = 16, NAME_MOST = 16 };

/* A table as escaped texts. */
struct grid {
    struct arena *arena;
    size_t column_count, row_count;
    struct str *headings;
    struct str *cells; /* row after row */
    enum doc_column_type types[COLUMN_MOST];
    size_t widths[COLUMN_MOST];
};

static struct str escaped(struct arena *a, struct str text)
{
    CLEANUP_BUF struct buf safe = {0};

    sink_terminal(&safe, text, true);
    return (struct str){arena_dup(a, buf_text(&safe), safe.len), safe.len};
}

static struct str cell_text(struct arena *a, const struct inlines *cell, enum doc_column_type type)
{
    const struct inline_part *only = cell && !cell->first->next ? cell->first : NULL;
    CLEANUP_BUF struct buf plain = {0};
    char ref[24];

    if (only && type == DOC_TIME && only->kind == INLINE_TIME)
        event_time(&plain, only->at, PRECISION_SECOND);
    else if (only && only->kind == INLINE_REF)
        buf_addstr(&plain, doc_ref_text(ref, only->ref));
    else if (cell)
        inlines_plain(&plain, cell);
    return escaped(a, buf_str(&plain));
}

static struct grid grid_of(struct arena *a, const struct table *t)
{
    struct grid g = {.arena = a, .column_count = t->column_count, .row_count = t->row_count};
    size_t at = 0;

    g.headings = arena_alloc(a, t->column_count * sizeof(*g.headings));
    g.cells = arena_alloc(a, (t->column_count * t->row_count + 1) * sizeof(*g.cells));
    for (size_t i = 0; i < t->column_count; i++) {
        const char *more = t->columns[i].type == DOC_TIME ? " (UTC)" : "";

        g.types[i] = t->columns[i].type;
        g.headings[i] = escaped(a, str_of(arena_printf(a, "%s%s", t->columns[i].heading, more)));
    }
    for (const struct table_row *row = t->first; row; row = row->next)
        for (size_t i = 0; i < t->column_count; i++)
            g.cells[at++] = cell_text(a, row_cell(row, i), g.types[i]);
    return g;
}

static void grid_measure(struct grid *g)
{
    for (size_t i = 0; i < g->column_count; i++) {
        g->widths[i] = wrap_widest_line(g->headings[i]);
        for (size_t row = 0; row < g->row_count; row++) {
            size_t width = wrap_widest_line(g->cells[row * g->column_count + i]);

            g->widths[i] = width > g->widths[i] ? width : g->widths[i];
        }
    }
}

static size_t narrowest(const struct grid *g, size_t column)
{
    size_t least = g->types[column] == DOC_TEXT   ? TEXT_LEAST
                   : g->types[column] == DOC_MONO ? MONO_LEAST
                                                  : SIZE_MAX;

    return g->widths[column] < least ? g->widths[column] : least;
}

static size_t width_at(const struct grid *g, size_t column, size_t level)
{
    size_t least = narrowest(g, column);
    size_t width = g->widths[column] < level ? g->widths[column] : level;

    return width > least ? width : least;
}

static size_t total_at(const struct grid *g, size_t level)
{
    size_t total = (g->column_count - 1) * GUTTER;

    for (size_t i = 0; i < g->column_count; i++) {
        size_t width = width_at(g, i, level);

        total = width > SIZE_MAX - total ? SIZE_MAX : total + width;
    }
    return total;
}

/* Cuts the widest columns to one level, as high as fits. False when even the least does not. */
static bool grid_fit(struct grid *g, size_t room)
{
    size_t level = room;

    while (level > 0 && total_at(g, level) > room)
        level--;
    if (level == 0)
        return false;
    for (size_t i = 0; i < g->column_count; i++) {
        size_t width = width_at(g, i, level);

        g->widths[i] = width ? width : 1;
    }
    return total_at(g, level) <= room;
}

static void add_spaces(struct buf *line, size_t from, size_t columns)
{
    size_t taken = utf8_columns(str_from(buf_str(line), from));

    if (taken < columns)
        buf_addn(line, ' ', columns - taken);
}

/* One line of all cells of a row; false when none had anything left. */
static bool grid_line(struct text *t, const struct grid *g, struct str *rests, bool must)
{
    CLEANUP_BUF struct buf line = {0};
    bool any = false;
    size_t column = 0;

    for (size_t i = 0; i < g->column_count; i++) {
        struct str part = {"", 0};
        size_t start = line.len;

        any |= wrap_next(&rests[i], g->widths[i] < 2 ? 2 : g->widths[i], &part);
        if (g->types[i] == DOC_NUMBER && utf8_columns(part) < g->widths[i])
            buf_addn(&line, ' ', g->widths[i] - utf8_columns(part));
        buf_addstr(&line, part);
        column = i + 1 < g->column_count ? g->widths[i] + GUTTER : 0;
        add_spaces(&line, start, column);
    }
    if (!any && !must)
        return false;
    while (line.len && line.p[line.len - 1] == ' ')
        line.len--;
    buf_addstr(t->out, buf_str(&t->indent));
    buf_add(t->out, buf_text(&line), line.len);
    buf_addc(t->out, '\n');
    return true;
}

static void grid_row(struct text *t, const struct grid *g, const struct str *cells)
{
    struct str rests[COLUMN_MOST];

    for (size_t i = 0; i < g->column_count; i++)
        rests[i] = cells[i];
    for (bool must = true; grid_line(t, g, rests, must);)
        must = false;
}

static void grid_rule(struct text *t, const struct grid *g)
{
    buf_addstr(t->out, buf_str(&t->indent));
    for (size_t i = 0; i < g->column_count; i++) {
        buf_addn(t->out, ' ', i ? GUTTER : 0);
        buf_addn(t->out, '-', g->widths[i]);
    }
    buf_addc(t->out, '\n');
}

/* No room side by side: each row is a small list of names and values. */
static void grid_stack(struct text *t, const struct grid *g)
{
    size_t width = 0;

    for (size_t i = 0; i < g->column_count; i++) {
        size_t columns = utf8_columns(g->headings[i]);

        width = columns > width ? columns : width;
    }
    width = width < NAME_MOST ? width : NAME_MOST;
    for (size_t row = 0; row < g->row_count; row++) {
        for (size_t i = 0; i < g->column_count; i++) {
            CLEANUP_BUF struct buf name = {0};

            if (g->cells[row * g->column_count + i].len == 0)
                continue;
            wrap_cut(&name, g->headings[i], width, true);
            buf_adds(&name, "  ");
            text_hang(t, buf_text(&name), width + 2, g->cells[row * g->column_count + i]);
        }
        if (row + 1 < g->row_count)
            text_blank(t);
    }
}

static void grid_write(struct text *t, struct grid *g)
{
    grid_measure(g);
    if (!grid_fit(g, t->columns - t->indent.len)) {
        grid_stack(t, g);
        return;
    }
    grid_row(t, g, g->headings);
    grid_rule(t, g);
    for (size_t row = 0; row < g->row_count; row++)
        grid_row(t, g, &g->cells[row * g->column_count]);
}

void text_table(struct text *t, const struct table *table)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct grid g = grid_of(a, table);

    text_caption(t, "Table", &t->table_count, table->caption);
    text_blank(t);
    if (g.row_count)
        grid_write(t, &g);
    else
        text_hang(t, "", 0, STR("None."));
    text_blank(t);
}

/* Hypotheses are long: columns carry a number, and what it stands for is said beneath. */
static void matrix_legend(struct text *t, struct arena *a, const struct matrix *m)
{
    for (size_t i = 0; i < m->hypothesis_count; i++) {
        CLEANUP_BUF struct buf text = {0};

        buf_addstr(&text, m->hypotheses[i]);
        buf_addf(&text, ": %zu for, %zu against", matrix_count(m, i, DOC_FOR),
                 matrix_count(m, i, DOC_AGAINST));
        text_hang(t, arena_printf(a, "H%-4zu", i + 1), 5, buf_str(&text));
    }
}

static struct str matrix_evidence(struct arena *a, const struct matrix_row *row)
{
    CLEANUP_BUF struct buf b = {0};
    char ref[24];

    sink_terminal(&b, row->evidence, true);
    if (row->ref.letter)
        buf_addf(&b, " [" STR_FMT "]", STR_ARG(doc_ref_text(ref, row->ref)));
    return (struct str){arena_dup(a, buf_text(&b), b.len), b.len};
}

static struct grid matrix_grid(struct arena *a, const struct matrix *m)
{
    struct grid g = {.arena = a, .column_count = m->hypothesis_count + 1};
    struct str *cell;

    for (const struct matrix_row *row = m->first; row; row = row->next)
        g.row_count++;
    g.headings = arena_alloc(a, g.column_count * sizeof(*g.headings));
    g.cells = cell = arena_alloc(a, (g.column_count * g.row_count + 1) * sizeof(*g.cells));
    g.headings[0] = STR("Evidence");
    for (size_t i = 0; i < m->hypothesis_count; i++)
        g.headings[i + 1] = str_of(arena_printf(a, "H%zu", i + 1));
    for (const struct matrix_row *row = m->first; row; row = row->next) {
        *cell++ = matrix_evidence(a, row);
        for (size_t i = 0; i < m->hypothesis_count; i++)
            *cell++ = str_of(doc_weight_sign(row->weights[i]));
    }
    return g;
}

void text_matrix(struct text *t, const struct matrix *m)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct grid g = matrix_grid(a, m);

    text_caption(t, "Table", &t->table_count, m->caption);
    text_blank(t);
    grid_write(t, &g);
    text_blank(t);
    matrix_legend(t, a, m);
    text_blank(t);
}
