/* traps.h: places of a source at which it went away, or a read of it never came back: they are read
 * after all else, since each may be the last that is read (doc/format/image.md section 5). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "acquire/fault_map.h"

enum {
    TRAPS_MAX = 1000,
    TRAP_TRIES = 2, /* of a sector: then it counts as unreadable */
};

struct trap {
    uint64_t off;
    uint64_t size;  /* bytes, never 0 */
    uint32_t count; /* how often it went when just that was read; 0: it is left of such a place,
                       or nobody knows */
};
/* In order, without overlaps. Zero-initialised there is none. */
struct traps {
    struct trap list[TRAPS_MAX];
    size_t count;
};

/* It went when that was read. What was a part of a larger place is a place of its own from then on,
 * and what is left of that is one more, or two. One more than TRAPS_MAX is dropped. */
void traps_add(struct traps *t, uint64_t off, uint64_t size);
/* It may have gone there, or it was off before. Nothing where a part of that is one already. */
void traps_suspect(struct traps *t, uint64_t off, uint64_t size);
/* Whether one of them is read from its end: the first time, since it went at its beginning; then
 * from the other one. What is left of a place is read towards where it went. */
bool traps_is_from_end(const struct traps *t, const struct trap *one);
/* How far who reads where all was read already stays away from them, bytes: the further the more of
 * them lie where all was read, since it goes there by who asks whether it answers, or is the same.
 */
uint64_t traps_distance(const struct traps *t, const struct fault_map *map);
/* How many such there are. */
size_t traps_in_read(const struct traps *t, const struct fault_map *map);
/* The first byte from off on, before until, that is no nearer to one; until: there is none. */
uint64_t traps_clear(const struct traps *t, uint64_t off, uint64_t until, uint64_t distance);
/* The first that has a byte of a range; NULL: none has. */
const struct trap *traps_next(const struct traps *t, uint64_t off, uint64_t until);
