/* spread.h: does many pieces of work, each by itself, on all processors. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { SPREAD_THREADS = 64 };

struct spread {
    size_t count;   /* of pieces */
    size_t threads; /* 0: one for each processor that this process may use */
    size_t scratch; /* bytes of memory that each thread has for itself */
    /* Does the piece at; called from several threads at once, pieces begun in order. */
    void (*one)(void *context, size_t at, void *scratch);
    /* Called by the calling thread a few times a second while others work; NULL: it works, too. */
    void (*tick)(void *context);
    void *context;
};

/* Returns when all is done. Where no thread can be started, the calling one does it all. Signals
 * are left to the threads that there were before. */
void spread_run(const struct spread *work);
