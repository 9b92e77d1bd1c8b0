/* test_verify_sign.c: strict Ed25519, with vectors of RFC 8032 and hostile ones built from their
 * equations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "verify/hash.h"
#include "verify/sign.h"

/* RFC 8032, section 7.1. */
static const struct {
    const char *key, *message, *sig;
} rfc[] = {
    {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
};

/* L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1), least byte first. */
static const char order_hex[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

static void from_hex(uint8_t *out, size_t len, const char *hex)
{
    size_t got = 0;

    assert_int_equal(sodium_hex2bin(out, len, hex, strlen(hex), NULL, &got, NULL), 0);
    assert_int_equal(got, strlen(hex) / 2);
}

static void vectors_of_rfc_8032_are_accepted_and_any_change_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc / sizeof rfc[0]; i++) {
        uint8_t key[32], sig[64], message[2];

        from_hex(key, 32, rfc[i].key);
        from_hex(sig, 64, rfc[i].sig);
        from_hex(message, 2, rfc[i].message);
        const struct slice text = bytes_of(message, strlen(rfc[i].message) / 2);
        assert_true(sign_verify(key, sig, text));
        for (size_t bit = 0; bit < 512; bit++) {
            sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(sign_verify(key, sig, text));
            sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        assert_false(sign_verify(key, sig, bytes_of("x", 1)));
    }
}

/* a + b, least byte first. */
static void add_numbers(uint8_t a[32], const uint8_t b[32])
{
    unsigned carry = 0;

    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)a[i] + b[i];
        a[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void s_plus_a_multiple_of_l_is_refused(void **state)
{
    uint8_t key[32], sig[64], order[32];

    (void)state;
    from_hex(order, 32, order_hex);
    from_hex(key, 32, rfc[0].key);
    from_hex(sig, 64, rfc[0].sig);
    for (size_t i = 0; i < 14; i++) { /* S + 14 L is below 2^256 */
        add_numbers(sig + 32, order);
        assert_false(sign_verify(key, sig, bytes_of("", 0)));
        assert_false(sign_scalar_is_reduced(sig + 32));
    }
    assert_false(sign_scalar_is_reduced(order));
    order[0]--;
    assert_true(sign_scalar_is_reduced(order));
}

/* Encodings of small order: the eight points, and the spellings of them that RFC 8032 forbids: y +
 * p, and the sign bit with x = 0. p = 2^255 - 19 ends in ...ed. */
static const char *const small[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void keys_and_rs_of_small_order_are_refused(void **state)
{
    uint8_t key[32], sig[64] = {0};

    (void)state;
    for (size_t a = 0; a < sizeof small / sizeof small[0]; a++) {
        from_hex(key, 32, small[a]);
        assert_false(sign_point_is_allowed(key));
        for (size_t r = 0; r < sizeof small / sizeof small[0]; r++) {
            from_hex(sig, 32, small[r]); /* S = 0: for some messages 0 = R + kA */
            for (char m = 0; m < 16; m++)
                assert_false(sign_verify(key, sig, bytes_of(&m, 1)));
        }
    }
}

/* With the neutral point as key, R = [S]B signs every message. */
static void the_neutral_key_signs_nothing_however_it_is_spelled(void **state)
{
    static const size_t neutral[] = {0, 1, 12, 13};
    uint8_t key[32], sig[64];

    (void)state;
    crypto_core_ed25519_scalar_random(sig + 32);
    assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(sig, sig + 32), 0);
    for (size_t i = 0; i < sizeof neutral / sizeof neutral[0]; i++) {
        from_hex(key, 32, small[neutral[i]]);
        assert_false(sign_verify(key, sig, bytes_of("any", 3)));
    }
}

static void encodings_of_y_from_p_on_are_refused(void **state)
{
    uint8_t point[32];

    (void)state;
    for (unsigned sign = 0; sign < 2; sign++) {
        memset(point, 0xff, 32);
        point[31] = sign ? 0xff : 0x7f;
        for (unsigned low = 0xed; low <= 0xff; low++) {
            point[0] = (uint8_t)low;
            assert_false(sign_point_is_allowed(point));
        }
        point[0] = 0xeb; /* p - 2 */
        assert_true(sign_point_is_allowed(point));
    }
}

/* Signs with a key A + T and an R + U, where T and U have the given orders' points or are neutral.
 * Returns k reduced modulo L in k. */
static void sign_mixed(const uint8_t key[32], const uint8_t torsion_r[32], const uint8_t a[32],
                       struct slice message, uint8_t sig[64], uint8_t k[32], uint8_t hash[64])
{
    crypto_hash_sha512_state h;
    uint8_t r[32], ka[32];

    crypto_core_ed25519_scalar_random(r);
    assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(sig, r), 0);
    if (torsion_r != NULL)
        assert_int_equal(crypto_core_ed25519_add(sig, sig, torsion_r), 0);
    crypto_hash_sha512_init(&h);
    crypto_hash_sha512_update(&h, sig, 32);
    crypto_hash_sha512_update(&h, key, 32);
    crypto_hash_sha512_update(&h, (const uint8_t *)message.p, message.len);
    crypto_hash_sha512_final(&h, hash);
    crypto_core_ed25519_scalar_reduce(k, hash);
    crypto_core_ed25519_scalar_mul(ka, k, a);
    crypto_core_ed25519_scalar_add(sig + 32, r, ka);
}

/* [S]B = R + [k](A + T) holds just where [k]T is neutral: with T of order 8, where 8 divides k mod
 * L. The unreduced k often says otherwise; it must not count. */
static void the_equation_has_no_cofactor_and_k_is_reduced(void **state)
{
    uint8_t a[32], key[32], torsion[32], sig[64], k[32], hash[64];
    unsigned accepted = 0;
    unsigned where_unreduced_differs = 0;

    (void)state;
    from_hex(torsion, 32, small[6]);
    crypto_core_ed25519_scalar_random(a);
    assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(key, a), 0);
    assert_int_equal(crypto_core_ed25519_add(key, key, torsion), 0);
    for (unsigned i = 0; i < 400; i++) {
        const struct slice message = bytes_of(&i, sizeof i);

        sign_mixed(key, NULL, a, message, sig, k, hash);
        assert_int_equal(sign_verify(key, sig, message), (k[0] & 7) == 0);
        accepted += (k[0] & 7) == 0;
        where_unreduced_differs += (k[0] & 7) == 0 && (hash[0] & 7) != 0;
    }
    assert_true(accepted > 10);
    assert_true(where_unreduced_differs > 5);
}

static void an_r_with_torsion_is_refused(void **state)
{
    uint8_t a[32], key[32], torsion[32], sig[64], k[32], hash[64];

    (void)state;
    crypto_core_ed25519_scalar_random(a);
    assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(key, a), 0);
    for (size_t i = 2; i < 10; i++) {
        if (i == 3 ||
            i == 5) /* spelled with a sign that x = 0 does not have, or the same as before */
            continue;
        from_hex(torsion, 32, small[i]);
        for (unsigned n = 0; n < 32; n++) {
            sign_mixed(key, torsion, a, bytes_of(&n, sizeof n), sig, k, hash);
            assert_false(sign_verify(key, sig, bytes_of(&n, sizeof n)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_rfc_8032_are_accepted_and_any_change_is_not),
        cmocka_unit_test(s_plus_a_multiple_of_l_is_refused),
        cmocka_unit_test(keys_and_rs_of_small_order_are_refused),
        cmocka_unit_test(the_neutral_key_signs_nothing_however_it_is_spelled),
        cmocka_unit_test(encodings_of_y_from_p_on_are_refused),
        cmocka_unit_test(the_equation_has_no_cofactor_and_k_is_reduced),
        cmocka_unit_test(an_r_with_torsion_is_refused),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
