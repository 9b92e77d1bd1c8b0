/* intake_archive.c: writes the many files of a folder as one archive. */
#include "practice/intake_archive.h"
#include <errno.h>
#include <unistd.h>
#include "sys/interrupt.h"
#include "sys/patience.h"

enum { CHUNK_SIZE = 256 << 10 };

struct intake_archive {
    struct blob_writer *writer;
    struct buf block;
    uint64_t size;
    uint64_t count;
};

int intake_archive_begin(struct intake_archive **out, struct store *store, struct err *e)
{
    CLEANUP(intake_archive_abortp) struct intake_archive *a = mem_new(struct intake_archive);
    int rc = blob_begin(&a->writer, store, e);

    if (rc == 0)
        *out = MOVE(a);
    return rc;
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

static char type_of(const struct archive_entry *entry)
{
    if (entry->same)
        return '1';
    if (S_ISDIR(entry->st->st_mode))
        return '5';
    return S_ISLNK(entry->st->st_mode) ? '2' : '0';
}

static void describe(const struct archive_entry *entry, struct tar_member *m)
{
    const struct stat *st = entry->st;

    *m = (struct tar_member){.type = type_of(entry),
                             .path = str_of(entry->entry->path),
                             .target = str_of(entry->same ? entry->same : entry->entry->target),
                             .size = entry->same ? 0 : entry->size,
                             .mode = st->st_mode,
                             .uid = st->st_uid,
                             .gid = st->st_gid,
                             .modified = utc_of(st->st_mtim),
                             .accessed = utc_of(st->st_atim),
                             .changed = utc_of(st->st_ctim),
                             .more = entry->more,
                             .areas = entry->same ? NULL : entry->areas};
}

static int begin_member(struct intake_archive *a, const struct tar_member *m, struct err *e)
{
    tar_add_header(&a->block, m);
    a->count += m->type == '0' || m->type == '1';
    return write_block(a, e);
}

static int end_member(struct intake_archive *a, const struct tar_member *m, struct err *e)
{
    a->size += tar_content_size(m);
    tar_add_padding(&a->block, tar_content_size(m));
    return write_block(a, e);
}

int intake_archive_add(struct intake_archive *a, const struct archive_entry *entry, struct str data,
                       struct err *e)
{
    struct tar_member m;
    int rc;

    describe(entry, &m);
    if (data.len != tar_content_size(&m))
        BUG("a member of %zu bytes is said to have others", data.len);
    rc = begin_member(a, &m, e);
    if (rc == 0)
        rc = blob_write(a->writer, data.p, data.len, e);
    return rc ? rc : end_member(a, &m, e);
}

/* *off: where in the file the next byte is read. 0 at the end of the area, or where the file ends
 * or cannot be read, which leaves *off before it. */
static int copy_area(struct intake_archive *a, int fd, char *chunk, uint64_t *off, uint64_t end,
                     struct err *e)
{
    CLEANUP(patience_freep) struct patience *patience = NULL;

    while (*off < end) {
        uint64_t left = end - *off;
        ssize_t n = patience_read(&patience, fd, chunk,
                                  left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE, (off_t)*off);
        int rc;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == ECANCELED)
            return patience_over(fd, e);
        if (n <= 0)
            return 0;
        rc = blob_write(a->writer, chunk, (size_t)n, e);
        if (rc)
            return rc;
        if (interrupt_came())
            return err_set(e, ERR_CANCEL, "stopped at your request");
        *off += (uint64_t)n;
    }
    return 0;
}

int intake_archive_add_areas(struct intake_archive *a, const struct archive_entry *entry, int fd,
                             uint64_t *short_from, struct err *e)
{
    CLEANUP_FREE char *chunk = mem_alloc(CHUNK_SIZE);
    struct tar_member m;
    int rc;

    describe(entry, &m);
    *short_from = UINT64_MAX;
    rc = begin_member(a, &m, e);
    for (size_t i = 0; rc == 0 && i < entry->areas->count; i++) {
        const struct file_area *area = &entry->areas->list[i];
        uint64_t off = area->off;
        uint64_t end = area->off + area->size;

        rc = copy_area(a, fd, chunk, &off, end, e);
        if (rc == 0 && off < end) {
            *short_from = off < *short_from ? off : *short_from;
            rc = blob_write_zeros(a->writer, end - off, e);
        }
    }
    return rc ? rc : end_member(a, &m, e);
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
    buf_release(&a->block);
    free(a);
}
