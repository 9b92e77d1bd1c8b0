/* piece_lines.h: NAME.pieces of a disk image, the SHA-256 of each MiB, line by line
 * (doc/format/image.md section 4). */
#pragma once
#include <sys/types.h>
#include "base/hash.h"

struct piece_lines {
    int fd; /* borrowed */
    off_t off;
    struct buf text; /* read and not taken */
    size_t at;
    bool is_bad; /* a line is not as calm writes it, or the file cannot be read */
};
void piece_lines_release(struct piece_lines *l);
/* False at the end, and at what is no piece. */
bool piece_lines_next(struct piece_lines *l, struct hash *out);
