/* source_file.h: what tells that a plain file is in use, or changes while it is read, and what it
 * is known by. */
#pragma once
#include <sys/stat.h>
#include "acquire/source_open.h"

/* Fills uses and is_written_to of a file that lies behind a block device (losetup) which is used.
 * ERR_IO, ERR_LIMIT as device_uses. */
MUST_CHECK int file_uses(const char *path, const struct stat *file, struct source_facts *f,
                         struct err *e);
/* How an open file is, asked of where it really lies, and not of what is remembered of it. Then
 * what is written to it through a mapping changes its times: what was written so before is made
 * durable, since until then the kernel sees no more of who goes on. */
MUST_CHECK int file_look(struct statx *out, int fd, struct err *e);
/* How an open file differs from what it was: a clause, or nothing. */
void file_change(const struct statx *before, int fd, struct buf *out);
/* Whether its file system tells of what is written through a mapping. */
bool file_tells_mappings(int fd);
/* Whether reading it changes its access time; where another machine keeps that, it says so itself
 * or not at all. */
bool file_is_touched_by_reading(int fd);
/* The line by which one file, or those of an image in order, are known again
 * (source_identity_compare). fd: of the first. */
void file_identity(const struct statx *files, size_t count, int fd, struct buf *out);
