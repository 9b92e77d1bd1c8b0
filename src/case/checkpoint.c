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

/* The readable copy only ever grows. What is there already is compared, and from the first line
 * that differs it is written anew: whoever can write to the folder could have put something else
 * there. A very large one is compared by its last line. */
struct copy {
    int fd;
    const char *path;
    struct str there; /* what is there and not yet compared */
    off_t same;       /* bytes that are as they should be */
    bool is_behind;   /* the end of those was reached: lines are written behind */
    struct buf pending;
};

enum { COPY_CHUNK_SIZE = 1 << 20, COPY_COMPARED_MAX = 64 << 20 };

static int copy_flush(struct copy *c, struct err *e)
{
    int rc = file_write_fd(c->fd, buf_text(&c->pending), c->pending.len, c->path, e);

    buf_clear(&c->pending);
    return rc;
}

/* Ends the comparison: what follows is not the journal's. */
static int copy_cut(struct copy *c, struct err *e)
{
    c->is_behind = true;
    return ftruncate(c->fd, c->same) == 0 ? 0 : err_errno(e, "cannot write %s", c->path);
}

static int copy_line(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    struct copy *c = context;
    int rc;

    (void)seq;
    (void)openings;
    if (!c->is_behind && c->there.len > line.len && c->there.p[line.len] == '\n' &&
        str_eq(str_head(c->there, line.len), line)) {
        c->there = str_from(c->there, line.len + 1);
        c->same += (off_t)line.len + 1;
        return 0;
    }
    rc = c->is_behind ? 0 : copy_cut(c, e);
    if (rc)
        return rc;
    buf_addstr(&c->pending, line);
    buf_addc(&c->pending, '\n');
    return c->pending.len < COPY_CHUNK_SIZE ? 0 : copy_flush(c, e);
}

/* The number of records that a large copy holds, read off its last line, which is left to be
 * compared; 0 when it must be written anew. */
static uint64_t copy_size(struct copy *c, off_t size, char tail[LIMIT_LINE_SIZE + 2])
{
    off_t off = size - (LIMIT_LINE_SIZE + 2);
    ssize_t got = pread(c->fd, tail, LIMIT_LINE_SIZE + 2, off);
    struct entry entry;
    struct str text;

    if (got < 2 || tail[got - 1] != '\n')
        return 0;
    text = (struct str){tail, (size_t)got - 1};
    for (size_t i = text.len; i-- > 0;) {
        if (text.p[i] != '\n')
            continue;
        text = str_from(text, i + 1);
        break;
    }
    if (entry_read(&entry, text, NULL))
        return 0;
    c->there = (struct str){text.p, text.len + 1};
    c->same = size - (off_t)c->there.len;
    return entry.seq;
}

static int copy_lines(struct session *s, struct copy *c, struct err *e)
{
    CLEANUP_FREE char *tail = mem_alloc(LIMIT_LINE_SIZE + 2);
    CLEANUP_BUF struct buf whole = {0};
    uint64_t from = 0;
    struct stat st;
    int rc = 0;

    if (fstat(c->fd, &st) != 0)
        return err_errno(e, "cannot read %s", c->path);
    if (st.st_size > COPY_COMPARED_MAX)
        from = copy_size(c, st.st_size, tail);
    else
        rc = file_read(&whole, c->path, COPY_COMPARED_MAX, e);
    if (whole.len)
        c->there = buf_str(&whole);
    if (rc == 0 && from >= state_size(s->state)) {
        from = 0;
        c->same = 0;
        c->there = STR("");
    }
    if (rc == 0)
        rc = store_read(s->store, from, state_size(s->state), false, copy_line, c, e);
    if (rc == 0 && !c->is_behind)
        rc = copy_cut(c, e);
    return rc ? rc : copy_flush(c, e);
}

static int copy_write(struct session *s, const char *path, struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0600);
    struct copy c = {.fd = fd, .path = path};
    int rc;

    if (fd < 0)
        return err_errno(e, "cannot write %s", path);
    rc = copy_lines(s, &c, e);
    buf_release(&c.pending);
    if (rc == 0 && fsync(fd) != 0)
        rc = err_errno(e, "cannot write %s", path);
    return rc;
}

/* A link in its place would have calm write elsewhere. */
static int check_folder(const char *path, struct err *e)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return err_errno(e, "cannot write to %s", path);
    return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_TAMPER, "%s is no folder", path);
}

static int append_checkpoint(struct session *s, const struct checkpoint *c, const struct sig *sig,
                             struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf root = {0};
    CLEANUP_BUF struct buf base64 = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, NULL, NULL, e);

    if (rc)
        return rc;
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
    int rc = session_may_write(s, e);

    if (rc == 0)
        rc = session_catch_up(s, e);
    buf_addf(&path, "%s/journal", store_folder(s->store));
    if (rc == 0)
        rc = check_folder(buf_text(&path), e);
    buf_clear(&path);
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
