/* disk_raw.h: a partition of a disk image, or all of a disk without a table, as a file of its own.
 */
#pragma once
#include "case/operation.h"
#include "practice/disk_files.h"
#include "practice/disk_show.h"
#include "practice/disk_standing.h"
#include "practice/out_file.h"

struct disk_raw {
    const struct disk_files *files;
    const struct disk_survey *survey;
    struct disk_standing *standing; /* of the item, if it is one; told more where all is written */
    uint32_t number;                /* of the partition; 0: all of the disk */
    const char *path;               /* of the file, which is new */
    /* Puts on record that it is begun, and as what file, before anything is read. */
    int (*begin)(void *context, const struct out_file *file, struct err *e);
    /* Puts on record what came out, before the file has its name; an error leaves none. */
    int (*record)(void *context, const struct buf *outcome, struct err *e);
    void *context;
};
/* What the image does not have is zeros, and said; so is what could not be read when it was taken,
 * and what the table says of the partition and the disk does not have. ERR_NOTFOUND: no such
 * partition; ERR_USAGE: a partition must be named, or the file is there; ERR_CANCEL; else as
 * image_read. */
MUST_CHECK int disk_raw_write(const struct disk_raw *raw, struct answer *a, struct err *e);
