/* ahead.c: takes many lines into the index with two threads: one reads them from the store and
 * indexes them, the other spells out and hashes those that come next. */
#include <pthread.h>
#include <signal.h>
#include "base/mem.h"
#include "case/state_internal.h"

enum {
    BATCH_LINES = 128,
    BATCH_SIZE = 128 << 10, /* of text, so that a batch lies in the processor's cache */
    BATCH_COUNT = 4,
};

struct line {
    size_t off; /* in the batch's text */
    size_t size;
    struct entry entry;
    struct hash leaf;
};

struct batch {
    struct buf text;
    struct line lines[BATCH_LINES];
    size_t count;
    size_t good; /* so many could be spelled out; the next failed with rc and e */
    int rc;
    struct err e;
};

struct ahead {
    struct state *state;
    struct batch batches[BATCH_COUNT]; /* a ring; what follows counts batches */
    uint64_t filled;
    uint64_t spelled;
    uint64_t taken;
    bool is_ending;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* filled, spelled or is_ending changed */
    pthread_t thread;
};

static void spell_batch(struct batch *b)
{
    b->rc = 0;
    for (b->good = 0; b->good < b->count; b->good++) {
        struct line *l = &b->lines[b->good];
        struct str line = {b->text.p + l->off, l->size};

        b->rc = entry_read(&l->entry, line, &b->e);
        if (b->rc)
            return;
        l->leaf = hash_leaf(line);
    }
}

static void *spell_main(void *context)
{
    struct ahead *a = context;

    pthread_mutex_lock(&a->lock);
    for (;;) {
        while (a->spelled == a->filled && !a->is_ending)
            pthread_cond_wait(&a->moved, &a->lock);
        if (a->is_ending)
            break;
        pthread_mutex_unlock(&a->lock);
        spell_batch(&a->batches[a->spelled % BATCH_COUNT]);
        pthread_mutex_lock(&a->lock);
        a->spelled++;
        pthread_cond_broadcast(&a->moved);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static int take_batch(struct state *s, struct batch *b, struct err *e)
{
    uint64_t first = s->count;

    for (size_t i = 0; i < b->good; i++)
        index_expect(s, &b->lines[i].entry.statement.id);
    for (size_t i = 0; i < b->good; i++) {
        int rc = index_line(s, &b->lines[i].entry, &b->lines[i].leaf, e);

        if (rc)
            return rc;
    }
    if (b->rc)
        return err_set(e, b->rc, "record %llu: %s", (unsigned long long)(first + b->good),
                       b->e.text);
    b->count = 0;
    buf_clear(&b->text);
    return 0;
}

/* Takes what is spelled out, and waits until no more than that many batches are left. */
static int take_down_to(struct ahead *a, uint64_t left, struct err *e)
{
    while (a->filled - a->taken > 0) {
        uint64_t spelled;

        pthread_mutex_lock(&a->lock);
        while (a->spelled == a->taken && a->filled - a->taken > left)
            pthread_cond_wait(&a->moved, &a->lock);
        spelled = a->spelled;
        pthread_mutex_unlock(&a->lock);
        if (spelled == a->taken)
            return 0;
        for (; a->taken < spelled; a->taken++) {
            int rc = take_batch(a->state, &a->batches[a->taken % BATCH_COUNT], e);

            if (rc)
                return rc;
        }
    }
    return 0;
}

static int publish(struct ahead *a, uint64_t left, struct err *e)
{
    pthread_mutex_lock(&a->lock);
    a->filled++;
    pthread_cond_broadcast(&a->moved);
    pthread_mutex_unlock(&a->lock);
    return take_down_to(a, left, e);
}

static int add_line(void *context, uint64_t seq, struct str line, struct str openings,
                    struct err *e)
{
    struct ahead *a = context;
    struct batch *b = &a->batches[a->filled % BATCH_COUNT];

    (void)seq;
    (void)openings;
    b->lines[b->count].off = b->text.len;
    b->lines[b->count].size = line.len;
    buf_addstr(&b->text, line);
    b->count++;
    if (b->count < BATCH_LINES && b->text.len < BATCH_SIZE)
        return 0;
    return publish(a, BATCH_COUNT - 1, e);
}

/* Signals are for the program's own threads. */
static bool start(struct ahead *a)
{
    sigset_t all;
    sigset_t before;
    int why;

    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->moved, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    why = pthread_create(&a->thread, NULL, spell_main, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return why == 0;
}

static void stop(struct ahead *a, bool has_thread)
{
    pthread_mutex_lock(&a->lock);
    a->is_ending = true;
    pthread_cond_broadcast(&a->moved);
    pthread_mutex_unlock(&a->lock);
    if (has_thread)
        pthread_join(a->thread, NULL);
    for (size_t i = 0; i < BATCH_COUNT; i++)
        buf_release(&a->batches[i].text);
    pthread_cond_destroy(&a->moved);
    pthread_mutex_destroy(&a->lock);
}

int index_ahead(struct state *s, struct store *store, uint64_t size, struct err *e)
{
    CLEANUP_FREE struct ahead *a = mem_new(struct ahead);
    bool has_thread;
    int rc;

    a->state = s;
    has_thread = start(a);
    if (has_thread) {
        rc = store_read(store, s->count, size, false, add_line, a, e);
        if (rc == 0)
            rc = publish(a, 0, e);
    } else {
        rc = index_lines(s, store, size, e);
    }
    stop(a, has_thread);
    return rc;
}
