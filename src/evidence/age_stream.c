/* age_stream.c: encrypts and decrypts the bytes of a file of age, chunk by chunk. */
#include "evidence/age_stream.h"
#include <sodium.h>
#include "base/mem.h"
#include "sys/clock.h"

enum { COUNTER_SIZE = 11, SEALED_SIZE = AGE_CHUNK_SIZE + AGE_TAG_SIZE };
_Static_assert(crypto_aead_chacha20poly1305_ietf_NPUBBYTES == COUNTER_SIZE + 1 &&
                   crypto_aead_chacha20poly1305_ietf_ABYTES == AGE_TAG_SIZE,
               "a chunk's nonce is its number and whether it is the last");

static void payload_key(uint8_t out[32], const uint8_t file_key[AGE_FILE_KEY_SIZE],
                        const uint8_t nonce[AGE_NONCE_SIZE])
{
    age_derive(out, (struct str){(const char *)file_key, AGE_FILE_KEY_SIZE},
               (struct str){(const char *)nonce, AGE_NONCE_SIZE}, "payload");
}

static void chunk_nonce(uint8_t out[COUNTER_SIZE + 1], uint64_t number, bool is_last)
{
    memset(out, 0, COUNTER_SIZE + 1);
    for (size_t i = 0; i < sizeof(number); i++)
        out[COUNTER_SIZE - 1 - i] = (uint8_t)(number >> 8 * i);
    out[COUNTER_SIZE] = is_last;
}

struct age_sealer {
    uint8_t key[32];
    uint64_t number;
    size_t size; /* bytes of the chunk that are there */
    uint8_t chunk[AGE_CHUNK_SIZE];
};

struct age_sealer *age_sealer_new(const uint8_t file_key[AGE_FILE_KEY_SIZE], struct buf *out)
{
    struct age_sealer *s = mem_new(struct age_sealer);
    uint8_t nonce[AGE_NONCE_SIZE];

    random_bytes(nonce, sizeof(nonce));
    payload_key(s->key, file_key, nonce);
    buf_add(out, nonce, sizeof(nonce));
    return s;
}

void age_sealer_free(struct age_sealer *s)
{
    if (!s)
        return;
    mem_wipe(s, sizeof(*s));
    free(s);
}

static void seal_chunk(struct age_sealer *s, bool is_last, struct buf *out)
{
    uint8_t nonce[COUNTER_SIZE + 1];

    chunk_nonce(nonce, s->number++, is_last);
    crypto_aead_chacha20poly1305_ietf_encrypt((uint8_t *)buf_room(out, s->size + AGE_TAG_SIZE),
                                              NULL, s->chunk, s->size, NULL, 0, NULL, nonce,
                                              s->key);
    out->len += s->size + AGE_TAG_SIZE;
    s->size = 0;
}

void age_seal(struct age_sealer *s, struct str plain, struct buf *out)
{
    while (plain.len) {
        struct str part = str_head(plain, AGE_CHUNK_SIZE - s->size);

        if (part.len == 0) {
            seal_chunk(s, false, out);
            continue;
        }
        memcpy(s->chunk + s->size, part.p, part.len);
        s->size += part.len;
        plain = str_from(plain, part.len);
    }
}

void age_seal_end(struct age_sealer *s, struct buf *out)
{
    seal_chunk(s, true, out);
}

struct age_opener {
    const struct bundle_source *sealed;
    uint8_t key[32];
    uint64_t number; /* of the next chunk */
    bool is_at_end;
    enum bundle_state ended;
    const char *why;
    size_t held; /* bytes in sealed_chunk: a chunk, and the first byte behind it */
    size_t plain_size;
    size_t plain_off;
    uint8_t sealed_chunk[SEALED_SIZE + 1];
    uint8_t plain[AGE_CHUNK_SIZE];
};

int age_opener_new(struct age_opener **out, const struct bundle_source *sealed,
                   const uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e)
{
    CLEANUP(age_opener_freep) struct age_opener *o = mem_new(struct age_opener);
    uint8_t nonce[AGE_NONCE_SIZE];
    size_t got;
    int code = bundle_source_fill(sealed, nonce, sizeof(nonce), &got, e);

    if (code)
        return code;
    if (got < sizeof(nonce))
        return err_set(e, ERR_FORMAT, "it is cut off behind its header");
    o->sealed = sealed;
    payload_key(o->key, file_key, nonce);
    *out = MOVE(o);
    return 0;
}

void age_opener_free(struct age_opener *o)
{
    if (!o)
        return;
    mem_wipe(o, sizeof(*o));
    free(o);
}

static int finish(struct age_opener *o, enum bundle_state state, const char *why)
{
    o->is_at_end = true;
    o->ended = state;
    o->why = why;
    return 0;
}

static bool open_as(struct age_opener *o, size_t size, bool is_last)
{
    uint8_t nonce[COUNTER_SIZE + 1];

    if (size < AGE_TAG_SIZE)
        return false;
    chunk_nonce(nonce, o->number, is_last);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(o->plain, NULL, NULL, o->sealed_chunk, size, NULL,
                                                  0, nonce, o->key) != 0)
        return false;
    o->plain_size = size - AGE_TAG_SIZE;
    o->plain_off = 0;
    return true;
}

/* What stands at the end of the bytes. */
static int open_last(struct age_opener *o, size_t size)
{
    if (size == SEALED_SIZE && open_as(o, size, false)) {
        o->number++;
        return finish(o, BUNDLE_CUT, "it ends before its last chunk");
    }
    if (!open_as(o, size, true))
        return finish(o, BUNDLE_CUT, "its last chunk does not open: cut off, or changed");
    if (o->plain_size == 0 && o->number > 0)
        return finish(o, BUNDLE_UNSOUND, "its last chunk is empty");
    o->number++;
    return finish(o, BUNDLE_WHOLE, "");
}

/* One byte more than a chunk is read, to know whether it is the last. */
static int read_chunk(struct age_opener *o, struct err *e)
{
    size_t got;
    int code = bundle_source_fill(o->sealed, o->sealed_chunk + o->held,
                                  sizeof(o->sealed_chunk) - o->held, &got, e);

    if (code)
        return code;
    o->held += got;
    if (o->held <= SEALED_SIZE)
        return open_last(o, o->held);
    if (open_as(o, SEALED_SIZE, false)) {
        o->number++;
        o->sealed_chunk[0] = o->sealed_chunk[SEALED_SIZE];
        o->held = 1;
        return 0;
    }
    if (!open_as(o, SEALED_SIZE, true))
        return finish(o, BUNDLE_ALTERED, "a chunk does not open: it was changed");
    o->number++;
    return finish(o, BUNDLE_ALTERED, "something stands behind its end");
}

static int read_plain(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    struct age_opener *o = context;

    while (!o->is_at_end && o->plain_off == o->plain_size) {
        int code = read_chunk(o, e);

        if (code)
            return code;
    }
    if (size > o->plain_size - o->plain_off)
        size = o->plain_size - o->plain_off;
    memcpy(bytes, o->plain + o->plain_off, size);
    o->plain_off += size;
    *got = size;
    return 0;
}

struct bundle_source age_opener_source(struct age_opener *o)
{
    return (struct bundle_source){read_plain, o};
}

enum bundle_state age_opener_state(const struct age_opener *o, const char **why)
{
    *why = o->is_at_end ? o->why : "";
    return o->is_at_end ? o->ended : BUNDLE_WHOLE;
}

uint64_t age_opener_chunks(const struct age_opener *o)
{
    return o->number;
}
