/* unpack.h: lists what lies in an archive that was taken into evidence, read in a worker. Names in
 * it never become paths; nothing is written but the list (doc/format/evidence.md). */
#pragma once
#include "store/store.h"

struct unpacked {
    bool is_archive;          /* of a kind that is known; else nothing was kept */
    struct blob_digests list; /* of the list, in the case's blobs */
    uint64_t count;           /* entries */
    uint64_t odd_count;       /* of them with a warning */
    uint64_t size;            /* bytes that came out */
    struct buf problem;       /* why the list is not whole; empty when it is */
    bool is_limited;          /* since a limit was met (base/limits.h, and time) */
};
void unpacked_release(struct unpacked *u);

/* name is for messages. Damage and limits of the archive are no error, but out->problem. Errors are
 * those of the store, and ERR_DENIED where the kernel cannot confine a worker. */
MUST_CHECK int unpack_list(struct unpacked *out, struct store *store, const struct hash *blob,
                           const char *name, struct err *e);
