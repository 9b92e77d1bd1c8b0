/* Strict Ed25519 (doc/format/journal.md §4): vectors of RFC 8032, and signatures built so that lax
 * verifiers take them. */
#include "test_journal_make.h"
#include "journal/ed25519.h"

static void from_hex(void *out, size_t size, const char *text)
{
    assert_true(hex_read(out, size, str_of(text)));
}

static void the_vectors_of_rfc_8032_hold(void **state)
{
    /* RFC 8032 §7.1, TEST 1 to 3 */
    static const struct {
        const char *key;
        const char *message;
        size_t size;
        const char *sig;
    } vectors[] = {
        {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", 0,
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72", 1,
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82", 2,
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct str message = {vectors[i].message, vectors[i].size};
        struct key key;
        struct sig sig;

        from_hex(&key, 32, vectors[i].key);
        from_hex(&sig, 64, vectors[i].sig);
        assert_true(ed25519_key_is_sound(&key));
        assert_true(ed25519_holds(&sig, message, &key));
        assert_false(ed25519_holds(&sig, STR("other"), &key));
        for (size_t bit = 0; bit < 512; bit++) {
            sig.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(ed25519_holds(&sig, message, &key));
            sig.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t bit = 0; bit < 256; bit++) {
            key.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(ed25519_holds(&sig, message, &key));
            key.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/* L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032 §5.1), least byte first. */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

static bool add_order(uint8_t scalar[32])
{
    unsigned carry = 0;

    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)scalar[i] + order[i];
        scalar[i] = (uint8_t)carry;
        carry >>= 8;
    }
    return carry == 0;
}

static void s_must_be_below_the_order(void **state)
{
    struct pair by = pair_of(3);
    struct sig good = pair_sign(&by, STR("message"));
    struct sig sig = good;
    unsigned count = 0;

    (void)state;
    assert_true(ed25519_holds(&good, STR("message"), &by.key));
    while (add_order(sig.b + 32)) { /* S + L, S + 2 L … as far as 256 bits reach */
        assert_false(ed25519_holds(&sig, STR("message"), &by.key));
        count++;
    }
    assert_in_range(count, 14, 15);
    memcpy(sig.b + 32, order, 32);
    assert_false(ed25519_holds(&sig, STR("message"), &by.key));
}

/* The eight points of small order; the test below checks that they are. */
static const char *const small_points[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};

/* Other encodings of them: y + p (p = 2^255 − 19), and the sign bit where x is 0. */
static const char *const uncanonical_small_points[] = {
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void multiply_small(uint8_t out[32], const uint8_t point[32], unsigned times)
{
    from_hex(out, 32, small_points[0]);
    while (times--)
        assert_int_equal(crypto_core_ed25519_add(out, out, point), 0);
}

static void the_eight_points_are_of_small_order_and_distinct(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(small_points); i++) {
        uint8_t point[32];
        uint8_t product[32];
        uint8_t neutral[32] = {1};

        from_hex(point, 32, small_points[i]);
        multiply_small(product, point, 8);
        assert_memory_equal(product, neutral, 32);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(small_points[i], small_points[k]);
    }
}

static void keys_of_small_order_are_not_sound_in_any_encoding(void **state)
{
    struct key key;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(small_points); i++) {
        from_hex(&key, 32, small_points[i]);
        assert_false(ed25519_key_is_sound(&key));
    }
    for (size_t i = 0; i < COUNT_OF(uncanonical_small_points); i++) {
        from_hex(&key, 32, uncanonical_small_points[i]);
        assert_false(ed25519_key_is_sound(&key));
    }
}

static void keys_that_are_no_point_or_not_canonical_are_not_sound(void **state)
{
    struct key key;
    unsigned points = 0;

    (void)state;
    for (unsigned y = 2; y < 19; y++) {
        struct key uncanonical;

        memset(&key, 0, sizeof(key));
        key.b[0] = (uint8_t)y;
        memset(&uncanonical, 0xff, sizeof(uncanonical));
        uncanonical.b[0] = (uint8_t)(0xed + y); /* y + p */
        uncanonical.b[31] = 0x7f;
        points += ed25519_key_is_sound(&key);
        assert_false(ed25519_key_is_sound(&uncanonical));
        uncanonical.b[31] = 0xff;
        assert_false(ed25519_key_is_sound(&uncanonical));
    }
    /* about every second y has an x on the curve; Python: the y from 2 to 18 for which
     * (y² − 1) / (d y² + 1) is a square mod p are 3, 4, 5, 6, 9, 10, 14, 15, 16, 18 */
    assert_int_equal(points, 10);
    memset(&key, 0xff, sizeof(key));
    key.b[31] = 0x7f;
    key.b[0] = 0xeb; /* p − 2, no more on the curve than 2 */
    assert_false(ed25519_key_is_sound(&key));
    key.b[0] = 0xed; /* below p because of the next byte; on the curve, by the same Python */
    key.b[1] = 0xfe;
    assert_true(ed25519_key_is_sound(&key));
    key.b[1] = 0xff;
    key.b[30] = 0xfb;
    assert_true(ed25519_key_is_sound(&key));
}

/* A signature with whatever torsion in key and R: A = aB + T1, R = rB + T2, S = r + k a. */
struct forged {
    struct key key;
    struct sig sig;
    uint8_t k[32];
};

static void point_with(uint8_t out[32], const uint8_t scalar[32], const uint8_t torsion[32])
{
    uint8_t neutral[32] = {1};

    memcpy(out, neutral, 32);
    if (!sodium_is_zero(scalar, 32))
        assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(out, scalar), 0);
    assert_int_equal(crypto_core_ed25519_add(out, out, torsion), 0);
}

static void finish(struct forged *f, const uint8_t a[32], const uint8_t r[32], struct str message)
{
    crypto_hash_sha512_state h;
    uint8_t digest[64];
    uint8_t product[32];

    crypto_hash_sha512_init(&h);
    crypto_hash_sha512_update(&h, f->sig.b, 32);
    crypto_hash_sha512_update(&h, f->key.b, 32);
    crypto_hash_sha512_update(&h, (const uint8_t *)message.p, message.len);
    crypto_hash_sha512_final(&h, digest);
    crypto_core_ed25519_scalar_reduce(f->k, digest);
    crypto_core_ed25519_scalar_mul(product, f->k, a);
    crypto_core_ed25519_scalar_add(f->sig.b + 32, product, r);
}

static void some_scalar(uint8_t out[32], uint8_t number)
{
    uint8_t wide[64] = {number, 7, 1, 9};

    for (size_t i = 4; i < 64; i++)
        wide[i] = (uint8_t)(wide[i - 1] * 5 + wide[i - 4] + 3);
    crypto_core_ed25519_scalar_reduce(out, wide);
}

/* Whether T2 + k T1 is the neutral point: then the equation without cofactor holds. */
static bool torsion_cancels(const struct forged *f, const uint8_t t1[32], const uint8_t t2[32])
{
    uint8_t neutral[32] = {1};
    uint8_t sum[32];

    multiply_small(sum, t1, f->k[0] & 7);
    assert_int_equal(crypto_core_ed25519_add(sum, sum, t2), 0);
    return memcmp(sum, neutral, 32) == 0;
}

static void the_equation_is_the_one_without_cofactor(void **state)
{
    uint8_t a[32], r[32];
    unsigned holding = 0;
    unsigned failing = 0;

    (void)state;
    some_scalar(a, 1);
    some_scalar(r, 2);
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 8; j++)
            for (char c = 'a'; c <= 'h'; c++) {
                struct forged f;
                uint8_t t1[32], t2[32];
                bool want;

                from_hex(t1, 32, small_points[i]);
                from_hex(t2, 32, small_points[j]);
                point_with(f.key.b, a, t1);
                point_with(f.sig.b, r, t2);
                finish(&f, a, r, (struct str){&c, 1});
                want = torsion_cancels(&f, t1, t2);
                assert_true(ed25519_key_is_sound(&f.key));
                assert_true(ed25519_holds(&f.sig, (struct str){&c, 1}, &f.key) == want);
                holding += want;
                failing += !want;
            }
    assert_true(holding > 20 && failing > 200);
}

/* With A of small order and k ≡ 0 mod 8, R = S B satisfies the equation for any message. */
static void a_key_of_small_order_signs_nothing(void **state)
{
    const uint8_t zero[32] = {0};
    uint8_t r[32];

    (void)state;
    some_scalar(r, 4);
    for (size_t i = 0; i < COUNT_OF(small_points) + COUNT_OF(uncanonical_small_points); i++) {
        bool canonical = i < COUNT_OF(small_points);
        struct forged f;
        uint16_t number = 0;

        from_hex(&f.key, 32,
                 canonical ? small_points[i]
                           : uncanonical_small_points[i - COUNT_OF(small_points)]);
        assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(f.sig.b, r), 0);
        do {
            number++;
            finish(&f, zero, r, (struct str){(const char *)&number, 2});
        } while (f.k[0] & 7);
        assert_false(ed25519_holds(&f.sig, (struct str){(const char *)&number, 2}, &f.key));
    }
}

/* R neutral and S = k a satisfies the equation; so does it with the cofactor for each other R. */
static void r_of_small_order_is_refused(void **state)
{
    const uint8_t zero[32] = {0};
    uint8_t a[32];

    (void)state;
    some_scalar(a, 5);
    for (size_t i = 0; i < COUNT_OF(small_points) + COUNT_OF(uncanonical_small_points); i++) {
        bool canonical = i < COUNT_OF(small_points);
        struct forged f;

        assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(f.key.b, a), 0);
        from_hex(f.sig.b, 32,
                 canonical ? small_points[i]
                           : uncanonical_small_points[i - COUNT_OF(small_points)]);
        finish(&f, a, zero, STR("message"));
        assert_false(ed25519_holds(&f.sig, STR("message"), &f.key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_8032_hold),
        cmocka_unit_test(s_must_be_below_the_order),
        cmocka_unit_test(the_eight_points_are_of_small_order_and_distinct),
        cmocka_unit_test(keys_of_small_order_are_not_sound_in_any_encoding),
        cmocka_unit_test(keys_that_are_no_point_or_not_canonical_are_not_sound),
        cmocka_unit_test(the_equation_is_the_one_without_cofactor),
        cmocka_unit_test(a_key_of_small_order_signs_nothing),
        cmocka_unit_test(r_of_small_order_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
