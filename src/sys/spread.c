/* spread.c: a number that counts up hands each piece of work to the next thread that is free. */
#include "sys/spread.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include "base/mem.h"

enum { TICK_NS = 200 * 1000 * 1000 };

struct crew {
    const struct spread *work;
    atomic_size_t next;
    pthread_mutex_t lock;
    pthread_cond_t left; /* at_work became less */
    size_t at_work;
};

static void work_on(struct crew *c)
{
    CLEANUP_FREE void *scratch = mem_alloc(c->work->scratch ? c->work->scratch : 1);
    size_t at;

    while ((at = atomic_fetch_add(&c->next, 1)) < c->work->count)
        c->work->one(c->work->context, at, scratch);
}

static void *thread_main(void *context)
{
    struct crew *c = context;

    work_on(c);
    pthread_mutex_lock(&c->lock);
    c->at_work--;
    pthread_cond_signal(&c->left);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static size_t wanted_threads(const struct spread *work)
{
    size_t count = work->threads;
    cpu_set_t set;

    if (count == 0)
        count = sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
    if (count > SPREAD_THREADS)
        count = SPREAD_THREADS;
    if (count > work->count)
        count = work->count;
    return count && !work->tick ? count - 1 : count; /* the calling thread is one of them */
}

static size_t start(struct crew *c, pthread_t *threads)
{
    size_t wanted = wanted_threads(c->work);
    size_t count = 0;
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (count < wanted) {
        pthread_mutex_lock(&c->lock);
        c->at_work++;
        pthread_mutex_unlock(&c->lock);
        if (pthread_create(&threads[count], NULL, thread_main, c) != 0) {
            pthread_mutex_lock(&c->lock);
            c->at_work--;
            pthread_mutex_unlock(&c->lock);
            break;
        }
        count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return count;
}

static void wait_and_tick(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->at_work) {
        struct timespec until;

        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += TICK_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&c->left, &c->lock, &until);
        pthread_mutex_unlock(&c->lock);
        c->work->tick(c->work->context);
        pthread_mutex_lock(&c->lock);
    }
    pthread_mutex_unlock(&c->lock);
}

void spread_run(const struct spread *work)
{
    struct crew c = {
        .work = work, .lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};
    pthread_t threads[SPREAD_THREADS];
    size_t count = start(&c, threads);

    if (work->tick && count)
        wait_and_tick(&c);
    else
        work_on(&c);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}
