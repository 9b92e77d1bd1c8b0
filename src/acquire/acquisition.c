/* acquisition.c: makes an image: in order while the source reads well, then as it can. */
#include "acquire/acquisition.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "acquire/acquisition_internal.h"
#include "base/mem.h"
#include "sys/file.h"

enum { DAMAGE_SIZE = 4 << 10 }; /* of all runs, in words: a line and a record have room for it */

void acquisition_path(const struct acquisition *m, const char *ending, struct buf *out)
{
    buf_addf(out, "%s/%s.%s", m->files.folders[0], m->files.name, ending);
}

void acquisition_beside(const struct acquisition *m, const char *ending, uint64_t *size,
                        struct hash *sum)
{
    bool is_map = strcmp(ending, "map") == 0;
    CLEANUP(digest_freep) struct digest *d = digest_copy(m->pieces_sum);
    uint8_t pieces[64];

    (void)digest_end(d, pieces);
    *size = is_map ? m->map_size : m->pieces_size;
    memcpy(sum->b, is_map ? m->state.map.b : pieces, sizeof(sum->b));
}

bool acquisition_packs_otherwise(const struct acquisition *m)
{
    return m->packs_otherwise;
}

static void mark_now(const struct acquisition *m, uint8_t out[PACK_MARK_SIZE])
{
    memset(out, 0, PACK_MARK_SIZE);
    if (m->state.begin.format == TARGET_E01)
        pack_mark(m->state.begin.is_small ? PACK_SMALL : PACK_FAST, out);
}

bool acquisition_was_changed(const struct acquisition *m, const char **how)
{
    *how = buf_text(&m->how_changed);
    return m->state.was_changed;
}

bool acquire_may_change(const struct acquisition *m)
{
    return m->state.begin.is_live || m->options.accepts_change;
}

void acquisition_damage(const struct acquisition *m, struct buf *out)
{
    const char *before = m->damage_before ? m->damage_before : "";
    CLEANUP_BUF struct buf now = {0};

    source_damage(m->source, &now);
    if (strstr(before, buf_text(&now)) || strlen(before) + now.len > DAMAGE_SIZE)
        buf_clear(&now); /* what each opening finds is told once */
    buf_addf(out, "%s%s%s", before, before[0] && now.len ? "; after it went on: " : "",
             buf_text(&now));
}

unsigned acquisition_retries(const struct acquisition *m)
{
    bool has_failed = m->state.has_rest && fault_map_sum(&m->map, AREA_BAD);

    return has_failed ? m->state.retried : m->options.retries;
}

void acquire_changed(struct acquisition *m, const char *how)
{
    m->state.was_changed = true;
    buf_addf(&m->how_changed, "%s%s", m->how_changed.len ? "; " : "", how);
}

struct target_files *acquisition_files(struct acquisition *m)
{
    return &m->files;
}

bool acquisition_has_bytes(const struct acquisition *m)
{
    return !m->state.begin.size || fault_map_sum(&m->map, AREA_READ);
}

const struct acquire_begin *acquisition_begin(const struct acquisition *m)
{
    return &m->state.begin;
}

const struct fault_map *acquisition_map(const struct acquisition *m)
{
    return &m->map;
}

static int copied(void *context, uint64_t done, uint64_t size, struct err *e)
{
    struct acquisition *m = context;

    atomic_store(&m->control->move_done, done);
    atomic_store(&m->control->move_size, size);
    return atomic_load(&m->control->stops)
               ? err_set(e, ERR_CANCEL, "stopped; it goes on where it was")
               : 0;
}

/* Whose files they are, who keeps their state, who looks. */
static void adopt(struct acquisition *m)
{
    memcpy(m->files.id, m->state.begin.id, sizeof(m->files.id));
    m->files.largest = acquire_largest(m->state.begin.segment_size, m->state.begin.size);
    m->files.keeper = &m->keeper;
    m->files.watch = &m->control->target;
}

static struct acquisition *make(struct source *source, const struct acquire_options *options,
                                struct acquire_control *control)
{
    struct acquisition *m = mem_new(struct acquisition);

    m->options = *options;
    m->control = control;
    m->source = source;
    m->pieces_fd = m->rest_fd = m->sums.fd = -1;
    m->keeper = (struct target_keeper){
        .keep = acquire_place, .announce = acquire_announce, .copied = copied, .context = m};
    m->source->watch = &control->source;
    m->files = TARGET_FILES_NONE;
    m->digests = digests_new();
    m->pieces_sum = digest_new(DIGEST_SHA256);
    m->block = aligned_alloc(RESCUE_MEMORY_ALIGN, RESCUE_BLOCK);
    if (!m->block)
        BUG("no memory for a block");
    pthread_mutex_init(&m->lock, NULL);
    pthread_mutex_init(&m->keeping, NULL);
    pthread_mutex_init(&m->kept_lock, NULL);
    m->committed_ms = monotonic_ms();
    return m;
}

void acquisition_free(struct acquisition *m)
{
    if (!m)
        return;
    pump_free(m->pump);
    m->source->watch = NULL;
    ewf_writer_free(m->ewf);
    fd_close(m->rest_fd);
    acquire_sums_release(&m->sums);
    fd_close(m->pieces_fd);
    target_files_release(&m->files);
    acquire_begin_release(&m->state.begin);
    fault_map_release(&m->map);
    digests_free(m->digests);
    digest_free(m->pieces_sum);
    buf_release(&m->pieces);
    buf_release(&m->head);
    buf_release(&m->how_changed);
    free(m->damage_before);
    acquire_same_free(m->same);
    buf_release(&m->known_head);
    pthread_mutex_destroy(&m->lock);
    pthread_mutex_destroy(&m->keeping);
    pthread_mutex_destroy(&m->kept_lock);
    free(m->block);
    free(m);
}

/* An E01 holds whole sectors. */
static uint64_t stored_size(const struct acquire_begin *b)
{
    uint64_t sector = b->format == TARGET_E01 ? b->sector_size : 1;

    return (b->size + sector - 1) / sector * sector;
}

/* An image that could not begin leaves no file that bars its name. */
static void remove_begun(const struct acquisition *m)
{
    static const char *const endings[] = {"pieces", "room", "part", "claim"};

    for (size_t i = 0; m->pieces_fd >= 0 && i < COUNT_OF(endings); i++) {
        CLEANUP_BUF struct buf path = {0};

        acquisition_path(m, endings[i], &path);
        (void)unlink(buf_text(&path));
    }
    if (m->files.fd >= 0 && m->files.count == 1) {
        CLEANUP_BUF struct buf path = {0};

        target_files_path(&m->files, 1, &path);
        (void)unlink(buf_text(&path));
    }
}

int acquisition_new(struct acquisition **out, struct acquire_begin *begin, const char *folder,
                    const char *name, struct source *source, const struct acquire_options *options,
                    struct acquire_control *control, struct err *e)
{
    CLEANUP(acquisition_freep) struct acquisition *m = make(source, options, control);
    CLEANUP_BUF struct buf pieces = {0};
    int rc;

    m->state.begin = *begin;
    *begin = (struct acquire_begin){0};
    m->state.has_lost = m->state.has_announced = true;
    m->is_checked = true;
    m->stored_size = stored_size(&m->state.begin);
    mark_now(m, m->state.begin.mark);
    fault_map_init(&m->map, m->state.begin.size, AREA_UNTRIED);
    rc = target_files_init(&m->files, m->state.begin.format, folder, name, e);
    if (rc)
        return rc;
    adopt(m);
    m->state.has_proof = !m->options.has_no_hashes;
    m->state.proof = hash_bytes("", 0);
    rc = target_folder_is_free(&m->files, folder, e);
    acquisition_path(m, "pieces", &pieces);
    if (rc == 0)
        rc = acquire_pieces_open(m, buf_text(&pieces), O_CREAT | O_EXCL, e);
    if (rc == 0)
        rc = acquire_pieces_begin(m, e);
    if (rc == 0)
        rc = acquire_out_begin(m, e);
    if (rc == 0)
        rc = acquire_commit(m, e);
    if (rc) {
        remove_begun(m);
        return rc;
    }
    *out = MOVE(m);
    return 0;
}

/* A version before kept no account of what an image as a source does not have. */
static int find_lost_before(struct acquisition *m, struct err *e)
{
    uint64_t until = m->state.has_rest ? m->map.size : m->state.done;
    int rc = 0;

    if (!m->state.has_lost && m->source->calls->find_lost && until)
        rc = m->source->calls->find_lost(m->source, until, e);
    if (rc == 0 && !m->state.has_lost)
        rc = source_mark_lost(m->source, 0, until, &m->map, e);
    m->state.has_lost = true;
    return rc;
}

int acquisition_resume(struct acquisition **out, const char *part, const char *identity,
                       struct source *source, const struct acquire_options *options,
                       struct acquire_control *control, struct err *e)
{
    CLEANUP(acquisition_freep) struct acquisition *m = make(source, options, control);
    CLEANUP_BUF struct buf pieces = {0};
    CLEANUP_BUF struct buf name = {0};
    uint8_t mark[PACK_MARK_SIZE];
    int rc = acquire_split_part(part, &pieces, &name, e);

    buf_addf(&pieces, "/%s.pieces", buf_text(&name));
    if (rc == 0 && !file_is_there(part))
        rc = err_set(e, ERR_NOTFOUND, "there is no %s", part);
    if (rc == 0) /* whoever else goes on with it would change the state */
        rc = acquire_pieces_open_again(m, part, buf_text(&pieces), e);
    if (rc == 0)
        rc = acquisition_look(part, &m->state, &m->files, e);
    if (rc)
        return rc;
    m->is_resumed = true;
    adopt(m);
    mark_now(m, mark);
    m->damage_before = mem_strdup(m->state.begin.damage);
    m->packs_otherwise = memcmp(mark, m->state.begin.mark, sizeof(mark)) != 0;
    if (m->packs_otherwise) /* for good: no library has this mark */
        memset(m->state.begin.mark, 0, sizeof(mark));
    m->stored_size = stored_size(&m->state.begin);
    rc = acquire_known_begin(m, e); /* of the state as it was found */
    if (rc == 0)
        rc = acquire_same_identity(m, identity, e);
    if (rc == 0)
        rc = target_claims_hold(&m->files, m->state.number, e);
    if (rc == 0)
        rc = acquire_check_beside(m, e);
    if (rc == 0)
        rc = acquire_map_read(m, e);
    if (rc == 0)
        rc = find_lost_before(m, e);
    if (rc == 0)
        rc = target_files_resume(&m->files, e);
    if (rc == 0 && m->files.count == 0)
        rc = acquire_check_files(m, e);
    if (rc == 0)
        rc = acquire_pieces_begin(m, e);
    if (rc == 0 && m->state.has_rest)
        rc = acquire_rest_open(m, e);
    if (rc)
        return rc;
    *out = MOVE(m);
    return 0;
}

static int add_again(void *context, const void *bytes, size_t size, struct err *e)
{
    struct acquisition *m = context;

    digests_add(m->digests, bytes, size, &m->pieces);
    acquire_same_pass(m, m->reread_at, bytes, size);
    atomic_fetch_add(&m->control->done, size);
    if (atomic_load(&m->control->stops))
        return err_set(e, ERR_CANCEL, "stopped; it goes on where it was");
    return acquire_proof_reread(m, bytes, size, e);
}

/* No block of the source comes any more. */
static void end_hashes(struct acquisition *m)
{
    static const uint8_t zeros[32768];

    digests_now(m->digests, &m->exact);
    m->has_exact = true;
    digests_add(m->digests, zeros, (size_t)(m->stored_size - m->state.begin.size), &m->pieces);
}

/* The hashes of what is in the image, from the image. */
static int reread(struct acquisition *m, struct err *e)
{
    CLEANUP(target_view_release) struct target_view view = {0};
    int rc;

    if (m->state.done == 0 || m->options.has_no_hashes)
        return 0;
    atomic_store(&m->control->phase, ACQUIRE_REREADING);
    atomic_store(&m->control->done, 0);
    view.laid.size = m->state.last_size;
    if (m->ewf)
        ewf_show_group(m->ewf, &view);
    rc = m->options.reread(&m->files, &view, m->state.done, add_again, m, e);
    if (rc == 0)
        rc = acquire_proof_check(m, e);
    if (rc)
        return err_wrap(e, rc, "reading what the image holds already");
    if (m->state.done == m->state.begin.size)
        end_hashes(m);
    return 0;
}

/* Fills a block from the source; *got is how much came before a failure. */
static int read_block(struct acquisition *m, uint8_t *bytes, size_t size, size_t *got,
                      struct err *e)
{
    int64_t n = 1;
    int rc = acquire_go_on(m, size, e);

    *got = 0;
    while (rc == 0 && *got < size && n > 0) {
        n = source_read(m->source, m->at + *got, bytes + *got, size - *got, false, e);
        if (n > 0)
            *got += (size_t)n;
        else if (n == ERR_NOTFOUND || n == ERR_CANCEL)
            rc = (int)n;
    }
    return rc;
}

static size_t next_size(const struct acquisition *m)
{
    uint64_t left = m->state.begin.size - m->at;
    size_t size = PUMP_BLOCK - (size_t)(m->at % PUMP_BLOCK); /* they end where pieces do */

    return left < size ? (size_t)left : size;
}

/* What nobody read of the rest has its zeros now. */
static int leave_open(struct acquisition *m, uint64_t off, uint64_t size, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < AREA_OPEN_COUNT; i++)
        rc = fault_map_turn(&m->map, off, off + size, area_open[i], AREA_LEFT, e);
    return rc;
}

/* The block is whole; behind the source's end there is padding. */
static int put(struct acquisition *m, uint8_t *bytes, size_t size, struct err *e)
{
    bool is_of_rest = m->state.has_rest && m->at >= m->state.rest;
    struct area untried = {0};
    size_t padding = 0;
    int rc = 0;

    pthread_mutex_lock(&m->lock);
    if (is_of_rest)
        rc = leave_open(m, m->at, size, e);
    else if (fault_map_next(&m->map, m->at, m->at + size, AREA_UNTRIED, &untried))
        rc = fault_map_set(&m->map, m->at, size, AREA_READ, e);
    if (rc == 0 && untried.size)
        rc = source_mark_lost(m->source, m->at, size, &m->map, e);
    atomic_store(&m->control->bad, fault_map_sum(&m->map, AREA_BAD));
    m->at += size;
    pthread_mutex_unlock(&m->lock);
    if (m->at == m->state.begin.size)
        padding = (size_t)(m->stored_size - m->at);
    memset(bytes + size, 0, padding);
    if (rc == 0)
        pump_put(m->pump, size + padding);
    atomic_store(&m->control->done, m->at);
    return rc;
}

/* One block of a hard place, at once. */
static int put_hard(struct acquisition *m, uint8_t *bytes, size_t size, struct err *e)
{
    int rc;

    pthread_mutex_lock(&m->lock);
    rc = acquire_rest_block(m, m->at, size, bytes, e);
    pthread_mutex_unlock(&m->lock);
    return rc ? rc : put(m, bytes, size, e);
}

/* Copies what comes next. *is_hard: it did not read well; where it is put off, m->at stays before
 * it.
 */
static int copy_block(struct acquisition *m, bool *is_hard, struct err *e)
{
    bool is_in_rest = m->state.has_rest && m->at >= m->state.rest;
    int64_t began = source_now_ms(m->source);
    size_t size = next_size(m), got = 0;
    uint8_t *bytes;
    bool has_any;
    int rc = pump_room(m->pump, &bytes, e);

    if (rc)
        return rc;
    if (is_in_rest) {
        rc = acquire_rest_read(m, m->at, bytes, size, &has_any, e);
        return rc ? rc : put(m, bytes, size, e);
    }
    if (m->state.has_rest && size > m->state.rest - m->at)
        size = (size_t)(m->state.rest - m->at);
    if (!traps_next(&m->state.traps, m->at, m->at + size)) /* else it is put off unread */
        rc = read_block(m, bytes, size, &got, e);
    if (rc)
        return rc;
    *is_hard = got < size || (m->options.slow_ms &&
                              source_now_ms(m->source) - began > (int64_t)m->options.slow_ms);
    if (got == size)
        return put(m, bytes, size, e);
    if (!m->state.has_rest && acquire_rest_has_room(m))
        return 0;
    return put_hard(m, bytes, size, e);
}

/* Whether the source must be read in the order of ease before more can go into the image. */
static bool is_at_rest(const struct acquisition *m)
{
    return m->state.has_rest && !m->is_rescued && m->at >= m->state.rest;
}

static int copy_until_rest(struct acquisition *m, struct err *e)
{
    int rc = 0;

    while (rc == 0 && m->at < m->state.begin.size && !is_at_rest(m)) {
        bool is_hard = false;

        rc = copy_block(m, &is_hard, e);
        if (rc == 0 && is_hard && !m->state.has_rest && m->at < m->state.begin.size &&
            acquire_rest_has_room(m)) {
            rc = pump_drain(m->pump, e);
            if (rc == 0)
                rc = acquire_keep(m, e);
            if (rc == 0)
                rc = acquire_rest_begin(m, e);
        }
    }
    return rc;
}

static int copy(struct acquisition *m, struct err *e)
{
    int rc = 0;

    atomic_store(&m->control->phase, m->is_rescued ? ACQUIRE_FINISHING : ACQUIRE_COPYING);
    while (rc == 0 && m->at < m->state.begin.size) {
        rc = copy_until_rest(m, e);
        if (rc || !is_at_rest(m))
            continue;
        rc = pump_drain(m->pump, e);
        if (rc == 0)
            rc = acquire_rest_run(m, e);
        m->is_rescued = rc == 0;
        if (rc == 0)
            atomic_store(&m->control->phase, ACQUIRE_FINISHING);
    }
    return rc ? rc : pump_drain(m->pump, e);
}

/* Whether the rest was read to its end another time, and what failed as often as is asked now. */
static bool was_rescued(const struct acquisition *m)
{
    unsigned retries = m->options.retries;
    uint64_t from = m->at > m->state.rest ? m->at : m->state.rest;
    struct area a;

    for (size_t i = 0; i < AREA_OPEN_COUNT; i++)
        if (fault_map_next(&m->map, from, m->map.size, area_open[i], &a))
            return false;
    if (fault_map_next(&m->map, from, m->map.size, AREA_BAD, &a) &&
        (m->state.retried < retries ||
         (m->state.traps.count && m->state.retried_there < retries && !m->options.leaves_places)))
        return false;
    return m->state.has_rest;
}

/* From here on the files may be changed. */
static int settle(struct acquisition *m, struct err *e)
{
    bool is_proven = m->state.done == 0 || (m->state.has_proof && !m->options.has_no_hashes);
    struct target_ahead ahead = acquire_ahead(m);
    CLEANUP_BUF struct buf left = {0};
    int rc = target_files_settle(&m->files, &ahead, is_proven, &left, e);

    if (rc == 0)
        rc = acquire_pieces_settle(m, e);
    if (rc == 0) { /* of what was to be written nothing is there any more */
        m->state.has_announced = true;
        m->state.announced.size = m->state.announced.count = 0;
    }
    if (rc == 0 && left.len)
        acquire_note(m, buf_text(&left),
                     "files under its names that may be of somebody else were left where they lie");
    if (rc == 0)
        acquire_keep_room(m); /* of what was given back */
    return rc;
}

/* Nothing of an image that was begun is changed before it was found to be what was read. */
static int go_on(struct acquisition *m, struct err *e)
{
    bool has_files = m->files.count > 0;
    int rc = has_files ? 0 : settle(m, e);

    if (rc == 0)
        rc = acquire_out_begin(m, e);
    if (rc == 0 && !has_files) /* it tells of the file that is begun */
        rc = acquire_commit(m, e);
    if (rc == 0)
        rc = reread(m, e);
    m->is_checked |= rc == 0;
    if (rc == 0 && has_files)
        rc = acquire_check_files(m, e);
    if (rc == 0)
        rc = acquire_sums_check(m, e);
    if (rc == 0)
        rc = acquire_same_check(m, e);
    return rc == 0 && has_files ? settle(m, e) : rc;
}

int acquisition_run(struct acquisition *m, struct acquire_result *out, struct err *e)
{
    int rc;

    m->at = m->state.done;
    m->failed_at_opening = m->source->failing.is_failing;
    m->source->failing.has_answered &= !m->is_resumed; /* to reread the image takes long */
    rc = m->is_resumed ? go_on(m, e) : 0;
    m->is_rescued = was_rescued(m);
    if (rc == 0)
        rc = acquire_out_pump(m, e);
    if (rc == 0 && m->is_resumed)
        acquire_trap_ask(m);
    if (rc == 0)
        rc = copy(m, e);
    if (rc)
        acquire_trap_note(m, rc, e);
    if (rc == 0)
        rc = acquire_out_end(m, out, e);
    else if (m->pump && pump_drain(m->pump, NULL) == 0 && acquire_keep(m, NULL) == 0 &&
             acquire_sums_seal(m, NULL) == 0)
        return rc; /* the failure before is what is told, also
                                                        where the state of before stays */
    if (rc == 0)
        atomic_store(&m->control->phase, ACQUIRE_DONE);
    return rc;
}
