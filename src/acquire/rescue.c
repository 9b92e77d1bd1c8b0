/* rescue.c: the passes over a failing source. */
#include "acquire/rescue_internal.h"

enum { SKIP_FIRST_PARTS = 16 }; /* of a block are left out behind the first failure */

/* What became of one read. */
struct attempt {
    size_t got;
    bool is_bad; /* it failed behind got */
    bool is_slow;
};

/* Where the places at which it went away are left out, until nothing else is left. */
static const struct trap *trap_in(const struct rescue *r, uint64_t off, uint64_t until)
{
    return r->traps && r->pass != RESCUE_TRAPS ? traps_next(r->traps, off, until) : NULL;
}

static bool next_area(const struct rescue *r, uint64_t from, uint64_t until, enum area_state state,
                      struct area *out)
{
    const struct trap *t;

    while (fault_map_next(r->map, from, until, state, out)) {
        t = trap_in(r, out->off, out->off + out->size);
        if (t && t->off > out->off)
            out->size = t->off - out->off;
        if (!t || t->off > out->off)
            return true;
        from = t->off + t->size;
        if (from >= until)
            return false;
    }
    return false;
}

static bool last_area(const struct rescue *r, uint64_t from, uint64_t until, enum area_state state,
                      struct area *out)
{
    while (from < until && fault_map_last(r->map, from, until, state, out)) {
        const struct trap *t, *last = NULL;
        uint64_t end = out->off + out->size;

        for (uint64_t at = out->off; (t = trap_in(r, at, end)); at = t->off + t->size)
            last = t;
        if (!last)
            return true;
        if (last->off + last->size < end) {
            out->size = end - (last->off + last->size);
            out->off = last->off + last->size;
            return true;
        }
        until = last->off;
    }
    return false;
}

/* What was read of it is. */
static int leave_unread(struct rescue *r, uint64_t from, uint64_t until, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < AREA_OPEN_COUNT; i++)
        rc = fault_map_turn(r->map, from, until, area_open[i], AREA_LEFT, e);
    return rc;
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
            "is left unread",
            (unsigned long long)at, (unsigned long long)r->map->size);
    rc = leave_unread(r, at, r->until, e);
    if (rc == 0)
        r->until = at; /* no pass looks behind it again */
    return rc;
}

/* A source that opened with less than it had: what it lacks is not asked for, sector by sector. */
static int leave_out_end(struct rescue *r, struct err *e)
{
    uint64_t end = r->source->size > r->from ? r->source->size : r->from;
    int rc;

    if (!r->accepts_end || end >= r->until)
        return 0;
    rc = leave_unread(r, end, r->until, e);
    r->until = end;
    return rc;
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
    return a->is_bad && ++r->failed % RESCUE_DOUBTFUL == 0 ? rescue_check_answers(r, e) : 0;
}

/* Reads a range of at most a block, in as many reads as it takes; what came is taken and marked.
 * Where the source ended, attempt is bad and the rest is marked already. */
static int attempt(struct rescue *r, uint64_t off, size_t size, bool by_sector, struct attempt *out,
                   struct err *e)
{
    int64_t began = source_now_ms(r->source);
    int rc = r->go_on(r->context, size, e);

    /* Where it goes is not to be taken for where another read failed before. */
    if (rc == 0 && r->source->failing.has_answered && source_fails_elsewhere(r->source, off, size))
        rc = rescue_check_answers(r, e);
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
            taken = rescue_mark(r, off, out->got, AREA_READ, e);
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
    return rescue_doubt(r, still.off, off + size - still.off, AREA_UNTRIED, AREA_UNTRIMMED, e);
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
    struct area a = {0};
    int rc = 0;

    while (rc == 0 && next_area(r, at, r->until, AREA_UNTRIED, &a)) {
        size_t size = block_of(r, a.size);
        struct attempt t;

        rc = attempt(r, a.off, size, false, &t, e);
        if (rc == 0)
            rc = mark_failed(r, a.off, size, &t, e);
        if (rc == 0 && t.is_bad)
            rc = rescue_check_answers(r, e);
        skip = leaves_out ? next_skip(r, skip, &t) : 0;
        at = a.off + size + skip;
    }
    return rc;
}

/* From the end of what was left out, so that a bad area is met from its other side. */
static int copy_backward(struct rescue *r, struct err *e)
{
    uint64_t until = r->until, skip = 0;
    struct area a = {0};
    int rc = 0;

    while (rc == 0 && until > r->from && last_area(r, r->from, until, AREA_UNTRIED, &a)) {
        /* Blocks begin where those of a forward reading would, and are whole sectors so. */
        uint64_t end = a.off + a.size, begin = (end - 1) / r->block * r->block;
        struct attempt t;

        begin = begin > a.off ? begin : a.off;
        rc = attempt(r, begin, (size_t)(end - begin), false, &t, e);
        if (rc == 0)
            rc = mark_failed(r, begin, (size_t)(end - begin), &t, e);
        if (rc == 0 && t.is_bad)
            rc = rescue_check_answers(r, e);
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
static int read_sector(struct rescue *r, uint64_t off, enum area_state before, bool *is_bad,
                       struct err *e)
{
    size_t size = sector_at(r, off);
    struct attempt t;
    bool is_marked;
    int rc = attempt(r, off, size, true, &t, e);

    *is_bad = t.is_bad;
    is_marked = off + t.got >= r->until; /* the source ended there */
    return rc == 0 && t.is_bad && !is_marked
               ? rescue_doubt(r, off + t.got, size - t.got, before, AREA_BAD, e)
               : rc;
}

static int trim_front(struct rescue *r, struct area a, enum area_state before, struct err *e)
{
    bool is_bad = false;
    int rc = 0;

    for (uint64_t at = a.off; rc == 0 && !is_bad && at < a.off + a.size; at += sector_at(r, at))
        rc = read_sector(r, at, before, &is_bad, e);
    return rc;
}

static int trim_back(struct rescue *r, struct area a, enum area_state before, struct err *e)
{
    uint64_t sector_size = r->source->sector_size, end = a.off + a.size;
    bool is_bad = false;
    int rc = 0;

    while (rc == 0 && !is_bad && end > a.off) {
        end = (end - 1) / sector_size * sector_size;
        rc = read_sector(r, end, before, &is_bad, e);
    }
    return rc;
}

static int trim(struct rescue *r, struct err *e)
{
    struct area a, left;
    int rc = 0;

    while (rc == 0 && next_area(r, r->from, r->until, AREA_UNTRIMMED, &a)) {
        rc = trim_front(r, a, a.state, e);
        if (rc == 0 && fault_map_next(r->map, a.off, a.off + a.size, AREA_UNTRIMMED, &left))
            rc = trim_back(r, left, a.state, e);
        if (rc == 0 && fault_map_next(r->map, a.off, a.off + a.size, AREA_UNTRIMMED, &left))
            rc = rescue_doubt(r, left.off, left.size, AREA_UNTRIMMED, AREA_UNSCRAPED, e);
    }
    return rc;
}

static int scrape(struct rescue *r, struct err *e)
{
    struct area a = {0};
    bool is_bad;
    int rc = 0;

    while (rc == 0 && next_area(r, r->from, r->until, AREA_UNSCRAPED, &a))
        rc = read_sector(r, a.off, AREA_UNSCRAPED, &is_bad, e);
    return rc;
}

/* An area begins within a sector where the source ended in it. */
static int retry_forward(struct rescue *r, struct err *e)
{
    uint64_t at = r->from;
    struct area a = {0};
    bool is_bad;
    int rc = 0;

    while (rc == 0 && next_area(r, at, r->until, AREA_BAD, &a)) {
        at = a.off - a.off % r->source->sector_size;
        rc = read_sector(r, at, AREA_BAD, &is_bad, e);
        at += sector_at(r, at);
    }
    return rc;
}

static int retry_backward(struct rescue *r, struct err *e)
{
    uint64_t sector_size = r->source->sector_size, until = r->until;
    struct area a = {0};
    bool is_bad;
    int rc = 0;

    while (rc == 0 && last_area(r, r->from, until, AREA_BAD, &a)) {
        until = (a.off + a.size - 1) / sector_size * sector_size;
        rc = read_sector(r, until, AREA_BAD, &is_bad, e);
    }
    return rc;
}

/* A try counts where all that failed had it: also what lies behind the end of one that has less
 * now, or is gone. */
static bool reaches_all(const struct rescue *r)
{
    struct area a;

    return r->until >= r->end || !fault_map_next(r->map, r->until, r->end, AREA_BAD, &a);
}

static int retry(struct rescue *r, struct err *e)
{
    int rc = 0;

    while (rc == 0 && r->try < r->retries) {
        r->try++;
        /* The scraping went forward. */
        rc = r->try % 2 ? retry_backward(r, e) : retry_forward(r, e);
        if (rc == 0 && r->doubtful_count) /* else it was none */
            rc = rescue_check_answers(r, e);
        if (rc == 0 && reaches_all(r))
            r->tried = r->try;
    }
    return rc;
}

/* The first or the last part of a place that is not read yet; its state is what it was. */
static bool open_part(const struct rescue *r, uint64_t from, uint64_t until, bool is_last,
                      struct area *out)
{
    bool has_any = false;
    struct area a = {0};

    for (size_t i = 0; i < AREA_OPEN_COUNT; i++) {
        if (from >= until || !(is_last ? fault_map_last(r->map, from, until, area_open[i], &a)
                                       : fault_map_next(r->map, from, until, area_open[i], &a)))
            continue;
        if (!has_any || (is_last ? a.off > out->off : a.off < out->off))
            *out = a;
        has_any = true;
    }
    return has_any;
}

static bool is_one(const struct rescue *r, const struct trap *t)
{
    return t->size <= r->source->sector_size;
}

static bool is_given_up(const struct rescue *r, const struct trap *t)
{
    return r->leaves_traps || (is_one(r, t) && t->count >= TRAP_TRIES);
}

static int leave_trap(struct rescue *r, uint64_t from, uint64_t until, struct err *e)
{
    struct area a = {0};
    int rc = 0;

    while (rc == 0 && open_part(r, from, until, false, &a)) {
        rc = rescue_mark(r, a.off, a.size, r->leaves_traps ? AREA_LEFT : AREA_BAD, e);
        if (rc == 0 && r->left)
            r->left(r->context, a.off, a.size);
    }
    return rc;
}

static int read_trap(struct rescue *r, const struct trap *t, uint64_t from, uint64_t until,
                     struct err *e)
{
    uint64_t sector_size = r->source->sector_size;
    bool is_backward = traps_is_from_end(r->traps, t), is_bad;
    struct area a = {0};
    int rc = 0;

    if (is_given_up(r, t))
        return leave_trap(r, from, until, e);
    while (rc == 0 && open_part(r, from, until, is_backward, &a)) {
        uint64_t at = is_backward ? (a.off + a.size - 1) / sector_size * sector_size
                                  : a.off - a.off % sector_size;

        rc = read_sector(r, at, a.state, &is_bad, e);
        if (rc == 0 && is_bad) /* which one it was is to be known */
            rc = rescue_check_answers(r, e);
    }
    return rc;
}

/* What did not read there, and did no more harm than that. */
static int retry_trap(struct rescue *r, const struct trap *t, uint64_t from, uint64_t until,
                      struct err *e)
{
    uint64_t at = from;
    struct area a = {0};
    bool is_bad;
    int rc = 0;

    while (rc == 0 && !is_given_up(r, t) && fault_map_next(r->map, at, until, AREA_BAD, &a)) {
        at = a.off - a.off % r->source->sector_size;
        rc = read_sector(r, at, AREA_BAD, &is_bad, e);
        at += sector_at(r, at);
        if (rc == 0 && is_bad)
            rc = rescue_check_answers(r, e);
    }
    return rc;
}

typedef int trap_function(struct rescue *r, const struct trap *t, uint64_t from, uint64_t until,
                          struct err *e);

static int each_trap(struct rescue *r, bool is_single, trap_function *visit, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->traps->count; i++) {
        const struct trap *t = &r->traps->list[i];
        uint64_t from = t->off > r->from ? t->off : r->from, until = t->off + t->size;

        until = until < r->until ? until : r->until;
        if (from >= until || is_one(r, t) != is_single)
            continue;
        rc = visit(r, t, from, until, e);
        /* Whether it still answers is known before the next one. */
        if (rc == 0 && r->doubtful_count)
            rc = rescue_check_answers(r, e);
    }
    return rc;
}

/* One that is gone is asked for none of them. */
static bool has_traps(const struct rescue *r)
{
    return r->traps && r->from < r->until && traps_next(r->traps, r->from, r->until);
}

/* One after the other, those of one sector last: a source that goes there another time leaves
 * nothing else unread. */
static int read_traps(struct rescue *r, struct err *e)
{
    /* One that is off already did not go there. */
    const struct source_failing *f = &r->source->failing;
    int rc = has_traps(r) && (!f->has_answered || f->is_failing) ? rescue_check_answers(r, e) : 0;

    for (int is_single = 0; rc == 0 && r->traps && is_single < 2; is_single++) {
        rc = each_trap(r, is_single, read_trap, e);
        for (r->try = r->tried_there + 1; rc == 0 && r->try <= r->retries; r->try++)
            rc = each_trap(r, is_single, retry_trap, e);
    }
    if (rc == 0 && !r->leaves_traps && r->tried_there < r->retries && reaches_all(r))
        r->tried_there = r->retries;
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
    static const enum area_state others[] = {AREA_READ, AREA_LEFT, AREA_UNSCRAPED, AREA_UNTRIMMED,
                                             AREA_UNTRIED};
    struct area a = {0};
    int rc;

    if (r->has_good || !r->map->size)
        return 0;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (fault_map_next(r->map, 0, r->map->size, others[i], &a))
            return 0;
    rc = rescue_mark(r, 0, r->map->size, AREA_UNTRIED, e);
    return rc ? rc : rescue_none_came(e);
}

int rescue_run(struct rescue *r, struct err *e)
{
    static pass_function *const passes[] = {
        [RESCUE_COPY] = copy,        [RESCUE_LEFT] = copy_backward, [RESCUE_SWEEP] = sweep,
        [RESCUE_TRIM] = trim,        [RESCUE_SCRAPE] = scrape,      [RESCUE_RETRY] = retry,
        [RESCUE_TRAPS] = read_traps,
    };
    int rc;

    r->end = r->until;
    rc = leave_out_end(r, e);

    while (rc == 0 && r->pass < RESCUE_PASS_COUNT_) {
        rc = passes[r->pass](r, e);
        if (rc == 0)
            r->pass++;
    }
    if (rc == 0 && r->doubtful_count)
        rc = rescue_check_answers(r, e);
    if (rc == 0 && r->until < r->end)
        rc = leave_unread(r, r->until, r->end, e);
    if (rc == ERR_CANCEL)
        (void)rescue_doubt_settle(r);
    if (rc && rescue_doubt_undo(r, NULL))
        return err_set(e, ERR_LIMIT, "the map of the source has too many areas");
    return rc ? rc : check_any(r, e);
}
