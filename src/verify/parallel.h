/* parallel.h: the same work for many items on every core. */
#pragma once
#include "verify/hash.h"

/* Does items first to below end; h is the thread's own. */
typedef void parallel_work(void *context, struct hasher *h, size_t first, size_t end);

/* Splits items 0 to below count into runs of at most `run` and hands them to `threads` threads, of
 * which the caller's is one. Returns when all are done. */
void parallel_do(unsigned threads, size_t count, size_t run, parallel_work *work, void *context);
