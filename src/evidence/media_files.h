/* media_files.h: the files that a disk image lies in, as bytes. In a worker these are its inputs.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/mem.h"
#include "sys/worker.h"

struct media_files {
    size_t count;
    uint64_t *sizes; /* bytes of each; owned: media_files_release */
    /* Reads size bytes at off of a file into bytes; the caller stays within the file. ERR_IO. */
    int (*read_at)(const struct media_files *files, size_t file, uint64_t off, void *bytes,
                   size_t size, struct err *e);
    const void *context;
};

/* The inputs of the worker that this runs in. ERR_IO. */
MUST_CHECK int media_files_of_worker(struct media_files *out, const struct worker_channel *channel,
                                     struct err *e);
void media_files_release(struct media_files *files);
