/* acquisition_same.c: whether the source still holds what the image has of it, by places of it that
 * are read again and compared. */
#include "acquire/acquisition_internal.h"
#include "acquire/source_identity.h"
#include "base/mem.h"
#include "sys/clock.h"

enum {
    KEPT_MOST = 64,    /* of those that tell sources apart */
    PLAIN_MOST = 16,   /* of those that hold one byte again and again, as empty places do */
    KNOWN_PART = 4,    /* a disk that says who it is, and may be failing, is asked for a part */
    TELLING_LEAST = 8, /* fewer do not say that it is another one */
    REST_TRIES = 64,
    WENT_MOST = 3,
    TIME_MS_MOST = 20000,
};

struct same_place {
    uint64_t off;
    bool is_plain;
    uint8_t bytes[SAME_PLACE_SIZE];
};

/* Of places without number each is as likely to be kept. */
struct kept {
    struct same_place *places;
    size_t count;
    size_t most;
    uint64_t seen;
};

struct same_places {
    struct kept telling;
    struct kept plain;
    uint64_t random;
    const struct traps *traps; /* a dying disk is not asked near where it went */
    uint64_t distance;
};

static uint64_t next_random(uint64_t *state)
{
    /* splitmix64 (Steele, Lea, Flood 2014) */
    uint64_t z = (*state += 0x9e3779b97f4a7c15U);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static struct same_places *begin(const struct acquisition *m)
{
    struct same_places *s = mem_new(struct same_places);
    size_t part = m->is_weak || m->is_touched ? 1 : KNOWN_PART;
    size_t went = traps_in_read(&m->state.traps, &m->map);

    part <<=
        went < WENT_MOST ? went : WENT_MOST; /* where it went by being asked it is asked less */

    s->telling.most = KEPT_MOST / part > TELLING_LEAST ? KEPT_MOST / part : TELLING_LEAST;
    s->plain.most = PLAIN_MOST / part ? PLAIN_MOST / part : 1;
    s->traps = &m->state.traps;
    s->distance = s->traps->count ? traps_distance(s->traps, &m->map) : 0;
    s->telling.places = mem_array(s->telling.most, sizeof(struct same_place));
    s->plain.places = mem_array(s->plain.most, sizeof(struct same_place));
    random_bytes(&s->random, sizeof(s->random));
    return s;
}

void acquire_same_free(struct same_places *s)
{
    if (!s)
        return;
    free(s->telling.places);
    free(s->plain.places);
    free(s);
}

/* Algorithm R (Vitter 1985); the first place stays, since what is written to a disk changes it soon
 * and two disks seldom begin with the same. */
static void keep(struct same_places *s, uint64_t off, const uint8_t *bytes)
{
    bool is_plain = memcmp(bytes, bytes + 1, SAME_PLACE_SIZE - 1) == 0;
    struct kept *k = is_plain ? &s->plain : &s->telling;
    size_t at = k->count;

    k->seen++;
    if (at == k->most) {
        uint64_t other = next_random(&s->random) % k->seen;

        if (other == 0 || other >= k->most)
            return;
        at = (size_t)other;
    }
    if (traps_clear(s->traps, off, off + SAME_PLACE_SIZE, s->distance) != off)
        return;
    k->count += at == k->count;
    k->places[at].off = off;
    k->places[at].is_plain = is_plain;
    memcpy(k->places[at].bytes, bytes, SAME_PLACE_SIZE);
}

static bool is_read(const struct acquisition *m, uint64_t off)
{
    uint64_t until = off + SAME_PLACE_SIZE;
    struct area none;

    return until <= m->state.done && !fault_map_next(&m->map, off, until, AREA_BAD, &none) &&
           !fault_map_next(&m->map, off, until, AREA_LEFT, &none);
}

void acquire_same_pass(struct acquisition *m, uint64_t off, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    uint64_t at = (off + SAME_PLACE_SIZE - 1) / SAME_PLACE_SIZE * SAME_PLACE_SIZE;

    if (!m->compares)
        return;
    if (!m->same)
        m->same = begin(m);
    for (; at + SAME_PLACE_SIZE <= off + size; at += SAME_PLACE_SIZE)
        if (is_read(m, at))
            keep(m->same, at, p + (at - off));
}

/* Of what lies in NAME.rest, at places anywhere. */
static int take_rest(struct acquisition *m, struct err *e)
{
    uint64_t from = m->state.done > m->state.rest ? m->state.done : m->state.rest;
    uint64_t size = m->state.begin.size;
    uint8_t bytes[SAME_PLACE_SIZE];
    int rc = 0;

    for (int i = 0; rc == 0 && i < REST_TRIES && from < size; i++) {
        uint64_t at = from + next_random(&m->same->random) % (size - from);
        struct area read;
        bool has_any;

        if (!fault_map_next(&m->map, at, size, AREA_READ, &read))
            continue;
        at = (read.off + SAME_PLACE_SIZE - 1) / SAME_PLACE_SIZE * SAME_PLACE_SIZE;
        if (at + SAME_PLACE_SIZE > read.off + read.size)
            continue;
        rc = acquire_rest_read(m, at, bytes, sizeof(bytes), &has_any, e);
        if (rc == 0)
            keep(m->same, at, bytes);
    }
    return rc;
}

struct comparing {
    struct acquisition *m;
    uint8_t *bytes; /* SAME_PLACE_SIZE, aligned */
    int64_t until_ms;
    unsigned telling, telling_others; /* places that were compared, and those that differ */
    unsigned plain, plain_others;
    uint64_t first; /* of those that differ */
};

/* Whole, or not at all: *got is 0 where it does not read. */
static int read_place(struct comparing *c, uint64_t off, size_t *got, struct err *e)
{
    int64_t n = 1;

    for (*got = 0; *got < SAME_PLACE_SIZE && n > 0; *got += n > 0 ? (size_t)n : 0)
        n = source_read(c->m->source, off + *got, c->bytes + *got, SAME_PLACE_SIZE - *got, false,
                        e);
    if (*got < SAME_PLACE_SIZE)
        *got = 0;
    return n == ERR_NOTFOUND || n == ERR_CANCEL ? (int)n : 0;
}

static int compare_place(struct comparing *c, const struct same_place *p, struct err *e)
{
    size_t got;
    bool is_other;
    int rc = read_place(c, p->off, &got, e);

    if (rc || !got)
        return rc;
    is_other = memcmp(c->bytes, p->bytes, SAME_PLACE_SIZE) != 0;
    c->first = is_other && p->off < c->first ? p->off : c->first;
    *(p->is_plain ? &c->plain : &c->telling) += 1;
    *(p->is_plain ? &c->plain_others : &c->telling_others) += is_other;
    return 0;
}

static int compare_kept(struct comparing *c, const struct kept *k, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < k->count && source_now_ms(c->m->source) < c->until_ms; i++) {
        rc = acquire_go_on(c->m, SAME_PLACE_SIZE, e);
        if (rc == 0)
            rc = compare_place(c, &k->places[i], e);
    }
    return rc;
}

static int refuse(const struct comparing *c, bool is_other, struct err *e)
{
    return err_set(
        e, ERR_CONFLICT,
        "this is not the source that the image was begun with%s: at %u of %u places that "
        "were compared it holds other bytes, the first at byte %llu%s",
        is_other ? "" : ", or it was changed meanwhile", c->telling_others + c->plain_others,
        c->telling + c->plain, (unsigned long long)c->first,
        is_other
            ? ". Connect its own; where that is gone for good, disconnect this one, and end it "
              "with --gone"
            : ". Begin anew under another name; or --live goes on with it, and marks it");
}

/* Empty places are alike on all disks, and are filled while one is in use: which source it is, the
 * others say. */
static bool is_another(const struct comparing *c)
{
    return c->telling >= TELLING_LEAST && c->telling_others * 2 > c->telling;
}

/* One that is the same by its number and birth, and was changed: with most of it others the image
 * would be half of one and half of another. */
static bool is_rewritten(const struct comparing *c)
{
    unsigned places = c->telling + c->plain;

    return places >= TELLING_LEAST && (c->telling_others + c->plain_others) * 2 > places;
}

static int judge(const struct comparing *c, struct err *e)
{
    struct acquisition *m = c->m;
    bool is_known = m->is_touched && !m->is_weak, may_change = acquire_may_change(m);
    unsigned others = c->telling_others + c->plain_others, places = c->telling + c->plain;
    CLEANUP_BUF struct buf how = {0};

    if (!is_known && is_another(c))
        return refuse(c, true, e);
    if (!may_change && (is_known ? is_rewritten(c) : m->is_weak && others))
        return refuse(c, false, e);
    if (others)
        buf_addf(&how, "at %u of %u places that were compared it holds other bytes than the image",
                 others, places);
    else if (m->is_touched && places)
        buf_addf(&how, "at none of %u places that were compared it holds other bytes", places);
    if (how.len)
        acquire_changed(m, buf_text(&how));
    return 0;
}

/* Empty places say nothing: they are alike on all disks. */
static void known_by(const struct comparing *c, struct buf *out)
{
    if (c->telling)
        buf_addf(out, "it is known by its bytes at %u place%s", c->telling,
                 c->telling == 1 ? "" : "s");
    if (c->telling && c->telling < TELLING_LEAST && c->plain)
        buf_addf(out, ", and at %u that hold one byte again and again, as on any disk", c->plain);
    if (!c->telling && c->plain)
        buf_addf(out,
                 "NOTHING TELLS that it is the same source: all %u places that could be compared "
                 "hold one byte again and again, as empty ones do on any disk",
                 c->plain);
    if (!c->telling && !c->plain)
        buf_adds(out, "none of its bytes could be compared with the image");
}

static void tell(const struct comparing *c)
{
    struct acquire_begin *b = &c->m->state.begin;
    CLEANUP_BUF struct buf text = {0};

    if (!c->m->is_weak)
        return;
    known_by(c, &text);
    acquire_history_add(&b->history, b->runs, utc_now(), buf_text(&text),
                        "how many of its bytes could be compared is not told any more");
}

static int compare(struct acquisition *m, struct err *e)
{
    unsigned most = m->options.compare_ms && m->options.compare_ms < TIME_MS_MOST
                        ? m->options.compare_ms
                        : TIME_MS_MOST;
    struct comparing c = {.m = m,
                          .bytes = m->block,
                          .until_ms = source_now_ms(m->source) + most,
                          .first = UINT64_MAX};
    int rc = compare_kept(&c, &m->same->telling, e);

    if (rc == 0)
        rc = compare_kept(&c, &m->same->plain, e);
    if (rc == 0)
        rc = judge(&c, e);
    if (rc == 0)
        tell(&c);
    return rc;
}

int acquire_same_check(struct acquisition *m, struct err *e)
{
    int rc = 0;

    if (!m->compares || (!m->same && !m->state.has_rest))
        return 0;
    atomic_store(&m->control->phase, ACQUIRE_COMPARING);
    if (!m->same)
        m->same = begin(m);
    if (m->state.has_rest)
        rc = take_rest(m, e);
    if (rc == 0 && m->same->telling.count + m->same->plain.count)
        rc = compare(m, e);
    acquire_same_free(m->same);
    m->same = NULL;
    return rc;
}

static int refuse_other(const char *was, const char *is, struct err *e)
{
    return err_set(e, ERR_CONFLICT,
                   "this is not the source that the image was begun with: it was %s, this is %s. "
                   "Connect its own; gone for good, it is ended with --gone",
                   was, is);
}

/* What it takes to go on with a source that is another than it was. */
struct sameness {
    bool is_changed, is_longer, is_shorter, has_other_sectors;
    bool needs_live, needs_end; /* and was not told so */
};

static struct sameness sameness_of(const struct acquisition *m, enum source_sameness same)
{
    const struct acquire_begin *b = &m->state.begin;
    struct sameness o = {.is_changed = same == SOURCE_CHANGED,
                         .is_longer = m->source->size > b->size,
                         .is_shorter = m->source->size < b->size,
                         .has_other_sectors = m->source->sector_size != b->sector_size};

    o.needs_live = (o.is_changed || o.is_longer) && !acquire_may_change(m);
    o.needs_end = o.is_shorter && !m->options.accepts_end;
    return o;
}

static int refuse_changed(const struct acquisition *m, const char *identity,
                          const struct sameness *o, struct err *e)
{
    const struct acquire_begin *b = &m->state.begin;
    bool wants_live = (o->is_changed || o->is_longer) && !b->is_live;
    CLEANUP_BUF struct buf what = {0};

    if (o->is_changed)
        source_identity_tell(b->identity, identity, &what);
    if (o->is_longer || o->is_shorter)
        buf_addf(&what, "%sit has %llu bytes now, and had %llu", what.len ? "; " : "",
                 (unsigned long long)m->source->size, (unsigned long long)b->size);
    if (o->has_other_sectors)
        buf_addf(&what, "%sits sectors have %u bytes now, and had %u", what.len ? "; " : "",
                 m->source->sector_size, b->sector_size);
    return err_set(e, ERR_CONFLICT,
                   "this is not the source that the image was begun with, or it was changed "
                   "meanwhile: %s. %s%s%s",
                   buf_text(&what),
                   o->has_other_sectors ? "Connect it as it was connected then"
                   : !wants_live        ? "--accept-end goes on with it"
                   : o->is_shorter      ? "--accept-end --live goes on with it, and marks it"
                                        : "--live goes on with it, and marks it",
                   o->is_shorter ? ": what it lacks is left unread" : "",
                   o->is_longer ? ": the image ends where it ended" : "");
}

static void tell_size(struct acquisition *m, const struct sameness *o)
{
    CLEANUP_BUF struct buf how = {0};

    if (o->is_longer)
        buf_addf(&how, "it has more bytes than it had, %llu, which are not in the image",
                 (unsigned long long)m->source->size);
    if (o->is_shorter)
        buf_addf(&how,
                 "it has fewer bytes than it had, %llu: of what was behind them, what had not been "
                 "read by then is left unread",
                 (unsigned long long)m->source->size);
    if (how.len)
        acquire_changed(m, buf_text(&how));
}

int acquire_same_identity(struct acquisition *m, const char *identity, struct err *e)
{
    enum source_sameness same = SOURCE_SAME;
    struct sameness o;

    if (identity)
        same = source_identity_compare(m->state.begin.identity, identity);
    if (same == SOURCE_OTHER)
        return refuse_other(m->state.begin.identity, identity, e);
    o = sameness_of(m, same);
    if (o.needs_live || o.needs_end || o.has_other_sectors)
        return refuse_changed(m, identity, &o, e);
    if (same != SOURCE_SAME)
        acquire_changed(m, "it was written to, or its entry was changed");
    if (identity) /* else it is gone: nobody changed it */
        tell_size(m, &o);
    m->is_weak = identity && source_identity_is_weak(m->state.begin.identity, identity);
    m->is_touched = same != SOURCE_SAME;
    m->compares =
        m->is_weak || m->is_touched || (identity && str_starts(str_of(identity), "device "));
    return 0;
}
