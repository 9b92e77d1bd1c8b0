/* image_hash.c: the hashes of a whole disk: several workers unpack stretches of it in turns, and
 * what they send is hashed here in order. */
#include <poll.h>
#include <unistd.h>
#include "base/mem.h"
#include "evidence/image_reading.h"

enum {
    LANES_MAX = 4,        /* more unpack faster than one processor hashes */
    QUEUE_MOST = 16 << 20 /* bytes that wait for their turn, of each lane; and of a stretch */
};

struct hashing {
    const struct image_receiver *to;
    struct digests *digests;
    struct buf *pieces;
    struct image_problem held; /* which the next may continue in the next stretch */
    bool holds;
};

/* A worker, and what it sent before its turn. */
struct lane {
    struct turns *turns;
    struct image_reading reading; /* its task alone */
    struct worker *worker;        /* NULL: it has ended */
    struct buf queue;             /* kind and size, u32 each, and the bytes, of each message */
    size_t taken;                 /* bytes of the queue */
    bool has_facts;
};

struct turns {
    struct image_reading whole; /* what all of them send, in order */
    struct lane lanes[LANES_MAX];
    unsigned count;
    unsigned turn;  /* whose messages come next */
    uint64_t until; /* byte of the disk where its stretch ends */
    uint64_t stretch;
};

static int pass_facts(void *context, const struct image_facts *facts, struct err *e)
{
    const struct image_receiver *to = ((struct hashing *)context)->to;

    return to->facts ? to->facts(to->context, facts, e) : 0;
}

static int pass_value(void *context, struct str name, struct str text, struct err *e)
{
    const struct image_receiver *to = ((struct hashing *)context)->to;

    return to->value ? to->value(to->context, name, text, e) : 0;
}

static int pass_errors(void *context, const struct image_run *runs, size_t count, struct err *e)
{
    const struct image_receiver *to = ((struct hashing *)context)->to;

    return to->errors ? to->errors(to->context, runs, count, e) : 0;
}

static int pass_held(struct hashing *h, struct err *e)
{
    bool held = h->holds;

    h->holds = false;
    return held && h->to->problem ? h->to->problem(h->to->context, &h->held, e) : 0;
}

/* Whether damaged chunks go on behind the end of a stretch. */
static bool continues(const struct hashing *h, const struct image_problem *p)
{
    return h->holds && p->kind == IMAGE_CHUNK && h->held.kind == IMAGE_CHUNK &&
           h->held.file == p->file &&
           h->held.first_sector + h->held.sector_count == p->first_sector;
}

static int pass_problem(void *context, const struct image_problem *problem, struct err *e)
{
    struct hashing *h = context;
    int code;

    if (continues(h, problem)) {
        h->held.sector_count += problem->sector_count;
        return 0;
    }
    code = pass_held(h, e);
    h->held = *problem;
    h->holds = true;
    return code;
}

static int pass_progress(void *context, uint64_t done, struct err *e)
{
    const struct image_receiver *to = ((struct hashing *)context)->to;

    return to->progress ? to->progress(to->context, done, e) : 0;
}

static int hash_bytes_of(void *context, uint64_t off, struct str bytes, struct err *e)
{
    struct hashing *h = context;

    digests_add(h->digests, bytes.p, bytes.len, h->pieces);
    return h->to->bytes ? h->to->bytes(h->to->context, off, bytes, e) : 0;
}

/* All that belongs to it must have come. */
static int end_stretch(struct turns *t, struct err *e)
{
    uint64_t size = t->whole.facts.size;

    if (t->whole.off != (t->until < size ? t->until : size))
        return image_unsound(e);
    t->until += t->stretch;
    t->turn = (t->turn + 1) % t->count;
    return 0;
}

/* A message of the lane whose turn it is. Facts come from each, and are the same. */
static int deliver(struct lane *l, uint32_t kind, struct str body, struct err *e)
{
    struct turns *t = l->turns;
    uint64_t was = t->whole.off;
    int code;

    if (kind == IMAGE_WIRE_STRETCH)
        return end_stretch(t, e);
    if (kind == IMAGE_WIRE_FACTS && l != &t->lanes[0]) {
        if (l->has_facts || body.len != sizeof(t->whole.facts) ||
            memcmp(body.p, &t->whole.facts, sizeof(t->whole.facts)) != 0)
            return image_unsound(e);
        l->has_facts = true;
        return 0;
    }
    code = image_take(&t->whole, kind, body, e);
    if (!code && t->whole.off > t->until && t->whole.off != was)
        return image_unsound(e);
    return code;
}

static bool has_queue(const struct lane *l)
{
    return l->taken < l->queue.len;
}

static int take_message(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct lane *l = context;
    uint32_t head[2] = {kind, (uint32_t)body.len};

    if (l == &l->turns->lanes[l->turns->turn] && !has_queue(l))
        return deliver(l, kind, body, e);
    buf_add(&l->queue, head, sizeof(head));
    buf_addstr(&l->queue, body);
    return 0;
}

static int take_queued(struct lane *l, struct err *e)
{
    uint32_t head[2];
    struct str body;
    int code;

    memcpy(head, l->queue.p + l->taken, sizeof(head));
    body = (struct str){l->queue.p + l->taken + sizeof(head), head[1]};
    l->taken += sizeof(head) + body.len;
    code = deliver(l, head[0], body, e);
    if (!has_queue(l)) {
        buf_clear(&l->queue);
        l->taken = 0;
    }
    return code;
}

static int take_sent(struct lane *l, struct err *e)
{
    int code = worker_take(l->worker, e);

    if (code == 0)
        worker_end(MOVE(l->worker));
    return code < 0 ? code : 0;
}

static bool wants(const struct turns *t, const struct lane *l)
{
    bool is_its_turn = l == &t->lanes[t->turn];

    return l->worker && (is_its_turn ? !has_queue(l) : l->queue.len < QUEUE_MOST);
}

/* How many there is something to expect of. */
static unsigned choose(const struct turns *t, struct pollfd *fds)
{
    unsigned count = 0;

    for (unsigned i = 0; i < t->count; i++) {
        bool is_wanted = wants(t, &t->lanes[i]);

        fds[i] =
            (struct pollfd){.fd = is_wanted ? worker_fd(t->lanes[i].worker) : -1, .events = POLLIN};
        count += is_wanted;
    }
    return count;
}

static bool are_at_work(const struct turns *t)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->lanes[i].worker)
            return true;
    return has_queue(&t->lanes[t->turn]);
}

/* What is queued is taken one by one, so that the others need not wait for long. */
static int take_in_turns(struct turns *t, struct err *e)
{
    struct pollfd fds[LANES_MAX];
    int code = 0;

    while (are_at_work(t) && !code) {
        struct lane *now = &t->lanes[t->turn];
        bool is_busy = has_queue(now);

        if (is_busy)
            code = take_queued(now, e);
        if (!code && choose(t, fds) == 0 && !is_busy)
            code = image_unsound(e);
        if (!code && is_busy && poll(fds, t->count, 0) < 0)
            continue;
        if (!code && !is_busy)
            code = worker_wait(fds, t->count, e);
        for (unsigned i = 0; i < t->count && !code; i++)
            if (fds[i].revents)
                code = take_sent(&t->lanes[i], e);
    }
    if (!code && (!t->whole.has_facts || t->whole.off != t->whole.facts.size))
        code = image_unsound(e);
    return code;
}

static int begin(struct turns *t, const struct image_input *input, struct err *e)
{
    int code = 0;

    for (unsigned i = 0; i < t->count && !code; i++) {
        struct lane *l = &t->lanes[i];
        struct worker_order order;

        l->turns = t;
        l->reading =
            image_reading_of(input, t->whole.to, IMAGE_TASK_BYTES, i * t->stretch, UINT64_MAX);
        l->reading.task.stretch = t->stretch;
        l->reading.task.step = t->count * t->stretch;
        order = image_order_of(input, &l->reading, take_message, l);
        code = worker_begin_order(&l->worker, &order, e);
    }
    return code;
}

static void turns_release(struct turns *t)
{
    for (unsigned i = 0; i < t->count; i++) {
        worker_end(t->lanes[i].worker);
        buf_release(&t->lanes[i].queue);
    }
}

static unsigned lane_count(const struct image_facts *facts, uint64_t stretch)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t count = facts->format != IMAGE_E01 || processors < 1 ? 1 : (uint64_t)processors;
    uint64_t stretches = facts->size / stretch + 1;

    count = count < stretches ? count : stretches;
    return count < LANES_MAX ? (unsigned)count : LANES_MAX;
}

/* No chunk is unpacked twice. */
static uint64_t stretch_of(const struct image_facts *facts)
{
    uint64_t chunk = facts->chunk_size ? facts->chunk_size : 1;

    return (QUEUE_MOST + chunk - 1) / chunk * chunk;
}

static int keep_facts(void *context, const struct image_facts *facts, struct err *e)
{
    (void)e;
    *(struct image_facts *)context = *facts;
    return 0;
}

static int look(const struct image_input *input, struct image_facts *out, struct err *e)
{
    const struct image_receiver to = {.facts = keep_facts, .context = out};

    return image_look(input, &to, e);
}

int image_hash(const struct image_input *input, const struct image_receiver *to,
               struct digests_result *out, struct buf *pieces, struct err *e)
{
    CLEANUP(digests_freep) struct digests *digests = digests_new();
    CLEANUP_BUF struct buf unwanted = {0};
    CLEANUP(turns_release) struct turns t = {0};
    struct hashing h = {.to = to, .digests = digests, .pieces = pieces ? pieces : &unwanted};
    const struct image_receiver all = {.facts = pass_facts,
                                       .value = pass_value,
                                       .errors = pass_errors,
                                       .problem = pass_problem,
                                       .progress = pass_progress,
                                       .bytes = hash_bytes_of,
                                       .context = &h};
    struct image_facts facts = {0};
    int code = look(input, &facts, e);

    if (code)
        return code;
    t.stretch = t.until = stretch_of(&facts);
    t.count = lane_count(&facts, t.stretch);
    t.whole = image_reading_of(input, &all, IMAGE_TASK_BYTES, 0, UINT64_MAX);
    code = begin(&t, input, e);
    if (!code)
        code = take_in_turns(&t, e);
    for (unsigned i = 0; code == ERR_CANCEL && i < t.count; i++)
        worker_stop(MOVE(t.lanes[i].worker), e);
    if (!code)
        code = pass_held(&h, e);
    if (!code)
        digests_end(digests, out, h.pieces);
    return code;
}
