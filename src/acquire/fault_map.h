/* fault_map.h: which bytes of a source were read and which could not be, as the map file of GNU
 * ddrescue has it (doc/format/image.md section 3). */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum area_state {
    AREA_READ = '+',
    AREA_BAD = '-',       /* a sector that was tried by itself */
    AREA_UNSCRAPED = '/', /* within a bad area, not tried by itself */
    AREA_UNTRIMMED = '*', /* a bad area whose ends were not looked for */
    AREA_UNTRIED = '?',
    AREA_LEFT = 'l', /* not asked for by itself, and not to be: as text '?', of a whole image */
};

struct area {
    uint64_t off;  /* bytes */
    uint64_t size; /* bytes, never 0 */
    enum area_state state;
};

/* Areas in order, without a gap or overlap, from 0 to the size; no two beside each other are of one
 * state. Zero-initialised it is empty. */
struct fault_map {
    struct area *areas;
    size_t count;
    size_t room;
    uint64_t size;
    uint64_t sums[6]; /* bytes of each state */
};

/* The states of what is neither read nor given up. */
enum { AREA_OPEN_COUNT = 3 };
extern const enum area_state area_open[AREA_OPEN_COUNT];

enum { FAULT_MAP_AREAS_MAX = 1 << 22 };

void fault_map_init(struct fault_map *m, uint64_t size, enum area_state state);
void fault_map_release(struct fault_map *m);
/* Sets the state of a range that lies within the size; an empty one is fine. ERR_LIMIT where there
 * would be more than FAULT_MAP_AREAS_MAX areas. */
MUST_CHECK int fault_map_set(struct fault_map *m, uint64_t off, uint64_t size,
                             enum area_state state, struct err *e);
/* The first part, at or behind from and before until, that is of that state; false: there is none.
 */
bool fault_map_next(const struct fault_map *m, uint64_t from, uint64_t until, enum area_state state,
                    struct area *out);
/* The last such part. */
bool fault_map_last(const struct fault_map *m, uint64_t from, uint64_t until, enum area_state state,
                    struct area *out);
uint64_t fault_map_sum(const struct fault_map *m, enum area_state state); /* bytes of that state */

char fault_map_letter(enum area_state state); /* in the map as text */
/* Sets the state of what is in one state and lies in a range. ERR_LIMIT. */
MUST_CHECK int fault_map_turn(struct fault_map *m, uint64_t from, uint64_t until,
                              enum area_state state, enum area_state into, struct err *e);

/* The map as text; doing and try stand in its line of state, at is where it reads. program is the
 * comment's ("calm 0.1.0"). */
void fault_map_write(const struct fault_map *m, const char *program, uint64_t at, char doing,
                     unsigned try, struct buf *out);
/* Reads such a text, from whatever program, of a source of that size. ERR_FORMAT, ERR_LIMIT. */
MUST_CHECK int fault_map_read(struct fault_map *out, struct str text, uint64_t size, struct err *e);
