/* sign.h: Ed25519 as section 4 of the format wants it: strict, the same for every checker. */
#pragma once
#include "verify/token.h"

/* True where sig is key's over message. Refuses: S >= L; a key or R that is not encoded canonically
 * or is one of the eight points of small order; and whatever fails the equation without cofactor,
 * [S]B = R + [k]A, with k reduced modulo L. Safe from every thread after sodium_init(). */
bool sign_verify(const uint8_t key[KEY_LEN], const uint8_t sig[SIG_LEN], struct slice message);

/* True where the 32 bytes encode a point's y < 2^255 - 19 that no point of small order has. */
bool sign_point_is_allowed(const uint8_t point[KEY_LEN]);
/* True where the number, least byte first, is below the group's order. */
bool sign_scalar_is_reduced(const uint8_t scalar[32]);
