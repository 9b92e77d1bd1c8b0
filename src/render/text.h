/* text.h: what the parts of the plain text writer share. */
#pragma once
#include "render/doc_tree.h"

struct text {
    struct buf *out;
    const struct doc *doc;
    size_t columns;
    struct buf indent; /* stands before every line; ASCII */
    unsigned table_count, figure_count;
};

/* Wrapped text behind the indent, with first before its first line and hang spaces before the
 * others. */
void text_hang(struct text *t, const char *first, size_t hang, struct str text);
void text_blank(struct text *t);
/* "Table 3. …" */
void text_caption(struct text *t, const char *kind, unsigned *count, struct str caption);
void text_table(struct text *t, const struct table *table);
void text_matrix(struct text *t, const struct matrix *m);
