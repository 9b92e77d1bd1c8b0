/* image_part.h: files that are a disk image, or one of several in which it lies, by their names:
 * what to do with those that came into evidence one by one. */
#pragma once
#include "case/operation.h"
#include "practice/disk_files.h"

/* web1.E01 is 1, web1.E02 2, web1.003 3; *stem gets what stands before the ending. 0: no such name.
 */
unsigned image_part_number(struct str path, struct str *stem);
/* Says of a file that was taken as one how it belongs on the register; false: it is no image by its
 * name and size. */
bool image_part_hint(const char *path, uint64_t size, struct buf *out);
/* Of one file that is read alone: which files of its image are missing, and which items of the case
 * are they. Adds sentences, or nothing where it is whole. ERR_… as image_look. */
MUST_CHECK int image_part_lone(const struct view *v, const struct disk_files *f, struct buf *out,
                               struct err *e);
/* That, behind what was answered, or behind why nothing could be; returns rc. */
int image_part_tell(const struct buf *lone, int rc, struct answer *a, struct err *e);
