/* digests.c: several digests of the same bytes in one pass. */
#include "base/digests.h"
#include <string.h>
#include "base/digests_together.h"
#include "base/mem.h"

enum { BLOCK = TOGETHER_BLOCK_SIZE, APART_COUNT = 4 };

struct digests {
    bool are_together;
    struct together t;
    uint8_t kept[BLOCK]; /* what is no whole block yet */
    size_t kept_size;
    uint64_t size;
    struct digest *apart[APART_COUNT]; /* MD5, SHA-1, SHA-256, that of the piece */
};

static const struct together beginning = {
    .md5 = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476},
    .sha1 = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0},
    .sha256 = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
               0x5be0cd19},
    .piece = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
              0x5be0cd19},
};

struct digests *digests_new_apart(void)
{
    static const enum digest_kind kinds[APART_COUNT] = {DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256,
                                                        DIGEST_SHA256};
    struct digests *d = mem_new(struct digests);

    for (size_t i = 0; i < APART_COUNT; i++)
        d->apart[i] = digest_new(kinds[i]);
    return d;
}

struct digests *digests_new(void)
{
    struct digests *d;

    if (!together_is_there())
        return digests_new_apart();
    d = mem_new(struct digests);
    d->are_together = true;
    d->t = beginning;
    return d;
}

void digests_free(struct digests *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < APART_COUNT; i++)
        digest_free(d->apart[i]);
    free(d);
}

bool digests_are_together(const struct digests *d)
{
    return d->are_together;
}

/* What the digests would be if the message ended here. Its length stands behind it, in bits, and
 * MD5 alone has the low bytes first. */
static struct together ended(const struct digests *d, uint64_t size, bool is_little)
{
    struct together t = d->t;
    uint8_t last[2 * BLOCK] = {0};
    size_t len = d->kept_size < BLOCK - 8 ? BLOCK : 2 * BLOCK;

    memcpy(last, d->kept, d->kept_size);
    last[d->kept_size] = 0x80;
    for (size_t i = 0; i < 8; i++)
        last[is_little ? len - 8 + i : len - 1 - i] = (uint8_t)(size * 8 >> 8 * i);
    together_add(&t, last, len / BLOCK);
    return t;
}

static void put_words(uint8_t *out, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < 4; k++)
            out[4 * i + k] = (uint8_t)(words[i] >> (24 - 8 * k));
}

static void end_piece(struct digests *d, struct buf *pieces)
{
    uint8_t bytes[64];

    if (d->are_together) {
        struct together t = ended(d, (d->size - 1) % DIGESTS_PIECE_SIZE + 1, false);

        put_words(bytes, t.piece, COUNT_OF(t.piece));
        memcpy(d->t.piece, beginning.piece, sizeof(d->t.piece));
    } else {
        digest_end(d->apart[APART_COUNT - 1], bytes);
    }
    buf_add(pieces, bytes, sizeof(struct hash));
}

static void add_together(struct digests *d, const uint8_t *p, size_t len)
{
    if (d->kept_size) {
        size_t part = len < BLOCK - d->kept_size ? len : BLOCK - d->kept_size;

        memcpy(d->kept + d->kept_size, p, part);
        d->kept_size += part;
        p += part;
        len -= part;
        if (d->kept_size < BLOCK)
            return;
        together_add(&d->t, d->kept, 1);
    }
    together_add(&d->t, p, len / BLOCK);
    d->kept_size = len % BLOCK;
    memcpy(d->kept, p + len - d->kept_size, d->kept_size);
}

void digests_add(struct digests *d, const void *bytes, size_t len, struct buf *pieces)
{
    const uint8_t *p = bytes;

    while (len) {
        size_t room = DIGESTS_PIECE_SIZE - d->size % DIGESTS_PIECE_SIZE;
        size_t part = len < room ? len : room;

        if (d->are_together)
            add_together(d, p, part);
        for (size_t i = 0; i < APART_COUNT && !d->are_together; i++)
            digest_add(d->apart[i], p, part);
        d->size += part;
        p += part;
        len -= part;
        if (part == room)
            end_piece(d, pieces);
    }
}

static void now_together(const struct digests *d, struct digests_result *out)
{
    struct together little = ended(d, d->size, true);
    struct together big = ended(d, d->size, false);

    for (size_t i = 0; i < sizeof(out->md5); i++)
        out->md5[i] = (uint8_t)(little.md5[i / 4] >> i % 4 * 8);
    put_words(out->sha1, big.sha1, COUNT_OF(big.sha1));
    put_words(out->sha256.b, big.sha256, COUNT_OF(big.sha256));
}

static void now_apart(const struct digests *d, struct digests_result *out)
{
    uint8_t *const to[] = {out->md5, out->sha1, out->sha256.b};
    uint8_t bytes[64];

    for (size_t i = 0; i < COUNT_OF(to); i++) {
        CLEANUP(digest_freep) struct digest *copy = digest_copy(d->apart[i]);

        size_t size = digest_end(copy, bytes);

        memcpy(to[i], bytes, size);
    }
}

void digests_now(const struct digests *d, struct digests_result *out)
{
    (d->are_together ? now_together : now_apart)(d, out);
}

static void begin_anew(struct digests *d)
{
    uint8_t bytes[64];

    d->t = beginning;
    d->kept_size = 0;
    d->size = 0;
    for (size_t i = 0; i < APART_COUNT && !d->are_together; i++)
        (void)digest_end(d->apart[i], bytes);
}

void digests_end(struct digests *d, struct digests_result *out, struct buf *pieces)
{
    if (d->size % DIGESTS_PIECE_SIZE)
        end_piece(d, pieces);
    digests_now(d, out);
    begin_anew(d);
}
