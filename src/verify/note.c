/* note.c: reads signed notes line by line and checks signatures of the types 0x01 and 0x04. */
#include "verify/note.h"

#include "verify/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_HASH_LEN 4

static bool take_line(struct cursor *c, struct slice *out)
{
    const char *end = memchr(c->at, '\n', (size_t)(c->end - c->at));

    if (end == NULL)
        return false;
    *out = (struct slice){c->at, (size_t)(end - c->at)};
    c->at = end + 1;
    return true;
}

static bool read_origin(struct slice line, struct note *n)
{
    struct cursor c = cursor_of(line);

    return TAKE(&c, "cj/1/") &&
           hex_decode((struct slice){c.at, (size_t)(c.end - c.at)}, n->name, HASH_LEN);
}

static bool read_size(struct slice line, struct note *n)
{
    struct cursor c = cursor_of(line);

    return take_integer(&c, &n->size) && c.at == c.end;
}

static bool read_root(struct slice line, struct note *n)
{
    size_t len = 0;

    return base64_decode(line, n->root, HASH_LEN, &len) && len == HASH_LEN;
}

/* White space as Unicode counts it, control characters aside. */
static bool is_space(uint32_t ch)
{
    return ch == 0x20 || ch == 0x85 || ch == 0xa0 || ch == 0x1680 ||
           (ch >= 0x2000 && ch <= 0x200a) || ch == 0x2028 || ch == 0x2029 || ch == 0x202f ||
           ch == 0x205f || ch == 0x3000;
}

/* C2SP signed-note: any text but white space and `+`. */
static bool is_key_name(struct slice s)
{
    struct cursor c = cursor_of(s);
    uint32_t ch = 0;

    while (c.at < c.end)
        if (!take_utf8(&c, &ch) || ch < 0x20 || ch == '+' || is_space(ch))
            return false;
    return s.len > 0;
}

/* Splits `— NAME BASE64`. */
static bool read_signature(struct slice line, struct slice *name, struct slice *base64)
{
    struct cursor c = cursor_of(line);
    size_t len = 0;

    if (!TAKE(&c, "\xe2\x80\x94 "))
        return false;
    const char *space = memchr(c.at, ' ', (size_t)(c.end - c.at));
    if (space == NULL)
        return false;
    *name = (struct slice){c.at, (size_t)(space - c.at)};
    *base64 = (struct slice){space + 1, (size_t)(c.end - space - 1)};
    return is_key_name(*name) && base64_decode(*base64, NULL, SIZE_MAX, &len) && len > KEY_HASH_LEN;
}

int note_parse(struct slice file, struct note *out)
{
    struct cursor c = cursor_of(file);
    struct slice line;
    struct slice name;
    struct slice base64;

    if (!take_line(&c, &line) || !read_origin(line, out) || !take_line(&c, &line) ||
        !read_size(line, out) || !take_line(&c, &line) || !read_root(line, out))
        return -1;
    out->text = (struct slice){file.p, (size_t)(c.at - file.p)};
    if (!take_line(&c, &line) || line.len != 0 || c.at == c.end)
        return -1;
    out->signatures = (struct slice){c.at, (size_t)(c.end - c.at)};
    while (c.at < c.end)
        if (!take_line(&c, &line) || !read_signature(line, &name, &base64))
            return -1;
    return 0;
}

static bool key_hash_is(struct hasher *h, struct slice name, uint8_t kind,
                        const uint8_t key[KEY_LEN], const uint8_t expected[KEY_HASH_LEN])
{
    const char kind_text[2] = {'\n', (char)kind};
    const struct slice parts[] = {name, {kind_text, 2}, bytes_of(key, KEY_LEN)};
    uint8_t hash[HASH_LEN];

    hash_parts(h, parts, 3, hash);
    return memcmp(hash, expected, KEY_HASH_LEN) == 0;
}

static uint64_t number_of(const uint8_t bytes[8])
{
    uint64_t n = 0;

    for (size_t i = 0; i < 8; i++)
        n = n << 8 | bytes[i];
    return n;
}

static bool cosignature_is_valid(const uint8_t key[KEY_LEN], const uint8_t *bytes,
                                 struct slice text, uint64_t *seconds)
{
    char message[64 + 256];
    int len = 0;

    *seconds = number_of(bytes);
    if (*seconds > INT64_MAX || text.len > 256) /* C2SP tlog-cosignature allows no later time */
        return false;
    len = snprintf(message, 64, "cosignature/v1\ntime %" PRIu64 "\n", *seconds);
    memcpy(message + len, text.p, text.len);
    return sign_verify(key, bytes + 8, (struct slice){message, (size_t)len + text.len});
}

bool note_is_signed_by(struct hasher *h, const uint8_t key[KEY_LEN], struct slice name,
                       struct slice base64, struct slice text, uint64_t *seconds)
{
    uint8_t bytes[KEY_HASH_LEN + 8 + SIG_LEN];
    size_t len = 0;

    *seconds = 0;
    if (!base64_decode(base64, bytes, sizeof bytes, &len))
        return false;
    if (len == KEY_HASH_LEN + SIG_LEN && key_hash_is(h, name, 0x01, key, bytes))
        return sign_verify(key, bytes + KEY_HASH_LEN, text);
    if (len == KEY_HASH_LEN + 8 + SIG_LEN && key_hash_is(h, name, 0x04, key, bytes))
        return cosignature_is_valid(key, bytes + KEY_HASH_LEN, text, seconds);
    return false;
}

bool note_has_signature(struct hasher *h, const uint8_t key[KEY_LEN], const struct note *n,
                        uint64_t *seconds)
{
    struct cursor c = cursor_of(n->signatures);
    struct slice line;
    struct slice name;
    struct slice base64;

    while (take_line(&c, &line))
        if (read_signature(line, &name, &base64) &&
            note_is_signed_by(h, key, name, base64, n->text, seconds))
            return true;
    return false;
}
