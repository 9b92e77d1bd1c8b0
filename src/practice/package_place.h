/* package_place.h: the folder into which a package is opened. Names come from outside: none of them
 * can lie elsewhere, and nothing is overwritten. */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

struct package_place {
    const char *path; /* the caller's */
    int folder;
    int fd;          /* of the file that is written, or -1 */
    struct buf name; /* its name */
    struct buf part; /* that it has meanwhile */
    struct digest *digest;
    uint64_t files;
    uint64_t bytes;
};
void package_place_close(struct package_place *p);
/* Makes the folder, which is not there or empty. ERR_USAGE, ERR_IO. */
MUST_CHECK int package_place_open(struct package_place *p, const char *path, struct err *e);
/* Begins a file of that name (package_name_is_fit). ERR_TAMPER: what is there already stands in its
 * way; ERR_IO. */
MUST_CHECK int package_place_begin(struct package_place *p, struct str name, struct err *e);
MUST_CHECK int package_place_add(struct package_place *p, struct str bytes, struct err *e);
/* Makes it durable and gives it its name. ERR_TAMPER: it has another SHA-256 than sum, which may be
 * NULL. */
MUST_CHECK int package_place_end(struct package_place *p, const struct hash *sum, struct err *e);
