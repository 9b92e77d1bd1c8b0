/* body.h: what body files, mactime and our export of file times share (doc/format/timeline.md
 * sections 2 and 6). */
#pragma once
#include "timeline/format.h"

enum body_letter { BODY_MODIFIED, BODY_ACCESSED, BODY_CHANGED, BODY_CREATED, BODY_LETTERS_ };

/* The meaning of a set of times, bits by body_letter; 0 is logged. */
uint8_t body_meaning(unsigned times);
/* The other way; 0: it is no meaning of files' times. */
unsigned body_times(struct str meaning);

/* A file as a body file names it. */
struct body_file {
    struct str name, inode, mode, uid, gid, size, md5;
};
void body_put(struct reader *r, struct event *e, const struct body_file *f);
