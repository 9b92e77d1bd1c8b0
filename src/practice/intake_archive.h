/* intake_archive.h: one archive (pax) with the many files of a folder, written straight into the
 * case's blobs: one item with one hash, instead of thousands of records. */
#pragma once
#include "store/store.h"
#include "sys/walk.h"

enum {
    ARCHIVE_MEMBER_SIZE = 16 << 20, /* a larger file is an item by itself; read whole before */
};
/* After so much a new archive is begun, and the full one recorded. */
#define ARCHIVE_PART_SIZE ((uint64_t)4 << 30)

struct intake_archive;
MUST_CHECK int intake_archive_begin(struct intake_archive **out, struct store *store,
                                    struct err *e);
/* Adds a file with the bytes that were read of it, a folder or a link (no content). digests: of the
 * content. */
MUST_CHECK int intake_archive_add(struct intake_archive *a, const struct walk_entry *entry,
                                  const struct stat *st, struct str content,
                                  struct blob_digests *digests, struct err *e);
uint64_t intake_archive_size(const struct intake_archive *a);
uint64_t intake_archive_count(const struct intake_archive *a); /* of files */
/* Ends it and makes it durable. It is gone afterwards. */
MUST_CHECK int intake_archive_commit(struct intake_archive *a, struct blob_digests *out,
                                     struct err *e);
void intake_archive_abort(struct intake_archive *a); /* NULL is fine */
DEFINE_CLEANUP(struct intake_archive *, intake_archive_abort)
