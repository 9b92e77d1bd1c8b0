/* acquire_history.h: what each run of an interrupted image found. What is the same is told once,
 * with its count, so that nothing else is ever dropped for want of room. */
#pragma once
#include "base/str.h"
#include "base/utc.h"

struct acquire_finding {
    uint32_t first, last;   /* runs that found it; 0: of no run */
    uint32_t count;         /* of them */
    struct utc from, until; /* when the first and the last of them began */
    char *text;             /* a clause without a full stop */
};

/* Zero-initialised it is empty. */
struct acquire_history {
    struct acquire_finding *all;
    size_t count;
    size_t room;
};

void acquire_history_release(struct acquire_history *h);
/* run 0: a sentence of its own, of no run. plain: the same without what may be anything, of which
 * there are few; it stands where there is no room for more of the others. */
void acquire_history_add(struct acquire_history *h, uint32_t run, struct utc when, const char *text,
                         const char *plain);
/* One of them as a sentence; its runs stand before it where they are not those of the one before.
 */
void acquire_history_line(const struct acquire_history *h, size_t at, struct buf *out);
void acquire_history_text(const struct acquire_history *h, struct buf *out); /* all, in one line */
