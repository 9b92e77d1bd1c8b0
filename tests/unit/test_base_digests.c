/* test_base_digests.c: several digests in one pass, against the examples of RFC 1321 and FIPS
 * 180-4, and against OpenSSL for every way to cut a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <string.h>
#include "base/digests.h"
#include "base/mem.h"

struct example {
    const char *text;
    unsigned times;
    const char *md5;
    const char *sha1;
    const char *sha256;
};

/* MD5: RFC 1321 A.5, NULL where it has none. The others: NIST's examples to FIPS 180-4, and those
 * of the empty message. */
static const struct example examples[] = {
    {"", 1, "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"message digest", 1, "f96b697d7cb7938d525a2f31aaf161d0", NULL, NULL},
    {"12345678901234567890123456789012345678901234567890123456789012345678901234567890", 1,
     "57edf4a22be3c955ac49da2e2107b67a", NULL, NULL},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, NULL,
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"a", 1000000, NULL, "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static struct digests *make(bool together)
{
    return together ? digests_new() : digests_new_apart();
}

static void check_hex(const void *bytes, size_t size, const char *expected)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, bytes, size);
    if (expected)
        assert_string_equal(buf_text(&hex), expected);
}

static void the_examples_of_the_standards_hold(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < 2 * COUNT_OF(examples); i++) {
        const struct example *x = &examples[i / 2];
        CLEANUP(digests_freep) struct digests *d = make(i % 2);
        CLEANUP_BUF struct buf pieces = {0};
        struct digests_result r;

        for (unsigned k = 0; k < x->times; k++)
            digests_add(d, x->text, strlen(x->text), &pieces);
        digests_end(d, &r, &pieces);
        check_hex(r.md5, sizeof(r.md5), x->md5);
        check_hex(r.sha1, sizeof(r.sha1), x->sha1);
        check_hex(r.sha256.b, sizeof(r.sha256.b), x->sha256);
        assert_int_equal(pieces.len, x->text[0] ? sizeof(struct hash) : 0);
    }
}

static void openssl(const char *name, const uint8_t *p, size_t len, const void *ours)
{
    uint8_t theirs[EVP_MAX_MD_SIZE];
    unsigned size;

    assert_int_equal(EVP_Digest(p, len, theirs, &size, EVP_get_digestbyname(name), NULL), 1);
    assert_memory_equal(ours, theirs, size);
}

static void check_all(const uint8_t *p, size_t len, const struct digests_result *r,
                      const struct buf *pieces)
{
    size_t count = (len + DIGESTS_PIECE_SIZE - 1) / DIGESTS_PIECE_SIZE;

    openssl("md5", p, len, r->md5);
    openssl("sha1", p, len, r->sha1);
    openssl("sha256", p, len, r->sha256.b);
    assert_int_equal(pieces->len, count * sizeof(struct hash));
    for (size_t i = 0; i < count; i++) {
        size_t at = i * DIGESTS_PIECE_SIZE;
        size_t part = len - at < DIGESTS_PIECE_SIZE ? len - at : DIGESTS_PIECE_SIZE;

        openssl("sha256", p + at, part, pieces->p + i * sizeof(struct hash));
    }
}

static void fill(uint8_t *p, size_t len)
{
    uint64_t x = 88172645463325252;

    for (size_t i = 0; i < len; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        p[i] = (uint8_t)x;
    }
}

/* All lengths around the edges of blocks and pieces, added in parts of each length. */
static void every_length_and_cut_is_as_openssl_says(void **unused)
{
    static const size_t edges[] = {0, 64, 128, DIGESTS_PIECE_SIZE, 3 * DIGESTS_PIECE_SIZE};
    static const size_t parts[] = {1, 63, 64, 65, 4096, SIZE_MAX};
    size_t room = 3 * DIGESTS_PIECE_SIZE + 70;
    CLEANUP_FREE uint8_t *bytes = mem_alloc(room + 1);
    CLEANUP(digests_freep) struct digests *apart = digests_new_apart();
    CLEANUP(digests_freep) struct digests *together = digests_new();

    (void)unused;
    fill(bytes, room + 1);
    for (size_t i = 0; i < COUNT_OF(edges) * 2 * COUNT_OF(parts) * 70; i++) {
        struct digests *d = i & 1 ? together : apart;
        size_t part = parts[i / 2 % COUNT_OF(parts)];
        size_t more = i / 2 / COUNT_OF(parts) % 70;
        size_t len = edges[i / 2 / COUNT_OF(parts) / 70] + more;
        CLEANUP_BUF struct buf pieces = {0};
        struct digests_result r;

        if (len > 1000 && (part < 4096 || (more > 1 && more < 63)))
            continue; /* takes long and tells nothing new */
        for (size_t at = 0; at<len; at += part> len - at ? len - at : part)
            digests_add(d, bytes + 1 + at, part > len - at ? len - at : part, &pieces);
        digests_end(d, &r, &pieces);
        check_all(bytes + 1, len, &r, &pieces);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standards_hold),
        cmocka_unit_test(every_length_and_cut_is_as_openssl_says),
    };

    return cmocka_run_group_tests_name("base_digests", tests, NULL, NULL);
}
