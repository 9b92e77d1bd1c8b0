/* tar.h: writes an archive in the pax format (POSIX.1-2008, pax), which every tar reads, with times
 * to the nanosecond and names of any bytes. Nothing is read here: the caller hands the content
 * over. */
#pragma once
#include "base/str.h"
#include "base/utc.h"

enum { TAR_BLOCK_SIZE = 512 };

struct tar_member {
    char type;         /* '0' a file, '2' a symbolic link, '5' a folder */
    struct str path;   /* leading slashes are left out, as every tar does */
    struct str target; /* of a link */
    uint64_t size;     /* of the content that follows; 0 for what has none */
    uint32_t mode, uid, gid;
    struct utc modified, accessed, changed;
};

/* Adds a member's headers: a whole number of blocks. Its content and tar_pad() follow. */
void tar_add_header(struct buf *out, const struct tar_member *m);
/* The zeros between content of that size and the next block. */
void tar_add_padding(struct buf *out, uint64_t size);
/* The two blocks of zeros that end an archive. */
void tar_add_end(struct buf *out);
