/* test_base_hash.c: digests against the examples of FIPS 180-4 and RFC 1321. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "base/hash.h"
#include "base/keyed.h"

static const struct {
    enum digest_kind kind;
    const char *text;
    const char *hex;
} examples[] = {
    {DIGEST_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {DIGEST_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
    {DIGEST_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    {DIGEST_SHA512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void digests_are_those_of_their_standards(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        CLEANUP(digest_freep) struct digest *d = digest_new(examples[i].kind);

        for (int turn = 0; turn < 2; turn++) { /* it starts anew after its end */
            uint8_t out[64];
            char hex[129] = {0};
            size_t size;

            for (const char *p = examples[i].text; *p; p++)
                digest_add(d, p, 1);
            size = digest_end(d, out);
            hex_write(hex, out, size);
            assert_string_equal(hex, examples[i].hex);
        }
    }
}

static void a_hash_of_pieces_is_that_of_the_whole(void **state)
{
    struct hash found = hash_of((struct hash_piece[]){{"a", 1}, {"", 0}, {"bc", 2}}, 3);
    struct hash wanted;

    (void)state;
    assert_true(hex_read(wanted.b, sizeof(wanted.b),
                         STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
    assert_true(hash_eq(&found, &wanted));
}

/* Those of one slot of 64 under one key. */
static void names_that_fall_together_do_not_under_another_key(void **state)
{
    const struct keyed one = {0x243F6A8885A308D3, 0x13198A2E03707344}; /* digits of pi */
    const struct keyed other = {0xA4093822299F31D0, 0x082EFA98EC4E6C89};
    unsigned in_slot[64] = {0}, count = 0, most = 0;

    (void)state;
    for (unsigned i = 0; i < 16384; i++) {
        char text[40];
        struct str name = {text, (size_t)snprintf(text, sizeof(text), "%.*sname%u", (int)(i % 20),
                                                  "abcdefghijklmnopqrst", i)};

        if (keyed_hash(&one, name) % 64)
            continue;
        count++;
        if (++in_slot[keyed_hash(&other, name) % 64] > most)
            most = in_slot[keyed_hash(&other, name) % 64];
    }
    assert_in_range(count, 192, 320); /* of 256 */
    assert_in_range(most, 1, 20);     /* of 4 */
    assert_true(keyed_hash(&one, STR("")) != keyed_hash(&other, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_their_standards),
        cmocka_unit_test(a_hash_of_pieces_is_that_of_the_whole),
        cmocka_unit_test(names_that_fall_together_do_not_under_another_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
