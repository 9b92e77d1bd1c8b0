/* The Merkle tree against the roots and proofs of the transparency-dev test suite, and against the
 * definitions of RFC 6962 §2.1 written out as they stand there. */
#include "test_journal_make.h"
#include <dirent.h>
#include <jansson.h>
#include "journal/tree.h"

static struct hash from_hex(const char *text)
{
    struct hash h;

    assert_true(hex_read(&h, sizeof(h), str_of(text)));
    return h;
}

/* The leaves of the reference test data of RFC 6962 implementations. */
static const struct {
    const char *bytes;
    size_t size;
} sample_leaves[] = {
    {"", 0},
    {"\x00", 1},
    {"\x10", 1},
    {"\x20\x21", 2},
    {"\x30\x31", 2},
    {"\x40\x41\x42\x43", 4},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
};

/* Their roots by size, from the same data (testonly/constants.go). */
static const char *const sample_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void leaves_and_nodes_hash_as_in_the_reference_test(void **state)
{
    struct hash leaf = hash_leaf(STR("L123456"));
    struct hash empty = hash_leaf(STR(""));
    struct hash want_leaf =
        from_hex("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
    struct hash want_empty =
        from_hex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");

    (void)state;
    assert_memory_equal(&leaf, &want_leaf, 32);
    assert_memory_equal(&empty, &want_empty, 32);
}

static void roots_of_the_sample_are_those_of_the_reference_data(void **state)
{
    struct hash leaves[COUNT_OF(sample_leaves)];
    struct tree t;

    (void)state;
    tree_init(&t);
    for (size_t n = 0; n < COUNT_OF(sample_roots); n++) {
        struct hash want = from_hex(sample_roots[n]);
        struct hash grown = tree_root(&t);
        struct hash at_once = tree_root_of(leaves, n);

        assert_memory_equal(&grown, &want, 32);
        assert_memory_equal(&at_once, &want, 32);
        if (n == COUNT_OF(sample_leaves))
            break;
        leaves[n] = hash_leaf((struct str){sample_leaves[n].bytes, sample_leaves[n].size});
        tree_append(&t, &leaves[n]);
    }
}

/* The largest power of two below n, for n > 1 (RFC 6962 §2.1). */
static size_t split_of(size_t n)
{
    size_t k = 1;

    while (k * 2 < n)
        k *= 2;
    return k;
}

static struct hash defined_root(const struct hash *leaves, size_t n)
{
    size_t k;
    struct hash left, right;

    if (n == 0)
        return hash_bytes("", 0);
    if (n == 1)
        return leaves[0];
    k = split_of(n);
    left = defined_root(leaves, k);
    right = defined_root(leaves + k, n - k);
    return hash_node(&left, &right);
}

/* PATH(m, D[n]) of RFC 6962 §2.1.1. */
static size_t defined_path(struct hash *out, size_t m, const struct hash *leaves, size_t n)
{
    size_t k, count;

    if (n == 1)
        return 0;
    k = split_of(n);
    if (m < k) {
        count = defined_path(out, m, leaves, k);
        out[count] = defined_root(leaves + k, n - k);
    } else {
        count = defined_path(out, m - k, leaves + k, n - k);
        out[count] = defined_root(leaves, k);
    }
    return count + 1;
}

/* SUBPROOF(m, D[n], b) of RFC 6962 §2.1.2. */
static size_t defined_subproof(struct hash *out, size_t m, const struct hash *leaves, size_t n,
                               bool b)
{
    size_t k, count;

    if (m == n) {
        if (!b)
            out[0] = defined_root(leaves, m);
        return b ? 0 : 1;
    }
    k = split_of(n);
    if (m <= k) {
        count = defined_subproof(out, m, leaves, k, b);
        out[count] = defined_root(leaves + k, n - k);
    } else {
        count = defined_subproof(out, m - k, leaves + k, n - k, false);
        out[count] = defined_root(leaves, k);
    }
    return count + 1;
}

enum { LEAF_COUNT = 130 };

static void fill_leaves(struct hash leaves[LEAF_COUNT])
{
    for (size_t i = 0; i < LEAF_COUNT; i++) {
        uint8_t byte = (uint8_t)i;

        leaves[i] = hash_leaf((struct str){(const char *)&byte, 1});
    }
}

static void roots_of_every_size_follow_the_definition(void **state)
{
    struct hash leaves[LEAF_COUNT];
    struct tree t;

    (void)state;
    fill_leaves(leaves);
    tree_init(&t);
    for (size_t n = 0; n < LEAF_COUNT; n++) {
        struct hash want = defined_root(leaves, n);
        struct hash got = tree_root(&t);

        assert_memory_equal(&got, &want, 32);
        assert_int_equal(t.size, n);
        tree_append(&t, &leaves[n]);
    }
}

static void inclusion_holds_for_the_defined_path_and_for_no_other(void **state)
{
    struct hash leaves[LEAF_COUNT];
    struct hash path[64];

    (void)state;
    fill_leaves(leaves);
    for (size_t n = 1; n < 40; n++) {
        struct hash root = defined_root(leaves, n);

        for (size_t m = 0; m < n; m++) {
            size_t count = defined_path(path, m, leaves, n);

            assert_true(tree_inclusion_holds(m, n, &leaves[m], path, count, &root));
            assert_false(tree_inclusion_holds(m, n, &leaves[m + 1], path, count, &root));
            assert_false(tree_inclusion_holds(n, n, &leaves[m], path, count, &root));
            path[count] = leaves[0];
            assert_false(tree_inclusion_holds(m, n, &leaves[m], path, count + 1, &root));
            if (count == 0)
                continue;
            assert_false(tree_inclusion_holds(m, n, &leaves[m], path, count - 1, &root));
            for (size_t i = 0; i < count; i++) {
                path[i].b[31] ^= 1;
                assert_false(tree_inclusion_holds(m, n, &leaves[m], path, count, &root));
                path[i].b[31] ^= 1;
            }
        }
    }
}

static void consistency_holds_for_the_defined_proof_and_for_no_other(void **state)
{
    struct hash leaves[LEAF_COUNT];
    struct hash proof[66];

    (void)state;
    fill_leaves(leaves);
    for (size_t n = 1; n < 40; n++) {
        struct hash new_root = defined_root(leaves, n);

        for (size_t m = 1; m <= n; m++) {
            struct hash old_root = defined_root(leaves, m);
            size_t count = defined_subproof(proof, m, leaves, n, true);

            assert_true(tree_consistency_holds(m, n, &old_root, &new_root, proof, count));
            proof[count] = leaves[0];
            assert_false(tree_consistency_holds(m, n, &old_root, &new_root, proof, count + 1));
            if (count)
                assert_false(tree_consistency_holds(m, n, &old_root, &new_root, proof, count - 1));
            assert_false(tree_consistency_holds(n + 1, m, &old_root, &new_root, proof, count));
            for (size_t i = 0; i < count; i++) {
                proof[i].b[0] ^= 0x80;
                assert_false(tree_consistency_holds(m, n, &old_root, &new_root, proof, count));
                proof[i].b[0] ^= 0x80;
            }
            old_root.b[5] ^= 1;
            assert_false(tree_consistency_holds(m, n, &old_root, &new_root, proof, count));
        }
    }
}

static void proofs_with_absurd_numbers_do_not_hold(void **state)
{
    static const struct hash proof[70];
    struct hash h = {{0}};

    (void)state;
    assert_false(tree_inclusion_holds(0, 0, &h, proof, 0, &h));
    assert_false(tree_inclusion_holds(UINT64_MAX, UINT64_MAX, &h, proof, 64, &h));
    assert_false(tree_inclusion_holds(UINT64_MAX - 1, UINT64_MAX, &h, proof, 70, &h));
    assert_false(tree_consistency_holds(0, 0, &h, &h, proof, 0));
    assert_false(tree_consistency_holds(0, 8, &h, &h, proof, 0));
    assert_false(tree_consistency_holds(1, UINT64_MAX, &h, &h, proof, 65));
    assert_false(tree_consistency_holds(UINT64_MAX - 1, UINT64_MAX, &h, &h, proof, 64));
    assert_false(tree_consistency_holds((uint64_t)1 << 63, UINT64_MAX, &h, &h, proof, 64));
}

/* A proof vector of the transparency-dev suite. Its integers reach 2^64 − 1, which the JSON reader
 * takes only as a real. */
struct probe {
    json_t *root;
    bool is_representable; /* every hash has 32 bytes */
    struct hash proof[70];
    size_t proof_count;
};

static uint64_t probe_number(const struct probe *p, const char *name)
{
    double n = json_number_value(json_object_get(p->root, name));

    return n >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)n;
}

static bool read_hash(const json_t *value, struct hash *out)
{
    CLEANUP_BUF struct buf bytes = {0};
    const char *text = json_string_value(value);

    if (!text || !base64_read(&bytes, str_of(text)) || bytes.len != sizeof(*out))
        return false;
    memcpy(out, bytes.p, sizeof(*out));
    return true;
}

static struct hash probe_hash(struct probe *p, const char *name)
{
    struct hash h = {{0}};

    if (!read_hash(json_object_get(p->root, name), &h))
        p->is_representable = false;
    return h;
}

static void probe_open(struct probe *p, const char *path)
{
    json_t *proof;
    size_t i;
    json_t *item;

    memset(p, 0, sizeof(*p));
    p->root = json_load_file(path, JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(p->root);
    p->is_representable = true;
    proof = json_object_get(p->root, "proof");
    p->proof_count = json_array_size(proof);
    assert_true(p->proof_count <= COUNT_OF(p->proof));
    json_array_foreach(proof, i, item) if (!read_hash(item, &p->proof[i])) p->is_representable =
        false;
}

static bool inclusion_probe(struct probe *p)
{
    struct hash leaf = probe_hash(p, "leafHash");
    struct hash root = probe_hash(p, "root");

    return tree_inclusion_holds(probe_number(p, "leafIdx"), probe_number(p, "treeSize"), &leaf,
                                p->proof, p->proof_count, &root);
}

/* True for a range that is a subtree: its start is a multiple of the next power of two of its size.
 */
static bool is_subtree(uint64_t start, uint64_t end)
{
    uint64_t whole = 1;

    if (end <= start)
        return false;
    while (whole < end - start)
        whole *= 2;
    return start % whole == 0;
}

static bool subtree_inclusion_probe(struct probe *p)
{
    struct hash leaf = probe_hash(p, "leafHash");
    struct hash root = probe_hash(p, "root");
    uint64_t start = probe_number(p, "start");
    uint64_t end = probe_number(p, "end");
    uint64_t index = probe_number(p, "leafIdx");

    return is_subtree(start, end) && index >= start &&
           tree_inclusion_holds(index - start, end - start, &leaf, p->proof, p->proof_count, &root);
}

static bool consistency_probe(struct probe *p)
{
    struct hash root1 = probe_hash(p, "root1");
    struct hash root2 = probe_hash(p, "root2");

    return tree_consistency_holds(probe_number(p, "size1"), probe_number(p, "size2"), &root1,
                                  &root2, p->proof, p->proof_count);
}

/* Every subtree of the vectors that is one begins at 0: it is the tree of an earlier size. */
static bool subtree_consistency_probe(struct probe *p)
{
    struct hash root1 = probe_hash(p, "root1");
    struct hash root2 = probe_hash(p, "root2");

    if (!is_subtree(probe_number(p, "start"), probe_number(p, "end")))
        return false;
    assert_int_equal(probe_number(p, "start"), 0);
    return tree_consistency_holds(probe_number(p, "end"), probe_number(p, "size"), &root1, &root2,
                                  p->proof, p->proof_count);
}

static size_t run_probes(const char *folder, bool (*holds)(struct probe *p))
{
    CLEANUP_BUF struct buf path = {0};
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    if (!dir)
        return 0;
    while ((entry = readdir(dir))) {
        struct probe p;
        bool got;

        if (!str_ends(str_of(entry->d_name), ".json"))
            continue;
        buf_clear(&path);
        buf_addf(&path, "%s/%s", folder, entry->d_name);
        probe_open(&p, buf_text(&path));
        got = holds(&p);
        if ((got && p.is_representable) == json_is_true(json_object_get(p.root, "wantErr")))
            fail_msg("%s: the proof %s", buf_text(&path), got ? "holds" : "does not hold");
        json_decref(p.root);
        count++;
    }
    closedir(dir);
    return count;
}

static void the_235_proof_vectors_hold_where_they_should_and_nowhere_else(void **state)
{
    static const struct {
        const char *name;
        bool (*holds)(struct probe *p);
    } kinds[] = {{"inclusion", inclusion_probe},
                 {"subtreeinclusion", subtree_inclusion_probe},
                 {"consistency", consistency_probe},
                 {"subtreeconsistency", subtree_consistency_probe}};
    CLEANUP_BUF struct buf base = {0};
    CLEANUP_BUF struct buf folder = {0};
    size_t count = 0;

    (void)state;
    make_data_path(&base, "merkle/testdata/");
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (unsigned n = 0; n < 10; n++) {
            buf_clear(&folder);
            buf_addf(&folder, "%s%s/%u", buf_text(&base), kinds[i].name, n);
            count += run_probes(buf_text(&folder), kinds[i].holds);
        }
    SKIP_WITHOUT(count, "the proof vectors are not there");
    assert_int_equal(count, 235);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_and_nodes_hash_as_in_the_reference_test),
        cmocka_unit_test(roots_of_the_sample_are_those_of_the_reference_data),
        cmocka_unit_test(roots_of_every_size_follow_the_definition),
        cmocka_unit_test(inclusion_holds_for_the_defined_path_and_for_no_other),
        cmocka_unit_test(consistency_holds_for_the_defined_proof_and_for_no_other),
        cmocka_unit_test(proofs_with_absurd_numbers_do_not_hold),
        cmocka_unit_test(the_235_proof_vectors_hold_where_they_should_and_nowhere_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
