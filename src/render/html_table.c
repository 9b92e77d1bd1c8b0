/* html_table.c: tables and the matrix of hypotheses of the HTML writer. */
#include "render/html.h"

enum {
    SHORT_ROWS = 8, /* a table of so few is kept on one page */
};

static const char *const column_classes[] = {[DOC_TEXT] = "",
                                             [DOC_NUMBER] = " class=\"n\"",
                                             [DOC_TIME] = " class=\"t\"",
                                             [DOC_MONO] = " class=\"m\""};

/* Opens the region that scrolls when the table is wider than the screen, and the table. */
static void table_begin(struct html *h, const char *class, struct str caption)
{
    unsigned number = ++h->table_count;

    buf_addf(h->out,
             "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table-%u\">"
             "<table%s>\n<caption id=\"table-%u\"><b>Table %u.</b> ",
             number, class, number, number);
    html_text(h, caption);
    html_literal(h, "</caption>\n");
}

static void table_end(struct html *h)
{
    html_literal(h, "</tbody></table></div>\n");
}

static void table_head(struct html *h, const struct table *t)
{
    html_literal(h, "<thead><tr>");
    for (size_t i = 0; i < t->column_count; i++) {
        buf_addf(h->out, "<th scope=\"col\"%s>", column_classes[t->columns[i].type]);
        html_text(h, str_of(t->columns[i].heading));
        if (t->columns[i].type == DOC_TIME)
            html_literal(h, " <small>UTC</small>");
        html_literal(h, "</th>");
    }
    html_literal(h, "</tr></thead>\n<tbody>\n");
}

/* A column of times says UTC in its heading, so its cells need not. */
static void cell_inlines(struct html *h, const struct inlines *t, enum doc_column_type type)
{
    const struct inline_part *only = t->first && !t->first->next ? t->first : NULL;

    if (type == DOC_TIME && only && only->kind == INLINE_TIME)
        html_time(h, only->at, PRECISION_SECOND, "");
    else if (only && only->kind == INLINE_REF)
        html_ref(h, only->ref, false);
    else
        html_inlines(h, t);
}

static void table_cell(struct html *h, const struct table *t, const struct table_row *row,
                       size_t column)
{
    bool heads = column == 0 && row->anchor.letter;
    const struct inlines *cell = row_cell(row, column);
    enum doc_column_type type = t->columns[column].type;

    buf_addf(h->out, "<%s%s>", heads ? "th scope=\"row\"" : "td", column_classes[type]);
    if (cell)
        cell_inlines(h, cell, type);
    html_literal(h, heads ? "</th>" : "</td>");
}

void html_table(struct html *h, const struct table *t)
{
    table_begin(h, t->row_count <= SHORT_ROWS ? " class=\"short\"" : "", t->caption);
    table_head(h, t);
    for (const struct table_row *row = t->first; row; row = row->next) {
        html_literal(h, "<tr");
        html_anchor(h, row->anchor, row);
        html_literal(h, ">");
        for (size_t i = 0; i < t->column_count; i++)
            table_cell(h, t, row, i);
        html_literal(h, "</tr>\n");
    }
    if (!t->first)
        buf_addf(h->out, "<tr><td class=\"none\" colspan=\"%zu\">None.</td></tr>\n",
                 t->column_count);
    table_end(h);
}

static void matrix_weight(struct html *h, enum doc_weight weight)
{
    static const char *const classes[] = {"", " against", "", " for"};

    buf_addf(h->out, "<td class=\"w%s\">%s<span class=\"hidden\"> %s</span></td>", classes[weight],
             doc_weight_sign(weight), doc_weight_word(weight));
}

static void matrix_sums(struct html *h, const struct matrix *m)
{
    html_literal(h, "<tr class=\"sum\"><th scope=\"row\">In sum</th>");
    for (size_t i = 0; i < m->hypothesis_count; i++)
        buf_addf(h->out, "<td class=\"w\">%zu for, %zu against</td>", matrix_count(m, i, DOC_FOR),
                 matrix_count(m, i, DOC_AGAINST));
    html_literal(h, "</tr>\n");
}

void html_matrix(struct html *h, const struct matrix *m)
{
    table_begin(h, " class=\"matrix\"", m->caption);
    html_literal(h, "<thead><tr><th scope=\"col\">Evidence</th>");
    for (size_t i = 0; i < m->hypothesis_count; i++) {
        html_literal(h, "<th scope=\"col\" class=\"w\">");
        html_text(h, m->hypotheses[i]);
        html_literal(h, "</th>");
    }
    html_literal(h, "</tr></thead>\n<tbody>\n");
    for (const struct matrix_row *row = m->first; row; row = row->next) {
        html_literal(h, "<tr><th scope=\"row\">");
        html_text(h, row->evidence);
        if (row->ref.letter) {
            html_literal(h, " ");
            html_ref(h, row->ref, true);
        }
        html_literal(h, "</th>");
        for (size_t i = 0; i < m->hypothesis_count; i++)
            matrix_weight(h, row->weights[i]);
        html_literal(h, "</tr>\n");
    }
    matrix_sums(h, m);
    table_end(h);
}
