/* Checkpoints, their signatures, and groups on paper (doc/format/journal.md §7, §8). */
#include "test_journal_make.h"
#include "journal/ed25519.h"
#include "journal/note.h"

static struct err failure;

#define CASE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TEXT "cj/1/" CASE "\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n"
#define MARK "\xe2\x80\x94 "
/* the example of C2SP signed-note, and the cosignature of C2SP tlog-cosignature */
#define FOO_LINE                                                                                   \
    MARK "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFX" \
         "mRKuwHjG1Yu72IneyaQM=\n"
#define WITNESS_LINE                                                                               \
    MARK "witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs" \
         "X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
#define NOTE TEXT "\n" FOO_LINE

/* The root is the leaf hash of "hello world", as in the tests of Go's tlog package. */
static struct checkpoint hand_checkpoint(void)
{
    struct checkpoint c = {.size = 123456789012, .root = hash_leaf(STR("hello world"))};

    assert_true(hex_read(&c.case_id, 32, STR(CASE)));
    return c;
}

static void a_checkpoint_is_written_as_three_lines(void **state)
{
    struct checkpoint c = hand_checkpoint();
    CLEANUP_BUF struct buf text = {0};

    (void)state;
    checkpoint_text(&text, &c);
    assert_string_equal(buf_text(&text), TEXT);
}

static void key_hashes_and_signatures_are_those_of_the_signed_note_example(void **state)
{
    /* vkey example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k */
    CLEANUP_BUF struct buf vkey = {0};
    struct str rest = STR(FOO_LINE);
    struct note_signature n;
    uint8_t hash[4];
    struct key key;

    (void)state;
    assert_true(base64_read(&vkey, STR("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")));
    assert_int_equal(vkey.len, 33);
    memcpy(key.b, vkey.p + 1, 32);
    note_key_hash(hash, STR("example.com/foo"), 1, &key);
    assert_memory_equal(hash, "\x53\x0d\x90\x3a", 4);
    assert_true(note_signature_next(&rest, &n));
    assert_true(str_is(n.name, "example.com/foo"));
    assert_false(n.is_cosignature);
    assert_memory_equal(n.key_hash, hash, 4);
    assert_true(ed25519_holds(&n.sig, STR("This is an example message.\n"), &key));
    assert_false(ed25519_holds(&n.sig, STR("This is an example message."), &key));
    assert_false(note_signature_next(&rest, &n));
}

static void a_cosignature_is_read_with_its_time(void **state)
{
    struct str rest = STR(WITNESS_LINE);
    struct note_signature n;

    (void)state;
    assert_true(note_signature_next(&rest, &n));
    assert_true(str_is(n.name, "witness.example.com/w1"));
    assert_true(n.is_cosignature);
    assert_int_equal(n.time_s, 1679315147); /* as the specification's own example says */
    assert_memory_equal(n.key_hash, "\x8d\x66\xcf\x3f", 4);
    assert_int_equal(n.line_base64.len, 104);
}

static void our_note_is_read_again_and_its_signature_holds(void **state)
{
    struct pair by = pair_of(1);
    struct pair other = pair_of(2);
    struct checkpoint c = hand_checkpoint();
    struct sig sig = pair_sign(&by, STR(TEXT));
    CLEANUP_BUF struct buf note = {0};
    char name[65] = "";
    struct checkpoint got;
    struct note_signature n;
    struct str rest;

    (void)state;
    checkpoint_note(&note, &c, &by.key, &sig);
    assert_int_equal(checkpoint_read(&got, &rest, buf_str(&note), &failure), 0);
    assert_true(hash_eq(&got.case_id, &c.case_id) && hash_eq(&got.root, &c.root));
    assert_int_equal(got.size, c.size);
    assert_true(note_signature_next(&rest, &n));
    hex_write(name, &by.key, 32);
    assert_true(str_is(n.name, name));
    assert_true(note_signature_holds(&n, &got, &by.key));
    assert_false(note_signature_holds(&n, &got, &other.key));
    got.size++;
    assert_false(note_signature_holds(&n, &got, &by.key));
    got.size--;
    got.root.b[0] ^= 1;
    assert_false(note_signature_holds(&n, &got, &by.key));
    n.key_hash[3] ^= 1;
    assert_false(note_signature_holds(&n, &c, &by.key));
    assert_false(note_signature_next(&rest, &n));
}

static void add_signature_line(struct buf *out, const char *name, uint8_t type,
                               const struct pair *by, const char *time_bytes, struct str message)
{
    CLEANUP_BUF struct buf bytes = {0};
    struct sig sig = pair_sign(by, message);
    uint8_t hash[4];

    note_key_hash(hash, str_of(name), type, &by->key);
    buf_add(&bytes, hash, 4);
    buf_add(&bytes, time_bytes, time_bytes ? 8 : 0);
    buf_add(&bytes, &sig, 64);
    buf_addf(out, MARK "%s ", name);
    base64_add(out, bytes.p, bytes.len);
    buf_addc(out, '\n');
}

static void signatures_of_witnesses_hold_among_lines_of_others(void **state)
{
    struct pair witness = pair_of(4);
    struct checkpoint c;
    CLEANUP_BUF struct buf note = {0};
    struct note_signature n;
    struct str rest;

    (void)state;
    buf_adds(&note, TEXT "\n" FOO_LINE);
    /* an algorithm that is not ours: 4 + 70 bytes */
    buf_adds(&note,
             MARK "ecdsa.example AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    add_signature_line(&note, "witness.example", 4, &witness, "\0\0\0\0\x64\x18\x50\xcb",
                       STR("cosignature/v1\ntime 1679315147\n" TEXT));
    add_signature_line(&note, "witness.example", 1, &witness, NULL, STR(TEXT));
    add_signature_line(&note, "late.example", 4, &witness, "\x80\0\0\0\0\0\0\0",
                       STR("cosignature/v1\ntime 9223372036854775808\n" TEXT));
    add_signature_line(&note, "wrong.example", 4, &witness, "\0\0\0\0\0\0\0\1",
                       STR("cosignature/v1\ntime 2\n" TEXT));
    assert_int_equal(checkpoint_read(&c, &rest, buf_str(&note), &failure), 0);
    assert_true(note_signature_next(&rest, &n)); /* foo */
    assert_false(note_signature_holds(&n, &c, &witness.key));
    assert_true(note_signature_next(&rest, &n));
    assert_true(n.is_cosignature);
    assert_int_equal(n.time_s, 1679315147);
    assert_true(note_signature_holds(&n, &c, &witness.key));
    n.time_s++;
    assert_false(note_signature_holds(&n, &c, &witness.key));
    assert_true(note_signature_next(&rest, &n));
    assert_false(n.is_cosignature);
    assert_true(note_signature_holds(&n, &c, &witness.key));
    assert_true(note_signature_next(&rest, &n)); /* a time past 2^63 − 1 */
    assert_false(note_signature_holds(&n, &c, &witness.key));
    assert_true(note_signature_next(&rest, &n));
    assert_false(note_signature_holds(&n, &c, &witness.key));
    assert_false(note_signature_next(&rest, &n));
}

static void what_is_no_checkpoint_is_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
    } bad[] = {
        {"cj/1/", "cj/2/"},
        {"cj/1/", "cj/1"},
        {"cj/1/0", "cj/1/"},
        {"cj/1/00", "cj/1/0A"},
        {"123456789012", "0123456789012"},
        {"123456789012", "00"},
        {"123456789012", ""},
        {"123456789012", "-1"},
        {"123456789012", "+1"},
        {"123456789012", " 1"},
        {"123456789012", "0x10"},
        {"123456789012", "9223372036854775808"},
        {"Tszz", "Tsz"},
        {"Tszz", "AAAATszz"},
        {"Bb0=\n", "Bb1=\n"},
        {"Bb0=\n", "Bb0\n"},
        {"Bb0=\n", "Bb0=\nextension\n"},
        {"Bb0=\n\n", "Bb0=\n"},
        {"Bb0=\n\n", "Bb0=\n\n\n"},
        {"Bb0=\n", "Bb0=\r\n"},
        {MARK, "- "},
        {MARK, "\xe2\x80\x93 "},
        {MARK, "\xe2\x80\x94"},
        {"example.com/foo ", ""},
        {"example.com/foo ", " "},
        {"example.com/foo ", "foo"},
        {"example.com/foo", "example.com foo"},
        {"example.com/foo", "example.com+foo"},
        {"example.com/foo", "example.com/\xc2\xa0"},
        {"example.com/foo", "example.com/\xe2\x80\x89"},
        {"example.com/foo", "example.com/\xc2\x85"},
        {"example.com/foo", "example.com/\xe1\x9a\x80"},
        {"example.com/foo", "example.com/\xe2\x80\xa8"},
        {"example.com/foo", "example.com/\xe2\x80\xa9"},
        {"example.com/foo", "example.com/\xe2\x80\xaf"},
        {"example.com/foo", "example.com/\xe2\x81\x9f"},
        {"example.com/foo", "example.com/\xe3\x80\x80"},
        {"example.com/foo", "example.com/\x01"},
        {"example.com/foo", "example.com/\xff"},
        {"Uw2QO", "Uw2Q"},
        {"Uw2QO", "Uw2Q*"},
        {"yaQM=\n", "yaQM=\n\n"},
        {"yaQM=\n", "yaQM="},
        {"yaQM=\n", "yaQM=\nx"},
        {"yaQM=\n", "yaQM=\n" MARK "foo AAAAAA==\n"}, /* four bytes are a key hash alone */
    };
    CLEANUP_BUF struct buf note = {0};
    struct checkpoint c;
    struct str rest;

    (void)state;
    assert_int_equal(checkpoint_read(&c, &rest, STR(NOTE), &failure), 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        make_replaced(&note, STR(NOTE), bad[i].from, bad[i].to);
        if (checkpoint_read(&c, &rest, buf_str(&note), &failure) != ERR_FORMAT)
            fail_msg("%s for %s is read", bad[i].to, bad[i].from);
    }
}

static void a_checkpoint_cut_at_any_byte_is_refused(void **state)
{
    struct str note = STR(NOTE);
    struct checkpoint c;
    struct str rest;

    (void)state;
    for (size_t len = 0; len < note.len; len++) {
        CLEANUP_FREE char *copy = malloc(len ? len : 1);

        memcpy(copy, note.p, len);
        assert_int_equal(checkpoint_read(&c, &rest, (struct str){copy, len}, &failure), ERR_FORMAT);
    }
}

static void sizes_at_the_edges_and_other_names_are_read(void **state)
{
    static const struct {
        const char *from;
        const char *to;
    } good[] = {
        {"123456789012", "0"},
        {"123456789012", "9223372036854775807"},
        {"example.com/foo", "f"},
        {"example.com/foo", "\xc3\xa9t\xc3\xa9"},
        {"example.com/foo", "\xf0\x9f\x90\x9d"},
        {"yaQM=\n", "yaQM=\n" WITNESS_LINE},
        {"yaQM=\n", "yaQM=\n" MARK "foo AAAAAAA=\n"},
    };
    CLEANUP_BUF struct buf note = {0};
    struct checkpoint c;
    struct str rest;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        make_replaced(&note, STR(NOTE), good[i].from, good[i].to);
        if (checkpoint_read(&c, &rest, buf_str(&note), &failure) != 0)
            fail_msg("%s for %s: %s", good[i].to, good[i].from, failure.text);
    }
}

/* Python: for n, g in enumerate(groups, 1):
 *     hashlib.sha256(f"cj/1 page\n{n}:{g}".encode()).hexdigest()[:2] */
#define GROUPS                                                                                     \
    "00010203-94 aabbccdd-49 12345678-70 89abcdef-d0 ffffffff-bd 00000000-81 deadbeef-60 "         \
    "0f1e2d3c-b0"
#define GROUPS_HEX "00010203aabbccdd1234567889abcdefffffffff00000000deadbeef0f1e2d3c"

static void a_root_is_printed_in_eight_groups(void **state)
{
    CLEANUP_BUF struct buf out = {0};
    uint8_t bytes[32];
    uint8_t got[32];

    (void)state;
    assert_true(hex_read(bytes, 32, STR(GROUPS_HEX)));
    groups_write(&out, bytes);
    assert_string_equal(buf_text(&out), GROUPS);
    assert_int_equal(groups_read(got, STR(GROUPS), &failure), 0);
    assert_memory_equal(got, bytes, 32);
    memset(got, 0, 32);
    assert_int_equal(groups_read(got, STR(GROUPS_HEX), &failure), 0);
    assert_memory_equal(got, bytes, 32);
}

static void groups_are_read_as_people_type_them(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    uint8_t bytes[32];
    uint8_t got[32];

    (void)state;
    assert_true(hex_read(bytes, 32, STR(GROUPS_HEX)));
    buf_adds(&text, " \t");
    for (const char *p = GROUPS; *p; p++)
        buf_addc(&text, *p >= 'a' && *p <= 'f' ? (char)(*p - 32) : *p == ' ' ? '\n' : *p);
    buf_adds(&text, "  \r\n");
    assert_int_equal(groups_read(got, buf_str(&text), &failure), 0);
    assert_memory_equal(got, bytes, 32);
}

static void a_group_that_is_mistyped_or_misplaced_is_named(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    struct str good = STR(GROUPS);
    uint8_t got[32];
    unsigned found = 0;
    unsigned swapped = 0;

    (void)state;
    /* Two check digits find 255 of 256 wrong groups: count, rather than demand each. */
    for (size_t at = 0; at < good.len; at++) {
        char group[16];

        if (good.p[at] == ' ')
            continue;
        buf_clear(&text);
        buf_addstr(&text, good);
        text.p[at] = text.p[at] == '7' ? '8' : '7';
        if (groups_read(got, buf_str(&text), &failure) == 0)
            continue;
        snprintf(group, sizeof(group), "group %zu ", at / 12 + 1);
        assert_non_null(strstr(failure.text, group));
        found++;
    }
    assert_in_range(found, 84, 88);
    for (size_t i = 0; i < 7; i++) {
        char first[11];

        buf_clear(&text);
        buf_addstr(&text, good);
        memcpy(first, text.p + 12 * i, 11);
        memcpy(text.p + 12 * i, text.p + 12 * (i + 1), 11);
        memcpy(text.p + 12 * (i + 1), first, 11);
        swapped += groups_read(got, buf_str(&text), &failure) == ERR_USAGE;
    }
    assert_in_range(swapped, 6, 7);
}

static void what_is_not_eight_groups_is_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *says;
    } bad[] = {
        {GROUPS, "", "group 1 of 8 is missing"}, {"00010203-", "", "group 1"},
        {"00010203-", "00010203", "group 1"},    {"00010203-", "00010203_", "group 1"},
        {"00010203-", "0001020g-", "group 1"},   {"aabbccdd-", "aabbccd-", "group 2"},
        {" 0f1e2d3c", " 0f1e2d3c0", "group 8"},
    };
    CLEANUP_BUF struct buf text = {0};
    uint8_t got[32] = {0x5a};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        make_replaced(&text, STR(GROUPS), bad[i].from, bad[i].to);
        assert_int_equal(groups_read(got, buf_str(&text), &failure), ERR_USAGE);
        assert_non_null(strstr(failure.text, bad[i].says));
    }
    assert_int_equal(groups_read(got, str_head(STR(GROUPS), 84), &failure), ERR_USAGE);
    assert_non_null(strstr(failure.text, "group 8 of 8 is missing"));
    assert_int_equal(groups_read(got, STR(GROUPS " 00"), &failure), ERR_USAGE);
    assert_non_null(strstr(failure.text, "more after the eighth"));
    assert_int_equal(groups_read(got, str_head(STR(GROUPS_HEX), 63), &failure), ERR_USAGE);
    assert_int_equal(groups_read(got, STR(GROUPS_HEX "00"), &failure), ERR_USAGE);
    assert_int_equal(got[0], 0x5a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_is_written_as_three_lines),
        cmocka_unit_test(key_hashes_and_signatures_are_those_of_the_signed_note_example),
        cmocka_unit_test(a_cosignature_is_read_with_its_time),
        cmocka_unit_test(our_note_is_read_again_and_its_signature_holds),
        cmocka_unit_test(signatures_of_witnesses_hold_among_lines_of_others),
        cmocka_unit_test(what_is_no_checkpoint_is_refused),
        cmocka_unit_test(a_checkpoint_cut_at_any_byte_is_refused),
        cmocka_unit_test(sizes_at_the_edges_and_other_names_are_read),
        cmocka_unit_test(a_root_is_printed_in_eight_groups),
        cmocka_unit_test(groups_are_read_as_people_type_them),
        cmocka_unit_test(a_group_that_is_mistyped_or_misplaced_is_named),
        cmocka_unit_test(what_is_not_eight_groups_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
