/* parallel.c: threads that take runs of items from one counter until none is left. */
#include "verify/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct team {
    atomic_size_t next;
    size_t count;
    size_t run;
    parallel_work *work;
    void *context;
};

static void *team_member(void *arg)
{
    struct team *t = arg;
    CLEANUP(hasher_freep) struct hasher *h = hasher_new();

    if (h == NULL) {
        fputs("calm-verify: this system's libcrypto has no SHA-256\n", stderr);
        _exit(4);
    }
    for (;;) {
        size_t first = atomic_fetch_add(&t->next, t->run);

        if (first >= t->count)
            return NULL;
        t->work(t->context, h, first, t->count - first < t->run ? t->count : first + t->run);
    }
}

void parallel_do(unsigned threads, size_t count, size_t run, parallel_work *work, void *context)
{
    struct team team = {.count = count, .run = run, .work = work, .context = context};
    size_t runs = count / run + 1;
    size_t helpers = threads > 0 ? threads - 1 : 0;
    size_t started = 0;
    CLEANUP(mem_drop) pthread_t *thread = NULL;

    helpers = helpers < runs - 1 ? helpers : runs - 1;
    thread = mem_get(helpers, sizeof *thread);
    atomic_init(&team.next, 0);
    while (started < helpers && pthread_create(&thread[started], NULL, team_member, &team) == 0)
        started++; /* with fewer threads it merely takes longer */
    team_member(&team);
    for (size_t i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}
