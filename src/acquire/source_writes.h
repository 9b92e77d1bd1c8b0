/* source_writes.h: whether a disk was written to between two looks. */
#pragma once
#include "base/str.h"

/* Of a block device "BOOT DISK SECTORS": the kernel's run, its number for the disk as it was
 * attached, and the sectors that were written to it since. Nothing for a file, and where the kernel
 * does not say: two that are the same are of a disk that was not written to. */
void source_writes(const char *path, struct buf *out);
/* How many sectors of 512 bytes were written between two such texts; 0: none, or they do not tell
 * of the same disk as it was attached, or nobody knows. */
uint64_t source_writes_between(const char *before, const char *now);
