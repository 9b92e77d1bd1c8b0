/* file.h: files read with a limit, and written so that they are there whole and durable, or not at
 * all. */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

/* Reads a whole regular file. ERR_NOTFOUND, ERR_IO, ERR_LIMIT over most bytes, ERR_USAGE when it is
 * no regular file. What *out held is replaced, and stays on error. */
MUST_CHECK int file_read(struct buf *out, const char *path, size_t most, struct err *e);
MUST_CHECK int file_read_fd(struct buf *out, int fd, const char *name, size_t most, struct err *e);
/* The SHA-256 and the bytes of a regular file of any size. ERR_NOTFOUND, ERR_IO, ERR_USAGE. */
MUST_CHECK int file_sum(const char *path, struct hash *sum, uint64_t *size, struct err *e);
/* The same; saw is told how many more bytes were read, and ends it by false: ERR_CANCEL. */
MUST_CHECK int file_sum_while(const char *path, bool (*saw)(void *context, uint64_t bytes),
                              void *context, struct hash *sum, uint64_t *size, struct err *e);
/* Writes a temporary file beside it, syncs, renames over path, syncs the folder. mode as for
 * open(). A writer that is killed may leave a hidden ".calm-….part" beside path, never half of
 * path. */
MUST_CHECK int file_write(const char *path, struct str bytes, unsigned mode, struct err *e);
/* Like file_write, without waiting for the disk: after a power cut the old bytes, the new ones or
 * none may be there. */
MUST_CHECK int file_replace(const char *path, struct str bytes, unsigned mode, struct err *e);
/* Like file_write, but fails with ERR_USAGE when path exists. */
MUST_CHECK int file_create(const char *path, struct str bytes, unsigned mode, struct err *e);
/* Writes all bytes to a descriptor, going on after short writes and EINTR. name is for the error.
 */
MUST_CHECK int file_write_fd(int fd, const void *bytes, size_t size, const char *name,
                             struct err *e);
MUST_CHECK int folder_make(const char *path, unsigned mode,
                           struct err *e); /* parents too; fine when it is there */
MUST_CHECK int folder_sync(const char *path, struct err *e);
/* Bytes that this user may still write there; UINT64_MAX where the file system does not tell. */
uint64_t folder_room(const char *path);
bool file_is_there(const char *path);
/* open(2) of a regular file, no link, without waiting for whoever a FIFO would wait for. Sets *fd.
 * ERR_USAGE: it is none; else as err_errno, and errno is that of open. */
MUST_CHECK int file_open_regular(int *fd, const char *path, int flags, struct err *e);
void fd_close(int fd); /* negative is fine */
static inline UNUSED void fd_closep(int *fd)
{
    fd_close(*fd);
}
#define CLEANUP_FD CLEANUP(fd_closep)
