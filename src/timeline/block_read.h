/* block_read.h: a block of the store, column by column (doc/format/timeline.md section 3.1). The
 * bytes are as hostile as the evidence that they were made from: only a worker reads them. */
#pragma once
#include "base/err.h"
#include "timeline/column.h"
#include "timeline/event.h"

/* The values of a field. Each row has values first[row] to first[row + 1] of items, whose numbers
 * count in values; of a column of many, or of lists, items is NULL: values are the items. */
struct values {
    struct str name;
    size_t count;
    struct str *values;
    uint32_t *first;  /* rows + 1 */
    uint16_t *items;  /* NULL: each item is the value of that number */
    struct str bytes; /* of all values, which lie in it in order */
};

struct block;
/* bytes is the block, lines are those of its columns in the directory; both are borrowed.
 * ERR_FORMAT. */
MUST_CHECK int block_open(struct block **out, struct str bytes, struct str lines, size_t rows,
                          struct err *e);
void block_close(struct block *b); /* NULL is fine */
DEFINE_CLEANUP(struct block *, block_close)
size_t block_rows(const struct block *b);
/* Unpacks what is asked for once. *out is NULL where the block has no such field. ERR_FORMAT. */
MUST_CHECK int block_values(struct block *b, struct str field, const struct values **out,
                            struct err *e);
/* All bytes of its values, and others among them: what is not found in it is in no value. */
MUST_CHECK int block_bytes(struct block *b, struct str field, struct str *out, struct err *e);
/* Of each row one value: precision NUL doubt NUL meaning NUL. */
MUST_CHECK int block_states(struct block *b, const struct values **out, struct err *e);
MUST_CHECK int block_times(struct block *b, const int64_t **out, struct err *e);
/* "place" or "line". */
MUST_CHECK int block_numbers(struct block *b, const char *name, const uint64_t **out,
                             struct err *e);
/* Its fields, in the order of the directory. */
size_t block_field_count(const struct block *b);
struct str block_field(const struct block *b, size_t i);
