/* search_about.h: what the records of a case say of its timelines, as it goes to the workers that
 * search: how clocks ran, what people marked, and which times a query names. */
#pragma once
#include "base/mem.h"
#include "timeline/query.h"

enum {
    SEARCH_MARKS_MOST = 10000,
    SEARCH_SKEWS_MOST = 4096,
    SEARCH_ABOUT_SIZE = 768 << 10, /* bytes of all of it */
};

/* The clock of a source, or of the whole item where source is empty, ran ahead by ns. */
struct search_skew {
    struct str source;
    int64_t ns;
};
struct search_item {
    unsigned number; /* 3 of e3 */
    const struct search_skew *skews;
    size_t skew_count;
    const struct query_mark *marks; /* by event */
    size_t mark_count;
};
/* That of a source of the item. */
int64_t search_skew_of(const struct search_item *item, struct str source);
/* A time as its clock had it is this true one; at the ends of the range it stays within. */
int64_t search_true_time(int64_t ns, int64_t skew_ns);

/* Marks are left out where with_marks is false. ERR_LIMIT. */
MUST_CHECK int search_about_add(struct buf *out, const struct search_item *items, size_t count,
                                bool with_marks, struct err *e);
/* Takes it off *rest; what is given lies in the arena or in *rest's bytes. False: it is not
 * whole. */
bool search_about_take(struct str *rest, size_t count, struct arena *arena,
                       struct search_item **out);
