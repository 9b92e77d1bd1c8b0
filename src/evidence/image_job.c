/* image_job.c: inside a worker: reads a disk image and tells its facts, bytes, pieces and damage.
 */
#include "base/digests.h"
#include "base/limits.h"
#include "evidence/image.h"
#include "evidence/image_wire.h"

enum {
    PIECES_ROOM = 32 * (int)sizeof(struct hash),
    ZEROS_AT_ONCE = 64 << 20, /* so that whoever waits hears of it, and can stop it */
};

struct job {
    struct image_task task;
    struct worker_channel *channel;
    struct image *image;
    struct image_problem held; /* the last one, to which the next chunk may belong */
    bool holds;
    uint64_t problem_count;
    uint64_t zeros;    /* not sent yet */
    bool are_lost;     /* they are zeros because they cannot be read */
    bool was_told;     /* what is wrong with the bytes that are read now */
    struct err failed; /* code not 0: of sending a problem */
};

static int send_held(struct job *j, struct err *e)
{
    if (!j->holds || j->problem_count > LIMIT_IMAGE_PROBLEM_COUNT)
        return 0;
    j->holds = false;
    return worker_send(j->channel, IMAGE_WIRE_PROBLEM,
                       (struct str){(const char *)&j->held, sizeof(j->held)}, e);
}

static bool continues(const struct job *j, const struct image_problem *p)
{
    return j->holds && p->kind == IMAGE_CHUNK && j->held.kind == IMAGE_CHUNK &&
           j->held.file == p->file &&
           j->held.first_sector + j->held.sector_count == p->first_sector;
}

static void see_problem(void *context, const struct image_problem *p)
{
    struct job *j = context;

    if (j->failed.code || j->was_told)
        return;
    if (continues(j, p)) {
        j->held.sector_count += p->sector_count;
        return;
    }
    (void)send_held(j, &j->failed);
    j->held = *p;
    j->holds = true;
    j->problem_count++;
}

/* What the opening finds is told by the worker that reads the beginning. */
static void see_problem_of_opening(void *context, const struct image_problem *p)
{
    struct job *j = context;

    if (j->image || j->task.from == 0)
        see_problem(j, p);
}

static int send_values(const struct job *j, struct err *e)
{
    size_t count;
    const struct image_value *values = image_values(j->image, &count);
    int code = 0;

    for (size_t i = 0; i < count && !code; i++) {
        CLEANUP_BUF struct buf body = {0};

        buf_add(&body, values[i].name, IMAGE_WIRE_NAME_SIZE);
        buf_adds(&body, values[i].text);
        code = worker_send(j->channel, IMAGE_WIRE_VALUE, buf_str(&body), e);
    }
    return code;
}

static int send_errors(const struct job *j, struct err *e)
{
    size_t count;
    const struct image_run *runs = image_errors(j->image, &count);
    int code = 0;

    for (size_t at = 0; at < count && !code; at += IMAGE_WIRE_RUNS_MAX) {
        size_t part = count - at < IMAGE_WIRE_RUNS_MAX ? count - at : IMAGE_WIRE_RUNS_MAX;

        code = worker_send(j->channel, IMAGE_WIRE_ERRORS,
                           (struct str){(const char *)(runs + at), part * sizeof(runs[0])}, e);
    }
    return code;
}

static int send_facts(const struct job *j, struct err *e)
{
    const struct image_facts *facts = image_facts(j->image);
    int code = worker_send(j->channel, IMAGE_WIRE_FACTS,
                           (struct str){(const char *)facts, sizeof(*facts)}, e);

    if (!code && j->task.from == 0)
        code = send_values(j, e);
    return code || j->task.from ? code : send_errors(j, e);
}

static bool is_zero(const char *bytes, size_t size)
{
    return size == 0 || (bytes[0] == '\0' && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static int send_zeros(struct job *j, struct err *e)
{
    uint64_t count = j->zeros;

    j->zeros = 0;
    return count ? worker_send(j->channel, j->are_lost ? IMAGE_WIRE_LOST : IMAGE_WIRE_ZEROS,
                               (struct str){(const char *)&count, sizeof(count)}, e)
                 : 0;
}

static int add_zeros(struct job *j, uint64_t size, bool are_lost, struct err *e)
{
    int code = are_lost == j->are_lost ? 0 : send_zeros(j, e);

    j->are_lost = are_lost;
    j->zeros += size;
    return code || j->zeros < ZEROS_AT_ONCE ? code : send_zeros(j, e);
}

/* What receives the bytes of the disk in order: bytes NULL means so many that cannot be read. */
typedef int take_bytes(struct job *j, void *context, const char *bytes, uint64_t size,
                       struct err *e);

static int send_bytes(struct job *j, void *context, const char *bytes, uint64_t size, struct err *e)
{
    int code;

    (void)context;
    if (!bytes || is_zero(bytes, (size_t)size))
        return add_zeros(j, size, !bytes, e);
    code = send_zeros(j, e);
    return code ? code
                : worker_send(j->channel, IMAGE_WIRE_BYTES, (struct str){bytes, (size_t)size}, e);
}

struct piecewise {
    struct digest *digest;
    struct buf hashes; /* that are whole */
    size_t filled;     /* bytes of the piece */
};

static void end_piece(struct piecewise *p)
{
    uint8_t hash[64];
    size_t size = digest_end(p->digest, hash);

    buf_add(&p->hashes, hash, size);
    p->filled = 0;
}

static int send_hashes(struct job *j, struct piecewise *p, struct err *e)
{
    int code = worker_send(j->channel, IMAGE_WIRE_PIECES, buf_str(&p->hashes), e);

    buf_clear(&p->hashes);
    return code;
}

static int hash_bytes_of(struct job *j, void *context, const char *bytes, uint64_t size,
                         struct err *e)
{
    static const char zeros[IMAGE_WIRE_PART_SIZE];
    struct piecewise *p = context;

    while (size) {
        size_t room = DIGESTS_PIECE_SIZE - p->filled;
        size_t part = size < room ? (size_t)size : room;

        if (!bytes && part > sizeof(zeros))
            part = sizeof(zeros);
        digest_add(p->digest, bytes ? bytes : zeros, part);
        bytes = bytes ? bytes + part : NULL;
        size -= part;
        p->filled += part;
        if (p->filled == DIGESTS_PIECE_SIZE)
            end_piece(p);
    }
    return p->hashes.len < PIECES_ROOM ? 0 : send_hashes(j, p, e);
}

/* Of a part that is damaged somewhere, chunk by chunk. */
static int take_damaged(struct job *j, uint64_t from, size_t size, char *bytes, take_bytes *take,
                        void *context, struct err *e)
{
    const struct media *media = image_media(j->image);
    uint64_t chunk_size = image_facts(j->image)->chunk_size;
    uint64_t off = from;
    int code = 0;

    j->was_told = true;
    while (off < from + size && !code) {
        uint64_t left = from + size - off, chunk = chunk_size - off % chunk_size;
        size_t part = (size_t)(chunk < left ? chunk : left), damaged;

        code = media->read_at(media->context, off, bytes, part, &damaged, e);
        if (!code)
            code = take(j, context, damaged ? NULL : bytes, part, e);
        off += part;
    }
    j->was_told = false;
    return code;
}

static int read_range(struct job *j, uint64_t from, uint64_t to, take_bytes *take, void *context,
                      struct err *e)
{
    const struct media *media = image_media(j->image);
    CLEANUP_FREE char *bytes = mem_alloc(IMAGE_WIRE_PART_SIZE);
    uint64_t off = from;
    int code = 0;

    while (off < to && !code) {
        uint64_t missing = image_missing(j->image, off);
        uint64_t part = missing ? missing : IMAGE_WIRE_PART_SIZE;
        size_t damaged = 0;

        if (part > to - off)
            part = to - off;
        if (!missing)
            code = media->read_at(media->context, off, bytes, (size_t)part, &damaged, e);
        if (!code && !damaged && !missing) /* no run of damaged chunks goes on behind it */
            code = send_held(j, e);
        if (!code && damaged)
            code = take_damaged(j, off, (size_t)part, bytes, take, context, e);
        else if (!code)
            code = take(j, context, missing ? NULL : bytes, part, e);
        if (!code && j->failed.code)
            code = err_set(e, j->failed.code, "%s", j->failed.text);
        off += part;
    }
    return code;
}

static int send_pieces(struct job *j, uint64_t from, uint64_t to, struct err *e)
{
    struct piecewise p = {.digest = digest_new(DIGEST_SHA256)};
    int code = read_range(j, from, to, hash_bytes_of, &p, e);

    if (p.filled)
        end_piece(&p);
    if (!code && p.hashes.len)
        code = send_hashes(j, &p, e);
    digest_free(p.digest);
    buf_release(&p.hashes);
    return code;
}

static int read_stretch(struct job *j, uint64_t from, uint64_t to, struct err *e)
{
    int code = image_check(j->image, from, to, e);

    if (code)
        return code;
    if (j->task.kind == IMAGE_TASK_PIECES)
        return send_pieces(j, from, to, e);
    code = read_range(j, from, to, send_bytes, NULL, e);
    return code ? code : send_zeros(j, e);
}

static int read_stretches(struct job *j, uint64_t to, struct err *e)
{
    int code = 0;

    for (uint64_t from = j->task.from; from < to && !code; from += j->task.step) {
        uint64_t size = to - from < j->task.stretch ? to - from : j->task.stretch;

        code = read_stretch(j, from, from + size, e);
        if (!code)
            code = send_held(j, e);
        if (!code)
            code = worker_send(j->channel, IMAGE_WIRE_STRETCH, STR(""), e);
        if (to - from <= j->task.step)
            break;
    }
    return code;
}

static int read_image(struct job *j, struct err *e)
{
    uint64_t size = image_facts(j->image)->size;
    uint64_t to = j->task.to < size ? j->task.to : size;
    int code = send_facts(j, e);

    if (code || j->task.kind == IMAGE_TASK_FACTS || j->task.from > to)
        return code;
    return j->task.step ? read_stretches(j, to, e) : read_stretch(j, j->task.from, to, e);
}

int image_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    struct job j = {.channel = channel};
    const struct image_watcher watcher = {see_problem_of_opening, &j};
    int code;

    (void)in;
    if (argument.len != sizeof(j.task))
        BUG("an argument of %zu bytes", argument.len);
    memcpy(&j.task, argument.p, sizeof(j.task));
    code = image_of_worker(&j.image, channel, (enum image_format)j.task.format,
                           j.task.is_laid ? &j.task.laid : NULL, &watcher, e);
    if (!code)
        code = read_image(&j, e);
    if (send_held(&j, &j.failed) && !code)
        code = err_set(e, j.failed.code, "%s", j.failed.text);
    image_close(j.image);
    return code;
}
