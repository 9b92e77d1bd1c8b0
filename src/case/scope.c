/* scope.c: sealing and unsealing of openings under scope keys. */
#include "case/scope.h"
#include <sodium.h>
#include "base/limits.h"
#include "base/mem.h"
#include "sys/clock.h"

enum {
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    SALT_SIZE = sizeof(struct salt),
};

struct scope_key {
    char name[LIMIT_NAME_SIZE + 1];
    uint8_t key[SCOPE_KEY_SIZE];
    bool is_made; /* here, and not yet named by a record */
};

struct scopes {
    struct scope_key *keys;
    size_t count;
    size_t room;
};

struct scopes *scopes_new(void)
{
    return mem_new(struct scopes);
}

void scopes_free(struct scopes *s)
{
    if (!s)
        return;
    if (s->keys)
        mem_wipe(s->keys, s->room * sizeof(s->keys[0]));
    free(s->keys);
    free(s);
}

static bool key_is_of(const struct scope_key *k, struct str name)
{
    return str_is(name, k->name);
}

static bool is_held(const struct scopes *s, struct str name, const uint8_t key[SCOPE_KEY_SIZE])
{
    for (size_t i = 0; i < s->count; i++)
        if (key_is_of(&s->keys[i], name) && sodium_memcmp(s->keys[i].key, key, SCOPE_KEY_SIZE) == 0)
            return true;
    return false;
}

/* Not mem_grow: what is left behind holds keys. */
static void keys_grow(struct scopes *s)
{
    size_t room = s->room ? s->room * 2 : 8;
    struct scope_key *keys;

    if (s->count < s->room)
        return;
    keys = mem_array(room, sizeof(keys[0]));
    if (s->count) {
        memcpy(keys, s->keys, s->count * sizeof(keys[0]));
        mem_wipe(s->keys, s->count * sizeof(keys[0]));
    }
    free(s->keys);
    s->keys = keys;
    s->room = room;
}

void scopes_put(struct scopes *s, struct str name, const uint8_t key[SCOPE_KEY_SIZE])
{
    struct scope_key *at;

    if (name.len > LIMIT_NAME_SIZE)
        BUG("a scope name of %zu bytes", name.len);
    if (is_held(s, name, key))
        return;
    keys_grow(s);
    at = &s->keys[s->count++];
    *at = (struct scope_key){0};
    memcpy(at->name, name.p, name.len);
    memcpy(at->key, key, SCOPE_KEY_SIZE);
}

bool scopes_holds(const struct scopes *s, struct str name)
{
    size_t at = 0;

    return scopes_next(s, name, &at) != NULL;
}

void scopes_make(struct scopes *s, struct str name)
{
    uint8_t key[SCOPE_KEY_SIZE];

    random_bytes(key, sizeof(key));
    scopes_settle(s, name);
    scopes_put(s, name, key);
    s->keys[s->count - 1].is_made = true;
    mem_wipe(key, sizeof(key));
}

const uint8_t *scopes_made(const struct scopes *s, struct str name)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->keys[i].is_made && key_is_of(&s->keys[i], name))
            return s->keys[i].key;
    return NULL;
}

void scopes_settle(struct scopes *s, struct str name)
{
    for (size_t i = 0; i < s->count; i++)
        if (key_is_of(&s->keys[i], name))
            s->keys[i].is_made = false;
}

struct hash scope_key_name(const struct hash *case_id, struct str name,
                           const uint8_t key[SCOPE_KEY_SIZE])
{
    uint8_t len = (uint8_t)name.len;
    const struct hash_piece pieces[] = {{"calm scope key\n", 15},
                                        {case_id->b, 32},
                                        {&len, 1},
                                        {name.p, name.len},
                                        {key, SCOPE_KEY_SIZE}};

    return hash_of(pieces, COUNT_OF(pieces));
}

const uint8_t *scopes_next(const struct scopes *s, struct str name, size_t *at)
{
    while (*at < s->count) {
        const struct scope_key *k = &s->keys[(*at)++];

        if (key_is_of(k, name))
            return k->key;
    }
    return NULL;
}

const uint8_t *scopes_each(const struct scopes *s, struct str *name, size_t *at)
{
    const struct scope_key *k;

    if (*at >= s->count)
        return NULL;
    k = &s->keys[(*at)++];
    *name = str_of(k->name);
    return k->key;
}

static size_t associated_data(uint8_t out[32 + 16 + LIMIT_NAME_SIZE], const struct hash *case_id,
                              const struct id *id, struct str name)
{
    memcpy(out, case_id->b, 32);
    memcpy(out + 32, id->b, 16);
    memcpy(out + 48, name.p, name.len);
    return 48 + name.len;
}

void opening_seal(struct buf *out, const uint8_t key[SCOPE_KEY_SIZE], const struct hash *case_id,
                  const struct id *id, struct str name, const struct salt *salt, struct str value)
{
    uint8_t ad[32 + 16 + LIMIT_NAME_SIZE];
    size_t ad_size;
    size_t plain_size = SALT_SIZE + value.len;
    uint32_t box_size = (uint32_t)(NONCE_SIZE + plain_size + TAG_SIZE);
    unsigned char *nonce;
    CLEANUP_BUF struct buf plain = {0};

    if (name.len > LIMIT_NAME_SIZE || value.len > LIMIT_VALUE_SIZE)
        BUG("an opening over its limits");
    ad_size = associated_data(ad, case_id, id, name);
    buf_addc(out, (char)name.len);
    buf_addstr(out, name);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_addc(out, (char)(box_size >> shift));
    buf_add(&plain, salt->b, SALT_SIZE);
    buf_addstr(&plain, value);
    nonce = (unsigned char *)buf_room(out, box_size);
    randombytes_buf(nonce, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_SIZE, NULL,
                                               (const unsigned char *)plain.p, plain_size, ad,
                                               ad_size, NULL, nonce, key);
    out->len += box_size;
    mem_wipe(plain.p, plain.len);
}

bool sealed_next(struct str *rest, struct sealed_opening *out)
{
    struct str s = *rest;
    size_t name_len = s.len ? (uint8_t)s.p[0] : 0;
    const uint8_t *p;
    size_t box_len;

    if (s.len < 1 + name_len + 4 || name_len == 0 || name_len > LIMIT_NAME_SIZE)
        return false;
    p = (const uint8_t *)s.p + 1 + name_len;
    box_len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (s.len - 1 - name_len - 4 < box_len)
        return false;
    out->name = (struct str){s.p + 1, name_len};
    out->box = (struct str){(const char *)p + 4, box_len};
    *rest = str_from(s, 1 + name_len + 4 + box_len);
    return true;
}

bool sealed_find(struct str openings, struct str name, struct sealed_opening *out)
{
    while (sealed_next(&openings, out))
        if (str_eq(out->name, name))
            return true;
    return false;
}

/* Opens a box with one key; the plain text is salt and value. */
static bool open_box(struct str box, const uint8_t *key, const uint8_t *ad, size_t ad_size,
                     struct buf *plain)
{
    const unsigned char *nonce = (const unsigned char *)box.p;
    unsigned char *out = (unsigned char *)buf_room(plain, box.len - NONCE_SIZE - TAG_SIZE);

    plain->len = box.len - NONCE_SIZE - TAG_SIZE;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, nonce + NONCE_SIZE,
                                                      box.len - NONCE_SIZE, ad, ad_size, nonce,
                                                      key) == 0;
}

static int open_with_any(const struct sealed_opening *o, const struct scopes *scopes,
                         struct str scope, const struct hash *case_id, const struct id *id,
                         struct buf *plain, struct err *e)
{
    uint8_t ad[32 + 16 + LIMIT_NAME_SIZE];
    size_t ad_size = associated_data(ad, case_id, id, o->name);
    bool is_any_held = false;

    if (o->box.len < NONCE_SIZE + TAG_SIZE + SALT_SIZE ||
        o->box.len > NONCE_SIZE + TAG_SIZE + SALT_SIZE + LIMIT_VALUE_SIZE)
        return err_set(e, ERR_TAMPER, "a sealed value has an impossible size");
    for (size_t i = scopes->count; i-- > 0;) {
        if (!key_is_of(&scopes->keys[i], scope))
            continue;
        is_any_held = true;
        buf_clear(plain);
        if (open_box(o->box, scopes->keys[i].key, ad, ad_size, plain))
            return 0;
    }
    if (!is_any_held)
        return err_set(e, ERR_DENIED, "the compartment " STR_FMT " is not open to you",
                       STR_ARG(scope));
    return err_set(e, ERR_TAMPER, "a sealed value does not open: it was changed or moved");
}

int opening_unseal(const struct sealed_opening *o, const struct scopes *scopes, struct str scope,
                   const struct hash *case_id, const struct id *id, const struct hash *commitment,
                   struct salt *salt, struct buf *value, struct err *e)
{
    CLEANUP_BUF struct buf plain = {0};
    struct hash found;
    struct str text;
    int rc = open_with_any(o, scopes, scope, case_id, id, &plain, e);

    if (rc)
        return rc;
    memcpy(salt->b, plain.p, SALT_SIZE);
    text = str_from(buf_str(&plain), SALT_SIZE);
    found = field_commitment(case_id, id, o->name, salt, text);
    if (!hash_eq(&found, commitment))
        return err_set(e, ERR_TAMPER, "a value is not the one that was signed");
    buf_addstr(value, text);
    return 0;
}
