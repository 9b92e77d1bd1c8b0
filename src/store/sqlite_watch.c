/* sqlite_watch.c: waits for another process's append, by inotify and, where that is silent, by
 * looking. */
#include "store/sqlite.h"
#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "base/utc.h"

enum {
    LOOK_EVERY_MS = 50, /* also without a sign: network file systems give none */
    LOOK_SOON_MS = 2,   /* after a sign, which comes before the sync and the commit */
    SOON_COUNT = 20,
};

/* Watching is a help only; without it the case is looked at every LOOK_EVERY_MS. */
static void start_inotify(struct sqlite *q)
{
    if (q->inotify >= 0)
        return;
    q->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (q->inotify >= 0)
        (void)inotify_add_watch(q->inotify, q->folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
}

/* Waits for a sign, at most so long; whether one came. */
static bool wait_for_sign(struct sqlite *q, int timeout_ms)
{
    struct pollfd p = {.fd = q->inotify, .events = POLLIN};
    char events[4096];
    bool came = false;

    if (poll(&p, 1, timeout_ms) <= 0)
        return false;
    while (read(q->inotify, events, sizeof(events)) > 0)
        came = true;
    return came;
}

static int has_grown(struct sqlite *q, uint64_t known, struct err *e)
{
    uint64_t size;
    int code = sqlite_enter(q, e);

    if (!code)
        code = sqlite_size(q, &size, e);
    return code ? code : size != known;
}

int sqlite_watch(void *state, uint64_t known, int timeout_ms, struct err *e)
{
    struct sqlite *q = state;
    int64_t end = monotonic_ms() + timeout_ms;
    int soon = 0;

    if (timeout_ms > 0)
        start_inotify(q);
    for (;;) {
        int code = has_grown(q, known, e);
        int64_t left = end - monotonic_ms();
        int pause = soon > 0 ? LOOK_SOON_MS : LOOK_EVERY_MS;

        if (code || left <= 0)
            return code;
        soon = wait_for_sign(q, left < pause ? (int)left : pause) ? SOON_COUNT : soon - 1;
    }
}
