/* age_key.c: how keys of age are spelled: Bech32 (BIP 173) without its limit on length. */
#include "sys/age_key.h"
#include <sodium.h>

enum {
    CHECK_SIZE = 6,                         /* characters */
    DATA_SIZE = (8 * AGE_KEY_SIZE + 4) / 5, /* characters of 32 bytes */
};

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
static const char recipient_prefix[] = "age";
static const char identity_prefix[] = "AGE-SECRET-KEY-";

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static uint32_t check_step(uint32_t sum, uint8_t five)
{
    static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                         0x2a1462b3};
    uint32_t top = sum >> 25;

    sum = (sum & 0x1ffffff) << 5 ^ five;
    for (unsigned i = 0; i < COUNT_OF(generator); i++)
        if (top >> i & 1)
            sum ^= generator[i];
    return sum;
}

/* Over the prefix as the standard spreads it, and the values behind it. */
static uint32_t check_sum(const char *prefix, const uint8_t *fives, size_t count)
{
    uint32_t sum = 1;

    for (const char *p = prefix; *p; p++)
        sum = check_step(sum, (uint8_t)(lower(*p) >> 5));
    sum = check_step(sum, 0);
    for (const char *p = prefix; *p; p++)
        sum = check_step(sum, (uint8_t)(lower(*p) & 31));
    for (size_t i = 0; i < count; i++)
        sum = check_step(sum, fives[i]);
    return sum;
}

/* The five bits of each character; letters are all of the case that the prefix has. */
static bool read_fives(uint8_t *fives, struct str text, bool is_upper)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        const char *at;

        if (is_upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z')
            return false;
        at = memchr(alphabet, lower(c), sizeof(alphabet) - 1);
        if (!at)
            return false;
        fives[i] = (uint8_t)(at - alphabet);
    }
    return true;
}

/* What fills the last character is zeros. */
static bool join_fives(uint8_t out[AGE_KEY_SIZE], const uint8_t *fives)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t size = 0;

    for (size_t i = 0; i < DATA_SIZE; i++) {
        bits = bits << 5 | fives[i];
        held += 5;
        if (held < 8)
            continue;
        held -= 8;
        out[size++] = (uint8_t)(bits >> held);
        bits &= (1U << held) - 1;
    }
    return bits == 0;
}

static bool read_key(uint8_t out[AGE_KEY_SIZE], struct str text, const char *prefix, bool is_upper)
{
    uint8_t fives[DATA_SIZE + CHECK_SIZE];
    uint8_t key[AGE_KEY_SIZE];
    bool is_key = str_take(&text, prefix) && str_take(&text, "1") && text.len == sizeof(fives) &&
                  read_fives(fives, text, is_upper) &&
                  check_sum(prefix, fives, sizeof(fives)) == 1 && join_fives(key, fives);

    if (is_key)
        memcpy(out, key, sizeof(key));
    sodium_memzero(fives, sizeof(fives));
    sodium_memzero(key, sizeof(key));
    return is_key;
}

bool age_recipient_read(uint8_t out[AGE_KEY_SIZE], struct str text)
{
    return read_key(out, text, recipient_prefix, false);
}

bool age_identity_read(uint8_t out[AGE_KEY_SIZE], struct str text)
{
    return read_key(out, text, identity_prefix, true);
}

void age_recipient_add(struct buf *out, const uint8_t key[AGE_KEY_SIZE])
{
    uint8_t fives[DATA_SIZE + CHECK_SIZE] = {0};
    uint32_t check;

    for (size_t i = 0; i < DATA_SIZE; i++)
        for (size_t bit = 5 * i; bit < 5 * i + 5; bit++) {
            unsigned value =
                bit < 8 * AGE_KEY_SIZE ? (unsigned)key[bit / 8] >> (7 - bit % 8) & 1U : 0U;

            fives[i] = (uint8_t)((unsigned)fives[i] << 1 | value);
        }
    check = check_sum(recipient_prefix, fives, sizeof(fives)) ^ 1;
    for (size_t i = 0; i < CHECK_SIZE; i++)
        fives[DATA_SIZE + i] = check >> 5 * (CHECK_SIZE - 1 - i) & 31;
    buf_adds(out, recipient_prefix);
    buf_addc(out, '1');
    for (size_t i = 0; i < sizeof(fives); i++)
        buf_addc(out, alphabet[fives[i]]);
}

int age_recipient_of(uint8_t out[AGE_KEY_SIZE], const struct key *key, struct err *e)
{
    uint8_t curve[AGE_KEY_SIZE];

    if (crypto_core_ed25519_is_valid_point(key->b) != 1 ||
        crypto_sign_ed25519_pk_to_curve25519(curve, key->b) != 0)
        return err_set(e, ERR_USAGE, "the public key is unsound; nothing can be sealed to it");
    memcpy(out, curve, sizeof(curve));
    return 0;
}
