/* in_time.c: work in a thread that nobody waits for beyond a time. */
#include "sys/in_time.h"
#include <pthread.h>
#include <stdlib.h>
#include "base/mem.h"

struct errand {
    void (*work)(void *context);
    void (*drop)(void *context);
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool is_done;
    bool is_left; /* nobody waits any more: the thread frees all */
};

static void errand_free(struct errand *d)
{
    pthread_cond_destroy(&d->ended);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static void *run(void *argument)
{
    struct errand *d = argument;
    bool is_left;

    d->work(d->context);
    pthread_mutex_lock(&d->lock);
    d->is_done = true;
    is_left = d->is_left;
    pthread_cond_signal(&d->ended);
    pthread_mutex_unlock(&d->lock);
    if (is_left) {
        d->drop(d->context);
        errand_free(d);
    }
    return NULL;
}

static struct timespec later(unsigned wait_ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += wait_ms / 1000;
    t.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static struct errand *errand_new(void (*work)(void *), void (*drop)(void *), void *context)
{
    struct errand *d = mem_new(struct errand);
    pthread_condattr_t by_monotonic;

    d->work = work;
    d->drop = drop;
    d->context = context;
    pthread_mutex_init(&d->lock, NULL);
    pthread_condattr_init(&by_monotonic);
    pthread_condattr_setclock(&by_monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->ended, &by_monotonic);
    pthread_condattr_destroy(&by_monotonic);
    return d;
}

bool in_time(void (*work)(void *context), void *context, void (*drop)(void *context),
             unsigned wait_ms)
{
    struct errand *d = errand_new(work, drop, context);
    struct timespec until = later(wait_ms);
    pthread_t thread;
    bool is_done;

    if (pthread_create(&thread, NULL, run, d)) {
        drop(context);
        errand_free(d);
        return false;
    }
    pthread_detach(thread);
    pthread_mutex_lock(&d->lock);
    while (!d->is_done && pthread_cond_timedwait(&d->ended, &d->lock, &until) == 0)
        ;
    is_done = d->is_done;
    d->is_left = !is_done;
    pthread_mutex_unlock(&d->lock);
    if (is_done)
        errand_free(d);
    return is_done;
}

struct looking {
    char *path;
    char *real;
};

static void look(void *context)
{
    struct looking *l = context;

    l->real = realpath(l->path, NULL);
}

static void looking_drop(void *context)
{
    struct looking *l = context;

    free(l->path);
    free(l->real);
    free(l);
}

char *realpath_in_time(const char *path, unsigned wait_ms, bool *is_late)
{
    struct looking *l = mem_new(struct looking);
    char *real;

    l->path = mem_strdup(path);
    *is_late = !in_time(look, l, looking_drop, wait_ms);
    if (*is_late)
        return NULL;
    real = l->real;
    l->real = NULL;
    looking_drop(l);
    return real;
}
