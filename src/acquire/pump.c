/* pump.c: threads that hash, pack and write blocks in the order of a ring. */
#include "acquire/pump.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"

enum { PACKERS_MAX = 64 };

enum slot_state { SLOT_FREE, SLOT_FULL, SLOT_PACKING, SLOT_PACKED };

struct slot {
    uint8_t *bytes;
    uint8_t *packed;
    struct pump_block block;
    enum slot_state state;
};

struct pump {
    struct pump_plan plan;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* of any of what follows */
    struct slot slots[PUMP_SLOTS];
    size_t slot_count;
    uint64_t put;      /* blocks that came */
    uint64_t put_size; /* bytes of them */
    uint64_t picked;   /* that a packer took */
    uint64_t hashed;   /* in order */
    uint64_t hashed_size;
    uint64_t written; /* in order */
    bool is_ending;
    int rc; /* the first failure */
    struct err e;
    struct digests_result exact;
    pthread_t threads[PACKERS_MAX + 2];
    unsigned thread_count;
    uint8_t *memory;
    size_t memory_size;
};

static struct slot *slot_of(struct pump *p, uint64_t n)
{
    return &p->slots[n % p->slot_count];
}

/* A slot is used again when both who write and who hash are done with it. */
static bool has_room(const struct pump *p)
{
    uint64_t done = p->hashed < p->written ? p->hashed : p->written;

    return p->put - done < p->slot_count;
}

static void fail(struct pump *p, int rc, const struct err *e)
{
    if (p->rc == 0) {
        p->rc = rc;
        p->e = *e;
    }
}

static void hash_block(struct pump *p, const struct pump_block *b)
{
    uint64_t end = b->off + b->size, exact = p->plan.exact_size;
    size_t own = exact >= end ? b->size : exact > b->off ? (size_t)(exact - b->off) : 0;

    digests_add(p->plan.digests, b->bytes, own, p->plan.pieces);
    if (end >= exact && b->off < exact)
        digests_now(p->plan.digests, &p->exact);
    digests_add(p->plan.digests, b->bytes + own, b->size - own, p->plan.pieces);
}

static void *hash_all(void *context)
{
    struct pump *p = context;
    struct err e = {0};

    pthread_mutex_lock(&p->lock);
    for (;;) {
        int rc;

        while (p->hashed == p->put && !p->is_ending)
            pthread_cond_wait(&p->changed, &p->lock);
        if (p->hashed == p->put || p->rc)
            break;
        pthread_mutex_unlock(&p->lock);
        hash_block(p, &slot_of(p, p->hashed)->block);
        rc = p->plan.hashed ? p->plan.hashed(p->plan.context, p->plan.pieces, &e) : 0;
        pthread_mutex_lock(&p->lock);
        if (rc)
            fail(p, rc, &e);
        p->hashed_size += slot_of(p, p->hashed)->block.size;
        p->hashed++;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void pack_block(struct packer *packer, struct slot *s)
{
    struct pump_block *b = &s->block;
    uint8_t *out = s->packed;

    b->chunk_count = 0;
    for (size_t at = 0; at < b->size; at += CHUNK_SIZE) {
        size_t n = b->chunk_count++;
        size_t size = b->size - at < CHUNK_SIZE ? b->size - at : CHUNK_SIZE;

        b->packed[n] = out;
        b->packed_size[n] =
            (uint32_t)pack_chunk(packer, b->bytes + at, size, out, &b->is_packed[n]);
        out += b->packed_size[n];
    }
}

static void *pack_all(void *context)
{
    struct pump *p = context;
    CLEANUP(packer_freep) struct packer *packer = p->plan.packs ? packer_new(p->plan.level) : NULL;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        struct slot *s;

        while (p->picked == p->put && !p->is_ending)
            pthread_cond_wait(&p->changed, &p->lock);
        if (p->picked == p->put || p->rc)
            break;
        s = slot_of(p, p->picked++);
        s->state = SLOT_PACKING;
        pthread_mutex_unlock(&p->lock);
        if (packer)
            pack_block(packer, s);
        else
            s->block.is_zero = is_all_zero(s->bytes, s->block.size);
        pthread_mutex_lock(&p->lock);
        s->state = SLOT_PACKED;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static bool can_write(struct pump *p)
{
    return p->written < p->put && slot_of(p, p->written)->state == SLOT_PACKED;
}

/* Waits for something to change; after a while without, who takes may do something else. */
static void wait_to_write(struct pump *p)
{
    int64_t until = monotonic_ms() + p->plan.idle_ms;
    struct timespec t = {until / 1000, until % 1000 * 1000000};
    struct err e = {0};
    int rc;

    if (!p->plan.idle) {
        pthread_cond_wait(&p->changed, &p->lock);
        return;
    }
    if (pthread_cond_clockwait(&p->changed, &p->lock, CLOCK_MONOTONIC, &t) != ETIMEDOUT ||
        p->written < p->put)
        return;
    pthread_mutex_unlock(&p->lock);
    rc = p->plan.idle(p->plan.context, &e);
    pthread_mutex_lock(&p->lock);
    if (rc)
        fail(p, rc, &e);
}

static void *write_all(void *context)
{
    struct pump *p = context;
    struct err e = {0};

    pthread_mutex_lock(&p->lock);
    for (;;) {
        int rc;

        while (!can_write(p) && !p->rc && !(p->is_ending && p->written == p->put))
            wait_to_write(p);
        if (!can_write(p) || p->rc)
            break;
        pthread_mutex_unlock(&p->lock);
        rc = p->plan.take(p->plan.context, &slot_of(p, p->written)->block, &e);
        pthread_mutex_lock(&p->lock);
        if (rc)
            fail(p, rc, &e);
        else
            p->written++;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static int start(struct pump *p, void *(*run)(void *), struct err *e)
{
    int rc = pthread_create(&p->threads[p->thread_count], NULL, run, p);

    if (rc)
        return err_set(e, ERR_LIMIT, "a thread cannot be started: %s", strerror(rc));
    p->thread_count++;
    return 0;
}

static unsigned packer_count(const struct pump_plan *plan)
{
    long count = plan->packers ? (long)plan->packers : sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1 ? 1 : count > PACKERS_MAX ? PACKERS_MAX : (unsigned)count;
}

/* Locked and touched now, not while a disk waits to be read. */
static int allocate(struct pump *p, struct err *e)
{
    size_t packed = p->plan.packs ? (PUMP_CHUNKS * CHUNK_ROOM + 4095) / 4096 * 4096 : 0;
    uint8_t *at;

    p->memory_size = p->slot_count * (PUMP_BLOCK + packed);
    p->memory = mmap(NULL, p->memory_size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p->memory == MAP_FAILED) {
        p->memory = NULL;
        return err_errno(e, "no memory for %zu bytes of buffers", p->memory_size);
    }
    at = p->memory;
    for (size_t i = 0; i < p->slot_count; i++, at += PUMP_BLOCK + packed) {
        p->slots[i].bytes = at;
        p->slots[i].packed = at + PUMP_BLOCK;
    }
    return 0;
}

int pump_new(struct pump **out, const struct pump_plan *plan, struct err *e)
{
    CLEANUP(pump_freep) struct pump *p = mem_new(struct pump);
    unsigned packers = packer_count(plan);
    int rc;

    p->plan = *plan;
    p->slot_count = plan->slots && plan->slots < PUMP_SLOTS ? plan->slots : PUMP_SLOTS;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    rc = allocate(p, e);
    if (rc == 0 && plan->pieces)
        rc = start(p, hash_all, e);
    if (rc == 0)
        rc = start(p, write_all, e);
    for (unsigned i = 0; rc == 0 && i < packers; i++)
        rc = start(p, pack_all, e);
    if (rc)
        return rc;
    *out = MOVE(p);
    return 0;
}

void pump_free(struct pump *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->is_ending = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    if (p->memory)
        munmap(p->memory, p->memory_size);
    free(p);
}

static int failed(const struct pump *p, struct err *e)
{
    if (e)
        *e = p->e;
    return p->rc;
}

int pump_room(struct pump *p, uint8_t **bytes, struct err *e)
{
    int rc;

    pthread_mutex_lock(&p->lock);
    while (!has_room(p) && !p->rc)
        pthread_cond_wait(&p->changed, &p->lock);
    *bytes = slot_of(p, p->put)->bytes;
    rc = p->rc ? failed(p, e) : 0;
    pthread_mutex_unlock(&p->lock);
    return rc;
}

void pump_put(struct pump *p, size_t size)
{
    struct slot *s;

    pthread_mutex_lock(&p->lock);
    s = slot_of(p, p->put);
    s->block =
        (struct pump_block){.off = p->plan.from + p->put_size, .bytes = s->bytes, .size = size};
    s->state = SLOT_FULL;
    p->put++;
    p->put_size += size;
    if (!p->plan.pieces)
        p->hashed++;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

int pump_drain(struct pump *p, struct err *e)
{
    int rc;

    pthread_mutex_lock(&p->lock);
    while ((p->written < p->put || p->hashed < p->put) && !p->rc)
        pthread_cond_wait(&p->changed, &p->lock);
    rc = p->rc ? failed(p, e) : 0;
    pthread_mutex_unlock(&p->lock);
    return rc;
}

int pump_hashed(struct pump *p, uint64_t off, struct err *e)
{
    int rc;

    pthread_mutex_lock(&p->lock);
    while (p->plan.pieces && p->plan.from + p->hashed_size < off && !p->rc)
        pthread_cond_wait(&p->changed, &p->lock);
    rc = p->rc ? failed(p, e) : 0;
    pthread_mutex_unlock(&p->lock);
    return rc;
}

void pump_exact(const struct pump *p, struct digests_result *out)
{
    *out = p->exact;
}
