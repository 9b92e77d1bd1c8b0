/* virtual_disk.h: files that hold a disk in a form of their own, which is not read here: known by
 * their first bytes, with what to do. */
#pragma once
#include "base/str.h"

struct virtual_disk {
    const char *kind;   /* "QCOW2" */
    const char *advice; /* without a full stop */
    uint64_t off;       /* of magic */
    struct str magic;
};
/* One after another; NULL at the end. */
const struct virtual_disk *virtual_disk_next(size_t at);
enum { VIRTUAL_DISK_HEAD_SIZE = 96 }; /* all marks lie in so much */
/* Of the first bytes of a file; NULL: it is none. */
const struct virtual_disk *virtual_disk_of(struct str head);
