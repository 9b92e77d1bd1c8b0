/* disk_files.h: the files of a disk image, opened for reading: of an item of the case, or by the
 * path of the first. */
#pragma once
#include "evidence/image_facts.h"
#include "practice/evidence.h"

struct disk_files {
    int *fds;
    size_t count;
    size_t room;
    enum image_format format; /* as the name of the first says */
    const struct thing *item; /* of the case; NULL: a path was given */
    struct buf name;          /* what it is called: e3, a path */
    struct buf reading;       /* for messages: "reading e3" */
};
/* Zero-initialised before. image is what a person wrote. ERR_NOTFOUND; ERR_DENIED: it may hold what
 * is unlawful to possess; ERR_TAMPER: it is not what was recorded; ERR_LIMIT; ERR_IO. */
MUST_CHECK int disk_files_open(struct disk_files *f, struct session *s, const struct view *v,
                               struct str image, struct err *e);
void disk_files_release(struct disk_files *f);
/* The file that follows one of that name in a set: web1.E01 and web1.E02, web1.001 and web1.002,
 * web1.aa and web1.ab. False: none can. Made in place. */
bool disk_files_next(struct buf *path);
