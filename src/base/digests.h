/* digests.h: MD5, SHA-1 and SHA-256 (RFC 1321, FIPS 180-4) of the same bytes in one pass, and a
 * SHA-256 of each MiB of them. Where the processor has the SHA extensions, the four take as long
 * as MD5 alone. */
#pragma once
#include "base/hash.h"

enum { DIGESTS_PIECE_SIZE = 1 << 20 };

struct digests_result {
    uint8_t md5[16];
    uint8_t sha1[20];
    struct hash sha256;
};

struct digests;
struct digests *digests_new(void);
struct digests *digests_new_apart(void); /* without the SHA extensions: one after another */
void digests_free(struct digests *d);    /* NULL is fine */
DEFINE_CLEANUP(struct digests *, digests_free)
/* Adds to pieces the SHA-256, 32 bytes, of each piece of DIGESTS_PIECE_SIZE that became whole. */
void digests_add(struct digests *d, const void *p, size_t len, struct buf *pieces);
/* Adds what is left of the last piece, if it is not empty. d starts anew. */
void digests_end(struct digests *d, struct digests_result *out, struct buf *pieces);
void digests_now(const struct digests *d, struct digests_result *out); /* d goes on */
bool digests_are_together(const struct digests *d);
