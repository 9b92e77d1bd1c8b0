/* disk_files.h: the files of a disk image, opened for reading: of an item of the case, or by the
 * path of the first. */
#pragma once
#include "evidence/image_set.h"
#include "practice/evidence.h"

struct disk_files {
    struct image_set set;
    const struct thing *item; /* of the case; NULL: a path was given */
    struct buf name;          /* what it is called: e3, a path */
    struct buf reading;       /* for messages: "reading e3" */
};
/* Zero-initialised before. image is what a person wrote. ERR_NOTFOUND; ERR_DENIED: it may hold what
 * is unlawful to possess; ERR_TAMPER: it is not what was recorded; ERR_LIMIT; ERR_IO. */
MUST_CHECK int disk_files_open(struct disk_files *f, struct session *s, const struct view *v,
                               struct str image, struct err *e);
void disk_files_release(struct disk_files *f);
