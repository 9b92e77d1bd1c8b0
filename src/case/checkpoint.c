/* checkpoint.c: signed checkpoints, and the readable copy of the journal that lies in the case's
 * journal folder. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "case/session_internal.h"
#include "journal/note.h"
#include "sys/file.h"

/* The readable copy only ever grows: what is there already is compared by its end, and the rest is
 * written behind. */
struct copy {
    int fd;
    struct buf pending;
};

enum { COPY_CHUNK_SIZE = 1 << 20 };

static int copy_flush(struct copy *c, struct err *e)
{
    int rc = file_write_fd(c->fd, buf_text(&c->pending), c->pending.len, "the journal's copy", e);

    buf_clear(&c->pending);
    return rc;
}

static int copy_line(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    struct copy *c = context;

    (void)seq;
    (void)openings;
    buf_addstr(&c->pending, line);
    buf_addc(&c->pending, '\n');
    return c->pending.len < COPY_CHUNK_SIZE ? 0 : copy_flush(c, e);
}

/* The number of records that the copy holds, read off its last line; 0 when it must be written
 * anew. */
static uint64_t copy_size(int fd)
{
    char tail[LIMIT_LINE_SIZE + 2];
    struct stat st;
    struct entry entry;
    struct str text;
    ssize_t got;
    off_t off;

    if (fstat(fd, &st) != 0 || st.st_size < 2)
        return 0;
    off = st.st_size > (off_t)sizeof(tail) ? st.st_size - (off_t)sizeof(tail) : 0;
    got = pread(fd, tail, sizeof(tail), off);
    if (got < 2 || tail[got - 1] != '\n')
        return 0;
    text = (struct str){tail, (size_t)got - 1};
    for (size_t i = text.len; i-- > 0;) {
        if (text.p[i] != '\n')
            continue;
        text = str_from(text, i + 1);
        break;
    }
    return entry_read(&entry, text, NULL) ? 0 : entry.seq + 1;
}

static int copy_write(struct session *s, const char *path, struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0600);
    struct copy c = {.fd = fd};
    uint64_t size = state_size(s->state);
    uint64_t from;
    int rc;

    if (fd < 0)
        return err_errno(e, "cannot write %s", path);
    from = copy_size(fd);
    if (from > size)
        from = 0;
    if (from == 0 && ftruncate(fd, 0) != 0)
        return err_errno(e, "cannot write %s", path);
    rc = store_read(s->store, from, size, false, copy_line, &c, e);
    if (rc == 0)
        rc = copy_flush(&c, e);
    buf_release(&c.pending);
    if (rc == 0 && fsync(fd) != 0)
        rc = err_errno(e, "cannot write %s", path);
    return rc;
}

static int append_checkpoint(struct session *s, const struct checkpoint *c, const struct sig *sig,
                             struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf root = {0};
    CLEANUP_BUF struct buf base64 = {0};
    struct draft *dr;
    struct view v;
    uint64_t first;

    view_init(&v, s->state, s->store, &s->key, utc_now());
    decision_begin(&d, &v, NULL, NULL);
    d.is_independent = true;
    dr = decision_add(&d, "checkpoint/1");
    hex_add(&key, s->key.b, sizeof(s->key.b));
    hex_add(&root, c->root.b, sizeof(c->root.b));
    base64_add(&base64, sig->b, sizeof(sig->b));
    draft_public_text(&d, dr, "key", buf_str(&key));
    draft_public_text(&d, dr, "root", buf_str(&root));
    draft_public_text(&d, dr, "sig", buf_str(&base64));
    draft_public_u64(&d, dr, "size", c->size);
    return session_append(s, &d, &first, e);
}

int session_checkpoint(struct session *s, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf note = {0};
    CLEANUP_BUF struct buf path = {0};
    struct checkpoint c;
    struct str message;
    struct sig sig;
    int rc = session_catch_up(s, e);

    if (rc)
        return rc;
    c = (struct checkpoint){*state_case_id(s->state), state_size(s->state), state_root(s->state)};
    checkpoint_text(&text, &c);
    message = buf_str(&text);
    rc = signer_sign(s->signer, &s->key, &message, 1, &sig, e);
    if (rc == 0)
        rc = append_checkpoint(s, &c, &sig, e);
    if (rc)
        return rc;
    checkpoint_note(&note, &c, &s->key, &sig);
    buf_addf(&path, "%s/journal/%llu.note", store_folder(s->store), (unsigned long long)c.size);
    rc = file_write(buf_text(&path), buf_str(&note), 0600, e);
    if (rc)
        return rc;
    buf_clear(&path);
    buf_addf(&path, "%s/journal/journal.cj1", store_folder(s->store));
    return copy_write(s, buf_text(&path), e);
}
