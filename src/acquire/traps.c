/* traps.c: keeps the places at which a source went away. */
#include "acquire/traps.h"
#include <string.h>

static void insert(struct traps *t, struct trap one)
{
    size_t at = 0;

    if (one.size == 0 || t->count == TRAPS_MAX)
        return;
    while (at < t->count && t->list[at].off < one.off)
        at++;
    memmove(&t->list[at + 1], &t->list[at], (t->count - at) * sizeof(t->list[0]));
    t->list[at] = one;
    t->count++;
}

static struct trap take_out(struct traps *t, size_t at)
{
    struct trap one = t->list[at];

    t->count--;
    memmove(&t->list[at], &t->list[at + 1], (t->count - at) * sizeof(t->list[0]));
    return one;
}

void traps_add(struct traps *t, uint64_t off, uint64_t size)
{
    uint64_t end = off + size;
    uint32_t count = 1;
    size_t i = 0;

    while (i < t->count) {
        struct trap old;

        if (t->list[i].off >= end || t->list[i].off + t->list[i].size <= off) {
            i++;
            continue;
        }
        old = take_out(t, i);
        if (old.off == off && old.size == size)
            count = old.count + 1;
        if (old.off < off)
            insert(t, (struct trap){old.off, off - old.off, 0});
        if (old.off + old.size > end)
            insert(t, (struct trap){end, old.off + old.size - end, 0});
        i = 0;
    }
    insert(t, (struct trap){off, size, count});
}

void traps_suspect(struct traps *t, uint64_t off, uint64_t size)
{
    if (!traps_next(t, off, off + size))
        insert(t, (struct trap){off, size, 0});
}

bool traps_is_from_end(const struct traps *t, const struct trap *one)
{
    const struct trap *next = one + 1;

    if (one->count)
        return one->count % 2;
    return next == t->list + t->count || next->off != one->off + one->size;
}

const struct trap *traps_next(const struct traps *t, uint64_t off, uint64_t until)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->list[i].off < until && t->list[i].off + t->list[i].size > off)
            return &t->list[i];
    return NULL;
}

size_t traps_in_read(const struct traps *t, const struct fault_map *map)
{
    size_t count = 0;
    struct area a;

    for (size_t i = 0; i < t->count; i++)
        count +=
            fault_map_next(map, t->list[i].off, t->list[i].off + t->list[i].size, AREA_READ, &a) &&
            a.size == t->list[i].size;
    return count;
}

uint64_t traps_distance(const struct traps *t, const struct fault_map *map)
{
    enum { NEAR = 1 << 20, DOUBLED_MOST = 30, PART_MOST = 8 };
    size_t count = traps_in_read(t, map);
    uint64_t most = map->size / PART_MOST, distance;

    distance = (uint64_t)NEAR << (count < DOUBLED_MOST ? count : DOUBLED_MOST);
    return distance < most ? distance : most;
}

uint64_t traps_clear(const struct traps *t, uint64_t off, uint64_t until, uint64_t distance)
{
    for (size_t i = 0; i < t->count && off < until; i++) {
        const struct trap *one = &t->list[i];
        uint64_t from = one->off > distance ? one->off - distance : 0;
        uint64_t end = one->off + one->size + distance;

        if (off >= from && off < end)
            off = end;
    }
    return off < until ? off : until;
}
