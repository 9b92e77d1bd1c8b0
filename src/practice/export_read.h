/* export_read.h: an export of a case (doc/format/export.md), read into memory and checked. */
#pragma once
#include "case/session.h"

/* The files of an export; slices of the copy point into them. Start with zeros. */
struct export_copy {
    struct buf lines;
    struct buf sealed;
    struct buf openings; /* decoded */
    struct buf grants;
    struct merge_copy copy;
};
void export_release(struct export_copy *x);

/* Reads the export in a folder, without its evidence. The lines passed calm-verify. ERR_NOTFOUND
 * where none is there; ERR_TAMPER, ERR_FORMAT; ERR_LIMIT; ERR_IO. */
MUST_CHECK int export_read(struct export_copy *x, const char *folder, struct err *e);
/* What calm-verify says of the lines behind a descriptor of memory: 0 where they are sound,
 * anchored or not. ERR_TAMPER, ERR_FORMAT with its words. */
MUST_CHECK int export_check(int fd, struct err *e);
/* The next grant; start with *rest = the text of x->grants. *out points into it and into *sealed. 1
 * is one, 0 the end; ERR_FORMAT. */
MUST_CHECK int export_grant_next(struct str *rest, struct store_grant *out, struct buf *sealed,
                                 struct err *e);
