/* media_files.h: the files that a disk image lies in, as bytes. In a worker these are its inputs.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/mem.h"
#include "sys/worker.h"

enum { MEDIA_LAID_MAX = 2 };

/* How the last file is seen: cut to a size, and with bytes laid over it that are not in it. Those
 * come one after another from one more input behind the files, where there are any. */
struct media_laid {
    uint64_t size; /* bytes of the file, as it is seen */
    uint64_t count;
    struct {
        uint64_t off; /* in the file */
        uint64_t size;
    } part[MEDIA_LAID_MAX]; /* in order, none over another, within size */
};

struct media_files {
    size_t count;
    uint64_t *sizes; /* bytes of each; owned: media_files_release */
    /* Reads size bytes at off of a file into bytes; the caller stays within the file. ERR_IO. */
    int (*read_at)(const struct media_files *files, size_t file, uint64_t off, void *bytes,
                   size_t size, struct err *e);
    const void *context;
    const struct media_laid *laid; /* of the last file; NULL: it is as it is. Borrowed */
};

/* The inputs of the worker that this runs in; laid is borrowed. ERR_IO. */
MUST_CHECK int media_files_of_worker(struct media_files *out, const struct worker_channel *channel,
                                     const struct media_laid *laid, struct err *e);
void media_files_release(struct media_files *files);
