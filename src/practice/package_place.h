/* package_place.h: writes the members of a package into a folder, each under its name only when it
 * is what the package says. */
#pragma once
#include "base/hash.h"
#include "sys/beneath.h"

struct package_place {
    struct beneath *folder;
    int fd;          /* of the file that is written, or -1 */
    struct buf name; /* its name */
    struct buf part; /* that it has meanwhile */
    struct digest *digest;
    uint64_t files;
    uint64_t bytes;
};
void package_place_close(struct package_place *p);
/* The folder is not there or empty. As beneath_new. */
MUST_CHECK int package_place_open(struct package_place *p, const char *path, struct err *e);
/* Begins a file of that name (package_name_is_fit). ERR_TAMPER: another member has it, or a folder
 * in it; ERR_IO, ERR_FULL. */
MUST_CHECK int package_place_begin(struct package_place *p, struct str name, struct err *e);
MUST_CHECK int package_place_add(struct package_place *p, struct str bytes, struct err *e);
/* Makes it durable and gives it its name. ERR_TAMPER: it has another SHA-256 than sum, which may be
 * NULL. */
MUST_CHECK int package_place_end(struct package_place *p, const struct hash *sum, struct err *e);
