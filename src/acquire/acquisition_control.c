/* acquisition_control.c: what is seen of an image while it is made, and when it waits or stops. */
#include <time.h>
#include "acquire/acquisition_internal.h"

enum { LIMIT_WINDOW_MS = 1000, SLOW_WRITE_MS = 3000, SILENT_MS = 4000 };

bool acquire_is_whole(const struct acquire_control *c)
{
    int phase = atomic_load(&c->phase);

    return phase == ACQUIRE_DONE || phase == ACQUIRE_READING_BACK;
}

/* A write that takes longer is said; a disk that is only slow makes one now and then. */
static uint64_t lasts_ms(const _Atomic uint64_t *since_ms)
{
    uint64_t since = atomic_load(since_ms), now = (uint64_t)monotonic_ms();

    return since && now > since ? now - since : 0;
}

uint64_t acquire_silent_ms(const struct acquire_control *c)
{
    return lasts_ms(&c->source.since_ms);
}

int acquire_phase_shown(const struct acquire_control *c)
{
    if (atomic_load(&c->target.moves))
        return ACQUIRE_MOVING;
    if (lasts_ms(&c->target.since_ms) > SLOW_WRITE_MS)
        return ACQUIRE_WAITING;
    if (acquire_silent_ms(c) > SILENT_MS)
        return ACQUIRE_SILENT;
    return atomic_load(&c->phase);
}

const char *acquire_phase_words(const struct acquire_control *c, int phase)
{
    static const char *const words[] = {
        [ACQUIRE_REREADING] = "reading what is there already",
        [ACQUIRE_COPYING] = "copying",
        [ACQUIRE_FINISHING] = "putting together",
        [ACQUIRE_DONE] = "written",
        [ACQUIRE_READING_BACK] = "reading back",
        [ACQUIRE_MOVING] = "moving the last file to the other folder",
        [ACQUIRE_OPENING] = "waiting for the source to open",
        [ACQUIRE_COMPARING] = "comparing the source with what was read of it",
        [ACQUIRE_WAITING] = "waiting for the target disk, which is slow",
        [ACQUIRE_SILENT] = "waiting for the source",
    };
    static const char *const passes[RESCUE_PASS_COUNT_] = {
        [RESCUE_COPY] = "failing disk: easy areas",
        [RESCUE_LEFT] = "failing disk: areas left out",
        [RESCUE_SWEEP] = "failing disk: the rest",
        [RESCUE_TRIM] = "failing disk: edges",
        [RESCUE_SCRAPE] = "failing disk: single sectors",
        [RESCUE_RETRY] = "failing disk: once more",
        [RESCUE_TRAPS] = "failing disk: where it went away",
    };
    int pass = atomic_load(&c->pass);

    if (phase != ACQUIRE_RESCUING)
        return words[phase];
    return passes[pass >= 0 && pass < RESCUE_PASS_COUNT_ ? pass : RESCUE_COPY];
}

static void sleep_ms(int64_t ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&t, NULL); /* a signal only makes it look sooner */
}

int acquire_go_on(struct acquisition *m, size_t size, struct err *e)
{
    int64_t now = monotonic_ms(), due;

    if (m->options.limit) {
        if (m->limit_ms == 0 || now - m->limit_ms > 10 * LIMIT_WINDOW_MS) {
            m->limit_ms = now;
            m->limit_size = 0;
        }
        m->limit_size += size; /* what is read next has had its time before it comes */
        due = m->limit_ms + (int64_t)(m->limit_size * 1000 / m->options.limit);
        for (; now < due && !atomic_load(&m->control->stops); now = monotonic_ms())
            sleep_ms(due - now < 100 ? due - now : 100);
    }
    if (atomic_load(&m->control->stops))
        return err_set(e, ERR_CANCEL, "stopped; it goes on where it was");
    return 0;
}
