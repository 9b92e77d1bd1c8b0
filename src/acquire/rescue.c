/* rescue.c: the passes over a failing source. */
#include "acquire/rescue.h"

enum { SKIP_FIRST_PARTS = 16 }; /* of a block are left out behind the first failure */

/* What became of one read. */
struct attempt {
    size_t got;
    bool is_bad; /* it failed behind got */
    bool is_slow;
};

static int mark(struct rescue *r, uint64_t off, uint64_t size, enum area_state state, struct err *e)
{
    return fault_map_set(r->map, off, size, state, e);
}

static int source_ended(struct rescue *r, uint64_t at, struct err *e)
{
    int rc;

    if (!r->accepts_end)
        return err_set(
            e, ERR_NOTFOUND,
            "the source ends at byte %llu; it said that it has %llu. Where it stays so, "
            "--accept-end goes on (with --live where it is a file that was cut, or a device "
            "without serial number): what it lacks "
            "counts as not readable",
            (unsigned long long)at, (unsigned long long)r->map->size);
    rc = mark(r, at, r->until - at, AREA_BAD, e);
    if (rc == 0)
        r->until = at; /* no pass looks behind it again */
    return rc;
}

/* A source that opened with less than it had: what it lacks is not asked for, sector by sector. */
static int leave_out_end(struct rescue *r, struct err *e)
{
    static const enum area_state open[] = {AREA_UNSCRAPED, AREA_UNTRIMMED, AREA_UNTRIED};
    uint64_t end = r->source->size > r->from ? r->source->size : r->from;
    struct area a;
    int rc = 0;

    if (!r->accepts_end || end >= r->until)
        return 0;
    for (size_t i = 0; i < COUNT_OF(open); i++)
        while (rc == 0 && fault_map_next(r->map, end, r->until, open[i], &a))
            rc = mark(r, a.off, a.size, AREA_BAD, e);
    r->until = end;
    return rc;
}

static bool answers_at(struct rescue *r, uint64_t off)
{
    uint64_t sector_size = r->source->sector_size, left = r->map->size - off;
    struct err ignored;

    return source_read(r->source, off, r->bytes, left < sector_size ? left : sector_size, true,
                       &ignored) > 0;
}

/* Whether what was read before can still be read, in one of several places, since one of them may
 * have become bad itself. Where nothing was read yet, nobody can tell. */
static bool still_answers(struct rescue *r)
{
    enum { PLACES = 4 };
    bool is_known = r->has_good;
    struct area a;

    if (r->has_good && answers_at(r, r->good))
        return true;
    for (uint64_t i = 0; i < PLACES; i++) {
        uint64_t from = r->map->size / PLACES * i;

        if (!fault_map_next(r->map, from, r->map->size, AREA_READ, &a))
            continue;
        is_known = true;
        if (answers_at(r, a.off - a.off % r->source->sector_size))
            return true;
    }
    return !is_known;
}

/* A device that was set offline, or whose bridge hung up, fails each read as a bad sector does. */
static int check_answers(struct rescue *r, struct err *e)
{
    int rc = 0;

    if (still_answers(r)) {
        r->doubtful_count = 0;
        return 0;
    }
    while (rc == 0 && r->doubtful_count) {
        const struct area *a = &r->doubtful[--r->doubtful_count];

        rc = mark(r, a->off, a->size, AREA_UNSCRAPED, e);
    }
    return rc ? rc
              : err_set(e, ERR_IO,
                        "the source answers no read any more, not even of what was read before: it "
                        "is gone. What failed since then does not count as unreadable");
}

static int note_attempt(struct rescue *r, uint64_t off, const struct attempt *a, struct err *e)
{
    if (a->got) {
        r->good = (off + a->got - 1) / r->source->sector_size * r->source->sector_size;
        r->has_good = true;
        r->doubtful_count = 0;
        r->failed = 0;
        return 0;
    }
    return a->is_bad && ++r->failed % RESCUE_DOUBTFUL == 0 ? check_answers(r, e) : 0;
}

/* Reads a range of at most a block, in as many reads as it takes; what came is taken and marked.
 * Where the source ended, attempt is bad and the rest is marked already. */
static int attempt(struct rescue *r, uint64_t off, size_t size, bool by_sector, struct attempt *out,
                   struct err *e)
{
    int64_t began = source_now_ms(r->source);
    int rc = r->go_on(r->context, size, e);

    *out = (struct attempt){0};
    r->at = off;
    while (rc == 0 && !out->is_bad && out->got < size) {
        int64_t n = source_read(r->source, off + out->got, (char *)r->bytes + out->got,
                                size - out->got, by_sector, e);

        out->got += n > 0 ? (size_t)n : 0;
        /* Part of a sector comes only from before the end. */
        out->is_bad = n <= 0 || (n % r->source->sector_size && out->got < size);
        if (n == ERR_NOTFOUND || n == ERR_CANCEL)
            rc = (int)n;
        else if (n < 0)
            out->got -= out->got % r->source->sector_size;
        else if (out->is_bad)
            rc = source_ended(r, off + out->got, e);
    }
    if (out->got && (rc == 0 || rc == ERR_NOTFOUND)) {
        int taken = r->take(r->context, off, r->bytes, out->got, e);

        if (taken == 0)
            taken = mark(r, off, out->got, AREA_READ, e);
        if (taken == 0)
            taken = source_mark_lost(r->source, off, out->got, r->map, e);
        rc = taken ? taken : rc;
    }
    out->is_slow = r->slow_ms && source_now_ms(r->source) - began > r->slow_ms;
    return rc ? rc : note_attempt(r, off, out, e);
}

/* A block that failed: what came is marked, the sector behind it and the rest are a bad area. */
static int mark_failed(struct rescue *r, uint64_t off, size_t size, const struct attempt *a,
                       struct err *e)
{
    struct area still;

    if (!a->is_bad || !fault_map_next(r->map, off + a->got, off + size, AREA_UNTRIED, &still))
        return 0;
    return mark(r, still.off, off + size - still.off, AREA_UNTRIMMED, e);
}

static size_t block_of(const struct rescue *r, uint64_t size)
{
    return size < r->block ? (size_t)size : r->block;
}

/* How much is left out next: nothing after a success. */
static uint64_t next_skip(const struct rescue *r, uint64_t skip, const struct attempt *a)
{
    uint64_t next = skip ? skip * 2 : r->block / SKIP_FIRST_PARTS;

    if (!r->skip_max || (!a->is_bad && !a->is_slow))
        return 0;
    next = next < r->skip_max ? next : r->skip_max;
    return next - next % r->source->sector_size;
}

static int copy_forward(struct rescue *r, bool leaves_out, struct err *e)
{
    uint64_t at = r->from, skip = 0;
    struct area a;
    int rc = 0;

    while (rc == 0 && fault_map_next(r->map, at, r->until, AREA_UNTRIED, &a)) {
        size_t size = block_of(r, a.size);
        struct attempt t;

        rc = attempt(r, a.off, size, false, &t, e);
        if (rc == 0)
            rc = mark_failed(r, a.off, size, &t, e);
        skip = leaves_out ? next_skip(r, skip, &t) : 0;
        at = a.off + size + skip;
    }
    return rc;
}

/* From the end of what was left out, so that a bad area is met from its other side. */
static int copy_backward(struct rescue *r, struct err *e)
{
    uint64_t until = r->until, skip = 0;
    struct area a;
    int rc = 0;

    while (rc == 0 && until > r->from && fault_map_last(r->map, r->from, until, AREA_UNTRIED, &a)) {
        /* Blocks begin where those of a forward reading would, and are whole sectors so. */
        uint64_t end = a.off + a.size, begin = (end - 1) / r->block * r->block;
        struct attempt t;

        begin = begin > a.off ? begin : a.off;
        rc = attempt(r, begin, (size_t)(end - begin), false, &t, e);
        if (rc == 0)
            rc = mark_failed(r, begin, (size_t)(end - begin), &t, e);
        skip = next_skip(r, skip, &t);
        until = begin > skip ? begin - skip : 0;
    }
    return rc;
}

static size_t sector_at(const struct rescue *r, uint64_t off)
{
    uint64_t left = r->until - off;

    return left < r->source->sector_size ? (size_t)left : r->source->sector_size;
}

/* One sector; *is_bad tells whether it could not be read. */
static int read_sector(struct rescue *r, uint64_t off, bool *is_bad, struct err *e)
{
    size_t size = sector_at(r, off);
    struct attempt t;
    int rc = attempt(r, off, size, true, &t, e);

    *is_bad = t.is_bad;
    if (rc == 0 && t.is_bad) {
        rc = mark(r, off + t.got, size - t.got, AREA_BAD, e);
        r->doubtful[r->doubtful_count++ % RESCUE_DOUBTFUL] =
            (struct area){.off = off + t.got, .size = size - t.got};
    }
    return rc;
}

static int trim_front(struct rescue *r, struct area a, struct err *e)
{
    bool is_bad = false;
    int rc = 0;

    for (uint64_t at = a.off; rc == 0 && !is_bad && at < a.off + a.size; at += sector_at(r, at))
        rc = read_sector(r, at, &is_bad, e);
    return rc;
}

static int trim_back(struct rescue *r, struct area a, struct err *e)
{
    uint64_t sector_size = r->source->sector_size, end = a.off + a.size;
    bool is_bad = false;
    int rc = 0;

    while (rc == 0 && !is_bad && end > a.off) {
        end = (end - 1) / sector_size * sector_size;
        rc = read_sector(r, end, &is_bad, e);
    }
    return rc;
}

static int trim(struct rescue *r, struct err *e)
{
    struct area a, left;
    int rc = 0;

    while (rc == 0 && fault_map_next(r->map, r->from, r->until, AREA_UNTRIMMED, &a)) {
        rc = trim_front(r, a, e);
        if (rc == 0 && fault_map_next(r->map, a.off, a.off + a.size, AREA_UNTRIMMED, &left))
            rc = trim_back(r, left, e);
        if (rc == 0 && fault_map_next(r->map, a.off, a.off + a.size, AREA_UNTRIMMED, &left))
            rc = mark(r, left.off, left.size, AREA_UNSCRAPED, e);
    }
    return rc;
}

static int scrape(struct rescue *r, struct err *e)
{
    struct area a;
    bool is_bad;
    int rc = 0;

    while (rc == 0 && fault_map_next(r->map, r->from, r->until, AREA_UNSCRAPED, &a))
        rc = read_sector(r, a.off, &is_bad, e);
    return rc;
}

/* An area begins within a sector where the source ended in it. */
static int retry_forward(struct rescue *r, struct err *e)
{
    uint64_t at = r->from;
    struct area a;
    bool is_bad;
    int rc = 0;

    while (rc == 0 && fault_map_next(r->map, at, r->until, AREA_BAD, &a)) {
        at = a.off - a.off % r->source->sector_size;
        rc = read_sector(r, at, &is_bad, e);
        at += sector_at(r, at);
    }
    return rc;
}

static int retry_backward(struct rescue *r, struct err *e)
{
    uint64_t sector_size = r->source->sector_size, until = r->until;
    struct area a;
    bool is_bad;
    int rc = 0;

    while (rc == 0 && fault_map_last(r->map, r->from, until, AREA_BAD, &a)) {
        until = (a.off + a.size - 1) / sector_size * sector_size;
        rc = read_sector(r, until, &is_bad, e);
    }
    return rc;
}

static int retry(struct rescue *r, struct err *e)
{
    int rc = 0;

    while (rc == 0 && r->try < r->retries) {
        r->try++;
        /* The scraping went forward. */
        rc = r->try % 2 ? retry_backward(r, e) : retry_forward(r, e);
    }
    return rc;
}

typedef int pass_function(struct rescue *r, struct err *e);

static int copy(struct rescue *r, struct err *e)
{
    return copy_forward(r, true, e);
}

static int sweep(struct rescue *r, struct err *e)
{
    return copy_forward(r, false, e);
}

/* Each byte was tried and none came: a disk that is off, or a cable, answers so, and what would be
 * made of it is no image. */
static int check_any(struct rescue *r, struct err *e)
{
    static const enum area_state others[] = {AREA_READ, AREA_UNSCRAPED, AREA_UNTRIMMED,
                                             AREA_UNTRIED};
    struct area a;
    int rc;

    if (r->accepts_end || r->has_good || !r->map->size)
        return 0;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (fault_map_next(r->map, 0, r->map->size, others[i], &a))
            return 0;
    rc = mark(r, 0, r->map->size, AREA_UNTRIED, e);
    return rc ? rc
              : err_set(e, ERR_IO,
                        "not one sector of the source could be read: it may be off or gone, or its "
                        "cable, bridge or power supply is bad. That is no image of it");
}

int rescue_run(struct rescue *r, struct err *e)
{
    static pass_function *const passes[] = {
        [RESCUE_COPY] = copy, [RESCUE_LEFT] = copy_backward, [RESCUE_SWEEP] = sweep,
        [RESCUE_TRIM] = trim, [RESCUE_SCRAPE] = scrape,      [RESCUE_RETRY] = retry,
    };
    int rc = leave_out_end(r, e);

    while (rc == 0 && r->pass < RESCUE_PASS_COUNT_) {
        rc = passes[r->pass](r, e);
        if (rc == 0)
            r->pass++;
    }
    if (rc == 0 && r->doubtful_count)
        rc = check_answers(r, e);
    return rc ? rc : check_any(r, e);
}
