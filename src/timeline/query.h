/* query.h: what is searched for, as a person writes it (doc/format/timeline.md section 4). */
#pragma once
#include "base/err.h"
#include "timeline/block_read.h"

enum { QUERY_SIZE_MOST = 8192, QUERY_NODES_MOST = 1024, QUERY_DEPTH_MOST = 64 };

/* What a time that is written in a query stands for: from its first to its last nanosecond, which
 * differ where it names a day or a minute. */
struct query_times {
    int (*read)(void *context, struct str text, int64_t *first_ns, int64_t *last_ns, struct err *e);
    void *context;
};

struct query;
/* ERR_USAGE says what is wrong and where. An empty text is all events. times NULL: a query with
 * times is refused. */
MUST_CHECK int query_read(struct query **out, struct str text, const struct query_times *times,
                          struct err *e);
/* Whether it asks for the tags of events. */
bool query_has_tags(const struct query *q);
/* The last word that may have been meant otherwise than it is read, and how it is read; borrowed.
 * NULL: there is none. */
const char *query_maybe_meant(const struct query *q, struct str *word);
/* Goes through the fields that it names, which events may have or not; some come twice. */
bool query_next_field(const struct query *q, size_t *at, struct str *field);
/* Whether each "evidence:" of the query asks for one of these items (3 of e3); else *asked is the
 * text of one that does not. */
bool query_knows_items(const struct query *q, const unsigned *items, size_t count,
                       struct str *asked);
/* Whether an event of that item can be so, by what the query says of items. */
bool query_may_be_of(const struct query *q, unsigned item);
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
static inline bool rows_any(const struct rows *r)
{
    for (size_t i = 0; i < BLOCK_EVENTS / 64; i++)
        if (r->bits[i])
            return true;
    return false;
}
/* What people said of an event. */
struct query_mark {
    uint64_t event; /* of the item, from 0 */
    struct str tag;
};
/* What a block is of. */
struct query_about {
    struct str source;    /* its name */
    struct str item;      /* "e3" */
    int64_t skew_ns;      /* by which its clock ran ahead */
    const int64_t *times; /* of its rows, corrected by that; NULL: as the block has them */
    uint64_t first_event; /* of the item */
    const struct query_mark *marks; /* of the item, by event */
    size_t mark_count;
};
/* Which rows of the block it is true of. ERR_FORMAT. */
MUST_CHECK int query_match(const struct query *q, struct block *b, const struct query_about *about,
                           struct rows *out, struct err *e);
