/* store_write.h: the file of an item's timeline (doc/format/timeline.md section 3). */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "timeline/format.h"

/* Where its bytes go, one after another. */
typedef int store_put(void *context, struct str bytes, struct err *e);

struct store_writer;
MUST_CHECK int store_begin(struct store_writer **out, store_put *put, void *context,
                           const struct hash *evidence, struct str zone, struct err *e);
void store_writer_free(struct store_writer *s); /* NULL is fine */
DEFINE_CLEANUP(struct store_writer *, store_writer_free)

/* A source; what follows until the next is its. format NULL: it was not recognised. Names are
 * hostile. */
struct store_source {
    struct str name;
    const struct format *format;
    uint64_t size;
    struct str remark;
};
void store_source(struct store_writer *s, const struct store_source *source);
struct store_block {
    uint64_t events;
    int64_t first_ns, last_ns;
    struct str columns; /* its lines, from a worker: ERR_TAMPER where they are none */
    struct str bytes;
};
MUST_CHECK int store_block(struct store_writer *s, const struct store_block *block, struct err *e);
/* The end of a part: what it had, and its digest. */
void store_part(struct store_writer *s, const struct reader_counts *counts,
                const struct hash *digest);
/* What the whole has, in sum. */
struct store_result {
    struct reader_counts counts;
    uint64_t sources, recognised, blocks;
    int64_t first_ns, last_ns; /* where there are events */
    struct hash digest;        /* section 3.3 */
    struct hash directory;     /* SHA-256 of the directory, which has those of all blocks */
};
MUST_CHECK int store_end(struct store_writer *s, struct store_result *out, struct err *e);
