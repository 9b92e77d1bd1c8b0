/* ring.c: a ring of slots, filled by one thread and eaten by several. */
#include "store/ring.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/str.h"

enum {
    SLOT_SIZE = 256 << 10, /* four programs touch a slot while it lies in the processor's cache */
    SLOT_COUNT = 8,
};

struct lane {
    struct ring *ring;
    struct ring_eater eater;
    uint64_t eaten; /* slots */
    pthread_t thread;
    bool has_thread;
};

struct ring {
    uint8_t *slots[SLOT_COUNT]; /* NULL until first used */
    size_t sizes[SLOT_COUNT];
    size_t fill;      /* bytes in the slot being filled */
    uint64_t filled;  /* slots */
    bool has_started; /* the threads were started */
    bool is_ending;
    struct err failed; /* the first failure of an eater */
    pthread_mutex_t lock;
    pthread_cond_t moved; /* filled, eaten, is_ending or failed changed */
    struct lane lanes[RING_EATERS];
    size_t lane_count;
};

struct ring *ring_new(const struct ring_eater *eaters, size_t count)
{
    struct ring *r = mem_new(struct ring);

    if (count > RING_EATERS)
        BUG("a ring for %zu eaters", count);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->moved, NULL);
    r->lane_count = count;
    for (size_t i = 0; i < count; i++)
        r->lanes[i] = (struct lane){.ring = r, .eater = eaters[i]};
    return r;
}

/* Eats one slot, which nobody changes meanwhile. */
static void eat_slot(struct lane *lane, bool skip)
{
    struct ring *r = lane->ring;
    size_t slot = lane->eaten % SLOT_COUNT;
    struct err e = {0};
    int code = 0;

    if (!skip)
        code = lane->eater.eat(lane->eater.context, r->slots[slot], r->sizes[slot], &e);
    pthread_mutex_lock(&r->lock);
    if (code && !r->failed.code) {
        r->failed = e;
        r->failed.code = code;
    }
    lane->eaten++;
    pthread_cond_broadcast(&r->moved);
    pthread_mutex_unlock(&r->lock);
}

static void *lane_main(void *context)
{
    struct lane *lane = context;
    struct ring *r = lane->ring;

    for (;;) {
        bool skip;

        pthread_mutex_lock(&r->lock);
        while (lane->eaten == r->filled && !r->is_ending)
            pthread_cond_wait(&r->moved, &r->lock);
        if (lane->eaten == r->filled) {
            pthread_mutex_unlock(&r->lock);
            return NULL;
        }
        skip = r->failed.code != 0;
        pthread_mutex_unlock(&r->lock);
        eat_slot(lane, skip);
    }
}

/* Signals are for the program's own threads. Where no thread can be had, the filling one eats. */
static void start(struct ring *r)
{
    sigset_t all;
    sigset_t before;

    r->has_started = true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < r->lane_count; i++)
        r->lanes[i].has_thread =
            pthread_create(&r->lanes[i].thread, NULL, lane_main, &r->lanes[i]) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void publish(struct ring *r)
{
    pthread_mutex_lock(&r->lock);
    r->sizes[r->filled % SLOT_COUNT] = r->fill;
    r->filled++;
    r->fill = 0;
    pthread_cond_broadcast(&r->moved);
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < r->lane_count; i++)
        if (!r->lanes[i].has_thread)
            eat_slot(&r->lanes[i], r->failed.code != 0);
}

static uint64_t slowest(const struct ring *r)
{
    uint64_t least = r->filled;

    for (size_t i = 0; i < r->lane_count; i++)
        if (r->lanes[i].eaten < least)
            least = r->lanes[i].eaten;
    return least;
}

static int copy_failure(const struct ring *r, struct err *e)
{
    if (r->failed.code && e)
        *e = r->failed;
    return r->failed.code;
}

int ring_room(struct ring *r, uint8_t **at, size_t *room, struct err *e)
{
    size_t slot = r->filled % SLOT_COUNT;
    int code;

    pthread_mutex_lock(&r->lock);
    while (r->filled - slowest(r) >= SLOT_COUNT)
        pthread_cond_wait(&r->moved, &r->lock);
    code = copy_failure(r, e);
    pthread_mutex_unlock(&r->lock);
    if (code)
        return code;
    if (!r->slots[slot])
        r->slots[slot] = mem_alloc(SLOT_SIZE);
    *at = r->slots[slot] + r->fill;
    *room = SLOT_SIZE - r->fill;
    return 0;
}

void ring_filled(struct ring *r, size_t size)
{
    if (size > SLOT_SIZE - r->fill)
        BUG("a slot was filled with %zu bytes", r->fill + size);
    r->fill += size;
    if (r->fill < SLOT_SIZE)
        return;
    if (!r->has_started)
        start(r);
    publish(r);
}

int ring_read(struct ring *r, int fd, const char *name, uint64_t most, uint64_t *got, struct err *e)
{
    uint64_t total = 0;

    while (total < most) {
        uint8_t *at;
        size_t room;
        ssize_t n;
        int code = ring_room(r, &at, &room, e);

        if (code)
            return code;
        n = read(fd, at, room < most - total ? room : (size_t)(most - total));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "cannot read %s", name);
        if (n == 0)
            break;
        ring_filled(r, (size_t)n);
        total += (uint64_t)n;
    }
    *got = total;
    return 0;
}

static void stop(struct ring *r)
{
    pthread_mutex_lock(&r->lock);
    r->is_ending = true;
    pthread_cond_broadcast(&r->moved);
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < r->lane_count; i++) {
        if (r->lanes[i].has_thread)
            pthread_join(r->lanes[i].thread, NULL);
        r->lanes[i].has_thread = false;
    }
}

int ring_end(struct ring *r, struct err *e)
{
    if (r->fill)
        publish(r);
    stop(r);
    return copy_failure(r, e);
}

void ring_free(struct ring *r)
{
    if (!r->failed.code)
        (void)err_set(&r->failed, ERR_CANCEL, "dropped");
    stop(r);
    for (size_t i = 0; i < SLOT_COUNT; i++)
        free(r->slots[i]);
    pthread_cond_destroy(&r->moved);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
