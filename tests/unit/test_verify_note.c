/* test_verify_note.c: a checkpoint is a signed note as C2SP spells it, and its signatures hold only
 * for the key, the name and the text that they were made with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "verify/note.h"

#define CASE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" /* 32 zero bytes */
#define TEXT "cj/1/" CASE "\n7\n" ROOT "\n"
#define DASH "\xe2\x80\x94"
#define LINE DASH " w AAAAAAA=\n" /* five bytes, one more than a key hash */

static int parse(const char *text, size_t len, struct note *out)
{
    char *copy = malloc(len + 1); /* of its own, so that a read behind the end is seen */
    int result = 0;

    assert_non_null(copy);
    memcpy(copy, text, len);
    result = note_parse((struct slice){copy, len}, out);
    free(copy);
    return result;
}

static void a_note_has_one_spelling(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {TEXT "\n" LINE, true},
        {TEXT "\n" LINE LINE, true},
        {TEXT "\n" DASH " \xc3\xa4.example/1 AAAAAAA=\n", true},
        {"cj/2/" CASE "\n7\n" ROOT "\n\n" LINE, false},
        {"cj/1/" CASE "0\n7\n" ROOT "\n\n" LINE, false},
        {"cj/1/0123\n7\n" ROOT "\n\n" LINE, false},
        {"cj/1/" CASE "\n07\n" ROOT "\n\n" LINE, false},
        {"cj/1/" CASE "\n7 \n" ROOT "\n\n" LINE, false},
        {"cj/1/" CASE "\n\n" ROOT "\n\n" LINE, false},
        {"cj/1/" CASE "\n7\nAAAA\n\n" LINE, false},
        {"cj/1/" CASE "\n7\nAAAA" ROOT "\n\n" LINE, false},
        {"cj/1/" CASE "\n7\nAAA\n\n" LINE, false},
        {TEXT, false},
        {TEXT "\n", false},
        {TEXT "more\n\n" LINE, false},
        {TEXT LINE, false},
        {TEXT "\n" LINE "\n", false},
        {TEXT "\n- w AAAAAAA=\n", false},
        {TEXT "\n" DASH "w AAAAAAA=\n", false},
        {TEXT "\n" DASH " w\n", false},
        {TEXT "\n" DASH "  AAAAAAA=\n", false},
        {TEXT "\n" DASH " w  AAAAAAA=\n", false},
        {TEXT "\n" DASH " w+ AAAAAAA=\n", false},
        {TEXT "\n" DASH " w\t AAAAAAA=\n", false},
        {TEXT "\n" DASH " w\xff AAAAAAA=\n", false},
        {TEXT "\n" DASH " w AAAAAAA\n", false},
        {TEXT "\n" DASH " w AAAAAA==\n", false}, /* four bytes: a key hash, and no signature */
        {TEXT "\n" DASH " w \n", false},
    };
    struct note note;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(parse(cases[i].text, strlen(cases[i].text), &note) == 0, cases[i].good);
}

/* Of code points with White_Space=yes (Unicode 15, PropList.txt), C2SP allows none in a name. */
static void no_white_space_of_unicode_is_in_a_name(void **state)
{
    static const char *const spaces[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80",
        "\xe2\x80\x85", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
        "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };
    static const char *const others[] = {"\xc2\x84",     "\xe1\x9a\x81", "\xe1\xbf\xbf",
                                         "\xe2\x80\x8b", "\xe2\x80\xaa", "\xe2\x81\xa0",
                                         "\xe3\x80\x81"};
    struct note note;
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        int len = sprintf(text, TEXT "\n" DASH " w%sx AAAAAAA=\n", spaces[i]);

        assert_int_equal(parse(text, (size_t)len, &note), -1);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        int len = sprintf(text, TEXT "\n" DASH " w%sx AAAAAAA=\n", others[i]);

        assert_int_equal(parse(text, (size_t)len, &note), 0);
    }
}

static void a_note_cut_anywhere_but_behind_a_signature_is_refused(void **state)
{
    static const char text[] = TEXT "\n" LINE LINE;
    struct note note;

    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_int_equal(parse(text, n, &note) == 0, n == sizeof text - sizeof LINE);
    assert_int_equal(note_parse((struct slice){text, sizeof text - 1}, &note), 0);
    assert_int_equal(note.size, 7);
    assert_int_equal(note.name[1], 0x23);
    assert_int_equal(note.text.len, sizeof TEXT - 1);
    assert_int_equal(note.signatures.len, 2 * (sizeof LINE - 1));
}

/* A key, and what it signs. */
struct signer {
    uint8_t key[KEY_LEN];
    uint8_t secret[64];
};

static void signer_init(struct signer *s, uint8_t seed)
{
    uint8_t seeds[32] = {seed};

    assert_int_equal(crypto_sign_seed_keypair(s->key, s->secret, seeds), 0);
}

/* The base64 of four bytes of key hash, eight of time where `kind` is 4, and 64 of signature. */
static struct slice sign(const struct signer *s, uint8_t kind, const char *name, uint64_t seconds,
                         const char *signed_text, char out[128])
{
    uint8_t hashed[128];
    uint8_t bytes[4 + 8 + SIG_LEN];
    uint8_t hash[32];
    char message[512];
    size_t len = strlen(name);
    size_t used = 4;

    memcpy(hashed, name, len);
    hashed[len++] = '\n';
    hashed[len++] = kind;
    memcpy(hashed + len, s->key, KEY_LEN);
    crypto_hash_sha256(hash, hashed, len + KEY_LEN);
    memcpy(bytes, hash, 4);
    for (unsigned shift = 64; kind == 4 && shift > 0; shift -= 8)
        bytes[used++] = (uint8_t)(seconds >> (shift - 8));
    if (kind == 4)
        sprintf(message, "cosignature/v1\ntime %llu\n%s", (unsigned long long)seconds, signed_text);
    else
        sprintf(message, "%s", signed_text);
    crypto_sign_detached(bytes + used, NULL, (const uint8_t *)message, strlen(message), s->secret);
    sodium_bin2base64(out, 128, bytes, used + SIG_LEN, sodium_base64_VARIANT_ORIGINAL);
    return (struct slice){out, strlen(out)};
}

static bool is_signed(const struct signer *s, const char *name, struct slice base64,
                      const char *text, uint64_t *seconds)
{
    struct hasher *h = hasher_new();
    bool result = note_is_signed_by(h, s->key, (struct slice){name, strlen(name)}, base64,
                                    (struct slice){text, strlen(text)}, seconds);

    hasher_free(h);
    return result;
}

static void a_signature_holds_for_its_key_name_and_text_alone(void **state)
{
    struct signer one;
    struct signer other;
    char text[128];
    uint64_t seconds = 0;

    (void)state;
    signer_init(&one, 1);
    signer_init(&other, 2);
    for (uint8_t kind = 1; kind <= 4; kind = (uint8_t)(kind + 3)) {
        struct slice base64 = sign(&one, kind, "w", 1715000000, TEXT, text);

        assert_true(is_signed(&one, "w", base64, TEXT, &seconds));
        assert_true(seconds == (kind == 4 ? 1715000000 : 0));
        assert_false(is_signed(&other, "w", base64, TEXT, &seconds));
        assert_false(is_signed(&one, "v", base64, TEXT, &seconds));
        assert_false(is_signed(&one, "w", base64, TEXT "x", &seconds));
        text[20] = text[20] == 'A' ? 'B' : 'A';
        assert_false(is_signed(&one, "w", base64, TEXT, &seconds));
    }
    assert_false(is_signed(&one, "w", sign(&one, 2, "w", 0, TEXT, text), TEXT, &seconds));
}

static void what_has_another_length_is_no_signature(void **state)
{
    struct signer one;
    char text[128];
    uint64_t seconds = 0;

    (void)state;
    signer_init(&one, 1);
    for (uint8_t kind = 1; kind <= 4; kind = (uint8_t)(kind + 3)) {
        struct slice base64 = sign(&one, kind, "w", 0, TEXT, text);

        for (size_t len = 0; len < base64.len; len++)
            assert_false(is_signed(&one, "w", (struct slice){base64.p, len}, TEXT, &seconds));
    }
}

/* C2SP tlog-cosignature: a time is below 2^63. Our checkpoints are below 256 bytes. */
static void a_cosignature_has_limits(void **state)
{
    struct signer one;
    char text[128];
    char longer[258] = "";
    uint64_t seconds = 0;

    (void)state;
    signer_init(&one, 1);
    assert_true(is_signed(&one, "w", sign(&one, 4, "w", INT64_MAX, TEXT, text), TEXT, &seconds));
    assert_true(seconds == INT64_MAX);
    assert_false(is_signed(&one, "w", sign(&one, 4, "w", (uint64_t)INT64_MAX + 1, TEXT, text), TEXT,
                           &seconds));
    memset(longer, 'x', 256);
    assert_true(is_signed(&one, "w", sign(&one, 4, "w", 1, longer, text), longer, &seconds));
    longer[256] = 'x';
    assert_false(is_signed(&one, "w", sign(&one, 4, "w", 1, longer, text), longer, &seconds));
}

static void one_signature_that_holds_among_others_is_enough(void **state)
{
    struct hasher *h = hasher_new();
    struct signer one;
    struct signer other;
    struct note note;
    char first[128];
    char second[128];
    char text[1024];
    uint64_t seconds = 0;

    (void)state;
    signer_init(&one, 1);
    signer_init(&other, 2);
    (void)sign(&other, 4, "other", 5, TEXT, first);
    (void)sign(&one, 4, "w", 6, TEXT, second);
    int len = sprintf(text, TEXT "\n" LINE DASH " other %s\n" DASH " w %s\n", first, second);
    assert_int_equal(note_parse((struct slice){text, (size_t)len}, &note), 0);
    assert_true(note_has_signature(h, one.key, &note, &seconds));
    assert_true(seconds == 6);
    assert_true(note_has_signature(h, other.key, &note, &seconds));
    assert_true(seconds == 5);
    signer_init(&one, 3);
    assert_false(note_has_signature(h, one.key, &note, &seconds));
    text[strlen(TEXT) + 1] = '-'; /* the file changes while it is read: that line is none */
    assert_true(note_has_signature(h, other.key, &note, &seconds));
    hasher_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_has_one_spelling),
        cmocka_unit_test(no_white_space_of_unicode_is_in_a_name),
        cmocka_unit_test(a_note_cut_anywhere_but_behind_a_signature_is_refused),
        cmocka_unit_test(a_signature_holds_for_its_key_name_and_text_alone),
        cmocka_unit_test(what_has_another_length_is_no_signature),
        cmocka_unit_test(a_cosignature_has_limits),
        cmocka_unit_test(one_signature_that_holds_among_others_is_enough),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
