/* order.h: the order in which records are folded, the same in every copy whatever was merged into
 * what.
 *
 * Each record comes after the one before it in the journal in which it was first written; a merge
 * comes after all that it brought. Among records that these rules leave free, the one with the
 * earlier time, then the smaller id, comes first. So the order depends only on which records there
 * are. */
#pragma once
#include "journal/entry.h"

struct order_merge {
    uint64_t seq; /* of the merge/1 record */
    uint64_t fork;
    uint64_t size;
    uint64_t count;
    uint64_t *skip; /* triples */
    size_t skip_count;
};

struct order_record {
    struct utc time;
    struct id id;
    const struct order_merge *merge; /* NULL unless the record is a merge/1 */
};

/* Fills order[0..count−1] with seqs. ERR_TAMPER where a merge says impossible things. */
MUST_CHECK int order_records(const struct order_record *records, uint64_t count, uint64_t *order,
                             struct err *e);
