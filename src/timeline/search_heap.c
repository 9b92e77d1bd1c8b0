/* search_heap.c: the heap of rows that wait, and which of them are let go for a later pass. */
#include "timeline/search_heap.h"
#include <stdlib.h>
#include "base/mem.h"

void row_heap_release(struct row_heap *h)
{
    for (size_t i = 0; i < h->count; i++)
        free(h->rows[i].message);
    free(h->rows);
    *h = (struct row_heap){0};
}

/* In the order that rows are wanted. */
static int order_of(const struct row_heap *h, const struct row_place *a, const struct row_place *b)
{
    int is = a->ns != b->ns       ? (a->ns < b->ns ? -1 : 1)
             : a->file != b->file ? (a->file < b->file ? -1 : 1)
                                  : (a->event < b->event ? -1 : a->event > b->event);

    return h->is_backward ? -is : is;
}

static bool is_before(const struct row_heap *h, const struct found_row *a,
                      const struct found_row *b)
{
    return order_of(h, &a->place, &b->place) < 0;
}

static int by_order(const void *a, const void *b, void *context)
{
    const struct found_row *x = a, *y = b;

    return order_of(context, &x->place, &y->place);
}

/* What is in order is a heap, too. */
static void let_go(struct row_heap *h)
{
    qsort_r(h->rows, h->count, sizeof(h->rows[0]), by_order, h);
    while (h->count > 1 && h->held > ROW_HEAP_MOST / 2) {
        struct found_row *last = &h->rows[--h->count];

        h->held -= last->size + sizeof(*last);
        free(last->message);
    }
    h->until = h->rows[h->count - 1].place;
    h->has_until = true;
}

bool row_heap_wants(const struct row_heap *h, const struct row_place *p)
{
    return (!h->has_behind || order_of(h, p, &h->behind) > 0) &&
           (!h->has_until || order_of(h, p, &h->until) <= 0);
}

bool row_heap_wants_times(const struct row_heap *h, int64_t first_ns, int64_t last_ns)
{
    if (h->has_behind && (h->is_backward ? first_ns > h->behind.ns : last_ns < h->behind.ns))
        return false;
    return !h->has_until || (h->is_backward ? last_ns >= h->until.ns : first_ns <= h->until.ns);
}

void row_heap_add(struct row_heap *h, struct found_row row)
{
    size_t at = h->count;

    h->rows = mem_grow(h->rows, h->count, &h->room, sizeof(h->rows[0]));
    h->count++;
    h->held += row.size + sizeof(row);
    while (at && is_before(h, &row, &h->rows[(at - 1) / 2])) {
        h->rows[at] = h->rows[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    h->rows[at] = row;
    if (h->held > ROW_HEAP_MOST && h->count > 1)
        let_go(h);
}

struct found_row row_heap_take(struct row_heap *h)
{
    struct found_row first = h->rows[0], last = h->rows[--h->count];
    size_t at = 0, child;

    while ((child = 2 * at + 1) < h->count) {
        if (child + 1 < h->count && is_before(h, &h->rows[child + 1], &h->rows[child]))
            child++;
        if (!is_before(h, &h->rows[child], &last))
            break;
        h->rows[at] = h->rows[child];
        at = child;
    }
    if (h->count)
        h->rows[at] = last;
    h->held -= first.size + sizeof(first);
    return first;
}

bool row_heap_next_pass(struct row_heap *h)
{
    if (!h->has_until)
        return false;
    h->behind = h->until;
    h->has_behind = true;
    h->has_until = false;
    return true;
}
