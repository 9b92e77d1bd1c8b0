/* image_read.c: the program's side of reading disk images: starts the workers, and checks what
 * they send. */
#include "evidence/image_read.h"
#include <poll.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "evidence/image_reading.h"

enum {
    CPU_S = 7 * 24 * 3600, /* an image may have many terabytes; whoever waits can stop it */
    WALL_S = 7 * 24 * 3600,
    ZEROS_SIZE = 256 << 10,
    WORKERS_MAX = 64,
};

int image_unsound(struct err *e)
{
    return err_set(e, ERR_TAMPER, "the worker sent what no sound one sends");
}

static uint64_t end_of(const struct image_reading *r)
{
    return r->task.to < r->facts.size ? r->task.to : r->facts.size;
}

static int take_facts(struct image_reading *r, struct str body, struct err *e)
{
    struct image_facts f;

    if (body.len != sizeof(f) || r->has_facts)
        return image_unsound(e);
    memcpy(&f, body.p, sizeof(f));
    if ((f.format != IMAGE_RAW && f.format != IMAGE_E01) || f.size > LIMIT_IMAGE_SIZE ||
        f.sector_size == 0)
        return image_unsound(e);
    r->facts = f;
    r->has_facts = true;
    return r->to->facts ? r->to->facts(r->to->context, &f, e) : 0;
}

static int take_value(struct image_reading *r, struct str body, struct err *e)
{
    struct str name = str_head(body, IMAGE_WIRE_NAME_SIZE);

    if (body.len <= IMAGE_WIRE_NAME_SIZE || name.p[IMAGE_WIRE_NAME_SIZE - 1] != '\0')
        return image_unsound(e);
    name.len = strlen(name.p);
    return r->to->value
               ? r->to->value(r->to->context, name, str_from(body, IMAGE_WIRE_NAME_SIZE), e)
               : 0;
}

static int take_errors(struct image_reading *r, struct str body, struct err *e)
{
    size_t count = body.len / sizeof(struct image_run);
    CLEANUP_FREE struct image_run *runs = NULL;

    if (count == 0 || count > IMAGE_WIRE_RUNS_MAX || body.len % sizeof(runs[0]))
        return image_unsound(e);
    runs = mem_array(count, sizeof(runs[0]));
    memcpy(runs, body.p, body.len);
    return r->to->errors ? r->to->errors(r->to->context, runs, count, e) : 0;
}

/* Of a problem that was found before the facts were known nothing more than this can be checked. */
static int take_problem(struct image_reading *r, struct str body, struct err *e)
{
    struct image_problem p;

    if (body.len != sizeof(p) || ++r->problem_count > LIMIT_IMAGE_PROBLEM_COUNT + 1)
        return image_unsound(e);
    memcpy(&p, body.p, sizeof(p));
    if (p.kind >= IMAGE_PROBLEM_COUNT_ || p.first_sector + p.sector_count < p.first_sector)
        return image_unsound(e);
    return r->to->problem ? r->to->problem(r->to->context, &p, e) : 0;
}

static int tell_progress(const struct image_reading *r, struct err *e)
{
    return r->to->progress ? r->to->progress(r->to->context, r->off, e) : 0;
}

static int take_bytes(struct image_reading *r, struct str body, struct err *e)
{
    int code;

    if (!r->has_facts || r->task.kind != IMAGE_TASK_BYTES || body.len > end_of(r) - r->off)
        return image_unsound(e);
    code = r->to->bytes ? r->to->bytes(r->to->context, r->off, body, e) : 0;
    r->off += body.len;
    return code ? code : tell_progress(r, e);
}

static int take_zeros(struct image_reading *r, struct str body, bool is_lost, struct err *e)
{
    static const char zeros[ZEROS_SIZE];
    uint64_t size;
    int code = 0;

    if (body.len != sizeof(size) || !r->has_facts)
        return image_unsound(e);
    memcpy(&size, body.p, sizeof(size));
    if (size > end_of(r) - r->off)
        return image_unsound(e);
    if (is_lost && r->to->lost)
        code = r->to->lost(r->to->context, r->off, size, e);
    while (size && !code) {
        size_t part = size < ZEROS_SIZE ? (size_t)size : ZEROS_SIZE;

        code = take_bytes(r, (struct str){zeros, part}, e);
        size -= part;
    }
    return code;
}

static int take_pieces(struct image_reading *r, struct str body, struct err *e)
{
    uint64_t count = body.len / sizeof(struct hash);
    uint64_t size = count * DIGESTS_PIECE_SIZE;
    uint64_t left = r->has_facts ? end_of(r) - r->off : 0;

    if (r->task.kind != IMAGE_TASK_PIECES || body.len % sizeof(struct hash) ||
        count > (left + DIGESTS_PIECE_SIZE - 1) / DIGESTS_PIECE_SIZE)
        return image_unsound(e);
    buf_addstr(r->pieces, body);
    r->off += size < left ? size : left;
    return tell_progress(r, e);
}

int image_take(struct image_reading *r, uint32_t kind, struct str body, struct err *e)
{
    switch (kind) {
    case IMAGE_WIRE_FACTS:
        return take_facts(r, body, e);
    case IMAGE_WIRE_VALUE:
        return take_value(r, body, e);
    case IMAGE_WIRE_ERRORS:
        return take_errors(r, body, e);
    case IMAGE_WIRE_PROBLEM:
        return take_problem(r, body, e);
    case IMAGE_WIRE_BYTES:
        return take_bytes(r, body, e);
    case IMAGE_WIRE_ZEROS:
        return take_zeros(r, body, false, e);
    case IMAGE_WIRE_LOST:
        return take_zeros(r, body, true, e);
    case IMAGE_WIRE_PIECES:
        return take_pieces(r, body, e);
    }
    return image_unsound(e);
}

static int take_message(void *context, uint32_t kind, struct str body, struct err *e)
{
    return image_take(context, kind, body, e);
}

struct worker_order image_order_of(const struct image_input *input, const struct image_reading *r,
                                   worker_receive *receive, void *context)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .hears_interrupt = true};

    return (struct worker_order){.job = image_job,
                                 .name = input->name,
                                 .ins = input->fds,
                                 .in_count = input->count + (input->laid && input->laid->count),
                                 .argument = {(const char *)&r->task, sizeof(r->task)},
                                 .limits = &limits,
                                 .receive = receive,
                                 .context = context};
}

/* Whether all came that was to come. */
static int conclude(const struct image_reading *r, struct err *e)
{
    bool is_whole = r->has_facts && (r->task.kind == IMAGE_TASK_FACTS || r->off >= end_of(r));

    return is_whole ? 0 : image_unsound(e);
}

static int run(const struct image_input *input, struct image_reading *r, struct err *e)
{
    struct worker_order order = image_order_of(input, r, take_message, r);
    int code = worker_run_order(&order, e);

    return code ? code : conclude(r, e);
}

struct image_reading image_reading_of(const struct image_input *input,
                                      const struct image_receiver *to, enum image_task_kind kind,
                                      uint64_t from, uint64_t behind)
{
    struct image_reading r = {
        .to = to,
        .task = {.kind = kind, .format = input->format, .from = from, .to = behind},
        .off = from};

    if (input->laid) {
        r.task.is_laid = 1;
        r.task.laid = *input->laid;
    }
    return r;
}

int image_look(const struct image_input *input, const struct image_receiver *to, struct err *e)
{
    struct image_reading r = image_reading_of(input, to, IMAGE_TASK_FACTS, 0, 0);

    return run(input, &r, e);
}

int image_read(const struct image_input *input, uint64_t from, uint64_t behind,
               const struct image_receiver *to, struct err *e)
{
    struct image_reading r = image_reading_of(input, to, IMAGE_TASK_BYTES, from, behind);

    return run(input, &r, e);
}

/* Several workers, each with a stretch of the disk. */
struct crew {
    const struct image_receiver *to;
    struct image_receiver inner; /* of each: adds up what is done */
    uint64_t done;
    unsigned count;
    struct member {
        struct crew *crew;
        struct image_receiver to;
        struct image_reading reading;
        struct buf pieces;
        struct worker *worker;
        uint64_t told; /* bytes of it that are in done */
    } * members;       /* owned */
};

static int add_progress(void *context, uint64_t off, struct err *e)
{
    struct member *m = context;
    struct crew *c = m->crew;

    c->done += off - m->told;
    m->told = off;
    return c->to->progress ? c->to->progress(c->to->context, c->done, e) : 0;
}

static int member_problem(void *context, const struct image_problem *p, struct err *e)
{
    const struct crew *c = ((struct member *)context)->crew;

    return c->to->problem ? c->to->problem(c->to->context, p, e) : 0;
}

static void crew_release(struct crew *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        worker_end(c->members[i].worker);
        buf_release(&c->members[i].pieces);
    }
    free(c->members);
}

/* Stretches of whole pieces, as alike as can be. */
static void divide(struct crew *c, const struct image_input *input, uint64_t size)
{
    uint64_t pieces = (size + DIGESTS_PIECE_SIZE - 1) / DIGESTS_PIECE_SIZE;

    for (unsigned i = 0; i < c->count; i++) {
        struct member *m = &c->members[i];
        uint64_t from = pieces * i / c->count * DIGESTS_PIECE_SIZE;
        uint64_t behind = pieces * (i + 1) / c->count * DIGESTS_PIECE_SIZE;

        m->crew = c;
        m->to = (struct image_receiver){
            .problem = member_problem, .progress = add_progress, .context = m};
        m->reading = image_reading_of(input, &m->to, IMAGE_TASK_PIECES, from, behind);
        m->reading.pieces = &m->pieces;
        m->told = from;
    }
}

static int take_from(struct member *m, unsigned *running, struct err *e)
{
    int code = worker_take(m->worker, e);

    if (code == 0) {
        worker_end(MOVE(m->worker));
        --*running;
        return conclude(&m->reading, e);
    }
    return code > 0 ? 0 : code;
}

static int work(struct crew *c, struct err *e)
{
    struct pollfd fds[WORKERS_MAX];
    unsigned running = c->count;
    int code = 0;

    while (running && !code) {
        for (unsigned i = 0; i < c->count; i++)
            fds[i] =
                (struct pollfd){.fd = c->members[i].worker ? worker_fd(c->members[i].worker) : -1,
                                .events = POLLIN};
        code = worker_wait(fds, c->count, e);
        for (unsigned i = 0; i < c->count && !code; i++)
            if (fds[i].revents)
                code = take_from(&c->members[i], &running, e);
    }
    return code;
}

static int begin(struct crew *c, const struct image_input *input, struct err *e)
{
    int code = 0;

    for (unsigned i = 0; i < c->count && !code; i++) {
        struct image_reading *r = &c->members[i].reading;
        struct worker_order order = image_order_of(input, r, take_message, r);

        code = worker_begin_order(&c->members[i].worker, &order, e);
    }
    return code;
}

static unsigned crew_size(unsigned wanted, uint64_t size)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t pieces = size / DIGESTS_PIECE_SIZE + 1;
    uint64_t count = wanted ? wanted : processors > 0 ? (uint64_t)processors : 1;

    if (count > pieces)
        count = pieces;
    return count > WORKERS_MAX ? WORKERS_MAX : (unsigned)count;
}

int image_pieces(const struct image_input *input, unsigned workers, const struct image_receiver *to,
                 struct buf *pieces, struct err *e)
{
    struct image_receiver quiet = *to;
    struct image_reading look = image_reading_of(input, &quiet, IMAGE_TASK_FACTS, 0, 0);
    struct crew c = {.to = to};
    int code;

    quiet.problem = NULL; /* the first of the crew tells again */
    code = run(input, &look, e);
    if (code)
        return code;
    c.count = crew_size(workers, look.facts.size);
    c.members = mem_array(c.count, sizeof(c.members[0]));
    divide(&c, input, look.facts.size);
    code = begin(&c, input, e);
    if (!code)
        code = work(&c, e);
    for (unsigned i = 0; i < c.count && code == ERR_CANCEL; i++)
        worker_stop(MOVE(c.members[i].worker), e);
    for (unsigned i = 0; i < c.count && !code; i++)
        buf_addstr(pieces, buf_str(&c.members[i].pieces));
    crew_release(&c);
    return code;
}

struct asking {
    const struct image_second_watch *watch;
    struct image_second answer;
    bool has_answer;
};

static int take_done(const struct image_second_watch *w, struct str body, struct err *e)
{
    uint64_t done;

    if (body.len != sizeof(done))
        return image_unsound(e);
    memcpy(&done, body.p, sizeof(done));
    return w->progress ? w->progress(w->context, done, e) : 0;
}

static int take_damage(const struct image_second_watch *w, struct str body, struct err *e)
{
    uint64_t run[2];

    if (body.len != sizeof(run))
        return image_unsound(e);
    memcpy(run, body.p, sizeof(run));
    return w->damage ? w->damage(w->context, run[0], run[1], e) : 0;
}

static int take_answer(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct asking *a = context;

    if (a->has_answer)
        return image_unsound(e);
    if (kind == IMAGE_WIRE_SECOND_DONE)
        return take_done(a->watch, body, e);
    if (kind == IMAGE_WIRE_SECOND_DAMAGE)
        return take_damage(a->watch, body, e);
    if (kind != IMAGE_WIRE_SECOND || body.len != sizeof(a->answer))
        return image_unsound(e);
    memcpy(&a->answer, body.p, sizeof(a->answer));
    a->has_answer = true;
    return 0;
}

int image_ask_second(const struct image_input *input, uint64_t size,
                     const struct image_second_watch *watch, struct image_second *out,
                     struct err *e)
{
    static const struct image_second_watch nobody;
    struct asking a = {.watch = watch ? watch : &nobody};
    struct image_reading r = {0};
    struct worker_order order = image_order_of(input, &r, take_answer, &a);
    int code;

    order.job = NULL;
    order.program = IMAGE_DISK_PROGRAM;
    order.named = IMAGE_SECOND_NAME;
    order.argument = (struct str){(const char *)&size, sizeof(size)};
    code = worker_run_order(&order, e);
    if (!code && !a.has_answer)
        code = image_unsound(e);
    if (!code)
        *out = a.answer;
    return code;
}
