/* beneath.h: writes files with names from elsewhere below one new folder, and nowhere else. The
 * kernel holds it: each name is opened with openat2 beneath the folder, through no symbolic link,
 * and must be new. Nothing is overwritten. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct beneath;
/* Makes a folder for the owner alone, its parents too; one that is there must be empty. ERR_USAGE
 * where it is not; ERR_DENIED where this kernel has no openat2 (before Linux 5.6). */
MUST_CHECK int beneath_new(struct beneath **out, const char *folder, struct err *e);
void beneath_free(struct beneath *b); /* NULL is fine; what was written stays */
DEFINE_CLEANUP(struct beneath *, beneath_free)
/* Makes a file that only its owner may read and write, and the folders above it. path is relative,
 * with no part that is empty, "." or ".."; *fd is the caller's. ERR_CONFLICT: something is there,
 * or a part above is no folder. ERR_IO, ERR_FULL. */
MUST_CHECK int beneath_create(struct beneath *b, const char *path, int *fd, struct err *e);
/* Opens a regular file that is there, for reading; path as before, and *fd the caller's.
 * ERR_NOTFOUND, ERR_IO. */
MUST_CHECK int beneath_open(const struct beneath *b, const char *path, int *fd, struct err *e);
/* Takes a file away again that was made last. */
MUST_CHECK int beneath_remove(struct beneath *b, const char *path, struct err *e);
/* Gives a file that was made there another name in the same folder. ERR_CONFLICT: something has it.
 */
MUST_CHECK int beneath_rename(struct beneath *b, const char *path, const char *to, struct err *e);
/* Makes all of it durable. */
MUST_CHECK int beneath_sync(struct beneath *b, struct err *e);
