/* age_wrap.c: wraps a file's key for a public key or a passphrase, and unwraps it. */
#include "sys/age_key.h"
#include <sodium.h>
#include "base/mem.h"
#include "sys/clock.h"

_Static_assert(AGE_WRAPPED_SIZE == AGE_FILE_KEY_SIZE + crypto_aead_chacha20poly1305_ietf_ABYTES,
               "a wrapped key is the key and its tag");
_Static_assert(AGE_SALT_SIZE == crypto_pwhash_SALTBYTES, "one salt for all");

/* A wrapping key is used once, so one nonce does. */
static const uint8_t zeros[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
static const char scrypt_label[] = "age-encryption.org/v1/scrypt";
static const char argon2id_label[] = "calm/argon2id";

enum { ARGON2ID_KIB_LEAST = 8 }; /* for one lane, RFC 9106 section 3.1 */

void age_derive(uint8_t out[32], struct str secret, struct str salt, const char *info)
{
    static const uint8_t first = 1;
    uint8_t middle[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const uint8_t *)salt.p, salt.len);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)secret.p, secret.len);
    crypto_auth_hmacsha256_final(&state, middle);
    crypto_auth_hmacsha256_init(&state, middle, sizeof(middle));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)info, strlen(info));
    crypto_auth_hmacsha256_update(&state, &first, sizeof(first));
    crypto_auth_hmacsha256_final(&state, out);
    mem_wipe(middle, sizeof(middle));
    mem_wipe(&state, sizeof(state));
}

static void seal(uint8_t body[AGE_WRAPPED_SIZE], const uint8_t file_key[AGE_FILE_KEY_SIZE],
                 const uint8_t wrap_key[32])
{
    crypto_aead_chacha20poly1305_ietf_encrypt(body, NULL, file_key, AGE_FILE_KEY_SIZE, NULL, 0,
                                              NULL, zeros, wrap_key);
}

static int unseal(uint8_t file_key[AGE_FILE_KEY_SIZE], const uint8_t body[AGE_WRAPPED_SIZE],
                  const uint8_t wrap_key[32])
{
    return crypto_aead_chacha20poly1305_ietf_decrypt(file_key, NULL, NULL, body, AGE_WRAPPED_SIZE,
                                                     NULL, 0, zeros, wrap_key) == 0;
}

/* False where one of both is of low order. */
static bool share_key(uint8_t wrap_key[32], const uint8_t secret[AGE_KEY_SIZE],
                      const uint8_t other[AGE_KEY_SIZE], const uint8_t share[AGE_KEY_SIZE],
                      const uint8_t recipient[AGE_KEY_SIZE])
{
    uint8_t shared[crypto_scalarmult_BYTES];
    uint8_t salt[2 * AGE_KEY_SIZE];
    bool is_sound = crypto_scalarmult(shared, secret, other) == 0;

    memcpy(salt, share, AGE_KEY_SIZE);
    memcpy(salt + AGE_KEY_SIZE, recipient, AGE_KEY_SIZE);
    if (is_sound)
        age_derive(wrap_key, (struct str){(const char *)shared, sizeof(shared)},
                   (struct str){(const char *)salt, sizeof(salt)}, "age-encryption.org/v1/X25519");
    mem_wipe(shared, sizeof(shared));
    return is_sound;
}

int age_wrap(struct age_share *out, const uint8_t recipient[AGE_KEY_SIZE],
             const uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e)
{
    uint8_t secret[AGE_KEY_SIZE];
    uint8_t wrap_key[32];
    struct age_share made;
    bool is_sound;

    random_bytes(secret, sizeof(secret));
    crypto_scalarmult_base(made.share, secret);
    is_sound = share_key(wrap_key, secret, recipient, made.share, recipient);
    if (is_sound) {
        seal(made.body, file_key, wrap_key);
        *out = made;
    }
    mem_wipe(secret, sizeof(secret));
    mem_wipe(wrap_key, sizeof(wrap_key));
    return is_sound ? 0 : err_set(e, ERR_USAGE, "that public key is unsound");
}

int age_unwrap(uint8_t file_key[AGE_FILE_KEY_SIZE], const uint8_t secret[AGE_KEY_SIZE],
               const struct age_share *from, struct err *e)
{
    uint8_t recipient[AGE_KEY_SIZE];
    uint8_t wrap_key[32];
    int rc = 0;

    crypto_scalarmult_base(recipient, secret);
    if (!share_key(wrap_key, secret, from->share, from->share, recipient))
        rc = err_set(e, ERR_FORMAT, "a key in its header is of low order: it was made to mislead");
    else
        rc = unseal(file_key, from->body, wrap_key);
    mem_wipe(wrap_key, sizeof(wrap_key));
    return rc;
}

static int stretch_scrypt(uint8_t wrap_key[32], const struct age_lock *l, struct str passphrase)
{
    uint8_t salt[sizeof(scrypt_label) - 1 + AGE_SALT_SIZE];

    memcpy(salt, scrypt_label, sizeof(scrypt_label) - 1);
    memcpy(salt + sizeof(scrypt_label) - 1, l->salt, AGE_SALT_SIZE);
    return crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)passphrase.p, passphrase.len,
                                                 salt, sizeof(salt), (uint64_t)1 << l->work, 8, 1,
                                                 wrap_key, 32);
}

static int stretch_argon2id(uint8_t wrap_key[32], const struct age_lock *l, struct str passphrase)
{
    uint8_t stretched[32];
    int rc = crypto_pwhash_argon2id(stretched, sizeof(stretched), passphrase.p, passphrase.len,
                                    l->salt, l->work, (size_t)l->kib << 10,
                                    crypto_pwhash_argon2id_ALG_ARGON2ID13);

    if (rc == 0)
        age_derive(wrap_key, (struct str){(const char *)stretched, sizeof(stretched)},
                   (struct str){(const char *)l->salt, sizeof(l->salt)}, argon2id_label);
    mem_wipe(stretched, sizeof(stretched));
    return rc;
}

static int stretch(uint8_t wrap_key[32], const struct age_lock *l, struct str passphrase,
                   struct err *e)
{
    bool is_scrypt = l->how == AGE_SCRYPT;

    if (!is_scrypt && l->kib < ARGON2ID_KIB_LEAST)
        return err_set(e, ERR_LIMIT,
                       "its passphrase is said to be stretched with %u KiB of memory, and Argon2id "
                       "takes %d at least: no program made it so",
                       (unsigned)l->kib, ARGON2ID_KIB_LEAST);
    if (l->work == 0 || l->work > (is_scrypt ? AGE_SCRYPT_WORK_LIMIT : AGE_ARGON2ID_PASS_LIMIT) ||
        (!is_scrypt && l->kib > AGE_ARGON2ID_KIB_LIMIT))
        return err_set(e, ERR_LIMIT,
                       "its passphrase asks for more work or memory than is allowed for one");
    if ((is_scrypt ? stretch_scrypt : stretch_argon2id)(wrap_key, l, passphrase) != 0)
        return err_set(e, ERR_LIMIT, "there is not enough memory free to try a passphrase");
    return 0;
}

int age_lock(struct age_lock *out, enum age_stretch how, struct str passphrase,
             const uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e)
{
    struct age_lock made = {.how = how,
                            .work = how == AGE_SCRYPT ? AGE_SCRYPT_WORK : AGE_ARGON2ID_PASSES,
                            .kib = how == AGE_SCRYPT ? 0 : AGE_ARGON2ID_KIB};
    uint8_t wrap_key[32];
    int rc;

    random_bytes(made.salt, sizeof(made.salt));
    rc = stretch(wrap_key, &made, passphrase, e);
    if (rc == 0) {
        seal(made.body, file_key, wrap_key);
        *out = made;
    }
    mem_wipe(wrap_key, sizeof(wrap_key));
    return rc;
}

int age_unlock(uint8_t file_key[AGE_FILE_KEY_SIZE], const struct age_lock *from,
               struct str passphrase, struct err *e)
{
    uint8_t wrap_key[32];
    int rc = stretch(wrap_key, from, passphrase, e);

    if (rc == 0)
        rc = unseal(file_key, from->body, wrap_key);
    mem_wipe(wrap_key, sizeof(wrap_key));
    return rc;
}
