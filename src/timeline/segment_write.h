/* segment_write.h: the file of an item's timeline (doc/format/timeline.md section 3). */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "timeline/format.h"

/* Where its bytes go, one after another. */
typedef int segment_put(void *context, struct str bytes, struct err *e);

struct segment_writer;
MUST_CHECK int segment_begin(struct segment_writer **out, segment_put *put, void *context,
                             const struct hash *evidence, struct str zone, struct err *e);
void segment_writer_free(struct segment_writer *s); /* NULL is fine */
DEFINE_CLEANUP(struct segment_writer *, segment_writer_free)

/* A source; what follows until the next is its. format NULL: it was not recognised. Names are
 * hostile. */
struct segment_source {
    struct str name;
    const struct format *format;
    const struct format *second; /* of lines that format declines; NULL: none */
    uint64_t size;
    struct str remark;
    bool is_about; /* it is no file of its own: a remark on what others lie in */
};
/* ERR_LIMIT: there is no room in the directory, as from segment_block. */
MUST_CHECK int segment_source(struct segment_writer *s, const struct segment_source *source,
                              struct err *e);
struct segment_block {
    uint64_t events;
    int64_t first_ns, last_ns;
    struct str columns; /* its lines, from a worker: ERR_TAMPER where they are none */
    struct str bytes;
};
MUST_CHECK int segment_block(struct segment_writer *s, const struct segment_block *block,
                             struct err *e);
/* The end of a part: what it had, and its digest. */
void segment_part(struct segment_writer *s, const struct reader_counts *counts,
                  const struct hash *digest);
/* What the whole has, in sum. */
struct segment_result {
    struct reader_counts counts;
    uint64_t sources, recognised, blocks;
    int64_t first_ns, last_ns; /* where there are events */
    struct hash digest;        /* section 3.3 */
    struct hash directory;     /* SHA-256 of the directory, which has those of all blocks */
};
MUST_CHECK int segment_end(struct segment_writer *s, struct segment_result *out, struct err *e);
