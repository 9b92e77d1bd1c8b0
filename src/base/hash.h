/* hash.h: the fixed-size byte strings of the journal, hashing (FIPS 180-4, RFC 1321), hex and
 * base64 (RFC 4648 §4). */
#pragma once
#include <stdbool.h>
#include "base/err.h"
#include "base/str.h"

struct hash {
    uint8_t b[32];
}; /* SHA-256 */
struct id {
    uint8_t b[16];
};
struct key {
    uint8_t b[32];
}; /* an Ed25519 public key */
struct sig {
    uint8_t b[64];
}; /* an Ed25519 signature */

extern const struct hash hash_zero;
bool hash_eq(const struct hash *a, const struct hash *b);
bool id_eq(const struct id *a, const struct id *b);
bool key_eq(const struct key *a, const struct key *b);

/* SHA-256 of several pieces in one go. */
struct hash_piece {
    const void *p;
    size_t len;
};
struct hash hash_of(const struct hash_piece *pieces, size_t count);
struct hash hash_bytes(const void *p, size_t len);
struct hash hash_leaf(struct str line); /* RFC 6962 §2.1: hash(0x00 ‖ line) */
struct hash hash_node(const struct hash *left,
                      const struct hash *right); /* hash(0x01 ‖ left ‖ right) */

/* A running digest. */
enum digest_kind { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5, DIGEST_SHA512 };
struct digest;
struct digest *digest_new(enum digest_kind kind);
void digest_free(struct digest *d);
DEFINE_CLEANUP(struct digest *, digest_free)
void digest_add(struct digest *d, const void *p, size_t len);
struct digest *digest_copy(const struct digest *d); /* as far as it is; digest_free() it */
size_t digest_end(struct digest *d,
                  uint8_t out[64]); /* the number of bytes; the digest starts anew */

void hex_add(struct buf *b, const void *bytes, size_t size);
void hex_write(char *out, const void *bytes, size_t size); /* 2 × size characters, no NUL */
bool hex_read(void *out, size_t size,
              struct str text); /* lower case only, exactly 2 × size digits */
void base64_add(struct buf *b, const void *bytes, size_t size);
bool base64_read(struct buf *out, struct str text); /* canonical only: padding, unused bits zero */
