/* acquisition_sums.c: NAME.sums while a failing source is read, by which NAME.rest is known again.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "acquire/acquisition_internal.h"
#include "base/limits.h"
#include "base/mem.h"
#include "sys/file.h"

enum { LINE_SIZE = 2 * sizeof(struct hash) + 1, PIECE_SIZE = DIGESTS_PIECE_SIZE, RANGES_TOLD = 10 };

/* The state on disk is of either before or after a commit: a piece has a line for each. */
enum { LINES = 2 };

static uint64_t piece_count(const struct acquisition *m)
{
    return (m->state.begin.size - m->state.rest + PIECE_SIZE - 1) / PIECE_SIZE;
}

static struct area piece_at(const struct acquisition *m, uint64_t piece)
{
    uint64_t off = m->state.rest + piece * PIECE_SIZE, left = m->state.begin.size - off;

    return (struct area){off, left < PIECE_SIZE ? left : PIECE_SIZE, AREA_READ};
}

static int open_sums(struct acquisition *m, int flags, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc;

    acquisition_path(m, "sums", &path);
    rc = file_open_regular(&m->sums.fd, buf_text(&path), flags | O_RDWR, e);
    if (rc)
        return rc;
    m->sums.is_second = mem_alloc(piece_count(m) / 8 + 1);
    memset(m->sums.is_second, 0, piece_count(m) / 8 + 1);
    m->sums.bytes = mem_alloc(PIECE_SIZE);
    return 0;
}

int acquire_sums_begin(struct acquisition *m, struct err *e)
{
    if (m->state.begin.size > LIMIT_IMAGE_SIZE)
        return 0;
    m->state.has_sums = true;
    return open_sums(m, O_CREAT, e);
}

int acquire_sums_open(struct acquisition *m, struct err *e)
{
    int rc = m->state.has_sums ? open_sums(m, 0, e) : 0;

    return rc != ERR_NOTFOUND
               ? rc
               : err_set(e, rc,
                         "%s.sums is not there, which tells what %s.rest holds: put it back beside "
                         "%s.part. Nothing was changed",
                         m->files.name, m->files.name, m->files.name);
}

void acquire_sums_release(struct rest_sums *s)
{
    fd_close(s->fd);
    free(s->is_second);
    free(s->bytes);
    free(s->touched);
}

void acquire_sums_touch(struct acquisition *m, uint64_t off, size_t size)
{
    struct rest_sums *s = &m->sums;
    uint64_t first = (off - m->state.rest) / PIECE_SIZE;
    uint64_t last = (off - m->state.rest + size - 1) / PIECE_SIZE;

    for (uint64_t piece = first; s->fd >= 0 && piece <= last; piece++) {
        if (s->count && s->touched[s->count - 1] == piece)
            continue;
        s->touched = mem_grow(s->touched, s->count, &s->room, sizeof(s->touched[0]));
        s->touched[s->count++] = piece;
    }
}

static int sum_piece(struct acquisition *m, uint64_t piece, bool *has_any, struct hash *out,
                     struct err *e)
{
    struct area p = piece_at(m, piece);
    int rc = acquire_rest_read(m, p.off, m->sums.bytes, (size_t)p.size, has_any, e);

    if (rc == 0)
        *out = hash_bytes(m->sums.bytes, (size_t)p.size);
    return rc;
}

static bool is_second(const struct rest_sums *s, uint64_t piece)
{
    return s->is_second[piece / 8] >> piece % 8 & 1;
}

static off_t line_at(uint64_t piece, bool second)
{
    return (off_t)((piece * LINES + second) * LINE_SIZE);
}

/* Over the line that no state on disk needs. */
static int write_line(struct acquisition *m, uint64_t piece, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};
    struct hash sum;
    bool has_any;
    int rc = sum_piece(m, piece, &has_any, &sum, e);

    if (rc)
        return rc;
    hex_add(&line, sum.b, sizeof(sum.b));
    buf_addc(&line, '\n');
    if (lseek(m->sums.fd, line_at(piece, !is_second(&m->sums, piece)), SEEK_SET) < 0)
        return err_errno(e, "cannot write the sums of what was rescued");
    return file_write_fd(m->sums.fd, line.p, line.len, "the sums of what was rescued", e);
}

static int compare_pieces(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void sort_touched(struct rest_sums *s)
{
    size_t kept = 0;

    qsort(s->touched, s->count, sizeof(s->touched[0]), compare_pieces);
    for (size_t i = 0; i < s->count; i++)
        if (kept == 0 || s->touched[kept - 1] != s->touched[i])
            s->touched[kept++] = s->touched[i];
    s->count = kept;
}

int acquire_sums_write(struct acquisition *m, struct err *e)
{
    struct rest_sums *s = &m->sums;
    int rc = 0;

    if (s->count == 0)
        return 0;
    sort_touched(s);
    for (size_t i = 0; rc == 0 && i < s->count; i++) {
        rc = write_line(m, s->touched[i], e);
        if (rc == ERR_FULL && acquire_give_room(m))
            rc = write_line(m, s->touched[i], e);
    }
    if (rc == 0 && fdatasync(s->fd))
        rc = err_errno(e, "cannot make the sums of what was rescued durable");
    return rc;
}

void acquire_sums_settle(struct acquisition *m)
{
    struct rest_sums *s = &m->sums;

    for (size_t i = 0; i < s->count; i++)
        s->is_second[s->touched[i] / 8] ^= (uint8_t)(1 << s->touched[i] % 8);
    s->count = 0;
}

/* A line that was never written is of a piece of which nothing had been read. */
static bool line_is(const struct acquisition *m, uint64_t piece, bool second,
                    const struct hash *sum, bool has_any)
{
    static const char unwritten[LINE_SIZE];
    char line[LINE_SIZE] = {0};
    struct hash was;
    ssize_t n;

    do
        n = pread(m->sums.fd, line, sizeof(line), line_at(piece, second));
    while (n < 0 && errno == EINTR);
    if (n >= 0 && memcmp(line, unwritten, LINE_SIZE) == 0)
        return !has_any;
    return n == LINE_SIZE && hex_read(was.b, sizeof(was.b), (struct str){line, LINE_SIZE - 1}) &&
           hash_eq(&was, sum);
}

enum { SEAL_LINES = 1024 }; /* pieces at a time */

static bool is_written(const char *line)
{
    return line[LINE_SIZE - 1] == '\n';
}

/* Over the other line, where a state before had another one. */
static int seal_pieces(struct acquisition *m, uint64_t first, char *lines, size_t count,
                       struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        bool second = is_second(&m->sums, first + i);
        char *now = lines + (i * LINES + second) * LINE_SIZE;
        char *other = lines + (i * LINES + !second) * LINE_SIZE;

        if (!is_written(now) || !is_written(other) || memcmp(now, other, LINE_SIZE) == 0)
            continue;
        if (pwrite(m->sums.fd, now, LINE_SIZE, line_at(first + i, !second)) != LINE_SIZE)
            return err_errno(e, "cannot write the sums of what was rescued");
    }
    return 0;
}

static int seal_all(struct acquisition *m, struct err *e)
{
    CLEANUP_FREE char *lines = mem_alloc((size_t)SEAL_LINES * LINES * LINE_SIZE);
    int rc = 0;

    for (uint64_t at = 0; rc == 0 && at < piece_count(m); at += SEAL_LINES) {
        uint64_t left = piece_count(m) - at;
        size_t count = left < SEAL_LINES ? (size_t)left : SEAL_LINES;

        memset(lines, 0, (size_t)SEAL_LINES * LINES * LINE_SIZE);
        if (pread(m->sums.fd, lines, count * LINES * LINE_SIZE, line_at(at, false)) < 0)
            return err_errno(e, "cannot read the sums of what was rescued");
        rc = seal_pieces(m, at, lines, count, e);
    }
    if (rc == 0 && fdatasync(m->sums.fd))
        rc = err_errno(e, "cannot make the sums of what was rescued durable");
    return rc;
}

static int sum_of_sums(struct acquisition *m, struct hash *out, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    uint64_t size;

    acquisition_path(m, "sums", &path);
    return file_sum(buf_text(&path), out, &size, e);
}

int acquire_sums_seal(struct acquisition *m, struct err *e)
{
    int rc;

    if (m->sums.fd < 0)
        return 0;
    pthread_mutex_lock(&m->keeping);
    rc = seal_all(m, e);
    if (rc == 0)
        rc = sum_of_sums(m, &m->state.sealed, e);
    m->state.is_sealed = rc == 0;
    if (rc == 0)
        rc = acquire_place(m, e);
    pthread_mutex_unlock(&m->keeping);
    return rc;
}

static int check_piece(struct acquisition *m, uint64_t piece, bool *is_changed, struct err *e)
{
    struct rest_sums *s = &m->sums;
    struct hash sum;
    bool has_any;
    int rc = sum_piece(m, piece, &has_any, &sum, e);

    if (rc)
        return rc;
    *is_changed = false;
    if (line_is(m, piece, false, &sum, has_any))
        s->is_second[piece / 8] &= (uint8_t) ~(1U << piece % 8);
    else if (line_is(m, piece, true, &sum, has_any))
        s->is_second[piece / 8] |= (uint8_t)(1U << piece % 8);
    else
        *is_changed = true;
    return 0;
}

/* Pieces beside each other are one range; its state is not used. */
struct ranges {
    struct area *all;
    size_t count, room;
};

static void ranges_release(struct ranges *r)
{
    free(r->all);
}

static void add_range(struct ranges *r, struct area a)
{
    struct area *last = r->count ? &r->all[r->count - 1] : NULL;

    if (last && last->off + last->size == a.off) {
        last->size += a.size;
        return;
    }
    r->all = mem_grow(r->all, r->count, &r->room, sizeof(r->all[0]));
    r->all[r->count++] = a;
}

static int find_changed(struct acquisition *m, struct ranges *out, struct err *e)
{
    uint64_t done = m->state.done > m->state.rest ? m->state.done - m->state.rest : 0;
    int rc = 0;

    atomic_store(&m->control->phase, ACQUIRE_REREADING);
    for (uint64_t i = done / PIECE_SIZE; rc == 0 && i < piece_count(m); i++) {
        struct area piece = piece_at(m, i);
        bool is_changed = false;

        if (atomic_load(&m->control->stops))
            return err_set(e, ERR_CANCEL, "stopped; it goes on where it was");
        rc = check_piece(m, i, &is_changed, e);
        if (rc == 0 && is_changed)
            add_range(out, piece);
        atomic_store(&m->control->done, piece.off + piece.size - m->state.rest);
    }
    return rc;
}

static void tell_changed(struct acquisition *m, const struct ranges *r)
{
    CLEANUP_BUF struct buf text = {0};

    buf_adds(&text, "What had been read and lay in ");
    buf_adds(&text, m->files.name);
    buf_adds(&text, ".rest was CHANGED while it was interrupted: bytes ");
    for (size_t i = 0; i < r->count && i < RANGES_TOLD; i++)
        buf_addf(&text, "%s%llu to %llu", i ? ", " : "", (unsigned long long)r->all[i].off,
                 (unsigned long long)(r->all[i].off + r->all[i].size - 1));
    if (r->count > RANGES_TOLD)
        buf_addf(&text, " and %zu stretches more", r->count - RANGES_TOLD);
    buf_adds(&text, m->source->size ? "; read from the source again"
                                    : "; the source is gone, and they are left unread");
    acquire_note(m, buf_text(&text),
                 "What had been read and lay in NAME.rest was CHANGED more often while it was "
                 "interrupted");
}

/* What still matches its lines may be all that is left of a dying disk: it is kept, and told. */
static int check_seal(struct acquisition *m, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    struct hash is;
    int rc = sum_of_sums(m, &is, e);

    m->state.is_sealed = false;
    if (rc || hash_eq(&is, &m->state.sealed))
        return rc;
    buf_addf(&text,
             "%s.sums, which tells what %s.rest held, was CHANGED while it was interrupted, so "
             "nothing vouches for what had been read by then from byte %llu on",
             m->files.name, m->files.name, (unsigned long long)m->state.rest);
    acquire_note(m, buf_text(&text),
                 "NAME.sums, which tells what NAME.rest held, was CHANGED more often");
    acquire_mark_unbound(&m->state, m->state.rest, m->state.begin.size);
    return 0;
}

static int give_up(struct acquisition *m, const struct ranges *changed, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < changed->count; i++) {
        const struct area *a = &changed->all[i];

        rc = fault_map_set(&m->map, a->off, a->size, AREA_UNTRIED, e);
        for (uint64_t at = a->off; at < a->off + a->size; at += PIECE_SIZE)
            acquire_sums_touch(m, at, 1);
    }
    return rc;
}

/* That it was changed is kept before what says it is given up; and that nothing is sealed any more
 * before a line is written. */
int acquire_sums_check(struct acquisition *m, struct err *e)
{
    CLEANUP(ranges_release) struct ranges changed = {0};
    bool was_sealed = m->state.is_sealed;
    int rc = m->sums.fd >= 0 && was_sealed ? check_seal(m, e) : 0;

    if (rc == 0 && m->sums.fd >= 0)
        rc = find_changed(m, &changed, e);
    if (rc)
        return err_wrap(e, rc, "reading what was rescued already");
    if (changed.count)
        tell_changed(m, &changed);
    if (changed.count || was_sealed)
        rc = acquire_commit(m, e);
    return rc ? rc : give_up(m, &changed, e);
}
