/* acquire_source.h: a source that is made up, with every fault that a disk may have. */
#pragma once
#include "acquire/source.h"
#include "base/mem.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_BAD,  /* never reads */
    FAULT_WEAK, /* fails the first times */
    FAULT_SLOW, /* reads, and takes long */
};

struct made_fault {
    enum fault_kind kind;
    unsigned left; /* of FAULT_WEAK: how often it still fails */
};

struct made_trap {
    uint64_t first, count; /* sectors */
    unsigned struck;
};

struct made_source {
    struct source source;
    uint8_t *bytes;
    struct made_fault *faults; /* one for each sector */
    int64_t now_ms;
    uint64_t reads;
    uint64_t gone_after;       /* reads; 0: never */
    uint64_t dead_after;       /* reads, behind which each fails as a bad sector does */
    struct made_trap traps[4]; /* who reads there has each read fail, until it is off and on */
    bool is_dead;
    unsigned strikes;      /* how often that happened */
    uint64_t sector_reads; /* of one sector, that came back or not, while it was not dead */
    uint64_t ends_at;      /* bytes; 0: its size */
    size_t short_reads;    /* bytes at most in one; 0: no limit */
    bool fails_whole;      /* a read with a bad sector in it gives nothing */
    uint64_t sectors_lost_by_cache; /* reads by_sector that asked for more than a sector */
    uint64_t state;
};

static uint64_t made_next(uint64_t *state)
{
    /* splitmix64 (Steele, Lea, Flood 2014) */
    uint64_t z = (*state += 0x9e3779b97f4a7c15U);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* Whether a sector reads this time. */
static bool made_reads(struct made_source *m, uint64_t sector)
{
    struct made_fault *f = &m->faults[sector];

    if (f->kind == FAULT_SLOW)
        m->now_ms += 5000;
    if (f->kind == FAULT_WEAK && f->left) {
        f->left--;
        return false;
    }
    return f->kind != FAULT_BAD;
}

static bool made_falls(struct made_source *m, uint64_t off, uint64_t size)
{
    for (size_t i = 0; i < COUNT_OF(m->traps); i++) {
        struct made_trap *t = &m->traps[i];
        uint64_t from = t->first * m->source.sector_size;

        if (!t->count || from >= off + size || from + t->count * m->source.sector_size <= off)
            continue;
        t->struck++;
        m->strikes++;
        return true;
    }
    return false;
}

static int64_t made_read(struct source *s, uint64_t off, void *bytes, size_t size, bool by_sector,
                         struct err *e)
{
    struct made_source *m = s->context;
    uint64_t end = m->ends_at && m->ends_at < s->size ? m->ends_at : s->size;
    size_t good = 0;

    m->now_ms++;
    m->reads++;
    if (m->gone_after && m->reads > m->gone_after)
        return err_set(e, ERR_NOTFOUND, "the device is gone");
    if (m->dead_after && m->reads > m->dead_after)
        return err_set(e, ERR_IO, "sector %llu", (unsigned long long)(off / s->sector_size));
    m->is_dead = m->is_dead || made_falls(m, off, size);
    if (m->is_dead)
        return err_set(e, ERR_IO, "sector %llu", (unsigned long long)(off / s->sector_size));
    m->sector_reads += size <= s->sector_size;
    if (by_sector && size > s->sector_size)
        m->sectors_lost_by_cache++;
    if (off % s->sector_size)
        return err_set(e, ERR_USAGE, "a read at %llu", (unsigned long long)off);
    if (off >= end)
        return 0;
    if (size > end - off)
        size = (size_t)(end - off);
    if (m->short_reads && size > m->short_reads)
        size = m->short_reads;
    while (good < size && made_reads(m, (off + good) / s->sector_size))
        good += s->sector_size;
    if (good > size)
        good = size;
    if (good < size && (good == 0 || m->fails_whole))
        return err_set(e, ERR_IO, "sector %llu", (unsigned long long)(off / s->sector_size));
    memcpy(bytes, m->bytes + off, good);
    return (int64_t)good;
}

static int64_t made_now(struct source *s)
{
    return ((struct made_source *)s->context)->now_ms;
}

static const struct source_calls made_calls = {.read = made_read, .now_ms = made_now};

static void made_init(struct made_source *m, uint64_t seed, uint64_t size, uint32_t sector_size)
{
    uint64_t sectors = (size + sector_size - 1) / sector_size;

    *m = (struct made_source){
        .source = {.calls = &made_calls, .size = size, .sector_size = sector_size, .context = m},
        .state = seed};
    m->bytes = mem_alloc(sectors * sector_size);
    m->faults = mem_array(sectors, sizeof(m->faults[0]));
    for (uint64_t i = 0; i < size; i += 8) {
        uint64_t word = made_next(&m->state);

        memcpy(m->bytes + i, &word, size - i < 8 ? (size_t)(size - i) : 8);
    }
}

static void made_release(struct made_source *m)
{
    free(m->bytes);
    free(m->faults);
}

/* Puts some of each kind of fault: first, last, runs and single ones. Sectors that are weak fail at
 * most weak_most times. */
UNUSED static void made_put_faults(struct made_source *m, unsigned weak_most)
{
    uint64_t sectors = (m->source.size + m->source.sector_size - 1) / m->source.sector_size;
    uint64_t runs = made_next(&m->state) % 8;

    for (uint64_t i = 0; i < runs; i++) {
        uint64_t at = made_next(&m->state) % sectors, where = made_next(&m->state) % 8;
        uint64_t count = made_next(&m->state) % 3 ? 1 : made_next(&m->state) % 40 + 1;
        enum fault_kind kind = (enum fault_kind)(1 + made_next(&m->state) % 3);

        at = where == 0 ? 0 : where == 1 ? sectors - 1 : at;
        for (uint64_t k = at; k < sectors && k < at + count; k++)
            m->faults[k] = (struct made_fault){
                kind, weak_most ? 1 + (unsigned)(made_next(&m->state) % weak_most) : 0};
    }
    if (!weak_most)
        for (uint64_t k = 0; k < sectors; k++)
            if (m->faults[k].kind == FAULT_WEAK)
                m->faults[k].kind = FAULT_NONE;
}

UNUSED static bool made_is_bad(const struct made_source *m, uint64_t off)
{
    return m->faults[off / m->source.sector_size].kind == FAULT_BAD ||
           (m->ends_at && off >= m->ends_at);
}
