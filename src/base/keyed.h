/* keyed.h: a hash for tables whose keys a stranger chooses: who does not know its key cannot choose
 * names that fall together. No digest: it is another in each table. */
#pragma once
#include "base/str.h"

struct keyed { /* drawn at random for each table (random_bytes) */
    uint64_t a, b;
};

/* Both halves of the product: which bits of x matter where follows from the key. */
static inline uint64_t keyed_fold(uint64_t x, uint64_t key)
{
    __extension__ unsigned __int128 product = x;

    product *= key;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The last bytes, up to eight, in some order; part after part has them before where there are more.
 */
static inline uint64_t keyed_last(struct str s)
{
    uint64_t all = 0;
    uint32_t first = 0, last = 0;

    if (s.len >= sizeof(all)) {
        memcpy(&all, s.p + s.len - sizeof(all), sizeof(all));
        return all;
    }
    if (s.len >= sizeof(first)) {
        memcpy(&first, s.p, sizeof(first));
        memcpy(&last, s.p + s.len - sizeof(last), sizeof(last));
        return first | (uint64_t)last << 32;
    }
    if (s.len)
        all = (uint8_t)s.p[0] | (uint64_t)(uint8_t)s.p[s.len / 2] << 8 |
              (uint64_t)(uint8_t)s.p[s.len - 1] << 16;
    return all;
}

static inline uint64_t keyed_hash(const struct keyed *k, struct str s)
{
    uint64_t h = k->a ^ s.len, part, key = k->b | 1;

    for (size_t i = 0; i + sizeof(part) <= s.len; i += sizeof(part)) {
        memcpy(&part, s.p + i, sizeof(part));
        h = keyed_fold(h ^ part, key);
    }
    return keyed_fold(keyed_fold(h ^ keyed_last(s), key), key ^ k->a);
}
