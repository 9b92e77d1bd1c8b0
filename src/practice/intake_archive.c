/* intake_archive.c: writes the many files of a folder as one archive. */
#include "practice/intake_archive.h"
#include "practice/tar.h"

struct intake_archive {
    struct blob_writer *writer;
    struct digest *sha256; /* of one member after the other */
    struct digest *md5;
    struct buf block;
    uint64_t size;
    uint64_t count;
};

int intake_archive_begin(struct intake_archive **out, struct store *store, struct err *e)
{
    CLEANUP(intake_archive_abortp) struct intake_archive *a = mem_new(struct intake_archive);
    int rc = blob_begin(&a->writer, store, e);

    if (rc)
        return rc;
    a->sha256 = digest_new(DIGEST_SHA256);
    a->md5 = digest_new(DIGEST_MD5);
    *out = MOVE(a);
    return 0;
}

static struct utc utc_of(struct timespec t)
{
    return (struct utc){t.tv_sec, (uint32_t)t.tv_nsec};
}

static int write_block(struct intake_archive *a, struct err *e)
{
    int rc = blob_write(a->writer, a->block.p, a->block.len, e);

    a->size += a->block.len;
    buf_clear(&a->block);
    return rc;
}

static void digest_content(struct intake_archive *a, struct str content, struct blob_digests *out)
{
    uint8_t bytes[64];

    out->size = content.len;
    digest_add(a->sha256, content.p, content.len);
    digest_end(a->sha256, bytes);
    memcpy(out->sha256.b, bytes, sizeof(out->sha256.b));
    digest_add(a->md5, content.p, content.len);
    digest_end(a->md5, bytes);
    memcpy(out->md5, bytes, sizeof(out->md5));
}

int intake_archive_add(struct intake_archive *a, const struct walk_entry *entry,
                       const struct stat *st, struct str content, struct blob_digests *digests,
                       struct err *e)
{
    struct tar_member m = {.type = S_ISDIR(st->st_mode)   ? '5'
                                   : S_ISLNK(st->st_mode) ? '2'
                                                          : '0',
                           .path = str_of(entry->path),
                           .target = str_of(entry->target),
                           .size = content.len,
                           .mode = st->st_mode,
                           .uid = st->st_uid,
                           .gid = st->st_gid,
                           .modified = utc_of(st->st_mtim),
                           .accessed = utc_of(st->st_atim),
                           .changed = utc_of(st->st_ctim)};
    int rc;

    if (content.len > ARCHIVE_MEMBER_SIZE)
        BUG("%zu bytes are no small file", content.len);
    digest_content(a, content, digests);
    tar_add_header(&a->block, &m);
    rc = write_block(a, e);
    if (rc == 0)
        rc = blob_write(a->writer, content.p, content.len, e);
    a->size += content.len;
    a->count += m.type == '0';
    tar_add_padding(&a->block, content.len);
    return rc ? rc : write_block(a, e);
}

uint64_t intake_archive_size(const struct intake_archive *a)
{
    return a->size;
}

uint64_t intake_archive_count(const struct intake_archive *a)
{
    return a->count;
}

int intake_archive_commit(struct intake_archive *a, struct blob_digests *out, struct err *e)
{
    int rc;

    tar_add_end(&a->block);
    rc = write_block(a, e);
    if (rc == 0)
        rc = blob_commit(MOVE(a->writer), out, e);
    intake_archive_abort(a);
    return rc;
}

void intake_archive_abort(struct intake_archive *a)
{
    if (!a)
        return;
    blob_abort(a->writer);
    if (a->sha256)
        digest_free(a->sha256);
    if (a->md5)
        digest_free(a->md5);
    buf_release(&a->block);
    free(a);
}
