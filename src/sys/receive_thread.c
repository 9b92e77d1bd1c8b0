/* receive_thread.c: runs a receiver in a thread, and keeps what it tells until it is asked for. */
#include "sys/receive_thread.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include "base/mem.h"

enum { STEP_MS = 200, REFUSALS_KEPT = 64 };

struct receive_thread {
    struct receive *receive; /* the thread's own, from when it runs */
    uint16_t port;
    pthread_t thread;
    bool is_joined;
    atomic_bool must_end;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t has_news;
    struct receive_news *news;
    size_t count;
    size_t room;
    size_t refusals; /* of these */
    uint64_t unsaid; /* refusals besides */
    bool has_ended;
    int code;
    struct err e;
};

void receive_news_release(struct receive_news *n)
{
    free(n->path);
    n->path = NULL;
}

static bool is_move(enum receive_kind kind)
{
    return kind == RECEIVE_LOST || kind == RECEIVE_RESUMED;
}

/* Where the last word on a bundle replaces the one before. */
static struct receive_news *place_for(struct receive_thread *t, const struct receive_event *event)
{
    for (size_t i = 0; is_move(event->kind) && i < t->count; i++)
        if (is_move(t->news[i].kind) && strcmp(t->news[i].collection, event->collection) == 0) {
            receive_news_release(&t->news[i]);
            return &t->news[i];
        }
    t->news = mem_grow(t->news, t->count, &t->room, sizeof(t->news[0]));
    return &t->news[t->count++];
}

static void keep(struct receive_thread *t, const struct receive_event *event)
{
    struct receive_news *n;

    if (event->kind == RECEIVE_REFUSED && t->refusals == REFUSALS_KEPT) {
        t->unsaid++;
        return;
    }
    t->refusals += event->kind == RECEIVE_REFUSED;
    n = place_for(t, event);
    *n = (struct receive_news){.kind = event->kind,
                               .path = mem_strdup(event->path),
                               .size = event->size,
                               .sha256 = event->sha256};
    snprintf(n->from, sizeof(n->from), "%s", event->from);
    snprintf(n->collection, sizeof(n->collection), "%s", event->collection);
    snprintf(n->words, sizeof(n->words), "%s", event->words);
}

static int told(void *context, const struct receive_event *event, struct err *e)
{
    struct receive_thread *t = context;

    (void)e;
    pthread_mutex_lock(&t->lock);
    keep(t, event);
    pthread_cond_signal(&t->has_news);
    pthread_mutex_unlock(&t->lock);
    return 0;
}

static void *run(void *context)
{
    struct receive_thread *t = context;
    struct err e = {0};
    int code = 0;

    while (code == 0 && !atomic_load(&t->must_end))
        code = receive_step(t->receive, STEP_MS, &e);
    receive_close(MOVE(t->receive));
    pthread_mutex_lock(&t->lock);
    t->code = code;
    t->e = e;
    t->has_ended = true;
    pthread_cond_signal(&t->has_news);
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* Ctrl-C is for the thread that writes the case. */
static int start(struct receive_thread *t, struct err *e)
{
    sigset_t all;
    sigset_t before;
    int why;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    why = pthread_create(&t->thread, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return why ? err_set(e, ERR_IO, "cannot start a thread to receive: %s", strerror(why)) : 0;
}

static void release(struct receive_thread *t)
{
    for (size_t i = 0; i < t->count; i++)
        receive_news_release(&t->news[i]);
    free(t->news);
    receive_close(t->receive);
    pthread_cond_destroy(&t->has_news);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

int receive_thread_start(struct receive_thread **out, const struct receive_options *options,
                         struct err *e)
{
    struct receive_thread *t = mem_new(struct receive_thread);
    pthread_condattr_t clock;
    int rc;

    pthread_mutex_init(&t->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&t->has_news, &clock);
    pthread_condattr_destroy(&clock);
    rc = receive_open(&t->receive, options, told, t, e);
    if (rc == 0) {
        t->port = receive_port(t->receive);
        rc = start(t, e);
    }
    if (rc) {
        release(t);
        return rc;
    }
    *out = t;
    return 0;
}

void receive_thread_end(struct receive_thread *t)
{
    atomic_store(&t->must_end, true);
    if (!t->is_joined)
        pthread_join(t->thread, NULL);
    t->is_joined = true;
}

void receive_thread_stop(struct receive_thread *t)
{
    if (!t)
        return;
    receive_thread_end(t);
    release(t);
}

uint16_t receive_thread_port(const struct receive_thread *t)
{
    return t->port;
}

static void wait_for_news(struct receive_thread *t, int wait_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (t->count == 0 && !t->has_ended)
        if (pthread_cond_timedwait(&t->has_news, &t->lock, &until) != 0)
            return;
}

static int take_first(struct receive_thread *t, struct receive_news *out, struct err *e)
{
    if (t->count) {
        *out = t->news[0];
        t->refusals -= out->kind == RECEIVE_REFUSED;
        memmove(t->news, t->news + 1, --t->count * sizeof(t->news[0]));
        return 1;
    }
    if (t->unsaid) {
        *out = (struct receive_news){.kind = RECEIVE_REFUSED};
        snprintf(out->words, sizeof(out->words), "%llu more connections",
                 (unsigned long long)t->unsaid);
        t->unsaid = 0;
        return 1;
    }
    if (t->code && e)
        *e = t->e;
    return t->code;
}

int receive_thread_next(struct receive_thread *t, int wait_ms, struct receive_news *out,
                        struct err *e)
{
    int rc;

    pthread_mutex_lock(&t->lock);
    wait_for_news(t, wait_ms);
    rc = take_first(t, out, e);
    pthread_mutex_unlock(&t->lock);
    return rc;
}
