/* bundle_seal.c: encrypts a bundle to public keys, and reads the files that name such a key. */
#include <sodium.h>
#include "base/mem.h"
#include "collect/bundle_internal.h"

enum { BOX_SIZE = crypto_secretstream_xchacha20poly1305_KEYBYTES + crypto_box_SEALBYTES };
_Static_assert(BUNDLE_CHUNK_ADDED == crypto_secretstream_xchacha20poly1305_ABYTES,
               "the page says 17");

struct bundle_seal {
    crypto_secretstream_xchacha20poly1305_state state;
    struct hash head; /* of all up to the empty line */
};

static int add_recipient(struct buf *head, const struct bundle_recipient *to, const uint8_t *key,
                         struct err *e)
{
    uint8_t box[BOX_SIZE];

    if (crypto_box_seal(box, key, crypto_secretstream_xchacha20poly1305_KEYBYTES, to->key))
        return err_set(e, ERR_FORMAT, "the key to seal to is none that can be sealed to");
    buf_adds(head, "to ");
    hex_add(head, to->key, sizeof(to->key));
    buf_addc(head, ' ');
    hex_add(head, box, sizeof(box));
    buf_addc(head, '\n');
    return 0;
}

static int add_head(struct buf *head, const struct bundle_recipient *to, size_t to_count,
                    const uint8_t *key, struct err *e)
{
    buf_adds(head, "calm-sealed/1\n");
    for (size_t i = 0; i < to_count; i++) {
        int code = add_recipient(head, &to[i], key, e);

        if (code)
            return code;
    }
    buf_addc(head, '\n');
    return 0;
}

int bundle_seal_begin(struct bundle_seal **out, const struct bundle_recipient *to, size_t to_count,
                      struct buf *head, struct err *e)
{
    CLEANUP(bundle_seal_freep) struct bundle_seal *s = mem_new(struct bundle_seal);
    uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    uint8_t start[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    int code;

    if (to_count > BUNDLE_RECIPIENT_COUNT)
        return err_set(e, ERR_LIMIT, "a bundle is sealed to at most %d keys",
                       BUNDLE_RECIPIENT_COUNT);
    if (sodium_init() < 0)
        return err_set(e, ERR_IO, "there is no source of randomness on this host");
    crypto_secretstream_xchacha20poly1305_keygen(key);
    code = add_head(head, to, to_count, key, e);
    if (code == 0) {
        s->head = hash_bytes(head->p, head->len);
        crypto_secretstream_xchacha20poly1305_init_push(&s->state, start, key);
        buf_add(head, start, sizeof(start));
    }
    mem_wipe(key, sizeof(key));
    if (code)
        return code;
    *out = MOVE(s);
    return 0;
}

void bundle_seal_chunk(struct bundle_seal *s, const uint8_t *bytes, size_t size, bool is_last,
                       uint8_t *out)
{
    size_t sealed_size = size + BUNDLE_CHUNK_ADDED;

    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(sealed_size >> (8 * i));
    crypto_secretstream_xchacha20poly1305_push(
        &s->state, out + 4, NULL, bytes, size, s->head.b, sizeof(s->head.b),
        is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
}

void bundle_seal_free(struct bundle_seal *s)
{
    if (!s)
        return;
    mem_wipe(s, sizeof(*s));
    free(s);
}

static bool take_line(struct str *text, const char *name, struct str *value)
{
    struct str line;

    if (text->len == 0 || !memchr(text->p, '\n', text->len))
        return false;
    line = str_cut(text, '\n');
    if (!str_starts(line, name))
        return false;
    *value = str_from(line, strlen(name));
    return true;
}

int bundle_recipient_read(struct str text, struct bundle_recipient *out, struct err *e)
{
    struct str version;
    struct str key;
    struct str whom;
    struct str check;
    struct bundle_recipient to;
    struct hash sum;
    char digits[4];

    if (text.len == 0 || !take_line(&text, "calm-recipient/", &version))
        return err_set(e, ERR_FORMAT,
                       "this is no key to seal to: such a file begins with calm-recipient/1 and is "
                       "written by calm preserve key");
    if (!str_is(version, "1"))
        return err_set(e, ERR_NEWER,
                       "the key to seal to was written by a newer calm (calm-recipient/" STR_FMT
                       ")",
                       STR_ARG(str_head(version, 20)));
    if (!take_line(&text, "key ", &key) || !hex_read(to.key, sizeof(to.key), key) ||
        !take_line(&text, "for ", &whom) || !take_line(&text, "check ", &check) || text.len)
        return err_set(e, ERR_FORMAT,
                       "the file of the key to seal to is damaged: write it again "
                       "with calm preserve key");
    sum = hash_bytes(to.key, sizeof(to.key));
    hex_write(digits, sum.b, 2);
    if (!str_eq(check, (struct str){digits, sizeof(digits)}))
        return err_set(e, ERR_FORMAT,
                       "the key to seal to and its check digits do not fit: write "
                       "the file again with calm preserve key");
    *out = to;
    return 0;
}
