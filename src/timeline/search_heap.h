/* search_heap.h: rows that were found, until it is their turn in the order of time; no more memory
 * than a stated size, whatever there is of them. */
#pragma once
#include "base/str.h"

/* Where a row stands in the order. */
struct row_place {
    int64_t ns;
    uint64_t event;
    uint32_t file;
};
struct found_row {
    struct row_place place;
    char *message; /* owned */
    uint32_t size;
};

/* What waits can be more than may be held, where blocks lie over one another in time. Then the last
 * ones are let go, and the blocks are gone through again for them. */
struct row_heap {
    bool is_backward;
    struct found_row *rows; /* the next one first */
    size_t count, room;
    uint64_t held;           /* bytes of them */
    struct row_place behind; /* rows of this pass come behind it, */
    struct row_place until;  /* and are not behind this one */
    bool has_behind, has_until;
};
enum { ROW_HEAP_MOST = 48 << 20 }; /* bytes of rows, but for a single one */
void row_heap_release(struct row_heap *h);
/* Whether a row of that place is wanted in this pass. */
bool row_heap_wants(const struct row_heap *h, const struct row_place *p);
/* Whether any can be of a block of these times. */
bool row_heap_wants_times(const struct row_heap *h, int64_t first_ns, int64_t last_ns);
void row_heap_add(struct row_heap *h, struct found_row row); /* takes the message */
struct found_row row_heap_take(struct row_heap *h);          /* the next one; count is not 0 */
/* After all blocks, and all rows were taken. False: there were no more rows. */
bool row_heap_next_pass(struct row_heap *h);
