/* acquisition_out.c: writes blocks into the files of an image, and how far it is. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "acquire/acquisition_internal.h"
#include "base/mem.h"
#include "sys/file.h"

enum { ROOM_SIZE = 1 << 19, IDLE_LEAST_MS = 200 };

static bool is_ewf(const struct acquisition *m)
{
    return m->state.begin.format == TARGET_E01;
}

static int begin_ewf(struct acquisition *m, struct err *e)
{
    const struct acquire_begin *b = &m->state.begin;
    struct ewf_facts f = {.size = m->stored_size,
                          .sector_size = b->sector_size,
                          .segment_size = b->segment_size,
                          .is_removable = b->is_removable,
                          .is_physical = b->is_physical,
                          .is_small = b->is_small,
                          .begun = b->begun,
                          .number = str_of(b->number),
                          .case_number = str_of(b->case_number),
                          .examiner = str_of(b->examiner),
                          .notes = str_of(b->notes),
                          .description = str_of(b->description),
                          .model = str_of(b->model),
                          .serial = str_of(b->serial),
                          .program = STR(ACQUIRE_PROGRAM),
                          .system = str_of(b->system)};

    memcpy(f.id, b->id, sizeof(f.id));
    return ewf_writer_new(&m->ewf, &f, &m->files, (m->state.done + CHUNK_SIZE - 1) / CHUNK_SIZE,
                          &m->state.group, e);
}

int acquire_out_begin(struct acquisition *m, struct err *e)
{
    int rc = 0;

    if (is_ewf(m))
        return begin_ewf(m, e);
    if (m->files.count == 0)
        rc = target_files_next(&m->files, e);
    return rc;
}

/* Room that a full folder still has for the state, which says where the image goes on. Without it
 * the image is made as well. */
void acquire_keep_room(const struct acquisition *m)
{
    CLEANUP_FREE char *zeros = mem_alloc(ROOM_SIZE);
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FD int fd = -1;

    acquisition_path(m, "room", &path);
    fd = open(buf_text(&path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    memset(zeros, 0, ROOM_SIZE);
    if (file_write_fd(fd, zeros, ROOM_SIZE, buf_text(&path), NULL) || fdatasync(fd))
        (void)unlink(buf_text(&path));
}

bool acquire_give_room(const struct acquisition *m)
{
    CLEANUP_BUF struct buf path = {0};

    acquisition_path(m, "room", &path);
    return unlink(buf_text(&path)) == 0;
}

int acquire_write_beside(const struct acquisition *m, const char *ending, const struct buf *text,
                         struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc;

    acquisition_path(m, ending, &path);
    rc = file_write(buf_text(&path), buf_str(text), 0600, e);
    if (rc == ERR_FULL && acquire_give_room(m))
        rc = file_write(buf_text(&path), buf_str(text), 0600, e);
    return rc;
}

/* What is mounted may be moved, and another folder lie under its name: a state there would tell of
 * files that it has not. */
static int is_in_place(const struct acquisition *m, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct stat held, there;

    acquisition_path(m, "pieces", &path);
    if (fstat(m->pieces_fd, &held) == 0 && lstat(buf_text(&path), &there) == 0 &&
        held.st_dev == there.st_dev && held.st_ino == there.st_ino)
        return 0;
    return err_set(e, ERR_IO, "%s is not where it was: the folder was moved, or is gone",
                   buf_text(&path));
}

/* A state names its map, so that it comes before it under another name. */
static int place(struct acquisition *m, bool is_finished, struct err *e)
{
    int rc = is_in_place(m, e);

    if (rc == 0)
        rc = target_files_sync(&m->files, e);
    if (rc == 0)
        rc = acquire_pieces_keep(m, e);
    if (rc == 0 && m->rest_fd >= 0 && fdatasync(m->rest_fd))
        rc = err_errno(e, "cannot make what was rescued durable");
    if (rc == 0)
        rc = acquire_sums_write(m, e);
    if (rc == 0)
        rc = acquire_map_prepare(m, is_finished, e);
    if (rc == 0)
        rc = acquire_bind_part(m, e);
    if (rc)
        return rc;
    acquire_sums_settle(m);
    m->map_waits = m->state.needs_map;
    rc = acquire_map_place(m, e);
    return rc ? rc : target_claims_number(&m->files, m->state.number, e);
}

int acquire_place(void *context, struct err *e)
{
    return place(context, false, e);
}

int acquire_commit(struct acquisition *m, struct err *e)
{
    int rc = acquire_place(m, e);

    m->committed_ms = monotonic_ms();
    if (rc)
        return rc;
    acquire_keep_room(m);
    m->committed = m->state.done;
    m->committed_files = m->state.file_count;
    if (m->state.has_rest)
        acquire_rest_give_back(m);
    return 0;
}

/* So what is in it then is known by its bytes, wherever it is copied to. Else the state says what
 * the one before did, so nothing that it tells of has to be made durable once more. */
int acquire_announce(void *context, const void *bytes, size_t size, struct err *e)
{
    struct acquisition *m = context;
    struct target_announced *told = &m->state.announced;
    CLEANUP_FREE struct target_announced *now = NULL;
    int rc;

    if (m->state.file_count || size == 0)
        return 0;
    now = mem_new(struct target_announced);
    target_announced_make(now, bytes, size);
    if (told->size == now->size && memcmp(told->sums, now->sums, sizeof(now->sums)) == 0)
        return 0;
    *told = *now;
    rc = is_in_place(m, e);
    if (rc == 0)
        rc = acquire_bind_part(m, e);
    if (rc == 0)
        rc = target_claims_number(&m->files, m->state.number, e);
    if (rc) /* it is said again before anything is written */
        told->size = told->count = 0;
    return rc;
}

/* All before size is in the files. */
static void reach(struct acquisition *m, uint64_t size)
{
    m->state.done = size < m->state.begin.size ? size : m->state.begin.size;
    m->state.file_count = m->files.count;
    m->state.last_size = m->files.files[m->files.count - 1].size;
    acquire_proof_reach(m);
}

/* The chunks of a group that is not whole yet, too. */
static int reach_all(struct acquisition *m, struct err *e)
{
    int rc;

    if (!is_ewf(m) || ewf_chunks(m->ewf) * CHUNK_SIZE <= m->state.done)
        return 0;
    rc = ewf_hold(m->ewf, &m->state.group, e);
    if (rc == 0)
        reach(m, ewf_chunks(m->ewf) * CHUNK_SIZE);
    return rc;
}

/* A state tells of all files but the last: so what one does not tell of is known to be little. */
static int commit_if_due(struct acquisition *m, struct err *e)
{
    bool is_told = m->committed_files == m->files.count;
    int rc;

    if (is_told && monotonic_ms() - m->committed_ms < (int64_t)m->options.commit_ms)
        return 0;
    rc = reach_all(m, e);
    return rc ? rc : acquire_commit(m, e);
}

int acquire_keep(struct acquisition *m, struct err *e)
{
    int rc;

    pthread_mutex_lock(&m->keeping);
    rc = reach_all(m, e);
    if (rc == 0)
        rc = acquire_commit(m, e);
    pthread_mutex_unlock(&m->keeping);
    return rc;
}

/* The source gives nothing: who waits for it may have to be left alone, and what came is kept. */
static int idle(void *context, struct err *e)
{
    struct acquisition *m = context;
    uint64_t came;
    int rc = 0;

    pthread_mutex_lock(&m->keeping);
    came = is_ewf(m) ? ewf_chunks(m->ewf) * CHUNK_SIZE : m->state.done;
    if (atomic_load(&m->control->phase) != ACQUIRE_RESCUING && came > m->committed)
        rc = commit_if_due(m, e);
    pthread_mutex_unlock(&m->keeping);
    return rc;
}

static int take_ewf(struct acquisition *m, const struct pump_block *b, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < b->chunk_count; i++)
        rc = ewf_add_chunk(m->ewf, b->packed[i], b->packed_size[i], b->is_packed[i], e);
    if (rc)
        return rc;
    acquire_proof_pass(m, b);
    return commit_if_due(m, e);
}

/* Zeros are holes. */
static int put_raw(struct acquisition *m, uint64_t off, const uint8_t *bytes, size_t size,
                   bool is_zero, struct err *e)
{
    return is_zero ? target_files_set_size(&m->files, off + size, e)
                   : target_files_write(&m->files, off, bytes, size, e);
}

/* So that a file which has its end is known not to be of a state that lacks more. */
static int commit_before_end(struct acquisition *m, uint64_t off, struct err *e)
{
    return m->committed < off ? acquire_commit(m, e) : 0;
}

static int take_raw(struct acquisition *m, const struct pump_block *b, struct err *e)
{
    uint64_t part = m->state.begin.segment_size;
    size_t at = 0;
    int rc = b->off + b->size < m->state.begin.size ? 0 : commit_before_end(m, b->off, e);

    if (rc == 0)
        rc = acquire_announce(m, b->bytes, b->size, e);
    while (rc == 0 && at < b->size) {
        uint64_t off = b->off + at;
        size_t left = b->size - at;

        if (part && off / part >= m->files.count)
            rc = target_files_next(&m->files, e);
        if (part && left > part - off % part)
            left = (size_t)(part - off % part);
        if (rc == 0)
            rc = put_raw(m, part ? off % part : off, b->bytes + at, left, b->is_zero, e);
        at += left;
    }
    if (rc)
        return rc;
    acquire_proof_pass(m, b);
    reach(m, b->off + b->size);
    return commit_if_due(m, e);
}

static int take(void *context, const struct pump_block *b, struct err *e)
{
    struct acquisition *m = context;

    return is_ewf(m) ? take_ewf(m, b, e) : take_raw(m, b, e);
}

static int hashed(void *context, struct buf *pieces, struct err *e)
{
    return pieces->len ? acquire_pieces_flush(context, e) : 0;
}

int acquire_out_pump(struct acquisition *m, struct err *e)
{
    struct pump_plan plan = {.packs = is_ewf(m),
                             .level = m->state.begin.is_small ? PACK_SMALL : PACK_FAST,
                             .slots = m->options.buffers,
                             .packers = m->options.packers,
                             .from = m->at,
                             .exact_size = m->state.begin.size,
                             .digests = m->digests,
                             .pieces = m->options.has_no_hashes ? NULL : &m->pieces,
                             .hashed = hashed,
                             .take = take,
                             .idle = idle,
                             .idle_ms = m->options.commit_ms < IDLE_LEAST_MS ? IDLE_LEAST_MS
                                                                             : m->options.commit_ms,
                             .context = m};

    return pump_new(&m->pump, &plan, e);
}

static int end_raw(struct acquisition *m, struct err *e)
{
    uint64_t part = m->state.begin.segment_size, size = m->state.begin.size;

    return target_files_set_size(&m->files, part ? (size - 1) % part + 1 : size, e);
}

/* What goes with a finished image. */
static int end_beside(struct acquisition *m, struct err *e)
{
    int rc = place(m, true, e);

    if (rc == 0 && fsync(m->pieces_fd))
        rc = err_errno(e, "cannot make the pieces of the image durable");
    return rc;
}

/* Until now it could have gone on from its last state, and ended the same. */
int acquisition_finish(struct acquisition *m, struct err *e)
{
    static const char *const gone[] = {"sums", "room", "part", "map.next"};
    int rc = folder_sync(m->files.folders[0], e);

    if (rc == 0)
        rc = target_files_end(&m->files, e);

    for (size_t i = 0; rc == 0 && i < COUNT_OF(gone); i++) {
        CLEANUP_BUF struct buf path = {0};

        acquisition_path(m, gone[i], &path);
        if (file_is_there(buf_text(&path)) && unlink(buf_text(&path)))
            rc = err_errno(e, "cannot remove %s", buf_text(&path));
    }
    return rc ? rc : folder_sync(m->files.folders[0], e);
}

int acquire_out_end(struct acquisition *m, struct acquire_result *out, struct err *e)
{
    struct acquire_result r = {.stored_size = m->stored_size};
    int rc = 0;

    if (!m->options.has_no_hashes) {
        if (m->has_exact)
            r.exact = m->exact;
        else
            pump_exact(m->pump, &r.exact);
        digests_end(m->digests, &r.stored, &m->pieces);
        rc = acquire_pieces_flush(m, e);
    }
    pump_free(MOVE(m->pump)); /* nobody writes but this thread */
    if (rc == 0 && is_ewf(m)) /* as before the end of a raw image */
        rc = acquire_keep(m, e);
    if (rc == 0)
        rc = is_ewf(m) ? ewf_end(m->ewf, &r.stored, &m->map, e) : end_raw(m, e);
    if (rc == 0)
        rc = target_files_sync(&m->files, e);
    if (rc == 0)
        rc = end_beside(m, e);
    r.bad = fault_map_sum(&m->map, AREA_BAD);
    r.left = fault_map_sum(&m->map, AREA_LEFT);
    r.ended = utc_now();
    if (rc == 0)
        *out = r;
    return rc;
}
