/* query_read.h: a query while it is read, as query.c and query_bounds.c share it. */
#pragma once
#include "timeline/query_tree.h"

/* What is left of the text. */
struct reading {
    struct query *q;
    struct str rest;
    const struct query_times *times;
    unsigned depth;
    struct err *e;
    int rc;
};
/* Sets r->rc, where it is none yet: what is not understood, and where. NULL. */
const struct node *query_fail(struct reading *r, const char *what);
struct node *query_node(struct reading *r, enum node_kind kind); /* NULL: there are too many */
void query_skip_spaces(struct reading *r);
struct str query_peek_word(const struct reading *r);

/* query_bounds.c. ">=500" and "[1 TO 99]"; false: it is none. */
bool query_take_compared(struct reading *r, struct value_test *t);
bool query_take_range(struct reading *r, struct value_test *t);
/* What stands behind "time:". */
const struct node *query_read_time(struct reading *r);
