/* query.h: what is searched for, as a person writes it (doc/format/timeline.md section 4). */
#pragma once
#include "base/err.h"
#include "timeline/block_read.h"

enum { QUERY_SIZE_MOST = 8192, QUERY_NODES_MOST = 1024, QUERY_DEPTH_MOST = 64 };

struct query;
/* ERR_USAGE says what is wrong and where. An empty text is all events. */
MUST_CHECK int query_read(struct query **out, struct str text, struct err *e);
void query_free(struct query *q); /* NULL is fine */
DEFINE_CLEANUP(struct query *, query_free)

struct rows {
    uint64_t bits[BLOCK_EVENTS / 64];
};
static inline bool rows_has(const struct rows *r, size_t row)
{
    return r->bits[row / 64] >> row % 64 & 1;
}
static inline void rows_set(struct rows *r, size_t row)
{
    r->bits[row / 64] |= (uint64_t)1 << row % 64;
}
/* Which rows of the block it is true of. source is the name of what the block is of. ERR_FORMAT. */
MUST_CHECK int query_match(const struct query *q, struct block *b, struct str source,
                           struct rows *out, struct err *e);
