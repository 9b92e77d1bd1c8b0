/* acquisition_rest.c: a failing source: what it still gives goes to NAME.rest, in the order of
 * ease. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "acquire/acquisition_internal.h"
#include "sys/file.h"

enum { SKIP_PARTS = 100, ROOM_SLACK = 64 << 20 };

bool acquire_rest_has_room(const struct acquisition *m)
{
    uint64_t needed = m->state.begin.size - m->at + ROOM_SLACK;
    struct statvfs st;

    if (m->options.reads_in_order)
        return false;
    return statvfs(m->files.folders[0], &st) == 0 && (uint64_t)st.f_bavail * st.f_frsize >= needed;
}

int acquire_rest_open(struct acquisition *m, struct err *e)
{
    int rc = target_open_rest(&m->files, &m->rest_fd, e);

    return rc ? rc : acquire_sums_open(m, e);
}

int acquire_rest_begin(struct acquisition *m, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc;

    target_rest_path(&m->files, &path);
    /* One that is empty was begun when it was interrupted. */
    rc = file_open_regular(&m->rest_fd, buf_text(&path), O_CREAT | O_RDWR, e);
    if (rc)
        return rc;
    m->state.has_rest = true;
    m->state.rest = m->at;
    rc = acquire_sums_begin(m, e);
    return rc ? rc : acquire_keep(m, e); /* from here on a state tells of it */
}

static int move_rest(void *context, const char *folder, bool *asks, struct err *e)
{
    struct acquisition *m = context;

    return target_move_rest(&m->files, folder, &m->rest_fd, asks, e);
}

static int make_room(struct acquisition *m, int error, struct err *e)
{
    return target_make_room(&m->files, error, m->files.folders[m->files.rest_folder], move_rest, m,
                            e);
}

static int put_in_rest(void *context, uint64_t off, const void *bytes, size_t size, struct err *e)
{
    struct acquisition *m = context;
    const char *p = bytes;
    uint64_t at = off - m->state.rest;
    size_t left = size;

    while (left) {
        ssize_t n = pwrite(m->rest_fd, p, left, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && target_is_full(errno)) {
            int rc = make_room(m, errno, e);

            if (rc)
                return rc;
            continue;
        }
        if (n < 0)
            return err_errno(e, "cannot write what was rescued");
        p += n;
        at += (uint64_t)n;
        left -= (size_t)n;
    }
    acquire_sums_touch(m, off, size); /* what a state told of it meanwhile did not have this */
    return 0;
}

static int read_rest(const struct acquisition *m, uint64_t off, void *bytes, size_t size,
                     struct err *e)
{
    size_t got = 0;

    while (got < size) {
        ssize_t n =
            pread(m->rest_fd, (char *)bytes + got, size - got, (off_t)(off - m->state.rest + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "cannot read what was rescued");
        if (n == 0) /* behind the last byte that could be read */
            break;
        got += (size_t)n;
    }
    memset((char *)bytes + got, 0, size - got);
    return 0;
}

/* What came behind the last state, or was given up since, lies there, too. */
int acquire_rest_read(const struct acquisition *m, uint64_t off, void *bytes, size_t size,
                      bool *has_any, struct err *e)
{
    uint64_t at = off, until = off + size;
    struct area read;
    int rc = read_rest(m, off, bytes, size, e);

    *has_any = false;
    while (rc == 0 && at < until) {
        bool is_read = fault_map_next(&m->map, at, until, AREA_READ, &read);
        uint64_t next = is_read ? read.off : until;

        *has_any |= is_read;
        memset((char *)bytes + (at - off), 0, (size_t)(next - at));
        at = is_read ? read.off + read.size : until;
    }
    return rc;
}

void acquire_rest_give_back(struct acquisition *m)
{
    uint64_t until = m->state.done > m->state.rest ? m->state.done - m->state.rest : 0;

    until -= until % DIGESTS_PIECE_SIZE; /* they are summed as a whole */
    if (m->rest_fd < 0 || until <= m->punched)
        return;
    /* Where the file system cannot, the room is given back at the end. */
    if (fallocate(m->rest_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)m->punched,
                  (off_t)(until - m->punched)) == 0)
        m->punched = until;
}

static void show(struct acquisition *m, const struct rescue *r)
{
    uint64_t bad = fault_map_sum(&m->map, AREA_BAD), left = fault_map_sum(&m->map, AREA_LEFT);

    atomic_store(&m->control->bad, bad);
    atomic_store(&m->control->done, fault_map_sum(&m->map, AREA_READ) + bad + left);
    atomic_store(&m->control->pass, (int)r->pass);
    m->rescue_pass = r->pass < RESCUE_PASS_COUNT_ ? r->pass : RESCUE_TRAPS;
    m->rescue_try = r->try;
    m->rescue_at = r->at;
    m->state.retried = r->tried;
    m->state.retried_there = r->tried_there;
}

/* A rescue with what it belongs to. */
struct rest_reading {
    struct acquisition *m;
    struct rescue rescue;
    uint8_t *bytes; /* where the range goes, or NULL: to NAME.rest */
};

/* Nothing is made durable of which it is not known yet that the source still answered. */
static int commit(struct rest_reading *g, struct err *e)
{
    int rc, again;

    (void)rescue_doubt_settle(&g->rescue);
    rc = rescue_doubt_off(&g->rescue, e);
    if (rc == 0)
        rc = acquire_commit(g->m, e);
    again = rescue_doubt_on(&g->rescue, rc ? NULL : e);
    return rc ? rc : again;
}

static int go_on(void *context, size_t size, struct err *e)
{
    struct rest_reading *g = context;
    bool is_due = g->rescue.pass == RESCUE_TRAPS && g->m->rescue_pass != RESCUE_TRAPS;
    int rc = acquire_go_on(g->m, size, e);

    /* What comes next may be the last read: all that came is kept first. */
    is_due |= monotonic_ms() - g->m->committed_ms >= (int64_t)g->m->options.commit_ms;
    show(g->m, &g->rescue);
    return rc == 0 && !g->bytes && is_due ? commit(g, e) : rc;
}

static int take(void *context, uint64_t off, const void *bytes, size_t size, struct err *e)
{
    struct rest_reading *g = context;

    if (!g->bytes)
        return put_in_rest(g->m, off, bytes, size, e);
    memcpy(g->bytes + (off - g->rescue.from), bytes, size);
    return 0;
}

static void left(void *context, uint64_t off, uint64_t size)
{
    struct rest_reading *g = context;

    acquire_trap_left(g->m, off, size);
}

static void prepare(struct rest_reading *g, uint64_t from, uint64_t until)
{
    struct acquisition *m = g->m;
    uint64_t skip = m->state.begin.size / SKIP_PARTS;

    g->rescue = (struct rescue){.source = m->source,
                                .map = &m->map,
                                .from = from,
                                .until = until,
                                .retries = m->options.retries,
                                .slow_ms = m->options.slow_ms,
                                .skip_max = g->bytes ? 0 : skip - skip % m->source->sector_size,
                                .accepts_end = m->options.accepts_end,
                                .traps = m->state.traps.count ? &m->state.traps : NULL,
                                .leaves_silent = !m->state.traps.count && m->source->size > 0,
                                .leaves_traps = m->options.leaves_places,
                                .block = RESCUE_BLOCK,
                                .bytes = m->block,
                                .take = take,
                                .left = left,
                                .go_on = go_on,
                                .context = g};
}

/* What is to be read yet had none: all begin anew then. */
static void begin_retries(const struct acquisition *m, struct rescue *r)
{
    bool is_open = fault_map_sum(&m->map, AREA_UNTRIED) + fault_map_sum(&m->map, AREA_UNTRIMMED) +
                       fault_map_sum(&m->map, AREA_UNSCRAPED) >
                   0;

    r->tried = acquire_trap_elsewhere(m) ? 0 : m->state.retried;
    r->try = r->tried;
    r->tried_there = is_open ? 0 : m->state.retried_there;
}

int acquire_rest_run(struct acquisition *m, struct err *e)
{
    struct rest_reading g = {.m = m};
    int rc, later;

    pthread_mutex_lock(&m->keeping); /* from here on this thread alone writes the state */
    atomic_store(&m->control->phase, ACQUIRE_RESCUING);
    pthread_mutex_unlock(&m->keeping);
    prepare(&g, m->at, m->state.begin.size); /* what is in the image stays as it is */
    begin_retries(m, &g.rescue);
    rc = rescue_run(&g.rescue, e);
    show(m, &g.rescue);
    later = acquire_commit(m, rc ? NULL : e);
    return rc ? rc : later;
}

int acquire_rest_block(struct acquisition *m, uint64_t off, size_t size, uint8_t *bytes,
                       struct err *e)
{
    struct rest_reading g = {.m = m, .bytes = bytes};

    memset(bytes, 0, size);
    prepare(&g, off, off + size);
    return rescue_run(&g.rescue, e);
}
