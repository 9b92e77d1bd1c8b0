/* virtual_disk.h: files that hold a disk, or chosen files, in a form of their own, which is not
 * read here: known by their first bytes or their last ones, with what to do. */
#pragma once
#include "base/str.h"

struct virtual_disk {
    const char *kind;   /* "QCOW2" */
    const char *advice; /* without a full stop */
    uint64_t off;       /* of magic; from_end: before the end of the file */
    struct str magic;
    bool from_end;
};
/* One after another; NULL at the end. */
const struct virtual_disk *virtual_disk_next(size_t at);
enum { VIRTUAL_DISK_HEAD_SIZE = 96, VIRTUAL_DISK_TAIL_SIZE = 512 }; /* all marks lie in so much */
/* Of the first bytes of a file, and its last 512 or nothing; NULL: it is none. */
const struct virtual_disk *virtual_disk_of(struct str head, struct str tail);
/* Whether by its name it may be one that its last bytes tell: only then are they worth a read. */
bool virtual_disk_has_tail(struct str name);
/* "By its first bytes it is of the kind QCOW2: it is …", without a full stop. */
void virtual_disk_say(const struct virtual_disk *d, struct buf *out);
