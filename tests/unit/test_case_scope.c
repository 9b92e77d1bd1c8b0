/* test_case_scope.c: a sealed value opens in its own place only; which key of a compartment seals.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/mem.h"
#include "case/scope.h"

static const struct hash CASE = {{1}};
static const struct id RECORD = {{2}};
static const struct salt SALT = {{3}};
static const uint8_t TEAM[SCOPE_KEY_SIZE] = {4};
static const uint8_t OTHER[SCOPE_KEY_SIZE] = {5};

static struct hash commitment_of(const char *name, const char *value)
{
    return field_commitment(&CASE, &RECORD, str_of(name), &SALT, str_of(value));
}

/* Opens the first item with the keys that are held. */
static int unseal(const struct buf *sealed, const struct scopes *scopes, const char *scope,
                  const struct hash *case_id, const struct id *id, const struct hash *commitment,
                  struct buf *value)
{
    struct str rest = buf_str(sealed);
    struct sealed_opening o;
    struct salt salt;
    struct err e;

    if (!sealed_next(&rest, &o))
        return ERR_FORMAT;
    return opening_unseal(&o, scopes, str_of(scope), case_id, id, commitment, &salt, value, &e);
}

static void a_box_that_is_moved_or_changed_does_not_open(void **state)
{
    static const struct hash other_case = {{9}};
    static const struct id other_record = {{9}};
    CLEANUP(scopes_freep) struct scopes *scopes = scopes_new();
    CLEANUP_BUF struct buf sealed = {0};
    struct hash commitment = commitment_of("text", "the shop");
    struct hash wrong = commitment_of("text", "the shed");
    const struct {
        const char *what, *scope;
        const struct hash *case_id;
        const struct id *id;
        const struct hash *commitment;
        int code;
    } cases[] = {
        {"its own place", "team", &CASE, &RECORD, &commitment, 0},
        {"another case", "team", &other_case, &RECORD, &commitment, ERR_TAMPER},
        {"another record", "team", &CASE, &other_record, &commitment, ERR_TAMPER},
        {"another commitment", "team", &CASE, &RECORD, &wrong, ERR_TAMPER},
        {"another compartment", "personnel", &CASE, &RECORD, &commitment, ERR_TAMPER},
        {"a compartment whose key is not held", "board", &CASE, &RECORD, &commitment, ERR_DENIED},
    };

    (void)state;
    scopes_put(scopes, STR("team"), TEAM);
    scopes_put(scopes, STR("personnel"), OTHER);
    opening_seal(&sealed, TEAM, &CASE, &RECORD, STR("text"), &SALT, STR("the shop"));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf value = {0};

        if (unseal(&sealed, scopes, cases[i].scope, cases[i].case_id, cases[i].id,
                   cases[i].commitment, &value) != cases[i].code)
            fail_msg("%s", cases[i].what);
        assert_string_equal(buf_text(&value), cases[i].code ? "" : "the shop");
    }
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        CLEANUP_BUF struct buf value = {0};

        sealed.p[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_not_equal(unseal(&sealed, scopes, "team", &CASE, &RECORD, &commitment, &value),
                             0);
        assert_int_equal(value.len, 0);
        sealed.p[bit / 8] ^= (char)(1 << bit % 8);
    }
}

static void a_box_under_the_name_of_another_field_does_not_open(void **state)
{
    CLEANUP(scopes_freep) struct scopes *scopes = scopes_new();
    CLEANUP_BUF struct buf sealed = {0};
    CLEANUP_BUF struct buf value = {0};
    struct hash commitment = commitment_of("cause", "the shop");

    (void)state;
    scopes_put(scopes, STR("team"), TEAM);
    opening_seal(&sealed, TEAM, &CASE, &RECORD, STR("title"), &SALT, STR("the shop"));
    memcpy(sealed.p + 1, "cause", 5);
    assert_int_equal(unseal(&sealed, scopes, "team", &CASE, &RECORD, &commitment, &value),
                     ERR_TAMPER);
}

static void the_largest_value_fits_and_boxes_that_cannot_be_are_refused(void **state)
{
    CLEANUP(scopes_freep) struct scopes *scopes = scopes_new();
    CLEANUP_FREE char *text = mem_alloc(LIMIT_VALUE_SIZE + 1);
    static const size_t sizes[] = {0, 1, 24 + 16, 24 + 16 + 31,
                                   24 + 16 + 32 + LIMIT_VALUE_SIZE + 1};
    struct hash commitment;

    (void)state;
    scopes_put(scopes, STR("team"), TEAM);
    memset(text, 'x', LIMIT_VALUE_SIZE);
    for (size_t len = 0; len <= LIMIT_VALUE_SIZE; len += LIMIT_VALUE_SIZE) {
        CLEANUP_BUF struct buf sealed = {0};
        CLEANUP_BUF struct buf value = {0};

        text[len] = '\0';
        commitment = commitment_of("text", text);
        opening_seal(&sealed, TEAM, &CASE, &RECORD, STR("text"), &SALT, str_of(text));
        assert_int_equal(unseal(&sealed, scopes, "team", &CASE, &RECORD, &commitment, &value), 0);
        assert_int_equal(value.len, len);
        text[len] = 'x';
    }
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        CLEANUP_BUF struct buf value = {0};
        CLEANUP_FREE char *box = mem_alloc(sizes[i] + 1);
        struct sealed_opening o = {STR("text"), {box, sizes[i]}};
        struct salt salt;

        assert_int_equal(opening_unseal(&o, scopes, STR("team"), &CASE, &RECORD, &commitment, &salt,
                                        &value, NULL),
                         ERR_TAMPER);
    }
}

static void items_are_walked_and_damaged_ones_end_the_walk(void **state)
{
    CLEANUP_BUF struct buf sealed = {0};
    struct sealed_opening o;
    struct str rest;
    size_t one;

    (void)state;
    opening_seal(&sealed, TEAM, &CASE, &RECORD, STR("a"), &SALT, STR("1"));
    one = sealed.len;
    opening_seal(&sealed, TEAM, &CASE, &RECORD, STR("bb"), &SALT, STR(""));
    rest = buf_str(&sealed);
    assert_true(sealed_next(&rest, &o) && str_is(o.name, "a"));
    assert_true(sealed_next(&rest, &o) && str_is(o.name, "bb"));
    assert_false(sealed_next(&rest, &o));
    assert_true(sealed_find(buf_str(&sealed), STR("bb"), &o));
    assert_false(sealed_find(buf_str(&sealed), STR("b"), &o));
    for (size_t len = 0; len < sealed.len; len++) {
        /* A copy of exactly that size, so that reading past it is seen. */
        CLEANUP_FREE char *cut = mem_alloc(len ? len : 1);
        size_t count = 0;

        memcpy(cut, sealed.p, len);
        for (rest = (struct str){cut, len}; sealed_next(&rest, &o);)
            count++;
        assert_int_equal(count, len >= one ? 1 : 0);
    }
    for (int byte = 0; byte < 256; byte++) {
        char bytes[40] = {(char)byte, 'a', 'b'};

        memset(bytes + 3, 0xff, sizeof(bytes) - 3);
        rest = (struct str){bytes, sizeof(bytes)};
        assert_false(sealed_next(&rest, &o));
    }
}

static void any_key_of_a_compartment_opens_what_it_sealed(void **state)
{
    CLEANUP(scopes_freep) struct scopes *scopes = scopes_new();
    CLEANUP_BUF struct buf before = {0};
    CLEANUP_BUF struct buf after = {0};
    CLEANUP_BUF struct buf value = {0};
    struct hash commitment = commitment_of("text", "x");

    (void)state;
    opening_seal(&before, TEAM, &CASE, &RECORD, STR("text"), &SALT, STR("x"));
    opening_seal(&after, OTHER, &CASE, &RECORD, STR("text"), &SALT, STR("x"));
    scopes_put(scopes, STR("team"), TEAM);
    assert_int_equal(unseal(&before, scopes, "team", &CASE, &RECORD, &commitment, &value), 0);
    assert_int_equal(unseal(&after, scopes, "team", &CASE, &RECORD, &commitment, &value),
                     ERR_TAMPER); /* who left does not hold it */
    scopes_put(scopes, STR("team"), OTHER);
    assert_int_equal(unseal(&before, scopes, "team", &CASE, &RECORD, &commitment, &value), 0);
    assert_int_equal(unseal(&after, scopes, "team", &CASE, &RECORD, &commitment, &value), 0);
}

static void a_key_that_was_made_is_the_only_one_of_its_kind_until_it_is_settled(void **state)
{
    CLEANUP(scopes_freep) struct scopes *scopes = scopes_new();
    uint8_t first[SCOPE_KEY_SIZE];
    size_t at = 0;
    size_t count = 0;

    (void)state;
    assert_false(scopes_holds(scopes, STR("team")));
    scopes_put(scopes, STR("team"), TEAM);
    scopes_put(scopes, STR("team"), TEAM);
    assert_true(scopes_holds(scopes, STR("team")));
    assert_false(scopes_holds(scopes, STR("tea")));
    assert_null(scopes_made(scopes, STR("team")));
    for (int i = 0; i < 20; i++) /* the room grows meanwhile */
        scopes_make(scopes, STR("board"));
    scopes_make(scopes, STR("team"));
    memcpy(first, scopes_made(scopes, STR("team")), sizeof(first));
    scopes_make(scopes, STR("team"));
    assert_memory_not_equal(scopes_made(scopes, STR("team")), first, sizeof(first));
    scopes_settle(scopes, STR("team"));
    assert_null(scopes_made(scopes, STR("team")));
    assert_non_null(scopes_made(scopes, STR("board")));
    assert_memory_equal(scopes_next(scopes, STR("team"), &at), TEAM, sizeof(TEAM));
    assert_memory_equal(scopes_next(scopes, STR("team"), &at), first, sizeof(first));
    for (at = 0; scopes_next(scopes, STR("team"), &at);)
        count++;
    assert_int_equal(count, 3);
}

/* sha256sum of: "calm scope key\n", 32 bytes 01, one byte 09, "personnel", 32 bytes 02. */
static void a_key_has_the_name_that_the_format_says(void **state)
{
    struct hash case_id;
    struct hash name;
    uint8_t key[SCOPE_KEY_SIZE];
    char text[65] = "";

    (void)state;
    memset(&case_id, 1, sizeof(case_id));
    memset(key, 2, sizeof(key));
    name = scope_key_name(&case_id, STR("personnel"), key);
    hex_write(text, &name, 32);
    assert_string_equal(text, "36b307b298adc14d21f0ec269f62763c0f90b93499841e22221177f54ef1979d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_that_is_moved_or_changed_does_not_open),
        cmocka_unit_test(a_box_under_the_name_of_another_field_does_not_open),
        cmocka_unit_test(the_largest_value_fits_and_boxes_that_cannot_be_are_refused),
        cmocka_unit_test(items_are_walked_and_damaged_ones_end_the_walk),
        cmocka_unit_test(any_key_of_a_compartment_opens_what_it_sealed),
        cmocka_unit_test(a_key_that_was_made_is_the_only_one_of_its_kind_until_it_is_settled),
        cmocka_unit_test(a_key_has_the_name_that_the_format_says),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
