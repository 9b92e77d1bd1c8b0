/* source.c: what all sources have in common. */
#include "acquire/source.h"
#include "base/mem.h"
#include "base/utc.h"

/* Of single sectors that fail one beside the other nobody can tell which it was. */
static bool is_beside(const struct source_failing *f, uint64_t off, uint64_t size)
{
    enum { SECTOR_MOST = 4096, APART_MOST = 64 << 10 };
    uint64_t end = f->off + f->size, begin = off < f->off ? off : f->off;

    end = off + size > end ? off + size : end;
    return size <= SECTOR_MOST && end - begin <= APART_MOST;
}

bool source_fails_elsewhere(const struct source *s, uint64_t off, uint64_t size)
{
    return s->failing.is_failing && !is_beside(&s->failing, off, size);
}

static void widen(struct source_failing *f, uint64_t off, uint64_t size)
{
    uint64_t end = f->off + f->size, begin = off < f->off ? off : f->off;

    end = off + size > end ? off + size : end;
    if (!is_beside(f, off, size))
        return;
    f->off = begin;
    f->size = end - begin;
}

static void note(struct source_failing *f, uint64_t off, size_t size, int64_t n)
{
    if (n >= 0) {
        f->has_answered |= n > 0;
        f->is_failing = false;
    } else if (!f->is_failing) {
        f->is_failing = true;
        f->off = off;
        f->size = size;
    } else {
        widen(f, off, size);
    }
}

int64_t source_read(struct source *s, uint64_t off, void *bytes, size_t size, bool by_sector,
                    struct err *e)
{
    int64_t began = monotonic_ms(), n;

    if (s->watch) {
        atomic_store(&s->watch->off, off);
        atomic_store(&s->watch->length, size);
        atomic_store(&s->watch->since_ms, (uint64_t)began);
    }
    n = s->calls->read(s, off, bytes, size, by_sector, e);
    if (s->watch) {
        atomic_store(&s->watch->since_ms, 0);
        atomic_fetch_add(&s->watch->spent_ms, (uint64_t)(monotonic_ms() - began));
    }
    note(&s->failing, off, size, n);
    return n;
}

int source_mark_lost(struct source *s, uint64_t off, uint64_t size, struct fault_map *map,
                     struct err *e)
{
    return s->calls->mark_lost ? s->calls->mark_lost(s, off, size, map, e) : 0;
}

void source_changed(struct source *s, struct buf *out)
{
    if (s->calls->changed)
        s->calls->changed(s, out);
}

bool source_contradicts(struct source *s, const struct digests_result *read, struct buf *out)
{
    return s->calls->contradicts && s->calls->contradicts(s, read, out);
}

void source_damage(struct source *s, struct buf *out)
{
    if (s->calls->damage)
        s->calls->damage(s, out);
}

int64_t source_now_ms(struct source *s)
{
    return s->calls->now_ms ? s->calls->now_ms(s) : monotonic_ms();
}

static int64_t read_nothing(struct source *s, uint64_t off, void *bytes, size_t size,
                            bool by_sector, struct err *e)
{
    (void)s;
    (void)off;
    (void)bytes;
    (void)size;
    (void)by_sector;
    (void)e;
    return 0;
}

static void free_gone(struct source *s)
{
    free(s);
}

struct source *source_gone(uint32_t sector_size)
{
    static const struct source_calls calls = {.read = read_nothing, .close = free_gone};
    struct source *s = mem_new(struct source);

    *s = (struct source){.calls = &calls, .sector_size = sector_size};
    return s;
}

void source_close(struct source *s)
{
    if (s && s->calls->close)
        s->calls->close(s);
}
