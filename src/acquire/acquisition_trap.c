/* acquisition_trap.c: the places at which a source went away, or a read never came back. */
#include <time.h>
#include "acquire/acquisition_internal.h"
#include "sys/file.h"

enum { FREEZE_WAIT_S = 3, STATE_SIZE_MAX = 64 << 20 };

/* Nothing can be put off of what is an image: it is read as a whole. */
static bool may_go(const struct acquisition *m)
{
    return !m->source->calls->find_lost;
}

/* Of a range, what lies in none of them. */
static uint64_t outside(const struct traps *traps, uint64_t off, uint64_t until)
{
    const struct trap *t;
    uint64_t sum = 0;

    while (off < until && (t = traps_next(traps, off, until))) {
        sum += t->off > off ? t->off - off : 0;
        off = t->off + t->size;
    }
    return sum + (off < until ? until - off : 0);
}

uint64_t acquire_trap_elsewhere(const struct acquisition *m)
{
    uint64_t sum = 0;
    struct area a;

    for (size_t i = 0; i < AREA_OPEN_COUNT; i++)
        for (uint64_t at = 0; fault_map_next(&m->map, at, m->map.size, area_open[i], &a);
             at = a.off + a.size)
            sum += outside(&m->state.traps, a.off, a.off + a.size);
    return sum;
}

static bool was_read(const struct acquisition *m, uint64_t off, uint64_t size)
{
    struct area a;

    return fault_map_next(&m->map, off, off + size, AREA_READ, &a) && a.size == size;
}

/* It is one sector, and went there alone as often as it may. */
static bool is_last_time(const struct acquisition *m, uint64_t off, uint64_t size)
{
    const struct trap *t = traps_next(&m->state.traps, off, off + size);

    return t && t->size <= m->source->sector_size && t->count >= TRAP_TRIES;
}

/* A clause: where, and what becomes of it. */
static void add_words(const struct acquisition *m, uint64_t off, uint64_t size, struct buf *out)
{
    bool is_read = was_read(m, off, size), is_given_up = is_last_time(m, off, size);

    buf_addf(out, "%llu bytes from byte %llu on were being read then: ", (unsigned long long)size,
             (unsigned long long)off);
    buf_adds(out, is_read ? "they had been read before, and are not asked for where others do"
                  : is_given_up
                      ? "it is the second time, and they count as unreadable when it goes on"
                      : "they are read after all else when it goes on");
    if (!is_given_up && acquire_trap_elsewhere(m) == 0)
        buf_adds(out, ". Nothing else is left; with --leave-places such bytes are left unread");
}

/* What happened stays with the image: when, in which run, and what was being read. */
static void tell_event(struct acquisition *m, uint64_t off, uint64_t size, bool is_known)
{
    CLEANUP_BUF struct buf text = {0};
    char now[UTC_PLAIN_SIZE];

    utc_plain(now, utc_now());
    buf_addf(&text, "In run %u, at %s, %s when %llu bytes from byte %llu on were read%s: they %s",
             m->state.begin.runs, now,
             is_known ? "the source went away, or a read did not come back,"
                      : "no read of the source came back from the first one on,",
             (unsigned long long)size, (unsigned long long)off,
             is_known ? "" : ", or it was off before",
             was_read(m, off, size)       ? "had been read before"
             : is_last_time(m, off, size) ? "had been read alone before when it went"
                                          : "were put off behind all else");
    acquire_note(
        m, buf_text(&text),
        "The source went away, or a read did not come back, at more times, or places, which "
        "were put off behind all else");
}

/* Of the first read of all nobody knows whether it was that; if it was, to begin there again and
 * again reads nothing ever. */
static bool is_suspect(const struct acquisition *m)
{
    return m->failed_at_opening || fault_map_sum(&m->map, AREA_READ) == 0;
}

static void keep(struct acquisition *m, uint64_t off, uint64_t size, struct buf *out)
{
    bool is_known = m->source->failing.has_answered;
    uint64_t left = off < m->state.begin.size ? m->state.begin.size - off : 0;

    size = size < left ? size : left;
    if (!size || (!is_known && !is_suspect(m)))
        return;
    if (is_known)
        traps_add(&m->state.traps, off, size);
    else
        traps_suspect(&m->state.traps, off, size);
    tell_event(m, off, size, is_known);
    add_words(m, off, size, out);
}

void acquire_trap_note(struct acquisition *m, int rc, struct err *e)
{
    const struct source_failing *f = &m->source->failing;
    CLEANUP_BUF struct buf words = {0};
    struct err before = e ? *e : (struct err){0};

    if ((rc != ERR_IO && rc != ERR_NOTFOUND) || !may_go(m) || !f->is_failing)
        return;
    pthread_mutex_lock(&m->lock);
    keep(m, f->off, f->size, &words);
    pthread_mutex_unlock(&m->lock);
    if (words.len)
        (void)err_set(e, rc, "%s. %s", before.text, buf_text(&words));
}

void acquire_trap_ask(struct acquisition *m)
{
    struct rescue r = {
        .source = m->source, .map = &m->map, .bytes = m->block, .traps = &m->state.traps};

    /* Of one that never went, and goes on for the first time, nothing is read twice. */
    bool is_suspect = m->state.traps.count || m->state.begin.runs > 2;

    if (is_suspect && may_go(m) && !m->source->failing.has_answered)
        (void)rescue_answers(&r);
}

void acquire_trap_left(struct acquisition *m, uint64_t off, uint64_t size)
{
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&text, "%llu bytes from byte %llu on were not asked for again, %s",
             (unsigned long long)size, (unsigned long long)off,
             m->options.leaves_places ? "as it was wished (--leave-places): they are left unread"
                                      : "since it went twice when they alone were read, and "
                                        "count as not readable");
    acquire_note(m, buf_text(&text), "More bytes at which it went were not asked for again");
}

/* What was told last, where that is new. */
static const struct acquire_finding *told_last(const struct acquisition *m)
{
    const struct acquire_history *h = &m->state.begin.history;

    return h->count && h->all[h->count - 1].count == 1 ? &h->all[h->count - 1] : NULL;
}

/* The state that is on disk with the place added: whatever else it tells of stays as it is. */
static int write_place(struct acquisition *m)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf next = {0};
    struct hash sum, is = m->kept.is_written ? m->kept.sum : m->state.sum;
    struct str end;
    int rc;

    acquisition_path(m, "part", &path);
    rc = file_read(&text, buf_text(&path), STATE_SIZE_MAX, NULL);
    end = str_from(buf_str(&text), text.len > 65 ? text.len - 65 : 0);
    if (rc || !hex_read(sum.b, sizeof(sum.b), str_head(end, 64)) || !hash_eq(&sum, &is) ||
        !acquire_state_with_traps(buf_str(&text), &m->state.traps, told_last(m), &next, &sum))
        return rc ? rc : ERR_FORMAT;
    rc = acquire_write_beside(m, "part", &next, NULL);
    if (rc == 0 && m->kept.is_written)
        m->kept.sum = sum;
    return rc;
}

void acquisition_leave_read(struct acquisition *m, struct buf *out)
{
    uint64_t off = atomic_load(&m->control->source.off);
    uint64_t size = atomic_load(&m->control->source.length);
    CLEANUP_BUF struct buf words = {0};
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FREEZE_WAIT_S;
    if (!may_go(m) || pthread_mutex_timedlock(&m->kept_lock, &until))
        return;
    m->is_frozen = true;
    keep(m, off, size, &words);
    if (words.len && write_place(m) == 0)
        buf_addstr(out, buf_str(&words));
    pthread_mutex_unlock(&m->kept_lock);
}
