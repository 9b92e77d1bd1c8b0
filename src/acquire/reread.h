/* reread.h: an image's own files read again, in workers: for hashes of what was interrupted, and to
 * compare what was written with what was read. */
#pragma once
#include "acquire/acquisition.h"

/* For acquire_options.reread. */
int reread_until(const struct target_files *files, const struct target_view *view, uint64_t until,
                 int (*take)(void *context, const void *bytes, size_t size, struct err *e),
                 void *context, struct err *e);

/* What the files of a finished image hold. */
struct read_back {
    uint64_t differing; /* pieces that are not what was read from the source */
    uint64_t first;     /* the first of them */
    struct buf files;   /* SHA-256 of each file, 32 bytes, in order */
};
void read_back_release(struct read_back *b);
/* Reads all files again, from the disk where the kernel allows it, and compares their pieces with
 * those in NAME.pieces; of an image over READ_BACK_PIECES_MOST bytes the whole alone with what was
 * hashed. control.done counts again. ERR_CANCEL; ERR_FORMAT: the image cannot be read as what it
 * is.
 */
#define READ_BACK_PIECES_MOST ((uint64_t)8 << 40)
MUST_CHECK int read_back(const struct target_files *files, const char *pieces_path,
                         const struct acquire_result *written, struct acquire_control *control,
                         struct read_back *out, struct err *e);
