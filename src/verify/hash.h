/* hash.h: SHA-256 (FIPS 180-4), and the hashes that the format builds from it. */
#pragma once
#include "verify/token.h"

/* One per thread; opened before the sandbox closes. */
struct hasher;
struct hasher *hasher_new(void); /* NULL where the library has no SHA-256 */
void hasher_free(struct hasher *h);
static inline void hasher_freep(struct hasher **h)
{
    hasher_free(*h);
}

/* The hash of up to four parts joined; an absent one has length 0. A library that fails here
 * leaves nothing to be said: the program ends with status 4. */
void hash_parts(struct hasher *h, const struct slice *parts, size_t count, uint8_t out[HASH_LEN]);
void hash_leaf(struct hasher *h, struct slice line, uint8_t out[HASH_LEN]);
void hash_node(struct hasher *h, const uint8_t left[HASH_LEN], const uint8_t right[HASH_LEN],
               uint8_t out[HASH_LEN]);

static inline struct slice bytes_of(const void *p, size_t len)
{
    return (struct slice){(const char *)p, len};
}
