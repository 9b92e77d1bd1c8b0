/* pax.h: the blocks and records of which an archive in the pax format is made (POSIX.1-2008, pax).
 */
#pragma once
#include "base/str.h"
#include "base/utc.h"

enum { PAX_BLOCK_SIZE = 512, PAX_NAME_SIZE = 100 };
#define PAX_ID_LIMIT ((uint64_t)1 << 21)   /* 8 to the 7: a larger uid or gid needs a record */
#define PAX_SIZE_LIMIT ((uint64_t)1 << 33) /* 8 to the 11: so does a larger size */

/* What a header holds; what does not fit is cut, or 0, for then a record says it. */
struct pax_header {
    struct str name;
    struct str target;
    char type;
    unsigned mode;
    uint64_t uid;
    uint64_t gid;
    uint64_t size;
    int64_t time; /* 0 where it is before 1970 */
    uint64_t major;
    uint64_t minor;
};
void pax_add_header(struct buf *out, const struct pax_header *h); /* one block */

/* "SIZE KEYWORD=VALUE\n", where SIZE counts itself. */
void pax_add_record(struct buf *records, const char *keyword, struct str value);
void pax_add_number(struct buf *records, const char *keyword, uint64_t n);
/* Seconds and nine digits; before 1970 the fraction counts the other way. */
void pax_add_time(struct buf *records, const char *keyword, struct utc t);
/* An extended attribute as star, GNU tar and libarchive write it: SCHILY.xattr.NAME. */
void pax_add_attribute(struct buf *records, const char *name, struct str value);
/* The zeros between so many bytes and the next block. */
void pax_add_padding(struct buf *out, uint64_t size);
