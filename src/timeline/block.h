/* block.h: events written into blocks of columns, and their digest (doc/format/timeline.md
 * section 3). Runs in a worker. */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "timeline/event.h"

/* A block that is whole: its packed bytes, and the lines of the directory that tell of it. */
struct block_made {
    struct str bytes;
    struct str lines;     /* of its columns; places count from the block's beginning */
    uint64_t first_event; /* of the part, from 0 */
    uint32_t events;
    int64_t first_ns, last_ns; /* the earliest and the latest */
};
typedef int block_take(void *context, const struct block_made *block, struct err *e);

struct block_writer;
/* names is borrowed. */
struct block_writer *block_writer_new(const struct field_names *names, block_take *take,
                                      void *context);
void block_writer_free(struct block_writer *w); /* NULL is fine */
DEFINE_CLEANUP(struct block_writer *, block_writer_free)
MUST_CHECK int block_add(struct block_writer *w, const struct event *event, struct err *e);
/* Ends the block that is begun, and the part: *digest gets that of its events. */
MUST_CHECK int block_end(struct block_writer *w, struct hash *digest, struct err *e);
