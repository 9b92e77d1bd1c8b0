/* intake_archive.h: one archive (pax) with the many files of a folder, written straight into the
 * case's blobs: one item with one hash, instead of thousands of records. */
#pragma once
#include "practice/tar.h"
#include "store/store.h"
#include "sys/walk.h"

enum {
    ARCHIVE_MEMBER_SIZE = 16 << 20, /* more data is an item by itself; read whole before */
};
/* After so much a new archive is begun, and the full one recorded. */
#define ARCHIVE_PART_SIZE ((uint64_t)4 << 30)

struct intake_archive;
MUST_CHECK int intake_archive_begin(struct intake_archive **out, struct store *store,
                                    struct err *e);

/* What becomes a member: a file, a folder, a symbolic link; or, with same, a further name of a file
 * that is a member under that one already. */
struct archive_entry {
    const struct walk_entry *entry;
    const struct stat *st;
    const struct file_facts *more;  /* or NULL */
    const struct file_areas *areas; /* of a file with holes, else NULL */
    uint64_t size;                  /* of the file as it was read */
    const char *same;               /* or NULL */
};
/* Adds it with its data, which were read before. */
MUST_CHECK int intake_archive_add(struct intake_archive *a, const struct archive_entry *entry,
                                  struct str data, struct err *e);
/* Adds a file with holes, of any size, reading its areas. *short_from: where it ended before the
 * areas did, zeros standing for what was missing; UINT64_MAX. ERR_CANCEL when interrupt_came(). */
MUST_CHECK int intake_archive_add_areas(struct intake_archive *a, const struct archive_entry *entry,
                                        int fd, uint64_t *short_from, struct err *e);
uint64_t intake_archive_size(const struct intake_archive *a);
uint64_t intake_archive_count(const struct intake_archive *a); /* of files */
/* Ends it and makes it durable. It is gone afterwards. */
MUST_CHECK int intake_archive_commit(struct intake_archive *a, struct blob_digests *out,
                                     struct err *e);
void intake_archive_abort(struct intake_archive *a); /* NULL is fine */
DEFINE_CLEANUP(struct intake_archive *, intake_archive_abort)
