/* media.h: the bytes of a disk, wherever they lie: raw, in parts, in an E01. What reads partitions,
 * file systems and hashes asks this and knows no format. Only a worker reads through it. */
#pragma once
#include "base/err.h"

struct media {
    uint64_t size;        /* bytes */
    uint32_t sector_size; /* bytes: 512, 2,048 or 4,096 */
    /* Reads size bytes at off into bytes, which both lie within the media. What is damaged is
     * zeros, and *damaged gets how many bytes of it were; ERR_IO only where the file cannot be
     * read. Not safe in several threads. */
    int (*read_at)(void *context, uint64_t off, void *bytes, size_t size, size_t *damaged,
                   struct err *e);
    void *context;
};
