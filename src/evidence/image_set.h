/* image_set.h: the files of a disk image by their names, opened for reading. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "evidence/image_facts.h"

struct image_set {
    int *fds;
    size_t count;
    size_t room;
    enum image_format format; /* as the name of the first says */
};
void image_set_release(struct image_set *f);
/* Opens the first file, and those that follow it by their names: web1.E01 and web1.E02, web1.001
 * and web1.002, web1.aa and web1.ab. ERR_NOTFOUND, ERR_USAGE, ERR_FORMAT: empty, or a part is
 * missing before another one, or shorter than the others (segments of an E01 are taken all the
 * same, and the reader tells of the gap); ERR_LIMIT, ERR_IO. */
MUST_CHECK int image_set_open(struct image_set *f, const char *first, struct err *e);
/* One more; *size gets its bytes. */
MUST_CHECK int image_set_add(struct image_set *f, const char *path, uint64_t *size, struct err *e);
/* The same of one that must lie there itself. ERR_TAMPER: a link does. */
MUST_CHECK int image_set_add_itself(struct image_set *f, const char *path, uint64_t *size,
                                    struct err *e);
void image_set_take(struct image_set *f, int fd); /* one that is open */
/* Whether a name can be that of a set's first file; web1.img is none, though web1.imh could follow.
 */
bool image_set_begins(struct str path);
/* Whether a file is an E01, or the first one of several, by its first bytes. */
bool image_set_begins_e01(int fd);
/* Whether files lie there that follow a first one. */
bool image_set_is_several(const char *first);
/* Of a name that only a later file of a set has (web1.E07, web1.004, web1.ac): what its first one
 * is called. Letters are other endings, too, and count only where the first is there. */
bool image_set_first(const char *path, struct buf *first);
/* The name that follows one in a set. False: none can. Made in place. */
bool image_set_next(struct buf *path);
