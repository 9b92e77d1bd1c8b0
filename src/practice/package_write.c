/* package_write.c: writes the archive of a package, encrypted and hashed as it goes. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/mem.h"
#include "evidence/age_stream.h"
#include "practice/package.h"
#include "practice/tar.h"
#include "store/store.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/patience.h"

enum { CHUNK_SIZE = 1 << 20, MODE_FILE = 0644, MODE_PROGRAM = 0755 };

struct writing {
    const struct package *package;
    struct store *store;
    const struct out_file *to;
    struct age_sealer *sealer;
    struct digest *digest; /* of what is written */
    struct buf sealed;
    char *chunk; /* CHUNK_SIZE */
    uint64_t size;
    uint64_t done; /* bytes of members */
    struct utc now;
    void (*tell)(void *context, uint64_t done);
    void *context;
};

static void writing_release(struct writing *w)
{
    age_sealer_free(w->sealer);
    digest_free(w->digest);
    buf_release(&w->sealed);
    if (w->chunk)
        mem_wipe(w->chunk, CHUNK_SIZE);
    free(w->chunk);
}

static int flush(struct writing *w, struct err *e)
{
    int rc = file_write_fd(w->to->fd, buf_text(&w->sealed), w->sealed.len, "the package", e);

    digest_add(w->digest, buf_text(&w->sealed), w->sealed.len);
    w->size += w->sealed.len;
    buf_clear(&w->sealed);
    return rc;
}

static int put(struct writing *w, struct str plain, struct err *e)
{
    age_seal(w->sealer, plain, &w->sealed);
    return w->sealed.len < CHUNK_SIZE ? 0 : flush(w, e);
}

static int put_buf(struct writing *w, const struct buf *b, struct err *e)
{
    return b->len ? put(w, buf_str(b), e) : 0;
}

static int put_header(struct writing *w, const struct package_member *m, struct err *e)
{
    const struct tar_member header = {.type = '0',
                                      .path = m->name,
                                      .size = m->size,
                                      .mode = m->is_program ? MODE_PROGRAM : MODE_FILE,
                                      .modified = w->now,
                                      .accessed = w->now,
                                      .changed = w->now};
    CLEANUP_BUF struct buf bytes = {0};

    tar_add_header(&bytes, &header);
    return put_buf(w, &bytes, e);
}

static int changed(const struct package_member *m, struct err *e)
{
    return err_set(e, ERR_TAMPER,
                   STR_FMT " is not what is on record: its bytes have another SHA-256 or size. No "
                           "package was made",
                   STR_ARG(m->name));
}

static int put_chunk(struct writing *w, struct digest *d, size_t size, struct err *e)
{
    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped; no package was made");
    digest_add(d, w->chunk, size);
    w->done += size;
    if (w->tell)
        w->tell(w->context, w->done);
    return put(w, (struct str){w->chunk, size}, e);
}

/* Hashed once more while they go: what leaves is what is on record. */
static int put_fd(struct writing *w, const struct package_member *m, int fd, struct err *e)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    CLEANUP(patience_freep) struct patience *patience = NULL;
    uint8_t sum[64];
    uint64_t off = 0;
    ssize_t more;

    while (off < m->size) {
        size_t wanted = m->size - off < CHUNK_SIZE ? (size_t)(m->size - off) : CHUNK_SIZE;
        ssize_t n = patience_read(&patience, fd, w->chunk, wanted, (off_t)off);
        int rc;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == ECANCELED)
            return patience_over(fd, e);
        if (n < 0)
            return err_errno(e, "cannot read " STR_FMT, STR_ARG(m->name));
        if (n == 0)
            return changed(m, e);
        rc = put_chunk(w, d, (size_t)n, e);
        if (rc)
            return rc;
        off += (uint64_t)n;
    }
    digest_end(d, sum);
    more = patience_read(&patience, fd, w->chunk, 1, (off_t)off);
    if (more < 0 && errno == ECANCELED)
        return patience_over(fd, e);
    return more != 0 || memcmp(sum, m->sum.b, sizeof(m->sum.b)) != 0 ? changed(m, e) : 0;
}

static int put_file(struct writing *w, const struct package_member *m, struct err *e)
{
    CLEANUP_FD int fd = -1;
    uint64_t size = m->size;
    int rc = 0;

    if (m->path) {
        fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_NOATIME);
        if (fd < 0 && errno == EPERM) /* another's file */
            fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
            return err_errno(e, "cannot open %s", m->path);
    } else {
        rc = blob_open(w->store, &m->sum, &fd, &size, e);
    }
    if (rc == 0 && size != m->size)
        rc = changed(m, e);
    return rc ? rc : put_fd(w, m, fd, e);
}

static int put_member(struct writing *w, const struct package_member *m, struct err *e)
{
    CLEANUP_BUF struct buf padding = {0};
    int rc = put_header(w, m, e);

    if (rc == 0 && m->fd >= 0)
        rc = put_fd(w, m, m->fd, e);
    else if (rc == 0 && m->text.p)
        rc = put(w, m->text, e);
    else if (rc == 0)
        rc = put_file(w, m, e);
    if (rc)
        return rc;
    tar_add_padding(&padding, m->size);
    return put_buf(w, &padding, e);
}

static int put_all(struct writing *w, struct err *e)
{
    CLEANUP_BUF struct buf end = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < w->package->count; i++)
        rc = put_member(w, &w->package->members[i], e);
    tar_add_end(&end);
    if (rc == 0)
        rc = put_buf(w, &end, e);
    if (rc)
        return rc;
    age_seal_end(w->sealer, &w->sealed);
    rc = flush(w, e);
    return rc ? rc : out_file_sync(w->to, "the package", e);
}

int package_write(const struct package *p, struct store *store, const struct package_lock *lock,
                  const struct out_file *to, void (*tell)(void *context, uint64_t done),
                  void *context, struct package_written *out, struct err *e)
{
    CLEANUP(writing_release)
    struct writing w = {.package = p,
                        .store = store,
                        .to = to,
                        .digest = digest_new(DIGEST_SHA256),
                        .chunk = mem_alloc(CHUNK_SIZE),
                        .now = utc_now(),
                        .tell = tell,
                        .context = context};
    uint8_t sum[64];
    int rc;

    buf_addstr(&w.sealed, buf_str(&lock->head));
    w.sealer = age_sealer_new(lock->file_key, &w.sealed);
    rc = put_all(&w, e);
    if (rc)
        return rc;
    digest_end(w.digest, sum);
    memcpy(out->sum.b, sum, sizeof(out->sum.b));
    out->size = w.size;
    return 0;
}
