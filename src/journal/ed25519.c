/* ed25519.c: strict Ed25519 on top of libsodium. */
#include "journal/ed25519.h"
#include <sodium.h>

/* y < 2^255 − 19, where the top bit is the sign of x (RFC 8032 §5.1.3). */
static bool is_below_prime(const struct key *key)
{
    if ((key->b[31] & 0x7f) != 0x7f || key->b[0] < 0xed)
        return true;
    for (size_t i = 1; i < 31; i++)
        if (key->b[i] != 0xff)
            return true;
    return false;
}

/* A point of small order is one whose eightfold is the neutral point. An encoding with x = 0 and
 * the sign bit set is one of them, so it needs no check of its own. */
bool ed25519_key_is_sound(const struct key *key)
{
    static const uint8_t neutral[32] = {1};
    uint8_t sum[32];

    if (!is_below_prime(key))
        return false;
    memcpy(sum, key->b, sizeof(sum));
    for (unsigned i = 0; i < 3; i++)
        if (crypto_core_ed25519_add(sum, sum, sum) != 0) /* fails for what is not on the curve */
            return false;
    return memcmp(sum, neutral, sizeof(sum)) != 0;
}

/* libsodium 1.0.18 refuses S >= L, keys that are not canonical, keys and R of small order, and
 * compares R byte by byte with the one it computes without cofactor, so that an R that is not
 * canonical is refused too. The unit test holds it to that. */
bool ed25519_holds(const struct sig *sig, struct str message, const struct key *key)
{
    return crypto_sign_verify_detached(sig->b, (const unsigned char *)message.p, message.len,
                                       key->b) == 0;
}
