/* keyfile.c: reads, writes, seals and opens a private key's file. */
#include "sys/keyfile.h"
#include <sodium.h>
#include "base/mem.h"
#include "sys/clock.h"

enum {
    LABEL_LINE = 3, /* behind the head, counted from 1 */
    OPS_WRITTEN = 4,
    OPS_MOST = 16,
    MEMORY_WRITTEN_KIB = 128 << 10,
    MEMORY_LEAST_KIB = 8 << 10,
    MEMORY_MOST_KIB = 1 << 20,
};

_Static_assert(KEYFILE_SEED_SIZE == crypto_sign_SEEDBYTES, "a seed");
_Static_assert(KEYFILE_SALT_SIZE == crypto_pwhash_argon2id_SALTBYTES, "a salt");
_Static_assert(KEYFILE_NONCE_SIZE == crypto_secretbox_NONCEBYTES, "a nonce");
_Static_assert(KEYFILE_BOX_SIZE == KEYFILE_SEED_SIZE + crypto_secretbox_MACBYTES, "a box");

bool keyfile_label_is_fit(struct str label)
{
    if (label.len == 0 || label.len > KEYFILE_LABEL_SIZE || str_has_utf8_error(label))
        return false;
    for (size_t i = 0; i < label.len; i++)
        if ((unsigned char)label.p[i] < 0x20 || label.p[i] == 0x7f)
            return false;
    return true;
}

void keyfile_public(struct key *out, const uint8_t seed[KEYFILE_SEED_SIZE])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    crypto_sign_seed_keypair(out->b, secret, seed);
    mem_wipe(secret, sizeof(secret));
}

/* Takes one line off *rest and gives what stands behind "word ". */
static bool take_line(struct str *rest, const char *word, struct str *value)
{
    size_t len = strlen(word);
    struct str line;

    if (!memchr(rest->p, '\n', rest->len))
        return false;
    line = str_cut(rest, '\n');
    if (!str_starts(line, word) || line.len <= len || line.p[len] != ' ')
        return false;
    *value = str_from(line, len + 1);
    return true;
}

static bool take_number(struct str *rest, uint64_t low, uint64_t high, uint64_t *out)
{
    return str_u64(str_cut(rest, ' '), out) && *out >= low && *out <= high;
}

static bool read_sealed(struct str value, struct keyfile *f)
{
    f->is_sealed = true;
    return str_is(str_cut(&value, ' '), "argon2id13") &&
           take_number(&value, 1, OPS_MOST, &f->ops) &&
           take_number(&value, MEMORY_LEAST_KIB, MEMORY_MOST_KIB, &f->memory_kib) &&
           hex_read(f->salt, sizeof(f->salt), str_cut(&value, ' ')) &&
           hex_read(f->nonce, sizeof(f->nonce), str_cut(&value, ' ')) &&
           hex_read(f->box, sizeof(f->box), value);
}

static bool read_plain(struct str value, struct keyfile *f)
{
    (void)str_cut(&value, ' ');
    return hex_read(f->seed, sizeof(f->seed), value);
}

static bool seed_is_of_key(const struct keyfile *f)
{
    struct key key;

    keyfile_public(&key, f->seed);
    return key_eq(&key, &f->key);
}

static bool read_lines(struct str rest, struct keyfile *f)
{
    struct str public;
    struct str made;
    struct str label;
    struct str secret;

    if (!take_line(&rest, "public", &public) || !take_line(&rest, "made", &made) ||
        !take_line(&rest, "label", &label) || !take_line(&rest, "secret", &secret) || rest.len)
        return false;
    if (!hex_read(f->key.b, sizeof(f->key.b), public) || !utc_read(&f->made, made) ||
        !keyfile_label_is_fit(label))
        return false;
    memcpy(f->label, label.p, label.len);
    return str_starts(secret, "plain ") ? read_plain(secret, f) : read_sealed(secret, f);
}

int keyfile_read(struct str bytes, struct keyfile *out, struct err *e)
{
    struct keyfile f = {.is_sealed = false};
    struct str rest = bytes;
    struct str magic = str_cut(&rest, '\n');
    int code = 0;

    if (!str_is(magic, "calm-key/1") && str_starts(magic, "calm-key/"))
        return err_set(e, ERR_NEWER, "a key file of another version");
    if (!str_is(magic, "calm-key/1") || rest.len == 0 || !read_lines(rest, &f) ||
        (!f.is_sealed && !seed_is_of_key(&f)))
        code = err_set(e, ERR_FORMAT, "not a sound key file (doc/format/keys.md)");
    else
        *out = f;
    mem_wipe(&f, sizeof(f));
    return code;
}

bool keyfile_has_form(struct str bytes, struct str *label)
{
    struct keyfile f = {.is_sealed = false};
    bool has = str_take(&bytes, KEYFILE_HEAD) && bytes.len && read_lines(bytes, &f);

    mem_wipe(&f, sizeof(f));
    if (!has)
        return false;
    for (int i = 0; i < LABEL_LINE; i++)
        *label = str_cut(&bytes, '\n');
    (void)str_cut(label, ' ');
    return true;
}

void keyfile_write(struct buf *out, const struct keyfile *f)
{
    buf_adds(out, KEYFILE_HEAD "public ");
    hex_add(out, f->key.b, sizeof(f->key.b));
    buf_adds(out, "\nmade ");
    utc_add(out, f->made);
    buf_addf(out, "\nlabel %s\nsecret ", f->label);
    if (f->is_sealed) {
        buf_addf(out, "argon2id13 %llu %llu ", (unsigned long long)f->ops,
                 (unsigned long long)f->memory_kib);
        hex_add(out, f->salt, sizeof(f->salt));
        buf_addc(out, ' ');
        hex_add(out, f->nonce, sizeof(f->nonce));
        buf_addc(out, ' ');
        hex_add(out, f->box, sizeof(f->box));
    } else {
        buf_adds(out, "plain ");
        hex_add(out, f->seed, sizeof(f->seed));
    }
    buf_addc(out, '\n');
}

static int stretch(const struct keyfile *f, struct str passphrase,
                   uint8_t out[crypto_secretbox_KEYBYTES], struct err *e)
{
    if (crypto_pwhash(out, crypto_secretbox_KEYBYTES, passphrase.p, passphrase.len, f->salt, f->ops,
                      (size_t)f->memory_kib << 10, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(e, ERR_LIMIT, "there are not %llu MiB of memory free for the passphrase",
                       (unsigned long long)(f->memory_kib >> 10));
    return 0;
}

static int open_box(const struct keyfile *f, const uint8_t *stretched, uint8_t *seed, struct err *e)
{
    struct key key;

    if (crypto_secretbox_open_easy(seed, f->box, sizeof(f->box), f->nonce, stretched) != 0)
        return err_set(e, ERR_DENIED, "that is not the passphrase of the key \"%s\"", f->label);
    keyfile_public(&key, seed);
    if (!key_eq(&key, &f->key))
        return err_set(e, ERR_FORMAT, "the file of the key \"%s\" holds another key's secret",
                       f->label);
    return 0;
}

int keyfile_open(const struct keyfile *f, struct str passphrase, uint8_t seed[KEYFILE_SEED_SIZE],
                 struct err *e)
{
    uint8_t stretched[crypto_secretbox_KEYBYTES];
    uint8_t opened[KEYFILE_SEED_SIZE] = {0};
    int code = stretch(f, passphrase, stretched, e);

    if (!code)
        code = open_box(f, stretched, opened, e);
    if (!code)
        memcpy(seed, opened, sizeof(opened));
    mem_wipe(stretched, sizeof(stretched));
    mem_wipe(opened, sizeof(opened));
    return code;
}

int keyfile_seal(struct keyfile *f, const uint8_t seed[KEYFILE_SEED_SIZE], struct str passphrase,
                 struct err *e)
{
    uint8_t stretched[crypto_secretbox_KEYBYTES];
    struct keyfile sealed = *f;
    int code = 0;

    mem_wipe(sealed.seed, sizeof(sealed.seed));
    sealed.is_sealed = passphrase.len > 0;
    if (!sealed.is_sealed) {
        memcpy(sealed.seed, seed, sizeof(sealed.seed));
    } else {
        sealed.ops = OPS_WRITTEN;
        sealed.memory_kib = MEMORY_WRITTEN_KIB;
        random_bytes(sealed.salt, sizeof(sealed.salt));
        random_bytes(sealed.nonce, sizeof(sealed.nonce));
        code = stretch(&sealed, passphrase, stretched, e);
        if (!code)
            crypto_secretbox_easy(sealed.box, seed, KEYFILE_SEED_SIZE, sealed.nonce, stretched);
        mem_wipe(stretched, sizeof(stretched));
    }
    if (!code)
        *f = sealed;
    mem_wipe(&sealed, sizeof(sealed));
    return code;
}
