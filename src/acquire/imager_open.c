/* imager_open.c: waits for a source to open no longer than somebody wants to wait. */
#include "acquire/imager_open.h"
#include <pthread.h>
#include <time.h>
#include "base/mem.h"

enum { LOOK_MS = 200 };

/* Shared by who opens and who waits: the last of them frees it. */
struct opening {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    char *path;
    bool is_live;
    bool has_ended;
    bool is_left; /* nobody waits for it any more */
    int rc;
    struct err e;
    struct source *source;
    struct source_facts facts;
};

static void opening_free(struct opening *o)
{
    source_close(o->source);
    source_facts_release(&o->facts);
    pthread_cond_destroy(&o->ended);
    pthread_mutex_destroy(&o->lock);
    free(o->path);
    free(o);
}

static void *open_it(void *context)
{
    struct opening *o = context;
    struct source *source = NULL;
    struct source_facts facts = {0};
    struct err e = {0};
    int rc = source_open(&source, &facts, o->path, o->is_live, &e);
    bool is_left;

    pthread_mutex_lock(&o->lock);
    o->source = source;
    o->facts = facts;
    o->rc = rc;
    o->e = e;
    o->has_ended = true;
    is_left = o->is_left;
    pthread_cond_signal(&o->ended);
    pthread_mutex_unlock(&o->lock);
    if (is_left)
        opening_free(o);
    return NULL;
}

static struct opening *opening_begin(const char *path, bool is_live, struct err *e)
{
    struct opening *o = mem_new(struct opening);
    pthread_condattr_t attributes;
    pthread_t thread;

    o->path = mem_strdup(path);
    o->is_live = is_live;
    pthread_mutex_init(&o->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&o->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&thread, NULL, open_it, o)) {
        opening_free(o);
        err_set(e, ERR_LIMIT, "a thread cannot be started");
        return NULL;
    }
    pthread_detach(thread);
    return o;
}

/* Whether it came within a moment. The lock is held. */
static bool wait_a_moment(struct opening *o)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (!o->has_ended && pthread_cond_timedwait(&o->ended, &o->lock, &until) == 0)
        ;
    return o->has_ended;
}

/* The lock is held, but while whoever watches is told. */
static int wait_until_open(struct opening *o, const struct imager_order *order,
                           const struct imager_watch *watch, struct acquire_control *control,
                           struct err *e)
{
    int64_t began = monotonic_ms();

    while (!wait_a_moment(o)) {
        pthread_mutex_unlock(&o->lock);
        if (watch->progress)
            watch->progress(watch->context, control, 0);
        pthread_mutex_lock(&o->lock);
        if (o->has_ended)
            break;
        if (atomic_load(&control->stops))
            return err_set(e, ERR_CANCEL, "stopped while %s was opened", o->path);
        if (monotonic_ms() - began > (int64_t)order->patience_s * 1000)
            return err_set(e, ERR_IO,
                           "%s does not answer since %u s: it cannot be opened. Look at its cable "
                           "and its power; --patience waits longer",
                           o->path, order->patience_s);
    }
    return 0;
}

int imager_open_source(const struct imager_order *order, const struct imager_watch *watch,
                       struct acquire_control *control, const char *path, struct source **out,
                       struct source_facts *facts, struct err *e)
{
    struct opening *o = opening_begin(path, order->is_live, e);
    int rc;

    if (!o)
        return ERR_LIMIT;
    atomic_store(&control->phase, ACQUIRE_OPENING);
    pthread_mutex_lock(&o->lock);
    rc = wait_until_open(o, order, watch, control, e);
    o->is_left = rc != 0;
    pthread_mutex_unlock(&o->lock);
    if (rc)
        return rc;
    atomic_store(&control->phase, ACQUIRE_REREADING);
    rc = o->rc;
    if (rc) {
        err_set(e, rc, "%s", o->e.text);
    } else {
        *out = MOVE(o->source);
        *facts = o->facts;
        o->facts = (struct source_facts){0};
    }
    opening_free(o);
    return rc;
}

/* Nothing is asked of it any more, so it may lie anywhere. */
static void stand_for(const char *path, const struct acquire_begin *b, struct source **out,
                      struct source_facts *f)
{
    CLEANUP_BUF struct buf note = {0};

    source_open_gone(out, f, path, b->size, b->sector_size);
    buf_addf(&note,
             "It was not there any more when the image was ended: what had not been read by then "
             "counts as unreadable. It was known as: %s.",
             b->identity);
    free(f->note);
    f->note = buf_take(&note);
}

int imager_open_gone(const struct imager_order *order, const char *path,
                     const struct acquire_begin *b, int rc, struct source **out,
                     struct source_facts *facts, struct err *e)
{
    struct err why = {0};

    if (rc != ERR_NOTFOUND || !(order->options.accepts_end || order->is_gone))
        return rc;
    if (strcmp(path, b->source) == 0) {
        stand_for(path, b, out, facts);
        return 0;
    }
    /* A slip in a name must not end for good what could go on. */
    if (e)
        why = *e;
    return err_set(e, rc,
                   "%s. The image was last read from %s: if that one is gone for good, leave the "
                   "name of the source out",
                   why.text, b->source);
}
