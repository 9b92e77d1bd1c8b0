/* rescue_doubt.c: whether a source that fails still answers, and what is in doubt until then. */
#include "acquire/rescue_internal.h"

int rescue_mark(struct rescue *r, uint64_t off, uint64_t size, enum area_state state, struct err *e)
{
    return fault_map_set(r->map, off, size, state, e);
}

int rescue_doubt(struct rescue *r, uint64_t off, uint64_t size, enum area_state before,
                 enum area_state state, struct err *e)
{
    if (r->doubtful_count < COUNT_OF(r->doubtful))
        r->doubtful[r->doubtful_count++] = (struct doubt){off, size, before, state};
    return rescue_mark(r, off, size, state, e);
}

/* Only asked: where it went is where it was read. */
static bool answers_at(struct rescue *r, uint64_t off)
{
    uint64_t sector_size = r->source->sector_size, left = r->map->size - off;
    struct source_failing before = r->source->failing;
    struct err ignored;
    bool answers = source_read(r->source, off, r->bytes, left < sector_size ? left : sector_size,
                               true, &ignored) > 0;

    if (!answers)
        r->source->failing = before;
    return answers;
}

/* Of a source of which nothing was read yet: in one of many places, for much of it may be bad. */
static bool answers_anywhere(struct rescue *r)
{
    enum { PLACES = 16 };
    uint64_t sector_size = r->source->sector_size;

    for (uint64_t i = 0; i < PLACES; i++) {
        uint64_t at = r->map->size / PLACES * i / sector_size * sector_size;

        if (answers_at(r, at))
            return true;
    }
    return false;
}

/* The first sector from a byte on that was read and lies far from where it went. */
static bool find_clear(const struct rescue *r, uint64_t from, uint64_t distance, uint64_t *out)
{
    uint64_t sector_size = r->source->sector_size;
    struct area a;

    while (fault_map_next(r->map, from, r->map->size, AREA_READ, &a)) {
        uint64_t at = r->traps ? traps_clear(r->traps, a.off, r->map->size, distance) : a.off;

        at = (at + sector_size - 1) / sector_size * sector_size;
        if (at < a.off + a.size) {
            *out = at;
            return true;
        }
        from = at > a.off + a.size ? at : a.off + a.size;
    }
    return false;
}

/* In several places that were read, since one may have become bad itself. *is_known: there are such
 * places. */
static bool answers_known(struct rescue *r, uint64_t distance, bool *is_known)
{
    enum { PLACES = 4 };
    uint64_t at;

    for (uint64_t i = 0; i < PLACES; i++) {
        if (!find_clear(r, r->map->size / PLACES * i, distance, &at))
            continue;
        *is_known = true;
        if (answers_at(r, at))
            return true;
    }
    return false;
}

bool rescue_answers(struct rescue *r)
{
    bool is_known = r->has_good;

    if (r->has_good && answers_at(r, r->good))
        return true;
    if (answers_known(r, r->traps ? traps_distance(r->traps, r->map) : 0, &is_known))
        return true;
    if (!is_known && answers_known(r, 0, &is_known))
        return true;
    return !is_known && (!r->leaves_silent || answers_anywhere(r));
}

bool rescue_doubt_settle(struct rescue *r)
{
    uint64_t distance = r->traps ? traps_distance(r->traps, r->map) : 0, at = r->good;

    if (!r->doubtful_count)
        return true;
    if ((!r->has_good && !find_clear(r, 0, distance, &at)) || !answers_at(r, at))
        return false;
    r->doubtful_count = 0;
    return true;
}

/* The last one first, since one may lie within another. */
int rescue_doubt_off(struct rescue *r, struct err *e)
{
    int rc = 0;

    for (size_t i = r->doubtful_count; rc == 0 && i-- > 0;)
        rc = rescue_mark(r, r->doubtful[i].off, r->doubtful[i].size, r->doubtful[i].before, e);
    return rc;
}

int rescue_doubt_on(struct rescue *r, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->doubtful_count; i++)
        rc = rescue_mark(r, r->doubtful[i].off, r->doubtful[i].size, r->doubtful[i].now, e);
    return rc;
}

int rescue_doubt_undo(struct rescue *r, struct err *e)
{
    int rc = rescue_doubt_off(r, e);

    r->doubtful_count = 0;
    return rc;
}

int rescue_none_came(struct err *e)
{
    return err_set(e, ERR_IO,
                   "not one sector of the source could be read: it may be off or gone, or its "
                   "cable, bridge or power supply is bad. That is no image of it");
}

int rescue_check_answers(struct rescue *r, struct err *e)
{
    int rc;

    if (rescue_answers(r)) {
        r->doubtful_count = 0;
        return 0;
    }
    rc = rescue_doubt_undo(r, e);
    if (rc == 0 && !fault_map_sum(r->map, AREA_READ))
        return rescue_none_came(e);
    return rc ? rc
              : err_set(e, ERR_IO,
                        "the source answers no read any more, not even of what was read before: it "
                        "is gone. What failed since then does not count as unreadable");
}
