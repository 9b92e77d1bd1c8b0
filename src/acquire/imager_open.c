/* imager_open.c: waits for a source to open no longer than somebody wants to wait. */
#include "acquire/imager_open.h"
#include <pthread.h>
#include <time.h>
#include "acquire/rescue.h"
#include "acquire/source_identity.h"
#include "base/mem.h"

enum { LOOK_MS = 200, PROBES = 3 };

/* Shared by who opens and who waits: the last of them frees it. */
struct opening {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    char *path;
    unsigned how;        /* as source_open */
    bool is_probed;      /* whether it gives any bytes is looked at, too: */
    uint64_t probe_from; /* of those from here on */
    bool answers;
    struct err silence; /* why it does not */
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

/* Sectors at the beginning, in the middle and at the end of what is asked for; one that comes will
 * do. */
static bool gives_bytes(struct source *s, uint64_t from, struct err *e)
{
    uint64_t last = (s->size - 1) / s->sector_size, first = from / s->sector_size;
    uint8_t *sector = aligned_alloc(RESCUE_MEMORY_ALIGN, RESCUE_BLOCK);
    bool gives = false;

    first = first < last ? first : last;
    for (uint64_t i = 0; sector && !gives && i < PROBES; i++) {
        uint64_t at = (first + (last - first) / (PROBES - 1) * i) * s->sector_size;

        at = i == PROBES - 1 ? last * s->sector_size : at;
        gives = source_read(s, at, sector, s->sector_size, true, e) > 0;
    }
    free(sector);
    return gives;
}

static void *open_it(void *context)
{
    struct opening *o = context;
    struct source *source = NULL;
    struct source_facts facts = {0};
    struct err e = {0};
    int rc = source_open(&source, &facts, o->path, o->how, &e);
    struct err silence = {0};
    bool answers = rc == 0 && o->is_probed && gives_bytes(source, o->probe_from, &silence);
    bool is_left;

    pthread_mutex_lock(&o->lock);
    o->source = source;
    o->facts = facts;
    o->rc = rc;
    o->e = e;
    o->answers = answers;
    o->silence = silence;
    o->has_ended = true;
    is_left = o->is_left;
    pthread_cond_signal(&o->ended);
    pthread_mutex_unlock(&o->lock);
    if (is_left)
        opening_free(o);
    return NULL;
}

static struct opening *opening_new(const char *path, unsigned how)
{
    struct opening *o = mem_new(struct opening);

    o->path = mem_strdup(path);
    o->how = how;
    return o;
}

static int opening_start(struct opening *o, struct err *e)
{
    pthread_condattr_t attributes;
    pthread_t thread;

    pthread_mutex_init(&o->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&o->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&thread, NULL, open_it, o)) {
        opening_free(o);
        return err_set(e, ERR_LIMIT, "a thread cannot be started");
    }
    pthread_detach(thread);
    return 0;
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

/* Starts it, and waits until it is over: then it is the caller's again. An error: it is not. */
static int opening_wait(struct opening *o, const struct imager_order *order,
                        const struct imager_watch *watch, struct acquire_control *control,
                        struct err *e)
{
    int rc = opening_start(o, e);

    if (rc)
        return rc;
    atomic_store(&control->phase, ACQUIRE_OPENING);
    pthread_mutex_lock(&o->lock);
    rc = wait_until_open(o, order, watch, control, e);
    o->is_left = rc != 0;
    pthread_mutex_unlock(&o->lock);
    if (rc == 0)
        atomic_store(&control->phase, ACQUIRE_REREADING);
    return rc;
}

int imager_open_source(const struct imager_order *order, const struct imager_watch *watch,
                       struct acquire_control *control, const char *path, bool keeps_off_ends,
                       struct source **out, struct source_facts *facts, struct err *e)
{
    unsigned how =
        (order->is_live ? SOURCE_LIVE : 0u) | (keeps_off_ends ? SOURCE_KEEPS_OFF_ENDS : 0u);
    struct opening *o = opening_new(path, how);
    int rc = opening_wait(o, order, watch, control, e);

    if (rc)
        return rc;
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

/* Nothing is asked of it any more, so it may lie anywhere. seen: that it was not there, or did not
 * answer; why: how that was found. */
static void stand_for(const char *path, const struct acquire_begin *b, const char *seen,
                      const char *why, struct source **out, struct source_facts *f)
{
    CLEANUP_BUF struct buf note = {0};

    source_open_gone(out, f, path, b->size, b->sector_size);
    buf_addf(&note,
             "It %s any more when the image was ended (%s): what had not been read by then is left "
             "unread. It was known as: %s.",
             seen, why, b->identity);
    free(f->note);
    f->note = buf_take(&note);
}

static const char not_there[] = "was not there", no_answer[] = "did not answer";

int imager_open_gone(const struct imager_order *order, const char *path,
                     const struct acquire_begin *b, int rc, struct source **out,
                     struct source_facts *facts, struct err *e)
{
    struct err why = *e;

    if (rc == ERR_IO || (rc == ERR_USAGE && strcmp(path, b->source) == 0))
        return err_set(e, rc,
                       "%s. Where it will not give what it held any more, --gone ends the image "
                       "with what was read of it",
                       why.text);
    if (rc != ERR_NOTFOUND || !order->options.accepts_end)
        return rc;
    if (strcmp(path, b->source) == 0) {
        stand_for(path, b, not_there, why.text, out, facts);
        return 0;
    }
    /* A slip in a name must not end for good what could go on. */
    return err_set(e, rc,
                   "%s. The image was last read from %s: if that one is gone for good, leave the "
                   "name of the source out",
                   why.text, b->source);
}

/* What is under its name opened. */
static int judge_gone(const struct opening *o, const struct acquire_begin *b, struct source **out,
                      struct source_facts *facts, struct err *e)
{
    CLEANUP_BUF struct buf is = {0};
    CLEANUP_BUF struct buf why = {0};

    source_facts_identity(&o->facts, &is);
    if (source_identity_compare(b->identity, buf_text(&is)) == SOURCE_OTHER) {
        buf_addf(&why, "under its name is another one, %s", buf_text(&is));
        stand_for(o->path, b, not_there, buf_text(&why), out, facts);
        return 0;
    }
    if (o->answers)
        return err_set(e, ERR_CONFLICT,
                       "%s is there and gives bytes, so it is not gone: without --gone the image "
                       "goes on with it. Where it is another one, or is not worth waiting for, "
                       "disconnect it first",
                       o->path);
    buf_addf(&why, "it opens, and of %d sectors that were asked for none came: %s", PROBES,
             o->silence.text[0] ? o->silence.text : "it has no bytes there");
    stand_for(o->path, b, no_answer, buf_text(&why), out, facts);
    return 0;
}

int imager_look_gone(const struct imager_order *order, const struct imager_watch *watch,
                     struct acquire_control *control, const char *path,
                     const struct acquire_begin *b, uint64_t done, struct source **out,
                     struct source_facts *facts, struct err *e)
{
    struct opening *o = opening_new(path, SOURCE_LIVE); /* another one may be in use */
    struct err late = {0};
    int rc;

    o->is_probed = true;
    o->probe_from = done;
    rc = opening_wait(o, order, watch, control, &late);
    if (rc == ERR_IO) {
        stand_for(path, b, no_answer, late.text, out, facts);
        return 0;
    }
    if (rc)
        return err_set(e, rc, "%s", late.text);
    if (o->rc == 0) {
        rc = judge_gone(o, b, out, facts, e);
    } else if (o->rc == ERR_NOTFOUND || o->rc == ERR_USAGE) { /* or something else has its name */
        stand_for(path, b, not_there, o->e.text, out, facts);
    } else {
        rc = err_set(e, o->rc, "whether %s is gone cannot be seen: %s", path, o->e.text);
    }
    opening_free(o);
    return rc;
}
