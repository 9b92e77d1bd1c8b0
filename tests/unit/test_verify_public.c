/* test_verify_public.c: `public` has exactly the members that section 9 gives to each type, each of
 * its kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verify/public.h"

#define ID "\"0123456789abcdef0123456789abcdef\""
#define HASH "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""
#define SIG                                                                                        \
    "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                           \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""
/* 64 zero bytes, and 63 and 65, in base64. */
#define ZEROS60 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SIG64 "\"" ZEROS60 "AAAAAA==\""
#define SIG63 "\"" ZEROS60 "AAAA\""
#define SIG65 "\"" ZEROS60 "AAAAAAA=\""

struct member {
    const char *name;
    const char *good;
    const char *bad[6]; /* values of other kinds, or NULL behind the last */
};

struct shape {
    enum type type;
    struct member members[6];
};

#define NOT_A_STRING "7", "[]"
#define NOT_A_HASH NOT_A_STRING, ID, "\"\"", SIG
#define NOT_AN_ID NOT_A_STRING, HASH, "\"\""
#define NOT_A_NUMBER "\"7\"", "[7]", "[]"

static const struct shape shapes[] = {
    {TYPE_CASE,
     {{"format", "\"cj/1\"", {NOT_A_STRING, "\"cj/2\"", "\"cj/11\"", "\"\""}},
      {"key", HASH, {NOT_A_HASH}},
      {"policy", "\"plain\"", {NOT_A_STRING, "\"\"", "\"Plain\"", "\"1\""}},
      {"recovery", HASH, {NOT_A_HASH}}}},
    {TYPE_ENROL,
     {{"key", HASH, {NOT_A_HASH}},
      {"power", "\"member\"", {NOT_A_STRING, "\"king\"", "\"\"", "\"leads\""}},
      {"proof", SIG, {NOT_A_STRING, HASH, "\"\"", SIG64}}}},
    {TYPE_REVOKE, {{"from", "1", {NOT_A_NUMBER}}, {"key", HASH, {NOT_A_HASH}}}},
    {TYPE_REDACT_REQUEST,
     {{"names", "[\"a\",\"b\"]", {"7", "\"a\"", "[7]", "[\"a\",7]", "[\"\"]", "[\"A\"]"}},
      {"target", ID, {NOT_AN_ID}}}},
    {TYPE_REDACT_APPROVE, {{"request", ID, {NOT_AN_ID}}}},
    {TYPE_REDACT,
     {{"approvals",
       "[" ID "," ID "]",
       {"7", ID, "[]", "[" ID "]", "[" ID ",7]", "[" ID "," HASH "]"}},
      {"names", "[]", {"7", "\"a\"", "[7]"}},
      {"target", ID, {NOT_AN_ID}}}},
    {TYPE_HOLD, {{"state", "\"lifted\"", {NOT_A_STRING, "\"\"", "\"sets\"", "\"lift\""}}}},
    {TYPE_CHECKPOINT,
     {{"key", HASH, {NOT_A_HASH}},
      {"root", HASH, {NOT_A_HASH}},
      {"sig", SIG64, {NOT_A_STRING, SIG63, SIG65, "\"AAAA=\"", "\"\""}},
      {"size", "1", {NOT_A_NUMBER}}}},
    {TYPE_ANCHOR,
     {{"kind", "\"witness\"", {NOT_A_STRING, "\"\"", "\"pages\""}},
      {"name", "\"\"", {NOT_A_STRING}},
      {"root", HASH, {NOT_A_HASH}},
      {"size", "1", {NOT_A_NUMBER}},
      {"token", "\"AA==\"", {NOT_A_STRING, "\"AB==\"", "\"A\"", "\"!!!!\""}}}},
    {TYPE_MERGE,
     {{"count", "0", {NOT_A_NUMBER}},
      {"fork", "1", {NOT_A_NUMBER}},
      {"head", HASH, {NOT_A_HASH}},
      {"root", HASH, {NOT_A_HASH}},
      {"size", "2", {NOT_A_NUMBER}},
      {"skip", "[1,2,3]", {"7", "\"7\"", "[7]", "[1,2]", "[1,2,\"3\"]"}}}},
};

/* The text behind `{`, with one member as given, or left out where it is NULL. */
static size_t spell(const struct shape *s, size_t changed, const char *value, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < 6 && s->members[i].name != NULL; i++) {
        const char *v = i == changed ? value : s->members[i].good;

        if (v != NULL)
            len += (size_t)sprintf(out + len, "%s\"%s\":%s", len > 0 ? "," : "", s->members[i].name,
                                   v);
    }
    return len + (size_t)sprintf(out + len, "}");
}

static int parse(enum type type, const char *text, size_t len, struct public *pub,
                 const char **wrong)
{
    char *copy = malloc(len + 1); /* of its own, so that a read behind the end is seen */
    int result = 0;

    assert_non_null(copy);
    memcpy(copy, text, len);
    result = public_parse(type, copy, copy + len, pub, wrong);
    free(copy);
    return result;
}

static void each_member_is_there_and_of_its_kind(void **state)
{
    struct public pub;
    const char *wrong = NULL;
    char text[2048];

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const struct shape *s = &shapes[i];

        assert_int_equal(parse(s->type, text, spell(s, 6, NULL, text), &pub, &wrong), 0);
        for (size_t k = 0; k < 6 && s->members[k].name != NULL; k++) {
            assert_int_equal(parse(s->type, text, spell(s, k, NULL, text), &pub, &wrong), -1);
            assert_string_equal(wrong, s->members[k].name);
            for (size_t n = 0; n < 6 && s->members[k].bad[n] != NULL; n++) {
                size_t len = spell(s, k, s->members[k].bad[n], text);

                assert_int_equal(parse(s->type, text, len, &pub, &wrong), -1);
                assert_string_equal(wrong, s->members[k].name);
            }
        }
    }
}

static void public_cut_anywhere_or_with_more_in_it_is_refused(void **state)
{
    struct public pub;
    const char *wrong = NULL;
    char text[2048];

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        size_t len = spell(&shapes[i], 6, NULL, text);

        for (size_t n = 0; n < len; n++)
            assert_int_equal(parse(shapes[i].type, text, n, &pub, &wrong), -1);
        len += (size_t)sprintf(text + len - 1, ",\"z\":1}") - 1;
        assert_int_equal(parse(shapes[i].type, text, len, &pub, &wrong), -1);
        assert_string_equal(wrong, "one that the type does not have");
    }
}

static void a_page_has_no_token(void **state)
{
    static const struct {
        const char *kind, *token;
        enum anchor_kind read;
        bool good;
    } cases[] = {
        {"\"page\"", "\"\"", ANCHOR_PAGE, true},
        {"\"page\"", "\"AA==\"", ANCHOR_PAGE, false},
        {"\"rfc3161\"", "\"\"", ANCHOR_RFC3161, true},
        {"\"witness\"", "\"AA==\"", ANCHOR_WITNESS, true},
    };
    struct public pub;
    const char *wrong = NULL;
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int len =
            sprintf(text, "\"kind\":%s,\"name\":\"n\",\"root\":" HASH ",\"size\":9,\"token\":%s}",
                    cases[i].kind, cases[i].token);

        assert_int_equal(parse(TYPE_ANCHOR, text, (size_t)len, &pub, &wrong) == 0, cases[i].good);
        assert_int_equal(pub.kind, cases[i].read);
        assert_int_equal(pub.size, 9);
    }
}

static void words_are_read_as_what_they_mean(void **state)
{
    static const struct {
        const char *word;
        char power;
    } powers[] = {{"lead", 'l'}, {"member", 'm'}, {"log", 'g'}};
    struct public pub;
    const char *wrong = NULL;
    char text[512];
    int len = 0;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        len = sprintf(text, "\"key\":" HASH ",\"power\":\"%s\",\"proof\":" SIG "}", powers[i].word);
        assert_int_equal(parse(TYPE_ENROL, text, (size_t)len, &pub, &wrong), 0);
        assert_int_equal(pub.power, powers[i].power);
        assert_int_equal(pub.key[1], 0x23);
    }
    assert_int_equal(parse(TYPE_HOLD, "\"state\":\"set\"}", 14, &pub, &wrong), 0);
    assert_true(pub.hold);
    assert_int_equal(parse(TYPE_HOLD, "\"state\":\"lifted\"}", 17, &pub, &wrong), 0);
    assert_false(pub.hold);
}

/* Section 11: the limits are judged from the shapes of the merges alone. */
static void the_numbers_of_a_merge_are_read_whatever_else_it_says(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"\"count\":4,\"fork\":3,\"size\":8,\"skip\":[1,2,3]}", true},
        {"\"a\":[],\"count\":4,\"fork\":3,\"head\":0,\"root\":\"\",\"size\":8,\"skip\":[],\"z\":1}",
         true},
        {"\"count\":\"4\",\"fork\":3,\"size\":8,\"skip\":[]}", false},
        {"\"count\":4,\"fork\":[],\"size\":8,\"skip\":[]}", false},
        {"\"count\":4,\"fork\":3,\"size\":\"8\",\"skip\":[]}", false},
        {"\"count\":4,\"fork\":3,\"size\":8,\"skip\":[1]}", false},
        {"\"count\":4,\"fork\":3,\"size\":8,\"skip\":3}", false},
        {"\"count\":4,\"fork\":3,\"size\":8}", false},
        {"\"count\":4,\"size\":8,\"skip\":[]}", false},
        {"}", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        struct public pub;

        assert_int_equal(public_merge_numbers(text, text + strlen(text), &pub) == 0, cases[i].good);
        if (cases[i].good) {
            assert_int_equal(pub.count, 4);
            assert_int_equal(pub.fork, 3);
            assert_int_equal(pub.size, 8);
            assert_int_equal(pub.skip_count, i == 0);
        }
        for (size_t n = 0; n < strlen(text); n++)
            assert_int_equal(public_merge_numbers(text, text + n, &pub), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_member_is_there_and_of_its_kind),
        cmocka_unit_test(public_cut_anywhere_or_with_more_in_it_is_refused),
        cmocka_unit_test(a_page_has_no_token),
        cmocka_unit_test(words_are_read_as_what_they_mean),
        cmocka_unit_test(the_numbers_of_a_merge_are_read_whatever_else_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
