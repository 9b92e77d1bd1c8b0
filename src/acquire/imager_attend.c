/* imager_attend.c: when a source or a target is not worth waiting for any longer. */
#include "acquire/imager_attend.h"
#include <time.h>
#include "acquire/rescue.h"
#include "sys/clock.h"

enum {
    LOOK_MS = 200,
    WAIT_MS = 3000,       /* for a thread that was told to stop */
    STOP_MS = 4000,       /* and for a read that had begun by then */
    CRAWL_SIZE = 1 << 20, /* less than this in the time of patience is not worth waiting for */
};

struct attention {
    const struct imager_order *order;
    struct acquire_control *control;
    /* Looking for a crawl: reads of the source until then, and what had come. */
    int64_t since_spent_ms;
    uint64_t since_done;
};

static void sleep_ms(int ms)
{
    (void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static int64_t in_flight_ms(const _Atomic uint64_t *since_ms)
{
    uint64_t since = atomic_load(since_ms);

    return since ? monotonic_ms() - (int64_t)since : 0;
}

/* Many bytes may come soon: no single sectors are tried. */
static bool is_easy(const struct acquire_control *c)
{
    int phase = atomic_load(&c->phase);

    return phase == ACQUIRE_COPYING ||
           (phase == ACQUIRE_RESCUING && atomic_load(&c->pass) <= RESCUE_SWEEP);
}

/* Why the source is not worth waiting for any longer; NULL: it is. Only time that is spent in reads
 * of it counts: a target may be slow, a person may think. */
static const char *is_stuck(struct attention *a)
{
    int64_t patience = (int64_t)a->order->patience_s * 1000;
    int64_t in_flight = in_flight_ms(&a->control->source.since_ms);
    int64_t spent = (int64_t)atomic_load(&a->control->source.spent_ms) + in_flight;
    uint64_t done = atomic_load(&a->control->done);

    if (in_flight > patience)
        return "a read of the source does not come back";
    if (is_easy(a->control) && spent - a->since_spent_ms <= patience)
        return NULL;
    if (is_easy(a->control) && done - a->since_done < CRAWL_SIZE)
        return "the source gives hardly anything any more";
    a->since_spent_ms = spent;
    a->since_done = done;
    return NULL;
}

/* Who asked for an end does not wait for a target that hangs. Nobody else ends it: a slow one may
 * take long to make durable what it has. */
static const char *is_left(const struct attention *a)
{
    int64_t patience = (int64_t)a->order->patience_s * 1000;

    return atomic_load(&a->control->stops) && in_flight_ms(&a->control->target.since_ms) > patience
               ? "stopped, and a write to the target does not come back"
               : NULL;
}

/* Who asked for an end does not wait for a read of the source that had begun by then, either. */
static bool is_left_behind(const struct attention *a)
{
    return atomic_load(&a->control->stops) && acquire_silent_ms(a->control) > STOP_MS;
}

int imager_attend(const struct imager_order *order, const struct imager_watch *watch,
                  struct acquire_control *control, uint64_t size, const _Atomic bool *has_ended,
                  bool *is_of_source, struct err *e)
{
    struct attention a = {.order = order, .control = control};
    bool is_behind = false;
    const char *why = NULL;
    unsigned silent_s;

    while (!atomic_load(has_ended) && !why && !is_behind) {
        sleep_ms(LOOK_MS);
        if (watch->progress)
            watch->progress(watch->context, control, size);
        is_behind = is_left_behind(&a);
        why = is_stuck(&a);
        *is_of_source = why || is_behind;
        why = why ? why : is_left(&a);
    }
    if (!why && !is_behind)
        return 0;
    silent_s = (unsigned)(acquire_silent_ms(control) / 1000);
    atomic_store(&control->stops, true);
    for (int waited = 0; !atomic_load(has_ended) && waited < WAIT_MS; waited += LOOK_MS)
        sleep_ms(LOOK_MS);
    if (is_behind)
        return err_set(e, ERR_CANCEL,
                       "stopped; a read of the source that had not come back for %u s was left "
                       "behind",
                       silent_s);
    return err_set(e, ERR_IO, "%s since %u s", why, order->patience_s);
}
