/* bundle_unseal.c: reads the head of a sealed bundle, and opens its chunks. */
#include <sodium.h>
#include "base/mem.h"
#include "evidence/bundle_walk.h"

enum {
    ADDED = crypto_secretstream_xchacha20poly1305_ABYTES,
    LINE_SIZE = 3 + 64 + 1 + 2 * BUNDLE_BOX_SIZE + 1, /* "to KEY BOX" LF */
};
_Static_assert(BUNDLE_BOX_SIZE ==
                   crypto_secretstream_xchacha20poly1305_KEYBYTES + crypto_box_SEALBYTES,
               "a box holds the stream's key");

static const char first_line[] = "calm-sealed/1\n";

struct bundle_unsealer {
    const struct bundle_source *sealed;
    crypto_secretstream_xchacha20poly1305_state state;
    struct hash head;
    uint8_t *chunk;
    uint8_t *plain;
    size_t plain_size;
    size_t plain_off;
    bool had_final;
    bool is_at_end;
    enum bundle_state ended;
    const char *why;
};

static int expect(const struct bundle_source *s, void *bytes, size_t size, struct digest *d,
                  struct err *e)
{
    size_t got;
    int code = bundle_source_fill(s, bytes, size, &got, e);

    if (code == 0 && got < size)
        code = err_set(e, ERR_FORMAT, "the head of the sealed bundle is cut off");
    if (code == 0 && d)
        digest_add(d, bytes, size);
    return code;
}

static int read_first_line(const struct bundle_source *s, struct digest *d, struct err *e)
{
    enum { NAME_SIZE = sizeof(first_line) - 3 }; /* without version and LF */
    char line[sizeof(first_line) - 1];
    int code = expect(s, line, sizeof(line), d, e);

    if (code)
        return code;
    if (memcmp(line, first_line, NAME_SIZE) != 0)
        return err_set(e, ERR_FORMAT, "this is no sealed bundle");
    if (memcmp(line, first_line, sizeof(line)) != 0)
        return err_set(e, ERR_NEWER, "this bundle was sealed by a newer calm");
    return 0;
}

static bool read_box(const char *line, struct bundle_box *out)
{
    struct bundle_box box;

    if (memcmp(line, "to ", 3) != 0 || line[3 + 64] != ' ' || line[LINE_SIZE - 1] != '\n' ||
        !hex_read(box.key, sizeof(box.key), (struct str){line + 3, 64}) ||
        !hex_read(box.box, sizeof(box.box), (struct str){line + 68, 2 * BUNDLE_BOX_SIZE}))
        return false;
    *out = box;
    return true;
}

static int read_boxes(const struct bundle_source *s, struct digest *d, struct bundle_box *boxes,
                      size_t *count, struct err *e)
{
    char line[LINE_SIZE];

    for (*count = 0;;) {
        int code = expect(s, line, 1, d, e);

        if (code)
            return code;
        if (line[0] == '\n' && *count)
            return 0;
        if (line[0] != 't' || *count == BUNDLE_BOX_COUNT)
            return err_set(e, ERR_FORMAT, "the head of the sealed bundle is damaged");
        code = expect(s, line + 1, sizeof(line) - 1, d, e);
        if (code)
            return code;
        if (!read_box(line, &boxes[(*count)++]))
            return err_set(e, ERR_FORMAT, "the head of the sealed bundle is damaged");
    }
}

int bundle_head_read(const struct bundle_source *s, struct bundle_box *boxes, size_t *count,
                     struct hash *hash, struct err *e)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t sum[64];
    int code = read_first_line(s, d, e);

    if (code == 0)
        code = read_boxes(s, d, boxes, count, e);
    if (code)
        return code;
    digest_end(d, sum);
    memcpy(hash->b, sum, sizeof(hash->b));
    return 0;
}

int bundle_unsealer_new(struct bundle_unsealer **out, const struct bundle_source *sealed,
                        const uint8_t key[32], struct err *e)
{
    CLEANUP(bundle_unsealer_freep) struct bundle_unsealer *u = mem_new(struct bundle_unsealer);
    struct bundle_box boxes[BUNDLE_BOX_COUNT];
    uint8_t start[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    size_t count;
    int code = bundle_head_read(sealed, boxes, &count, &u->head, e);

    if (code == 0)
        code = expect(sealed, start, sizeof(start), NULL, e);
    if (code)
        return code;
    crypto_secretstream_xchacha20poly1305_init_pull(&u->state, start, key);
    u->sealed = sealed;
    u->chunk = mem_alloc(BUNDLE_WALK_CHUNK + ADDED);
    u->plain = mem_alloc(BUNDLE_WALK_CHUNK);
    *out = MOVE(u);
    return 0;
}

void bundle_unsealer_free(struct bundle_unsealer *u)
{
    if (!u)
        return;
    if (u->plain)
        mem_wipe(u->plain, BUNDLE_WALK_CHUNK);
    free(u->plain);
    free(u->chunk);
    mem_wipe(u, sizeof(*u));
    free(u);
}

static int finish(struct bundle_unsealer *u, enum bundle_state state, const char *why)
{
    u->is_at_end = true;
    u->ended = state;
    u->why = why;
    return 0;
}

static int open_chunk(struct bundle_unsealer *u, size_t size)
{
    unsigned long long plain_size;
    unsigned char tag;

    if (crypto_secretstream_xchacha20poly1305_pull(&u->state, u->plain, &plain_size, &tag, u->chunk,
                                                   size, u->head.b, sizeof(u->head.b)))
        return finish(u, BUNDLE_ALTERED, "a chunk of the seal does not open");
    if (tag != crypto_secretstream_xchacha20poly1305_TAG_MESSAGE &&
        tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL)
        return finish(u, BUNDLE_UNSOUND, "a chunk of the seal has a tag that no bundle has");
    u->had_final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    u->plain_size = (size_t)plain_size;
    u->plain_off = 0;
    return 0;
}

static int read_chunk(struct bundle_unsealer *u, struct err *e)
{
    uint8_t head[4];
    size_t size;
    size_t got;
    int code = bundle_source_fill(u->sealed, head, sizeof(head), &got, e);

    if (code)
        return code;
    if (got == 0 && u->had_final)
        return finish(u, BUNDLE_WHOLE, "");
    if (u->had_final)
        return finish(u, BUNDLE_ALTERED, "something stands behind the end of the seal");
    if (got < sizeof(head))
        return finish(u, BUNDLE_CUT, "the seal ends before its last chunk");
    size = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    if (size <= ADDED || size > BUNDLE_WALK_CHUNK + ADDED)
        return finish(u, BUNDLE_ALTERED, "a chunk of the seal has a size that no bundle has");
    code = bundle_source_fill(u->sealed, u->chunk, size, &got, e);
    if (code)
        return code;
    if (got < size)
        return finish(u, BUNDLE_CUT, "the seal ends inside a chunk");
    return open_chunk(u, size);
}

static int read_plain(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    struct bundle_unsealer *u = context;

    while (!u->is_at_end && u->plain_off == u->plain_size) {
        int code = read_chunk(u, e);

        if (code)
            return code;
    }
    if (size > u->plain_size - u->plain_off)
        size = u->plain_size - u->plain_off;
    memcpy(bytes, u->plain + u->plain_off, size);
    u->plain_off += size;
    *got = size;
    return 0;
}

struct bundle_source bundle_unsealer_source(struct bundle_unsealer *u)
{
    return (struct bundle_source){read_plain, u};
}

enum bundle_state bundle_unsealer_state(const struct bundle_unsealer *u, const char **why)
{
    *why = u->is_at_end ? u->why : "";
    return u->is_at_end ? u->ended : BUNDLE_WHOLE;
}
