/* disk_unread.h: which bytes of a disk could not be read, or were left unread, when its image was
 * taken, and are zeros in it: as the map beside it says, or its own list. */
#pragma once
#include "evidence/disk.h"
#include "practice/disk_files.h"
#include "practice/image_made_map.h"

struct disk_unread {
    struct made_map map;
    uint64_t sum;   /* how many that is, as the record or the map says */
    bool has_left;  /* some were left unread */
    bool is_untold; /* the record says that there are some, and nothing says which */
};
void disk_unread_release(struct disk_unread *u);
/* Zero-initialised before. Errors as image_look. */
MUST_CHECK int disk_unread_find(struct disk_unread *out, const struct disk_files *f, struct err *e);
/* As the reader of a disk takes them, at most DISK_GAP_COUNT; *out is the caller's. Their number.
 */
size_t disk_unread_gaps(const struct disk_unread *u, struct disk_gap **out);
/* How much of the disk that is, and what it means for whatever is read out; no full stop, and
 * nothing where all of it was read. */
void disk_unread_fact(const struct disk_unread *u, struct buf *out);
/* The same in sentences, with what is told of files. */
void disk_unread_words(const struct disk_unread *u, struct buf *out);
/* How many of them lie in a range of the disk; words (or NULL) gets the first runs of them, in
 * sectors of that size, counted from the beginning of the range. */
uint64_t disk_unread_within(const struct disk_unread *u, uint64_t from, uint64_t until,
                            uint64_t sector_size, struct buf *words);
