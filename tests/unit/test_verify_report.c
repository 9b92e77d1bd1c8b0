/* test_verify_report.c: what a person types from paper is read, and hostile bytes are shown
 * harmlessly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "verify/options.h"
#include "verify/report.h"

static void bytes_that_deceive_are_escaped_and_others_are_not(void **state)
{
    static const struct {
        const char *text, *plain;
    } cases[] = {
        {"a.cj1", "a.cj1"},
        {"f\xc3\xa4lle.cj1", "f\xc3\xa4lle.cj1"},
        {"\x1b[31mred", "\\x1b[31mred"},
        {"two\nlines", "two\\x0alines"},
        {"back\\slash", "back\\\\slash"},
        {"\xff", "\\xff"},
        {"cut \xe2\x80", "cut \\xe2\\x80"},
        {"overlong \xc0\xaf", "overlong \\xc0\\xaf"},
        {"surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80"},
        {"beyond \xf4\x90\x80\x80", "beyond \\xf4\\x90\\x80\\x80"},
        {"C1 \xc2\x9b", "C1 \\xc2\\x9b"},
        {"turned \xe2\x80\xae", "turned \\xe2\\x80\\xae"},
        {"invisible \xe2\x80\x8b", "invisible \\xe2\\x80\\x8b"},
        {"\xf0\x9f\x93\x93", "\xf0\x9f\x93\x93"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *got = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&got, &len);

        report_escaped(out, cases[i].text);
        assert_int_equal(fclose(out), 0);
        assert_string_equal(got, cases[i].plain);
        free(got);
    }
}

static void brief_is_the_status_a_space_and_the_name(void **state)
{
    static const struct verdict verdict = {.status = STATUS_MALFORMED};
    char *got = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&got, &len);

    (void)state;
    report_brief(out, "x y.cj1", &verdict);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(got, "3 x y.cj1\n");
    free(got);
}

static void json_escapes_quotes_controls_and_bytes(void **state)
{
    struct verdict verdict = {.status = STATUS_TAMPERED};
    char *got = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&got, &len);

    (void)state;
    (void)finding_set(&verdict.finding, STATUS_TAMPERED, 7, "prev", "it says \"%s\"", "\x01\xfe");
    report_json(out, "a\"\\\n", &verdict);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(got, "{\"file\":\"a\\\"\\\\\\u000a\",\"status\":1,\"verdict\":\"tampered\","
                             "\"finding\":{\"record\":7,\"rule\":\"prev\",\"text\":\"it says "
                             "\\\"\\u0001\\u00fe\\\"\"},\"notes\":[]}\n");
    free(got);
}

/* Check digits by `printf 'cj/1 page\n1:00000000' | sha256sum | cut -c1-2`, and so on to 8. */
static void a_printed_root_is_read_with_or_without_spaces(void **state)
{
    static const char spaced[] = "00000000-19 00000000-dc 00000000-8a 00000000-6f 00000000-85 "
                                 "00000000-81 00000000-26 00000000-54";
    static const char *const bad[] = {
        "",
        "0",
        "00000000-dc 00000000-19 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26 "
        "00000000-54",
        "00000001-19 00000000-dc 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26 "
        "00000000-54",
        "00000000-1a 00000000-dc 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26 "
        "00000000-54",
    };
    uint8_t root[HASH_LEN];
    unsigned group = 0;
    char tight[sizeof spaced] = "";
    size_t n = 0;

    (void)state;
    assert_true(root_read(spaced, root, &group));
    assert_true(sodium_is_zero(root, sizeof root));
    for (const char *p = spaced; *p != '\0'; p++)
        if (*p != ' ')
            tight[n++] = *p;
    assert_true(root_read(tight, root, &group));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(root_read(bad[i], root, &group));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_deceive_are_escaped_and_others_are_not),
        cmocka_unit_test(brief_is_the_status_a_space_and_the_name),
        cmocka_unit_test(json_escapes_quotes_controls_and_bytes),
        cmocka_unit_test(a_printed_root_is_read_with_or_without_spaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
