/* source_file.h: what tells that a plain file is in use, or changes while it is read. */
#pragma once
#include <sys/stat.h>
#include "acquire/source_open.h"

/* Fills uses and is_written_to of a file that lies behind a block device (losetup) which is used.
 * ERR_IO, ERR_LIMIT as device_uses. */
MUST_CHECK int file_uses(const struct stat *file, struct source_facts *f, struct err *e);
/* How an open file differs from what it was: a clause, or nothing. */
void file_change(const struct stat *before, int fd, struct buf *out);
