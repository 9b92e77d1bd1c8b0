/* test_verify_line.c: a line and an opening have one spelling, and what is cut or changed at any
 * byte is refused at that byte or before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verify/line.h"

#define ID "0123456789abcdef0123456789abcdef"
#define HASH ID "fedcba9876543210fedcba9876543210"
#define SIG HASH HASH
#define ENTRY                                                                                      \
    "{\"v\":1,\"case\":\"" HASH "\",\"seq\":7,\"prev\":\"" HASH "\",\"epoch\":0,"                  \
    "\"logged\":\"2024-02-29T23:59:59.000000001Z\",\"statement\":"
#define SIGNER                                                                                     \
    "{\"id\":\"" ID "\",\"case\":\"" HASH "\",\"seen\":[6,\"" HASH "\"],"                          \
    "\"time\":\"2024-02-29T23:59:58.000000000Z\",\"boot\":\"" ID "\",\"mono\":15,"                 \
    "\"clock\":\"free\",\"by\":\"" HASH "\""
#define LABELS ",\"type\":\"note/1\",\"tlp\":\"amber-strict\",\"scope\":\"team\""
#define PUBLIC "\"a\":1,\"b-c\":[2,\"x\"],\"d\":[]"
#define FIELDS "\"text\":\"" HASH "\",\"to\":\"" HASH "\""
#define REFS "\"" ID "\",\"" ID "\""
#define BODY(public, fields, refs)                                                                 \
    ",\"public\":{" public "},\"fields\":{" fields "},\"refs\":[" refs "]"
#define END ",\"sig\":\"" SIG "\"}}"

static const char good_line[] = ENTRY SIGNER LABELS BODY(PUBLIC, FIELDS, REFS) END;
static const char good_opening[] =
    "{\"id\":\"" ID "\",\"name\":\"text\",\"salt\":\"" HASH "\",\"value\":\"Zm9v\"}";

/* 0, or -1 with the offset where it went wrong. */
typedef int parse(struct slice text, size_t *bad);

static int parse_line(struct slice text, size_t *bad)
{
    struct line line;

    return line_parse(text, &line, bad);
}

static int parse_opening(struct slice text, size_t *bad)
{
    struct opening opening;

    return opening_parse(text, &opening, bad);
}

static void refuse_every_cut_and_change(parse *read, const char *text, size_t len)
{
    char *copy = malloc(len);
    size_t bad = 0;

    assert_non_null(copy);
    assert_int_equal(read((struct slice){text, len}, &bad), 0);
    for (size_t n = 0; n < len; n++) {
        char *cut = malloc(n + 1); /* of its own, so that a read behind the end is seen */

        assert_non_null(cut);
        memcpy(cut, text, n);
        bad = SIZE_MAX;
        assert_int_equal(read((struct slice){cut, n}, &bad), -1);
        assert_true(bad <= n);
        free(cut);

        memcpy(copy, text, len);
        copy[n] = '\x7f'; /* section 2: no line holds that byte */
        bad = SIZE_MAX;
        assert_int_equal(read((struct slice){copy, len}, &bad), -1);
        assert_true(bad <= n);
    }
    free(copy);
}

static void a_line_cut_or_changed_at_any_byte_is_refused(void **state)
{
    (void)state;
    refuse_every_cut_and_change(parse_line, good_line, sizeof good_line - 1);
    refuse_every_cut_and_change(parse_opening, good_opening, sizeof good_opening - 1);
}

static void a_line_yields_what_it_says(void **state)
{
    const struct slice text = {good_line, sizeof good_line - 1};
    struct line line;
    size_t bad = 0;

    (void)state;
    assert_int_equal(line_parse(text, &line, &bad), 0);
    assert_int_equal(line.seq, 7);
    assert_int_equal(line.seen_size, 6);
    assert_int_equal(line.epoch, 0);
    assert_int_equal(line.version, 1);
    assert_true(slice_is(line.type_name, "note"));
    assert_true(slice_is(line.logged, "2024-02-29T23:59:59.000000001Z"));
    assert_int_equal(line.field_count, 2);
    assert_int_equal(line.ref_count, 2);
    assert_memory_equal(line.tail, ",\"epoch\"", 8);
    assert_memory_equal(line.unsigned_at, ",\"sig\"", 6);
    assert_ptr_equal(line.statement.p, good_line + sizeof ENTRY - 1);
    assert_int_equal(line.statement.len, sizeof good_line - sizeof ENTRY - 1);
    assert_int_equal(line.id[1], 0x23);
    assert_int_equal(line.by[16], 0xfe);
}

static void names_ascend_and_lists_have_commas(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {ENTRY SIGNER LABELS BODY("", "", "") END, true},
        {ENTRY SIGNER LABELS BODY("\"a\":1,\"a\":1", "", "") END, false},
        {ENTRY SIGNER LABELS BODY("\"b\":1,\"a\":1", "", "") END, false},
        {ENTRY SIGNER LABELS BODY("\"a\":1\"b\":1", "", "") END, false},
        {ENTRY SIGNER LABELS BODY("\"a\"1", "", "") END, false},
        {ENTRY SIGNER LABELS BODY("\"a\":01", "", "") END, false},
        {ENTRY SIGNER LABELS BODY(",", "", "") END, false},
        {ENTRY SIGNER LABELS BODY("", "\"b\":\"" HASH "\",\"a\":\"" HASH "\"", "") END, false},
        {ENTRY SIGNER LABELS BODY("", "\"a\":\"" HASH "\"\"b\":\"" HASH "\"", "") END, false},
        {ENTRY SIGNER LABELS BODY("", "\"a\",\"" HASH "\"", "") END, false},
        {ENTRY SIGNER LABELS BODY("", "\"a\":\"" ID "\"", "") END, false},
        {ENTRY SIGNER LABELS BODY("", "", "\"" ID "\"\"" ID "\"") END, false},
        {ENTRY SIGNER LABELS BODY("", "", "\"" HASH "\"") END, false},
        {ENTRY SIGNER ",\"type\":\"note/1\",\"tlp\":\"white\",\"scope\":\"team\"" BODY("", "", "")
             END,
         false},
        {ENTRY SIGNER ",\"type\":\"note/1\",\"tlp\":1,\"scope\":\"team\"" BODY("", "", "") END,
         false},
        {ENTRY SIGNER LABELS BODY("", "", "") END " ", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct slice text = {cases[i].text, strlen(cases[i].text)};
        struct line line;
        size_t bad = 0;

        assert_int_equal(line_parse(text, &line, &bad) == 0, cases[i].good);
    }
}

static void what_is_longer_than_allowed_is_refused_at_the_limit(void **state)
{
    char *text = malloc(OPENING_MAX_LEN + 1);
    struct opening opening;
    struct line line;
    size_t bad = 0;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', OPENING_MAX_LEN + 1);
    assert_int_equal(line_parse((struct slice){text, 65537}, &line, &bad), -1);
    assert_int_equal(bad, 65536);
    assert_int_equal(opening_parse((struct slice){text, 98305}, &opening, &bad), -1);
    assert_int_equal(bad, 98304);
    free(text);
}

static void a_version_other_than_1_is_of_a_later_time(void **state)
{
    static const struct {
        const char *text;
        bool later;
    } cases[] = {
        {"{\"v\":2,", true},  {"{\"v\":0,", true},  {"{\"v\":1,", false}, {"{\"v\":02,", false},
        {"{\"v\":2}", false}, {"{\"v\":2", false},  {"{\"v\":,", false},  {"{\"v\":", false},
        {"{\"w\":2,", false}, {" {\"v\":2", false}, {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            line_is_from_later_time((struct slice){cases[i].text, strlen(cases[i].text)}),
            cases[i].later);
}

static void types_are_known_by_their_names(void **state)
{
    static const char *const names[] = {"case",   "enrol", "revoke",     "redact-request",
                                        "redact", "hold",  "checkpoint", "redact-approve",
                                        "anchor", "merge"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum type t = type_of_name((struct slice){names[i], strlen(names[i])});

        assert_int_not_equal(t, TYPE_OTHER);
        assert_string_equal(type_title(t), names[i]);
    }
    assert_int_equal(type_of_name((struct slice){"note", 4}), TYPE_OTHER);
    assert_int_equal(type_of_name((struct slice){"cases", 5}), TYPE_OTHER);
}

static void fields_are_taken_one_by_one_to_their_end(void **state)
{
    static const char text[] = FIELDS "}";
    struct field field;

    (void)state;
    for (size_t n = 0; n < sizeof text; n++) {
        struct cursor c = {text, text + n};
        size_t taken = 0;

        while (field_next(&c, &field))
            taken++;
        /* The first ends behind `"text":"…"`, the second behind `,"to":"…"`. */
        assert_int_equal(taken, (n >= 7 + 66) + (n >= 7 + 66 + 6 + 66));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_cut_or_changed_at_any_byte_is_refused),
        cmocka_unit_test(a_line_yields_what_it_says),
        cmocka_unit_test(names_ascend_and_lists_have_commas),
        cmocka_unit_test(what_is_longer_than_allowed_is_refused_at_the_limit),
        cmocka_unit_test(a_version_other_than_1_is_of_a_later_time),
        cmocka_unit_test(types_are_known_by_their_names),
        cmocka_unit_test(fields_are_taken_one_by_one_to_their_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
