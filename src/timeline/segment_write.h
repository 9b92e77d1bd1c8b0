/* segment_write.h: the file of an item's timeline (doc/format/timeline.md section 3). */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "timeline/format.h"
#include "timeline/source_head.h"

/* Where its bytes go, one after another. */
typedef int segment_put(void *context, struct str bytes, struct err *e);

struct segment_writer;
struct segment_head {
    const struct hash *evidence;
    struct str zone;
    uint64_t directory_most; /* bytes; 0: DIRECTORY_MOST */
};
MUST_CHECK int segment_begin(struct segment_writer **out, segment_put *put, void *context,
                             const struct segment_head *head, struct err *e);
void segment_writer_free(struct segment_writer *s); /* NULL is fine */
DEFINE_CLEANUP(struct segment_writer *, segment_writer_free)

/* A source; what follows until the next is its. format NULL: it was not recognised. Names are
 * hostile. */
struct segment_source {
    struct str name;
    const struct format *format;
    struct others others; /* of lines that format declines */
    uint64_t size;
    struct source_head head;
    struct str remark;
    bool is_about; /* it is no file of its own: a remark on what others lie in */
    bool is_alone; /* no other comes */
};
/* Where the directory has no room for it, or then for a part of it, it is passed over, and what
 * follows until the next, too: segment_state_of says so, and the caller says so in the timeline
 * before the next source, and before the end. */
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
struct segment_state {
    bool is_cut;  /* the source that is open: only its first whole parts are there */
    bool is_full; /* a source was passed over */
    uint64_t directory_most;
    uint64_t sources; /* before the one that is open */
    uint64_t events;  /* of the source that is open */
    bool has_events;  /* it, and then the last one's time */
    int64_t last_ns;
};
struct segment_state segment_state_of(const struct segment_writer *s);
/* Of a source that is cut; a part that says it as an event follows. */
void segment_remark(struct segment_writer *s, const char *words);
/* One more source, where one was passed over, for that to be said; so is its part. */
MUST_CHECK int segment_last_source(struct segment_writer *s, const struct segment_source *source,
                                   struct err *e);
/* What the whole has, in sum. */
struct segment_result {
    struct reader_counts counts;
    uint64_t sources, recognised, blocks;
    int64_t first_ns, last_ns; /* where there are events */
    struct hash digest;        /* section 3.3 */
    struct hash directory;     /* SHA-256 of the directory, which has those of all blocks */
};
MUST_CHECK int segment_end(struct segment_writer *s, struct segment_result *out, struct err *e);
