/* told_lines.c: a set of digests, of which sixteen bytes are kept. */
#include "timeline/told_lines.h"
#include <stdlib.h>
#include "base/hash.h"
#include "base/mem.h"

enum { KEPT = 16, ROOM_BEGIN = 1 << 12 };

struct kept {
    uint8_t b[KEPT]; /* zeros: free */
};
struct told_lines {
    struct kept *of;
    size_t count, room; /* room: a power of two */
};

struct told_lines *told_lines_new(void)
{
    return mem_new(struct told_lines);
}

void told_lines_free(struct told_lines *t)
{
    if (t)
        free(t->of);
    free(t);
}

static bool is_free(const struct kept *k)
{
    static const struct kept none;

    return memcmp(k, &none, sizeof(none)) == 0;
}

/* Where it stands, or would. */
static struct kept *place_of(const struct told_lines *t, const struct kept *k)
{
    uint64_t at;

    memcpy(&at, k->b, sizeof(at));
    for (;; at++) {
        struct kept *there = &t->of[at & (t->room - 1)];

        if (is_free(there) || memcmp(there, k, sizeof(*k)) == 0)
            return there;
    }
}

static void grow(struct told_lines *t)
{
    struct told_lines more = {.count = t->count, .room = t->room ? t->room * 2 : ROOM_BEGIN};

    more.of = mem_array(more.room, sizeof(more.of[0]));
    for (size_t i = 0; i < t->room; i++)
        if (!is_free(&t->of[i]))
            *place_of(&more, &t->of[i]) = t->of[i];
    free(t->of);
    *t = more;
}

bool told_lines_add(struct told_lines *t, struct str line)
{
    struct hash sum = hash_bytes(line.p, line.len);
    struct kept k, *there;

    memcpy(k.b, sum.b, sizeof(k.b));
    if (t->count * 2 >= t->room && t->count < TOLD_LINES_MOST)
        grow(t);
    there = place_of(t, &k);
    if (!is_free(there))
        return false;
    if (t->count < TOLD_LINES_MOST) {
        *there = k;
        t->count++;
    }
    return true;
}
