/* tar.h: writes an archive in the pax format (POSIX.1-2008, pax), which every tar reads, with times
 * to the nanosecond, names of any bytes, extended attributes, access control lists, flags and holes
 * as GNU tar and libarchive know them. Nothing is read here: the caller hands the content over. */
#pragma once
#include "base/pax.h"
#include "sys/file_area.h"
#include "sys/file_facts.h"

enum { TAR_BLOCK_SIZE = PAX_BLOCK_SIZE };

struct tar_member {
    char type;         /* '0' a file, '1' a hard link, '2' a symbolic link, '5' a folder */
    struct str path;   /* leading slashes are left out, as every tar does */
    struct str target; /* of a link; of a hard link a path in the archive, spelled as path is */
    uint64_t size;     /* of the file; 0 for what has no content */
    uint32_t mode, uid, gid;
    struct utc modified, accessed, changed;
    const struct file_facts *more;  /* birth, flags, attributes; NULL: unknown */
    const struct file_areas *areas; /* where data lies, of a sparse file; NULL: everywhere */
};

/* Adds a member's headers, and of a sparse file the map: a whole number of blocks. What
 * tar_content_size says and tar_add_padding follow. */
void tar_add_header(struct buf *out, const struct tar_member *m);
/* The bytes of the data that follow the headers: of a sparse file its areas, one after another. */
uint64_t tar_content_size(const struct tar_member *m);
/* The zeros between content of that size and the next block. */
void tar_add_padding(struct buf *out, uint64_t size);
/* The two blocks of zeros that end an archive. */
void tar_add_end(struct buf *out);
