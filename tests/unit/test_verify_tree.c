/* test_verify_tree.c: Merkle roots against known values and against the definition in RFC 6962. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "verify/tree.h"

/* Entries and roots of the reference test of Certificate Transparency (merkle_tree_test, RFC 6962).
 */
static const struct {
    const char *entry, *root;
} known[] = {
    {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"606162636465666768696a6b6c6d6e6f",
     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static struct hasher *hasher;

static void roots_are_those_of_the_reference_test(void **state)
{
    struct tree t;
    uint8_t root[HASH_LEN];
    char hex[65];

    (void)state;
    tree_init(&t, NULL, 0);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t entry[16], leaf[HASH_LEN];
        size_t len = 0;

        assert_int_equal(sodium_hex2bin(entry, sizeof entry, known[i].entry, strlen(known[i].entry),
                                        NULL, &len, NULL),
                         0);
        hash_leaf(hasher, bytes_of(entry, len), leaf);
        tree_append(&t, hasher, leaf);
    }
    for (uint32_t n = 1; n <= sizeof known / sizeof known[0]; n++) {
        tree_root(&t, hasher, n, root);
        assert_string_equal(sodium_bin2hex(hex, sizeof hex, root, sizeof root), known[n - 1].root);
    }
    tree_release(&t);
}

/* MTH as RFC 6962 §2.1 writes it down. */
static void naive_root(uint8_t (*leaves)[HASH_LEN], size_t n, uint8_t out[HASH_LEN])
{
    uint8_t both[1 + 2 * HASH_LEN] = {1};
    size_t k = 1;

    if (n == 1) {
        memcpy(out, leaves[0], HASH_LEN);
        return;
    }
    while (k * 2 < n)
        k *= 2;
    naive_root(leaves, k, both + 1);
    naive_root(leaves + k, n - k, both + 1 + HASH_LEN);
    crypto_hash_sha256(out, both, sizeof both);
}

static void leaf_of_number(uint32_t n, uint8_t out[HASH_LEN])
{
    crypto_hash_sha256(out, (const uint8_t *)&n, sizeof n);
}

static void every_root_of_nested_copies_is_that_of_the_definition(void **state)
{
    static const struct {
        uint32_t fork, size;
    } shape[] = {{0, 70}, {1, 40}, {33, 67}, {64, 65}, {7, 130}};
    static const uint32_t inner_fork[] = {1, 6, 16, 39, 40};
    uint8_t leaves[200][HASH_LEN], expected[HASH_LEN], got[HASH_LEN];

    (void)state;
    for (size_t s = 1; s < sizeof shape / sizeof shape[0]; s++) {
        for (size_t f = 0; f < sizeof inner_fork / sizeof inner_fork[0]; f++) {
            struct tree trees[3];

            tree_init(&trees[0], NULL, 0);
            tree_init(&trees[1], &trees[0], shape[s].fork);
            tree_init(&trees[2], &trees[1], inner_fork[f]);
            const uint32_t sizes[] = {shape[0].size, shape[s].size, 41 + (uint32_t)f};
            for (uint32_t t = 0; t < 3; t++) {
                for (uint32_t n = trees[t].fork; n < sizes[t]; n++) {
                    leaf_of_number(1000 * t + n, leaves[n]);
                    tree_append(&trees[t], hasher, leaves[n]);
                }
                for (uint32_t n = 1; n <= sizes[t]; n++) {
                    assert_memory_equal(tree_leaf(&trees[t], n - 1), leaves[n - 1], HASH_LEN);
                    naive_root(leaves, n, expected);
                    tree_root(&trees[t], hasher, n, got);
                    assert_memory_equal(got, expected, HASH_LEN);
                }
            }
            for (size_t t = 0; t < 3; t++)
                tree_release(&trees[t]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_the_reference_test),
        cmocka_unit_test(every_root_of_nested_copies_is_that_of_the_definition),
    };
    int failed = 0;

    hasher = hasher_new();
    if (hasher == NULL)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    hasher_free(hasher);
    return failed;
}
