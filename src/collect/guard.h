/* guard.h: runs what may never come back, and goes on without it.
 *
 * The kernel can hold a thread up for ever, past any signal: in a file system whose server does not
 * answer, or where another process keeps its memory locked. Whoever owns a host can bring that
 * about anywhere, so it cannot be avoided for certain. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include "base/str.h"

struct guard {
    atomic_uint beats;   /* counted up by what runs while it waits of its own accord */
    atomic_uint waiting; /* not 0: it waits for somebody outside of the host, however long */
    unsigned given_up;   /* how often it was gone on without something */
};

typedef void guarded(void *context);

/* Runs it on a thread of its own; true: it came back. False: nothing at all was done for a while,
 * and it never goes on, not even when the kernel lets it go. What it holds stays its own: memory it
 * may still use is not to be freed. where: what it was held up by, as far as the kernel tells; the
 * caller frees it. One call at a time. */
bool guard_run(struct guard *g, guarded *run, void *context, struct buf *where);
/* Seconds that the next call would wait for: fewer the more often something was given up. */
unsigned guard_patience_s(const struct guard *g);
