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
#include <jansson.h>
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
        {"\x7f", "\\x7f"},
        {"\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0"},
        {"soft hyphen \xc2\xad", "soft hyphen \\xc2\\xad"},
        {"byte order \xef\xbb\xbf", "byte order \\xef\\xbb\\xbf"},
        {"Arabic mark \xd8\x9c", "Arabic mark \\xd8\\x9c"},
        {"\xe2\x80\x8a\xe2\x80\x8f", "\xe2\x80\x8a\\xe2\\x80\\x8f"},
        {"\xe2\x80\x90\xe2\x80\xa8", "\xe2\x80\x90\\xe2\\x80\\xa8"},
        {"joiner \xe2\x81\xa0 isolate \xe2\x81\xaf",
         "joiner \\xe2\\x81\\xa0 isolate \\xe2\\x81\\xaf"},
        {"\xe2\x80\xaf\xe2\x81\xb0", "\xe2\x80\xaf\xe2\x81\xb0"},
        {"tag \xf3\xa0\x80\x81 end \xf3\xa0\xbf\xbf",
         "tag \\xf3\\xa0\\x80\\x81 end \\xf3\\xa0\\xbf\\xbf"},
        {"\xf3\xa1\x80\x80", "\xf3\xa1\x80\x80"},
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

enum { SAID_SIZE = 8192 };

static void said(char text[SAID_SIZE],
                 void (*report)(FILE *out, const char *name, const struct verdict *v),
                 const struct verdict *v)
{
    FILE *out = fmemopen(text, SAID_SIZE, "w");

    assert_non_null(out);
    report(out, "a.cj1", v);
    assert_int_equal(fclose(out), 0); /* what does not fit is an error here */
}

#define NOON 1715000400 /* `date -u -d @1715000400 +%FT%TZ` says 2024-05-06T13:00:00Z */

/* Lines end at a screen's edge; what hangs over is indented by four. */
static void unfold(char *text)
{
    char *at;

    for (char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
        if (strcspn(line, "\n") > 80)
            fail();
    while ((at = strstr(text, "\n    ")) != NULL) {
        *at = ' ';
        memmove(at + 1, at + 5, strlen(at + 5) + 1);
    }
}

static void a_person_reads_how_far_and_by_what_it_is_anchored(void **state)
{
    static const struct {
        struct verdict verdict;
        const char *says[8], *does_not_say[4];
    } cases[] = {
        {{.judged = true, .status = STATUS_NOT_ANCHORED, .records = 1, .matching = 1},
         {"a.cj1: valid, not anchored\n", "  Case 0000", " 1 record: ",
          "Nothing from outside anchors it", "Openings: 1 matches, 0 withheld, 0 redacted."},
         {"Anchored up to", "not trusted", "earlier", "time stamp says"}},
        {{.judged = true,
          .status = STATUS_VERIFIED,
          .records = 9,
          .anchored_size = 9,
          .anchors = {[SOURCE_ROOT] = {.size = 9}}},
         {"a.cj1: verified\n", " 9 records: ", "Anchored up to record 8 by the root",
          "Openings: 0 match, 0 withheld, 0 redacted."},
         {"Nothing from outside", "nothing from outside", " of w", "made at"}},
        {{.judged = true,
          .status = STATUS_VERIFIED,
          .records = 9,
          .anchored_size = 8,
          .anchors = {[SOURCE_WITNESS] = {.size = 8, .seconds = NOON, .by = "w\n"}}},
         {"Anchored up to record 7 by the signature of the witness's key of w\\x0a, made at "
          "2024-05-06T13:00:00Z.",
          "The 1 record after that is valid, but nothing from outside anchors it yet."},
         {"time stamp says", "by the root"}},
        {{.judged = true,
          .status = STATUS_VERIFIED,
          .records = 9,
          .anchored_size = 7,
          .anchors = {[SOURCE_STAMP] = {.size = 7, .seconds = INT64_MAX, .by = "CN=A"}},
          .untrusted = 1,
          .clock_back = 1},
         {"Anchored up to record 6 by the time stamp of CN=A.",
          "A time stamp says that the records existed at that time, not who wrote them.",
          "The 2 records after that are valid, but nothing from outside anchors them yet.",
          " 1 record is not trusted: ", " 1 record was logged earlier"},
         {"made at"}},
        {{.judged = true,
          .status = STATUS_NOT_ANCHORED,
          .records = 9,
          .matching = 2,
          .withheld = 3,
          .redacted = 4,
          .untrusted = 5,
          .clock_back = 6,
          .remark_count = 2,
          .remarks = {"one \x1b", "two"}},
         {"Openings: 2 match, 3 withheld, 4 redacted.", " 5 records are not trusted: ",
          " 6 records were logged earlier", "Note: one \\x1b.\n", "Note: two.\n"},
         {NULL}},
        {{.status = STATUS_TAMPERED, .finding = {STATUS_TAMPERED, 3, "prev", "it \xff"}},
         {"a.cj1: tampered\n", "Record 3, prev: it \\xff.\n", "This is not what was written"},
         {"Openings"}},
        {{.status = STATUS_UNCHECKED, .finding = {STATUS_UNCHECKED, NO_RECORD, "file", "why"}},
         {"a.cj1: could not check\n", "  file: why.\n"},
         {"Record", "This is not what was written"}},
        {{.status = STATUS_MALFORMED, .finding = {STATUS_MALFORMED, 0, "spelling", "why"}},
         {"a.cj1: malformed\n", "Record 0, spelling: why.\n"},
         {"This is not what was written"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[SAID_SIZE];

        said(text, report_plain, &cases[i].verdict);
        unfold(text);
        for (size_t k = 0; k < 8 && cases[i].says[k] != NULL; k++)
            if (strstr(text, cases[i].says[k]) == NULL)
                fail_msg("'%s' is not in '%s'", cases[i].says[k], text);
        for (size_t k = 0; k < 4 && cases[i].does_not_say[k] != NULL; k++)
            if (strstr(text, cases[i].does_not_say[k]) != NULL)
                fail_msg("'%s' is in '%s'", cases[i].does_not_say[k], text);
    }
}

static json_t *read_json(const struct verdict *v)
{
    char text[SAID_SIZE];
    json_t *json;

    said(text, report_json, v);
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_int_equal(strchr(text, '\n') - text, strlen(text) - 1); /* one line */
    return json;
}

static void json_says_the_same_to_a_program(void **state)
{
    static const struct verdict verdict = {
        .judged = true,
        .status = STATUS_VERIFIED,
        .records = 9,
        .anchored_size = 8,
        .name = {0xab},
        .matching = 2,
        .withheld = 3,
        .redacted = 4,
        .untrusted = 5,
        .clock_back = 6,
        .remark_count = 2,
        .remarks = {"one", "two"},
        .anchors = {{.size = 6},
                    {.size = 7, .seconds = NOON, .by = "w\""},
                    {.size = 8, .seconds = INT64_MAX, .by = "CN=A"}}};
    json_t *json = read_json(&verdict);
    const char *file, *word, *name, *source[3], *by[2], *time, *notes[2];
    int status, records, anchored, size[3], counts[5];

    (void)state;
    assert_int_equal(
        json_unpack(json,
                    "{s:s, s:i, s:s, s:s, s:i, s:i, s:[{s:s, s:i !}, {s:s, s:i, s:s, s:s !}, "
                    "{s:s, s:i, s:s !} !], s:{s:i, s:i, s:i !}, s:i, s:i, s:[s, s !] !}",
                    "file", &file, "status", &status, "verdict", &word, "case", &name, "records",
                    &records, "anchored", &anchored, "anchors", "source", &source[0], "size",
                    &size[0], "source", &source[1], "size", &size[1], "by", &by[0], "time", &time,
                    "source", &source[2], "size", &size[2], "by", &by[1], "openings", "matching",
                    &counts[0], "withheld", &counts[1], "redacted", &counts[2], "untrusted",
                    &counts[3], "clock_back", &counts[4], "notes", &notes[0], &notes[1]),
        0);
    assert_string_equal(file, "a.cj1");
    assert_int_equal(status, 0);
    assert_string_equal(word, "verified");
    assert_memory_equal(name, "ab000000", 8);
    assert_int_equal(strlen(name), 64);
    assert_int_equal(records, 9);
    assert_int_equal(anchored, 8);
    assert_string_equal(source[0], "root");
    assert_string_equal(source[1], "witness");
    assert_string_equal(source[2], "rfc3161");
    for (int i = 0; i < 3; i++)
        assert_int_equal(size[i], 6 + i);
    assert_string_equal(by[0], "w\"");
    assert_string_equal(by[1], "CN=A");
    assert_string_equal(time, "2024-05-06T13:00:00Z");
    for (int i = 0; i < 5; i++)
        assert_int_equal(counts[i], 2 + i);
    assert_string_equal(notes[0], "one");
    assert_string_equal(notes[1], "two");
    json_decref(json);
}

static void a_finding_about_no_record_names_none(void **state)
{
    static const struct verdict verdict = {.status = STATUS_UNCHECKED,
                                           .finding = {STATUS_UNCHECKED, NO_RECORD, "file", "why"}};
    json_t *json = read_json(&verdict);
    const char *rule, *text;

    (void)state;
    assert_int_equal(json_unpack(json, "{s:{s:s, s:s !}}", "finding", "rule", &rule, "text", &text),
                     0);
    assert_string_equal(rule, "file");
    assert_string_equal(text, "why");
    json_decref(json);
}

/* Check digits by `printf 'cj/1 page\n1:00000000' | sha256sum | cut -c1-2`, and so on to 8. */
static void a_printed_root_is_read_with_or_without_blanks(void **state)
{
    static const char spaced[] = " 00000000-19 00000000-DC 00000000-8a 00000000-6f\n  00000000-85 "
                                 "00000000-81\t00000000-26 00000000-54\r\n";
    static const char *const bad[] = {
        "",
        "0",
        "00000000-dc 00000000-19 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26 "
        "00000000-54",
        "00000001-19 00000000-dc 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26 "
        "00000000-54",
        "00000000-19 00000000-dc 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26",
        "00000000-19 00000000-dc 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26 "
        "00000000-54 0",
        "00000000 19 00000000-dc 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26 "
        "00000000-54",
        "00000000-1G 00000000-dc 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26 "
        "00000000-54",
        /* The check digits of `0000000G`, which is no hex. */
        "0000000G-c9 00000000-dc 00000000-8a 00000000-6f 00000000-85 00000000-81 00000000-26 "
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
        if (!strchr(" \t\r\n", *p))
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
        cmocka_unit_test(a_person_reads_how_far_and_by_what_it_is_anchored),
        cmocka_unit_test(json_says_the_same_to_a_program),
        cmocka_unit_test(a_finding_about_no_record_names_none),
        cmocka_unit_test(a_printed_root_is_read_with_or_without_blanks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
