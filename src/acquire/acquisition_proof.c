/* acquisition_proof.c: NAME.pieces while an image is made, by which what was written before an
 * interruption is known again. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "acquire/acquisition_internal.h"
#include "sys/file.h"

enum { LINE_SIZE = 2 * sizeof(struct hash) + 1 };
static const char head_line[] = "# SHA-256 of each MiB of the image, in order\n";

/* From an older version, or of a source whose beginning is not hashed. */
static bool has_proof(const struct acquisition *m)
{
    return m->state.has_proof && !m->options.has_no_hashes && m->state.done;
}

bool acquisition_is_unproven(const struct acquisition *m)
{
    bool has_rest_only = m->state.has_rest && !m->state.has_sums;

    return m->is_resumed && ((m->state.done && !m->state.has_proof) || has_rest_only);
}

static int fail_held(struct err *e)
{
    return err_set(e, ERR_CONFLICT,
                   "another program goes on with this image at this moment, or its last run still "
                   "waits for a read that does not come back, and ends by itself with that");
}

int acquisition_is_free(const struct target_files *files, struct err *e)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FD int fd = -1;

    buf_addf(&path, "%s/%s.pieces", files->folders[0], files->name);
    if (file_open_regular(&fd, buf_text(&path), O_RDONLY, NULL))
        return 0; /* what is wrong with it is said where it is needed */
    return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK ? fail_held(e) : 0;
}

/* Held open to the end, and locked: no second program goes on with the same image meanwhile. */
int acquire_pieces_open(struct acquisition *m, const char *path, int flags, struct err *e)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    int rc = file_open_regular(&m->pieces_fd, path, flags | O_RDWR, e);

    if (rc && errno == EEXIST)
        return err_set(e, ERR_USAGE, "%s is there already, and nothing is written over", path);
    if (rc && errno == ENOENT)
        return err_set(e, ERR_NOTFOUND,
                       "%s is not there, by which the image is known again: put it back beside "
                       "NAME.part",
                       path);
    if (rc)
        return rc;
    if (fcntl(m->pieces_fd, F_OFD_SETLK, &whole) && (errno == EAGAIN || errno == EACCES))
        return fail_held(e);
    return 0;
}

/* Where nothing is compared with them they begin anew. The state is looked at again once they are
 * locked. */
int acquire_pieces_open_again(struct acquisition *m, const char *part, const char *pieces,
                              struct err *e)
{
    CLEANUP(target_files_release) struct target_files files = TARGET_FILES_NONE;
    struct acquire_state state = {0};
    int rc = acquisition_look(part, &state, &files, e);
    bool compares = state.has_proof && !m->options.has_no_hashes;

    acquire_begin_release(&state.begin);
    return rc ? rc : acquire_pieces_open(m, pieces, compares ? 0 : O_CREAT, e);
}

static void count_written(struct acquisition *m, const void *text, size_t size)
{
    digest_add(m->pieces_sum, text, size);
    m->pieces_size += size;
}

static int begin_anew(struct acquisition *m, struct err *e)
{
    if (ftruncate(m->pieces_fd, 0) || lseek(m->pieces_fd, 0, SEEK_SET))
        return err_errno(e, "cannot begin the pieces of the image anew");
    return file_write_fd(m->pieces_fd, head_line, sizeof(head_line) - 1, "the pieces of the image",
                         e);
}

/* Lines that are there stay until it settles, but where an older version left no proof. */
int acquire_pieces_begin(struct acquisition *m, struct err *e)
{
    bool stay = m->is_resumed && (has_proof(m) || m->state.done == 0);

    count_written(m, head_line, sizeof(head_line) - 1);
    return stay ? 0 : begin_anew(m, e);
}

/* What is behind was written after the state. */
int acquire_pieces_settle(struct acquisition *m, struct err *e)
{
    off_t end = (off_t)(sizeof(head_line) - 1 + m->pieces_checked * LINE_SIZE);

    if (m->state.done == 0)
        return begin_anew(m, e);
    if (has_proof(m) && (ftruncate(m->pieces_fd, end) || lseek(m->pieces_fd, end, SEEK_SET) != end))
        return err_errno(e, "cannot go on with the pieces of the image");
    return 0;
}

static void add_lines(const struct buf *pieces, struct buf *out)
{
    for (size_t at = 0; at < pieces->len; at += sizeof(struct hash)) {
        hex_add(out, pieces->p + at, sizeof(struct hash));
        buf_addc(out, '\n');
    }
}

int acquire_pieces_flush(struct acquisition *m, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    off_t begin = lseek(m->pieces_fd, 0, SEEK_CUR);
    int rc;

    add_lines(&m->pieces, &text);
    rc = file_write_fd(m->pieces_fd, text.p, text.len, "the pieces of the image", e);
    /* The folder is full, and somebody may be asked for another one at this moment. */
    if (rc == ERR_FULL && acquire_give_room(m) && lseek(m->pieces_fd, begin, SEEK_SET) == begin)
        rc = file_write_fd(m->pieces_fd, text.p, text.len, "the pieces of the image", e);
    if (rc == 0)
        count_written(m, text.p, text.len);
    buf_clear(&m->pieces);
    return rc;
}

static int read_line(const struct acquisition *m, uint64_t piece, struct hash *out, struct err *e)
{
    char line[LINE_SIZE];
    off_t at = (off_t)(sizeof(head_line) - 1 + piece * LINE_SIZE);
    ssize_t n;

    do
        n = pread(m->pieces_fd, line, sizeof(line), at);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(e, "cannot read the pieces of the image");
    if (n != LINE_SIZE || line[LINE_SIZE - 1] != '\n' ||
        !hex_read(out->b, sizeof(out->b), (struct str){line, LINE_SIZE - 1}))
        return err_set(
            e, ERR_TAMPER,
            "%s.pieces does not say what MiB %llu of it was: the file was changed. Begin "
            "anew under another name, and leave these files as they are",
            m->files.name, (unsigned long long)piece);
    return 0;
}

/* Those of whole MiB before done, which are durable. */
static int bind_pieces(struct acquisition *m, struct err *e)
{
    int rc = 0;

    if (!m->is_checked || !m->state.has_proof || m->options.has_no_hashes)
        return 0;
    while (rc == 0 && m->chain_pieces < m->state.done / DIGESTS_PIECE_SIZE) {
        struct hash piece;

        rc = read_line(m, m->chain_pieces, &piece, e);
        if (rc == 0)
            acquire_bind_piece(m, &piece);
    }
    m->state.chain = m->chain;
    m->state.has_chain = rc == 0;
    return rc;
}

int acquire_pieces_keep(struct acquisition *m, struct err *e)
{
    int rc = m->pump ? pump_hashed(m->pump, m->state.done, e) : 0;

    if (rc == 0 && fdatasync(m->pieces_fd))
        rc = err_errno(e, "cannot make the pieces of the image durable");
    return rc ? rc : bind_pieces(m, e);
}

void acquire_proof_reach(struct acquisition *m)
{
    if (m->state.has_proof)
        m->state.proof = hash_bytes(m->head.p, m->head.len);
}

/* Blocks end where a MiB does, but for the last one before a rest, or of the source. */
void acquire_proof_pass(struct acquisition *m, const struct pump_block *b)
{
    uint64_t size = m->state.begin.size, end = b->off + b->size < size ? b->off + b->size : size;

    if (end % DIGESTS_PIECE_SIZE)
        buf_add(&m->head, b->bytes, (size_t)(end - b->off));
    else
        buf_clear(&m->head);
}

static int is_changed(const struct acquisition *m, uint64_t piece, struct err *e)
{
    uint64_t from = piece * DIGESTS_PIECE_SIZE, until = from + DIGESTS_PIECE_SIZE;

    return err_set(
        e, ERR_TAMPER,
        "it is not what was read from the source: bytes %llu to %llu of it were changed "
        "while the image was interrupted. Begin anew under another name, and leave these "
        "files as they are",
        (unsigned long long)from,
        (unsigned long long)(until < m->state.done ? until : m->state.done) - 1);
}

static int check_pieces(struct acquisition *m, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    int rc = 0;

    for (size_t at = 0; rc == 0 && at < m->pieces.len; at += sizeof(struct hash)) {
        struct hash was;

        rc = read_line(m, m->pieces_checked, &was, e);
        if (rc == 0 && memcmp(was.b, m->pieces.p + at, sizeof(was)) != 0)
            rc = is_changed(m, m->pieces_checked, e);
        m->pieces_checked++;
    }
    add_lines(&m->pieces, &text);
    count_written(m, text.p, text.len);
    buf_clear(&m->pieces);
    return rc;
}

static void bind_reread(struct acquisition *m)
{
    for (size_t at = 0; at < m->pieces.len; at += sizeof(struct hash)) {
        acquire_bind_piece(m, m->pieces.p + at);
        acquire_known_piece(m);
    }
}

int acquire_proof_reread(struct acquisition *m, const void *bytes, size_t size, struct err *e)
{
    uint64_t last = m->state.done - m->state.done % DIGESTS_PIECE_SIZE;
    uint64_t end = m->reread_at + size;
    size_t before = m->reread_at < last ? (size_t)(last - m->reread_at) : 0;

    if (end > last)
        buf_add(&m->head, (const char *)bytes + before, size - before);
    acquire_known_reread(m, bytes, size);
    m->reread_at = end;
    bind_reread(m);
    return has_proof(m) ? check_pieces(m, e) : acquire_pieces_flush(m, e);
}

int acquire_proof_check(struct acquisition *m, struct err *e)
{
    struct hash is = hash_bytes(m->head.p, m->head.len);

    if (m->reread_at != m->state.done)
        return err_set(
            e, ERR_TAMPER,
            "it has %llu bytes of the source, and %s.part tells of %llu: one of them was "
            "changed while the image was interrupted. Begin anew under another name, "
            "and leave these files as they are",
            (unsigned long long)m->reread_at, m->files.name, (unsigned long long)m->state.done);
    if (!has_proof(m))
        return acquire_known_check(m, e);
    if (m->state.has_chain && !hash_eq(&m->chain, &m->state.chain))
        return err_set(e, ERR_TAMPER,
                       "it is not what was read from the source: bytes of it and %s.pieces were "
                       "changed together while the image was interrupted. Begin anew under another "
                       "name, and leave these files as they are",
                       m->files.name);
    if (!hash_eq(&is, &m->state.proof))
        return is_changed(m, m->state.done / DIGESTS_PIECE_SIZE, e);
    return acquire_known_check(m, e);
}
