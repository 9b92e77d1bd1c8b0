/* manifest.h: the list of what an intake found, took and left, one line of JSON each
 * (doc/format/evidence.md). */
#pragma once
#include "store/store.h"
#include "sys/file_facts.h"
#include "sys/walk.h"

/* How one entry fared. */
enum manifest_kept { KEPT_NOT, KEPT_ITEM, KEPT_ARCHIVE, KEPT_LISTED };

struct manifest_line {
    const struct walk_entry *entry;
    const struct stat *st;         /* when it was opened; NULL: as the entry has it */
    const struct file_facts *more; /* or NULL */
    enum manifest_kept kept;
    unsigned part;                      /* of the archive, from 1 */
    const struct blob_digests *digests; /* NULL where nothing was taken */
    uint64_t holes;            /* bytes of the content that the file system does not hold */
    const struct hash *stored; /* of the data alone, where the holes were not hashed; or NULL */
    const char *same;          /* the first name of the same file; or NULL */
    struct str remark;         /* why it was not taken, or what is particular */
};

struct manifest; /* being written into the case's blobs */
MUST_CHECK int manifest_begin(struct manifest **out, struct store *store, const char *host,
                              struct err *e);
MUST_CHECK int manifest_add(struct manifest *m, const struct manifest_line *line, struct err *e);
/* A part of the archive is complete; parts count from 1. */
void manifest_part(struct manifest *m, const struct hash *sha256);
/* Writes the last line and makes it durable. The manifest is gone afterwards. */
MUST_CHECK int manifest_commit(struct manifest *m, struct blob_digests *out, struct err *e);
void manifest_abort(struct manifest *m); /* NULL is fine */
DEFINE_CLEANUP(struct manifest *, manifest_abort)
