/* segment_read.h: the file of an item's timeline, read in a worker. */
#pragma once
#include "base/hash.h"
#include "timeline/block_read.h"
#include "timeline/format.h"
#include "timeline/source_head.h"

struct segment_file;
struct stored_source {
    struct str name;   /* hostile, as the remark is */
    struct str format; /* "-": not recognised */
    uint64_t size;
    struct reader_counts counts; /* empty lines and comments are counted as empty */
    uint64_t stored;             /* events of its blocks: those of lines, unparsed, and notices */
    int64_t first_ns, last_ns;   /* where there are events */
    struct hash digest;          /* of its events */
    struct source_head head;
    struct str remark;
};
struct stored_block {
    const struct stored_source *source;
    uint64_t at, size;
    uint64_t first_event; /* of the item, from 0 */
    uint32_t events;
    int64_t first_ns, last_ns;
    struct hash sum;
    struct str columns; /* its lines */
};
/* in is read by offset, and borrowed. ERR_TAMPER: its directory has not this SHA-256; ERR_FORMAT,
 * ERR_IO. */
MUST_CHECK int segment_open(struct segment_file **out, int in, const struct hash *directory,
                            struct err *e);
void segment_close(struct segment_file *f); /* NULL is fine */
DEFINE_CLEANUP(struct segment_file *, segment_close)
size_t segment_source_count(const struct segment_file *f);
const struct stored_source *segment_source_at(const struct segment_file *f, size_t i);
size_t segment_block_count(const struct segment_file *f);
const struct stored_block *segment_block_at(const struct segment_file *f, size_t i);
/* Reads a block, whose SHA-256 is checked; *bytes is owned by the caller, and what *out points
 * into. */
MUST_CHECK int segment_read_block(const struct segment_file *f, size_t i, struct buf *bytes,
                                  struct block **out, struct err *e);
