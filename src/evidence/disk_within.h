/* disk_within.h: what lies on a disk, told in the worker that reads it: for other jobs of
 * calm-disk, and linked into it alone. All that is told passes the checks of disk_read.c. */
#pragma once
#include "evidence/disk.h"
#include "sys/worker.h"

struct disk_within;
/* The image is the inputs of the worker that this runs in. ERR_FORMAT, ERR_LIMIT, ERR_IO. */
MUST_CHECK int disk_within_open(struct disk_within **out, struct worker_channel *channel,
                                enum image_format format, struct err *e);
void disk_within_close(struct disk_within *d); /* NULL is fine */
DEFINE_CLEANUP(struct disk_within *, disk_within_close)
/* As disk_survey and disk_list of disk.h; damage is counted anew in each. */
MUST_CHECK int disk_within_survey(struct disk_within *d, const struct disk_receiver *to,
                                  struct disk_count *out, struct err *e);
MUST_CHECK int disk_within_list(struct disk_within *d, const struct disk_wish *wish,
                                const struct disk_receiver *to, struct disk_count *out,
                                struct err *e);
/* Bytes of the disk that were read until now. */
uint64_t disk_within_read_size(const struct disk_within *d);
