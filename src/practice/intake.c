/* intake.c: takes bytes into the case as evidence. */
#include "practice/intake.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/sink.h"
#include "sys/file_area.h"
#include "sys/interrupt.h"

enum { CHUNK_SIZE = 256 << 10, STEP_SIZE = 8 << 20 };

void intake_release(struct intake *i)
{
    buf_release(&i->trouble);
    buf_release(&i->remark);
    patience_free(i->patience);
}

uint64_t intake_size(const struct stat *before)
{
    return before->st_size > 0 ? (uint64_t)before->st_size : INTAKE_MADE_UP_SIZE;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static void add_remark(struct buf *remark, const char *words)
{
    if (remark->len)
        buf_adds(remark, "; ");
    buf_adds(remark, words);
}

void intake_changes(struct buf *remark, const struct stat *before, const struct stat *after,
                    uint64_t got, bool keeps_time)
{
    CLEANUP_BUF struct buf words = {0};
    bool is_made_up = before->st_size == 0 && after->st_size == 0 && got;

    if (before->st_size != after->st_size)
        buf_addf(&words,
                 "changed while it was read: %lld bytes before, %lld after; the %llu bytes that "
                 "were read are what was taken and hashed",
                 (long long)before->st_size, (long long)after->st_size, (unsigned long long)got);
    else if (!is_same_time(before->st_mtim, after->st_mtim) ||
             !is_same_time(before->st_ctim, after->st_ctim) ||
             (!is_made_up && got != (uint64_t)before->st_size))
        buf_addf(&words,
                 "changed while it was read; the %llu bytes that were read are what was taken and "
                 "hashed",
                 (unsigned long long)got);
    if (words.len)
        add_remark(remark, buf_text(&words));
    if (is_made_up)
        add_remark(remark, got >= INTAKE_MADE_UP_SIZE
                               ? "made by the system as it is read, and cut at 64 MiB"
                               : "made by the system as it is read");
    if (!is_same_time(before->st_atim, after->st_atim))
        add_remark(remark, keeps_time ? "another program read it meanwhile"
                                      : "its access time was changed by reading it");
}

/* Reads at most wanted bytes from the descriptor's offset, in steps between which a person may stop
 * it. *got is less where the file ends, or cannot be read on: then i->trouble says it. */
static int copy_data(struct intake *i, struct blob_writer *w, int fd, uint64_t wanted,
                     uint64_t *got, struct err *e)
{
    CLEANUP_FREE char *chunk = mem_alloc(CHUNK_SIZE);

    *got = 0;
    while (*got < wanted) {
        uint64_t left = wanted - *got;
        ssize_t n = patience_read(&i->patience, fd, chunk,
                                  left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE, -1);
        int rc;

        if (n < 0 && errno == EINTR)
            continue;
        i->hangs = n < 0 && errno == ECANCELED;
        if (i->hangs)
            return patience_over(fd, e);
        if (n < 0)
            buf_addf(&i->trouble, "cannot be read from byte %llu on: %s",
                     (unsigned long long)lseek(fd, 0, SEEK_CUR), strerror(errno));
        if (n <= 0)
            return 0;
        rc = blob_write(w, chunk, (size_t)n, e);
        if (rc)
            return rc;
        if (interrupt_came())
            return err_set(e, ERR_CANCEL, "stopped at your request");
        *got += (uint64_t)n;
    }
    return 0;
}

static int copy_hole(struct blob_writer *w, uint64_t size, struct err *e)
{
    int rc = 0;

    while (rc == 0 && size) {
        uint64_t step = size < STEP_SIZE ? size : STEP_SIZE;

        rc = blob_write_zeros(w, step, e);
        if (rc == 0 && interrupt_came())
            rc = err_set(e, ERR_CANCEL, "stopped at your request");
        size -= step;
    }
    return rc;
}

/* Where the file ends now, if that is in the hole at its end. */
static uint64_t end_of_hole(int fd, uint64_t from, uint64_t to)
{
    struct stat now;

    if (fstat(fd, &now) != 0 || (uint64_t)now.st_size >= to)
        return to;
    return (uint64_t)now.st_size > from ? (uint64_t)now.st_size : from;
}

/* Data are read, holes are not: they are zeros. */
static int copy_areas(struct intake *i, struct blob_writer *w, int fd, const struct file_areas *a,
                      uint64_t *got, struct err *e)
{
    int rc = 0;

    *got = 0;
    for (size_t n = 0; n < a->count; n++) {
        const struct file_area *area = &a->list[n];
        uint64_t part;

        rc = copy_hole(w, area->off - *got, e);
        if (rc == 0 && lseek(fd, (off_t)area->off, SEEK_SET) < 0)
            rc = err_errno(e, "cannot go on in a file");
        *got = area->off;
        if (rc == 0)
            rc = copy_data(i, w, fd, area->size, &part, e);
        if (rc || i->trouble.len)
            return rc;
        *got += part;
        if (part < area->size)
            return 0;
    }
    if (*got < a->size) {
        uint64_t end = end_of_hole(fd, *got, a->size);

        rc = copy_hole(w, end - *got, e);
        *got = end;
    }
    return rc;
}

/* A file that the kernel makes up states no size, and has no areas. */
static int copy(struct intake *i, struct blob_writer *w, int fd, uint64_t *got, struct err *e)
{
    CLEANUP(file_areas_release) struct file_areas areas = {0};

    file_areas_read(&areas, fd, &i->before);
    return areas.size ? copy_areas(i, w, fd, &areas, got, e)
                      : copy_data(i, w, fd, intake_size(&i->before), got, e);
}

int intake_fd(struct intake *i, struct session *s, int fd, bool keeps_time, struct err *e)
{
    CLEANUP(blob_abortp) struct blob_writer *w = NULL;
    struct stat after;
    uint64_t got;
    int rc;

    if (fstat(fd, &i->before) != 0)
        return err_errno(e, "cannot look at an open file");
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    rc = blob_begin(&w, session_store(s), e);
    if (rc == 0)
        rc = copy(i, w, fd, &got, e);
    if (rc || i->trouble.len)
        return rc;
    if (fstat(fd, &after) != 0)
        return err_errno(e, "cannot look at an open file");
    intake_changes(&i->remark, &i->before, &after, got, keeps_time);
    return blob_commit(MOVE(w), &i->digests, e);
}

int intake_bytes(struct session *s, struct str bytes, struct blob_digests *out, struct err *e)
{
    CLEANUP(blob_abortp) struct blob_writer *w = NULL;
    int rc = blob_begin(&w, session_store(s), e);

    if (rc == 0)
        rc = blob_write(w, bytes.p, bytes.len, e);
    return rc ? rc : blob_commit(MOVE(w), out, e);
}

void intake_facts(struct evidence_facts *f, const struct intake *i)
{
    f->digests = i->digests;
    f->has_blob = true;
    f->modified = (struct utc){i->before.st_mtim.tv_sec, (uint32_t)i->before.st_mtim.tv_nsec};
    f->mode = i->before.st_mode;
    f->uid = i->before.st_uid;
    f->gid = i->before.st_gid;
    f->remark = buf_str(&i->remark);
}

void intake_path_text(struct buf *out, const char *path)
{
    sink_path(out, str_of(path));
}

int intake_is_sealed(const struct state *s, int fd, bool *out, struct err *e)
{
    CLEANUP(digest_freep) struct digest *d = NULL;
    CLEANUP_FREE char *chunk = NULL;
    uint8_t bytes[64];
    struct hash hash;
    CLEANUP(patience_freep) struct patience *patience = NULL;
    uint64_t got = 0;
    struct stat st;
    ssize_t n = 0;

    *out = false;
    if (fstat(fd, &st) != 0)
        return err_errno(e, "cannot look at an open file");
    if (!evidence_sealed_has_size(s, (uint64_t)st.st_size))
        return 0;
    d = digest_new(DIGEST_SHA256);
    chunk = mem_alloc(CHUNK_SIZE);
    while (got < intake_size(&st) &&
           (n = patience_read(&patience, fd, chunk, CHUNK_SIZE, -1)) > 0) {
        digest_add(d, chunk, (size_t)n);
        got += (uint64_t)n;
    }
    if (got < intake_size(&st) && n < 0 && errno == ECANCELED)
        return patience_over(fd, e);
    /* What cannot be read will be said when it is taken. */
    if (lseek(fd, 0, SEEK_SET) < 0)
        return err_errno(e, "cannot read an open file twice");
    digest_end(d, bytes);
    memcpy(hash.b, bytes, sizeof(hash.b));
    *out = evidence_bytes_are_sealed(s, &hash);
    return 0;
}
