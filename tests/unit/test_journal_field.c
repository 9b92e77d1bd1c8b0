/* Commitments and openings (doc/format/journal.md §5). */
#include "test_journal_make.h"
#include "base/limits.h"
#include "journal/field.h"

static struct err failure;

#define ID "deadbeefdeadbeefdeadbeefdeadbeef"
#define SALT "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
/* "The router is down.\n" in base64 by coreutils' base64 */
#define OPENING                                                                                    \
    "{\"id\":\"" ID "\",\"name\":\"text\",\"salt\":\"" SALT                                        \
    "\",\"value\":\"VGhlIHJvdXRlciBpcyBkb3duLgo=\"}"

static struct hash case_id;
static struct id id;
static struct salt salt;

static int set_up(void **state)
{
    (void)state;
    return hex_read(&case_id, 32,
                    STR("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")) &&
                   hex_read(&id, 16, STR(ID)) && hex_read(&salt, 32, STR(SALT))
               ? 0
               : -1;
}

static void commitments_are_those_that_another_program_computes(void **state)
{
    static char long_value[65536];
    static char mixed[300];
    /* Python: hashlib.sha256(b"cj/1 field\n" + case + id + bytes([len(name)]) + name + salt +
     * len(value).to_bytes(8, "big") + value).hexdigest() */
    const struct {
        struct str name;
        struct str value;
        const char *want;
    } cases[] = {
        {STR("text"), STR(""), "96a8e48bc9342b121e1d3702182eef774e6e595a59513726b621e892db0a2b47"},
        {STR("text"), STR("The router is down.\n"),
         "34898b65f6a3eae6eee0ff7207a70e7cabad0bac366163ef46a38288b2e11059"},
        {STR("abcdefghijklmnopqrstuvwxyz012345"),
         {mixed, sizeof(mixed)},
         "45ae5eb8a7876b12bcbc87a7e716cd4ae954d93ef39444a652307e9a306242dc"},
        {STR("a"),
         {long_value, sizeof(long_value)},
         "1db261d0e200f706724d8d8956acfefc5cd09f677d7da10628cc010ada7ca678"},
    };

    (void)state;
    memset(long_value, 'x', sizeof(long_value));
    for (size_t i = 0; i < sizeof(mixed); i++)
        mixed[i] = "\x00\xff\x0a"[i % 3];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hash got = field_commitment(&case_id, &id, cases[i].name, &salt, cases[i].value);
        char text[64];

        hex_write(text, &got, 32);
        assert_memory_equal(text, cases[i].want, 64);
    }
}

static void a_commitment_depends_on_each_of_its_parts(void **state)
{
    struct hash good = field_commitment(&case_id, &id, STR("ab"), &salt, STR("cd"));
    struct hash other_case = case_id;
    struct id other_id = id;
    struct salt other_salt = salt;
    struct hash got[6];

    (void)state;
    other_case.b[31] ^= 1;
    other_id.b[15] ^= 1;
    other_salt.b[31] ^= 1;
    got[0] = field_commitment(&other_case, &id, STR("ab"), &salt, STR("cd"));
    got[1] = field_commitment(&case_id, &other_id, STR("ab"), &salt, STR("cd"));
    got[2] = field_commitment(&case_id, &id, STR("ac"), &salt, STR("cd"));
    got[3] = field_commitment(&case_id, &id, STR("ab"), &other_salt, STR("cd"));
    got[4] = field_commitment(&case_id, &id, STR("ab"), &salt, STR("ce"));
    got[5] = field_commitment(&case_id, &id, STR("ab"), &salt, (struct str){"cd\0", 3});
    for (size_t i = 0; i < COUNT_OF(got); i++)
        assert_false(hash_eq(&good, &got[i]));
}

static void an_opening_typed_by_hand_is_read_and_written(void **state)
{
    CLEANUP_BUF struct buf value = {0};
    CLEANUP_BUF struct buf line = {0};
    struct opening o;

    (void)state;
    assert_int_equal(opening_read(&o, &value, STR(OPENING), &failure), 0);
    assert_true(id_eq(&o.id, &id));
    assert_true(str_is(o.name, "text"));
    assert_memory_equal(o.salt.b, salt.b, 32);
    assert_true(str_is(o.value, "The router is down.\n"));
    opening_write(&line, &o);
    assert_string_equal(buf_text(&line), OPENING);
}

static void values_of_every_length_come_back(void **state)
{
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf value = {0};
    static const size_t sizes[] = {0, 1, 2, 3, 4, 63, 64, 65, 1000, 65535, 65536};

    (void)state;
    for (size_t i = 0; i < 65536; i++)
        buf_addc(&bytes, (char)(i * 131 >> 3));
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct opening o = {id, STR("n"), salt, str_head(buf_str(&bytes), sizes[i])};
        struct opening got;

        buf_clear(&line);
        opening_write(&line, &o);
        assert_true(line.len <= 98304);
        assert_int_equal(opening_read(&got, &value, buf_str(&line), &failure), 0);
        assert_true(str_eq(got.value, o.value));
    }
}

static void each_broken_rule_of_an_opening_is_found(void **state)
{
    static const struct {
        const char *from;
        const char *to;
    } bad[] = {
        {"{\"id\"", "{ \"id\""},
        {"{\"id\"", "[\"id\""},
        {"\"id\"", "\"Id\""},
        {"\"id\":\"" ID, "\"id\":\"" ID "00"},
        {"\"id\":\"d", "\"id\":\"D"},
        {"\"text\"", "\"Text\""},
        {"\"text\"", "\"\""},
        {"\"text\"", "\"abcdefghijklmnopqrstuvwxyz0123456\""},
        {"\"text\",", "\"text\",\"text\","},
        {"\"salt\":\"00", "\"salt\":\""},
        {"\"name\":\"text\",", ""},
        {"b3duLgo=", "b3duLgo"},
        {"b3duLgo=", "b3duLgo=="},
        {"b3duLgo=", "b3duLgp="}, /* unused bits are not zero */
        {"b3duLgo=", "b3duL-o="},
        {"b3duLgo=", "b3duL_o="},
        {"b3duLgo=", "b3du Lgo="},
        {"b3duLgo=", "b3duLgo=\\n"},
        {"b3duLgo=", "b3d=Lgo="},
        {"b3duLgo=", "===="},
        {"\"VGhl", "VGhl"},
        {"\"}", "\"} "},
        {"\"}", "\",\"x\":1}"},
        {"\"}", "\"}\n"},
    };
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf value = {0};
    struct opening o;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        make_replaced(&line, STR(OPENING), bad[i].from, bad[i].to);
        if (opening_read(&o, &value, buf_str(&line), &failure) != ERR_FORMAT)
            fail_msg("%s for %s is read", bad[i].to, bad[i].from);
    }
    assert_int_equal(value.len, 0);
}

static void an_opening_cut_at_any_byte_is_malformed(void **state)
{
    CLEANUP_BUF struct buf value = {0};
    struct str line = STR(OPENING);
    struct opening o;

    (void)state;
    for (size_t len = 0; len < line.len; len++) {
        CLEANUP_FREE char *copy = malloc(len ? len : 1);

        memcpy(copy, line.p, len);
        assert_int_equal(opening_read(&o, &value, (struct str){copy, len}, &failure), ERR_FORMAT);
    }
}

static void an_opening_that_is_too_long_is_malformed(void **state)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf filler = {0};
    CLEANUP_BUF struct buf value = {0};
    struct opening o;

    (void)state;
    buf_addn(&filler, 'A', 87384); /* 65,538 bytes of zero */
    make_replaced(&line, STR(OPENING), "VGhlIHJvdXRlciBpcyBkb3duLgo=", buf_text(&filler));
    assert_int_equal(opening_read(&o, &value, buf_str(&line), &failure), ERR_FORMAT);
    buf_addn(&filler, 'A', 98304 - 87384);
    make_replaced(&line, STR(OPENING), "VGhlIHJvdXRlciBpcyBkb3duLgo=", buf_text(&filler));
    assert_int_equal(opening_read(&o, &value, buf_str(&line), &failure), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commitments_are_those_that_another_program_computes),
        cmocka_unit_test(a_commitment_depends_on_each_of_its_parts),
        cmocka_unit_test(an_opening_typed_by_hand_is_read_and_written),
        cmocka_unit_test(values_of_every_length_come_back),
        cmocka_unit_test(each_broken_rule_of_an_opening_is_found),
        cmocka_unit_test(an_opening_cut_at_any_byte_is_malformed),
        cmocka_unit_test(an_opening_that_is_too_long_is_malformed),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
