/* test_evidence_age.c: keys and files of age are spelled, wrapped and opened as its standard says,
 * and as other programs' files show. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <sodium.h>
#include <stdlib.h>
#include <zlib.h>
#include "base/mem.h"
#include "evidence/age_head.h"
#include "evidence/age_stream.h"
#include "sys/file.h"

enum { VECTOR_SIZE_LIMIT = 16 << 20, FIELD_LIMIT = 8 };

/* The example of C2SP age.md, "The X25519 recipient type": its identity is 32 times 0x42. */
static const char example_identity[] =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
static const char example_recipient[] =
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

static void keys_are_spelled_as_the_standard_shows(void **state)
{
    uint8_t secret[AGE_KEY_SIZE];
    uint8_t wanted[AGE_KEY_SIZE];
    uint8_t public[AGE_KEY_SIZE];
    CLEANUP_BUF struct buf text = {0};

    (void)state;
    memset(wanted, 0x42, sizeof(wanted));
    assert_true(age_identity_read(secret, str_of(example_identity)));
    assert_memory_equal(secret, wanted, sizeof(wanted));
    crypto_scalarmult_base(public, secret);
    age_recipient_add(&text, public);
    assert_string_equal(buf_text(&text), example_recipient);
    assert_true(age_recipient_read(wanted, str_of(example_recipient)));
    assert_memory_equal(public, wanted, sizeof(wanted));
}

/* The check of Bech32 finds every single wrong character (BIP 173). */
static void every_mistyped_character_of_a_key_is_found(void **state)
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    uint8_t key[AGE_KEY_SIZE];

    (void)state;
    for (size_t i = strlen("age1"); i < sizeof(example_recipient) - 1; i++)
        for (const char *c = alphabet; *c; c++) {
            char text[sizeof(example_recipient)];

            memcpy(text, example_recipient, sizeof(text));
            if (text[i] == *c)
                continue;
            text[i] = *c;
            assert_false(age_recipient_read(key, str_of(text)));
        }
}

static void what_is_no_key_is_refused(void **state)
{
    static const char *const others[] = {
        "",
        "age1",
        "age",
        "ana",
        "AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ",
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujw",
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwjj",
        "age1Zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
        "age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg87",
    };
    uint8_t key[AGE_KEY_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_false(age_recipient_read(key, str_of(others[i])));
        assert_false(age_identity_read(key, str_of(others[i])));
    }
    assert_false(age_identity_read(key, str_of(example_recipient)));
}

/* RFC 5869, appendix A, cases 1 and 3; the first 32 bytes. */
static void keys_are_derived_as_the_standard_shows(void **state)
{
    static const char salt[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const char info[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
    static const struct {
        struct str salt;
        const char *info;
        const char *wanted;
    } cases[] = {
        {{salt, sizeof(salt)},
         info,
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"},
        {{"", 0}, "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"},
    };
    char secret[22];

    (void)state;
    memset(secret, 0x0b, sizeof(secret));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t out[32];
        char hex[2 * sizeof(out) + 1] = {0};

        age_derive(out, (struct str){secret, sizeof(secret)}, cases[i].salt, cases[i].info);
        hex_write(hex, out, sizeof(out));
        assert_string_equal(hex, cases[i].wanted);
    }
}

static void a_passphrase_opens_what_it_locked_and_nothing_else_does(void **state)
{
    static const uint8_t file_key[AGE_FILE_KEY_SIZE] = "sixteen bytes...";
    uint8_t got[AGE_FILE_KEY_SIZE] = {0};
    struct age_lock lock;
    struct age_lock greedy;
    struct err e = {0};

    (void)state;
    assert_int_equal(age_lock(&lock, AGE_ARGON2ID, STR("correct horse"), file_key, &e), 0);
    assert_int_equal(age_unlock(got, &lock, STR("correct horsf"), &e), 0);
    assert_int_equal(age_unlock(got, &lock, STR("correct horse"), &e), 1);
    assert_memory_equal(got, file_key, sizeof(got));
    greedy = lock;
    greedy.kib = AGE_ARGON2ID_KIB_LIMIT + 1;
    assert_int_equal(age_unlock(got, &greedy, STR("correct horse"), &e), ERR_LIMIT);
    greedy.kib = 7; /* RFC 9106 section 3.1: at least 8 for each lane */
    assert_int_equal(age_unlock(got, &greedy, STR("correct horse"), &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "7 KiB of memory, and Argon2id takes 8 at least"));
    greedy = lock;
    greedy.work = AGE_ARGON2ID_PASS_LIMIT + 1;
    assert_int_equal(age_unlock(got, &greedy, STR("correct horse"), &e), ERR_LIMIT);
}

/* One file of the test kit of age (C2SP CCTV, age/README.md): lines of a name and a value, an empty
 * line, a file of age. */
struct vector {
    struct str expect;
    struct str payload; /* SHA-256 of what may be handed out, hex */
    struct str identities[FIELD_LIMIT];
    struct str passphrases[FIELD_LIMIT];
    size_t identity_count;
    size_t passphrase_count;
    bool is_armored;
    bool is_other; /* of keys that are not supported */
    struct buf age;
};

static void unpack(struct str packed, struct buf *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.p, .avail_in = (uInt)packed.len};

    assert_int_equal(inflateInit(&z), Z_OK);
    for (int rc = Z_OK; rc != Z_STREAM_END;) {
        enum { STEP = 65536 };

        z.next_out = (Bytef *)buf_room(out, STEP);
        z.avail_out = STEP;
        rc = inflate(&z, Z_NO_FLUSH);
        assert_true(rc == Z_OK || rc == Z_STREAM_END);
        out->len += STEP - z.avail_out;
    }
    inflateEnd(&z);
}

static void read_vector(struct str text, struct vector *v)
{
    bool is_packed = false;

    for (struct str line; (line = str_cut(&text, '\n')).len;) {
        struct str value = line;
        struct str name = str_cut(&value, ':');

        value = str_trim(value);
        if (str_is(name, "expect"))
            v->expect = value;
        else if (str_is(name, "payload"))
            v->payload = value;
        else if (str_is(name, "identity") && v->identity_count < FIELD_LIMIT)
            v->identities[v->identity_count++] = value;
        else if (str_is(name, "passphrase") && v->passphrase_count < FIELD_LIMIT)
            v->passphrases[v->passphrase_count++] = value;
        else if (str_is(name, "armored"))
            v->is_armored = true;
        else if (str_is(name, "compressed"))
            is_packed = true;
    }
    for (size_t i = 0; i < v->identity_count; i++)
        v->is_other = v->is_other || str_starts(v->identities[i], "AGE-SECRET-KEY-PQ-");
    if (is_packed)
        unpack(text, &v->age);
    else
        buf_addstr(&v->age, text);
}

/* 1: it has the file's key; 0: none opens it; else an error. */
static int find_key(const struct vector *v, const struct age_head *h, uint8_t *file_key,
                    struct err *e)
{
    for (size_t i = 0; h->has_lock && i < v->passphrase_count; i++) {
        int rc = age_unlock(file_key, &h->lock, v->passphrases[i], e);

        if (rc)
            return rc;
    }
    for (size_t i = 0; i < v->identity_count; i++)
        for (size_t k = 0; k < h->share_count; k++) {
            uint8_t secret[AGE_KEY_SIZE];
            int rc;

            assert_true(age_identity_read(secret, v->identities[i]));
            rc = age_unwrap(file_key, secret, &h->shares[k], e);
            if (rc)
                return rc;
        }
    return 0;
}

struct memory {
    struct str rest;
};

static int read_memory(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    struct memory *m = context;
    struct str part = str_head(m->rest, size);

    (void)e;
    memcpy(bytes, part.p, part.len);
    m->rest = str_from(m->rest, part.len);
    *got = part.len;
    return 0;
}

static const char *open_payload(struct str sealed, const uint8_t *file_key, struct buf *out)
{
    struct memory memory = {sealed};
    const struct bundle_source source = {read_memory, &memory};
    CLEANUP(age_opener_freep) struct age_opener *o = NULL;
    struct bundle_source plain;
    struct err e = {0};
    const char *why;
    size_t got = 1;

    if (age_opener_new(&o, &source, file_key, &e))
        return "header failure"; /* the kit counts the nonce to the header */
    plain = age_opener_source(o);
    while (got) {
        enum { STEP = 5000 };

        assert_int_equal(plain.read(plain.context, buf_room(out, STEP), STEP, &got, &e), 0);
        out->len += got;
    }
    return age_opener_state(o, &why) == BUNDLE_WHOLE ? "success" : "payload failure";
}

static const char *open_vector(const struct vector *v, struct buf *out)
{
    CLEANUP_FREE struct age_head *head = mem_new(struct age_head);
    struct str all = buf_str(&v->age);
    struct str bytes = {all.p, 0};
    uint8_t file_key[AGE_FILE_KEY_SIZE];
    struct err e = {0};
    int rc;

    /* As a reader of lines does. */
    while (bytes.len < all.len && !age_head_is_whole(bytes)) {
        struct str rest = str_from(all, bytes.len);
        const char *lf = memchr(rest.p, '\n', rest.len);

        bytes.len = lf ? (size_t)(lf - all.p) + 1 : all.len;
    }
    if (age_head_read(head, bytes, &e))
        return "header failure";
    rc = find_key(v, head, file_key, &e);
    if (rc <= 0)
        return rc ? "header failure" : "no match";
    if (!age_head_fits(head, bytes, file_key))
        return "HMAC failure";
    return open_payload(str_from(all, bytes.len), file_key, out);
}

static void check_vector(const char *folder, const char *name, size_t *count)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf plain = {0};
    struct vector v = {0};
    struct err e = {0};
    const char *got;

    buf_addf(&path, "%s/%s", folder, name);
    assert_int_equal(file_read(&text, buf_text(&path), VECTOR_SIZE_LIMIT, &e), 0);
    read_vector(buf_str(&text), &v);
    if (!v.is_armored && !v.is_other) {
        got = open_vector(&v, &plain);
        if (!str_is(v.expect, got))
            fail_msg("%s: %s, not " STR_FMT, name, got, STR_ARG(v.expect));
        if (v.payload.len) {
            struct hash sum = hash_bytes(buf_text(&plain), plain.len);
            struct hash wanted;

            assert_true(hex_read(wanted.b, sizeof(wanted.b), v.payload));
            if (!hash_eq(&sum, &wanted))
                fail_msg("%s: other bytes were handed out", name);
        }
        ++*count;
    }
    buf_release(&v.age);
}

static void the_test_kit_of_age_is_judged_as_it_says(void **state)
{
    const char *folder = getenv("CALM_AGE_TESTKIT");
    DIR *d = folder ? opendir(folder) : NULL;
    const struct dirent *entry;
    size_t count = 0;

    (void)state;
    if (!d) {
        print_message("skipped: CALM_AGE_TESTKIT names no folder with age's test kit\n");
        skip();
    }
    while ((entry = readdir(d)))
        if (entry->d_name[0] != '.')
            check_vector(folder, entry->d_name, &count);
    closedir(d);
    print_message("%zu files of the test kit\n", count);
    assert_true(count >= 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_spelled_as_the_standard_shows),
        cmocka_unit_test(every_mistyped_character_of_a_key_is_found),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(keys_are_derived_as_the_standard_shows),
        cmocka_unit_test(a_passphrase_opens_what_it_locked_and_nothing_else_does),
        cmocka_unit_test(the_test_kit_of_age_is_judged_as_it_says),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
