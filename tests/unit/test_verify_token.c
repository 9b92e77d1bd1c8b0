/* test_verify_token.c: one spelling for each token of the format, and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "verify/token.h"

static struct cursor cursor_at(const char *text)
{
    return cursor_of((struct slice){text, strlen(text)});
}

static void integers_have_one_spelling(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } cases[] = {
        {"0", true, 0},
        {"10", true, 10},
        {"9223372036854775807", true, 9223372036854775807U}, /* 2^63 - 1 */
        {"9223372036854775808", false, 0},
        {"18446744073709551616", false, 0},
        {"99999999999999999999999999", false, 0},
        {"00", false, 0},
        {"01", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {"", false, 0},
        {" 1", false, 0},
        {"x", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cursor c = cursor_at(cases[i].text);
        uint64_t value = 0;

        assert_int_equal(take_integer(&c, &value) && c.at == c.end, cases[i].good);
        if (cases[i].good)
            assert_true(value == cases[i].value);
    }
}

static void times_are_days_that_exist(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"\"2024-02-29T23:59:59.999999999Z\"", true},
        {"\"2023-02-29T00:00:00.000000000Z\"", false},
        {"\"1900-02-29T00:00:00.000000000Z\"", false}, /* divisible by 100 */
        {"\"2000-02-29T00:00:00.000000000Z\"", true},  /* divisible by 400 */
        {"\"0000-02-29T00:00:00.000000000Z\"", true},
        {"\"2024-06-31T00:00:00.000000000Z\"", false},
        {"\"2024-12-31T00:00:00.000000000Z\"", true},
        {"\"2024-12-32T00:00:00.000000000Z\"", false},
        {"\"2024-00-01T00:00:00.000000000Z\"", false},
        {"\"2024-13-01T00:00:00.000000000Z\"", false},
        {"\"2024-01-00T00:00:00.000000000Z\"", false},
        {"\"2024-01-01T24:00:00.000000000Z\"", false},
        {"\"2024-01-01T23:60:00.000000000Z\"", false},
        {"\"2024-01-01T23:59:60.000000000Z\"", false},
        {"\"2024-01-01T23:59:59.00000000Z\"", false},
        {"\"2024-01-01t23:59:59.000000000Z\"", false},
        {"\"2024-01-01T23:59:59.000000000z\"", false},
        {"\"2024-01-01T23:59:59.000000000+\"", false},
        {"2024-01-01T23:59:59.000000000Z", false},
        {"\"2024-01-01T23:59:59.000000000Z", false},
        {"\"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cursor c = cursor_at(cases[i].text);
        struct slice time;

        assert_int_equal(take_time(&c, &time) && c.at == c.end, cases[i].good);
    }
}

static void names_and_types_have_limits(void **state)
{
    static const struct {
        const char *text;
        bool name, type;
    } cases[] = {
        {"\"a\"", true, false},
        {"\"a-1-\"", true, false},
        {"\"abcdefghijklmnopqrstuvwxyz012345\"", true, false}, /* 32 bytes */
        {"\"abcdefghijklmnopqrstuvwxyz0123456\"", false, false},
        {"\"\"", false, false},
        {"\"-a\"", false, false},
        {"\"1a\"", false, false},
        {"\"aB\"", false, false},
        {"\"{\"", false, false},
        {"\"a~\"", false, false},
        {"\"`\"", false, false},
        {"\"a_b\"", false, false},
        {"\"a/1\"", false, true},
        {"\"abcdefghijklmnopqrstuvwxyz012345/999\"", false, true},
        {"\"abcdefghijklmnopqrstuvwxyz0123456/1\"", false, false},
        {"\"a/0\"", false, false},
        {"\"a/1000\"", false, false},
        {"\"a/01\"", false, false},
        {"\"a/1/1\"", false, false},
        {"\"/1\"", false, false},
        {"\"a/\"", false, false},
        {"\"a/1", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cursor a = cursor_at(cases[i].text);
        struct cursor b = cursor_at(cases[i].text);
        struct slice name;
        unsigned version = 0;

        assert_int_equal(take_name(&a, &name), cases[i].name);
        assert_int_equal(take_type(&b, &name, &version), cases[i].type);
    }
}

static void values_are_integers_strings_and_flat_arrays(void **state)
{
    static const struct {
        const char *text;
        bool good;
        size_t count;
    } cases[] = {
        {"1", true, 0},         {"\"\"", true, 0},          {"\" ~\"", true, 0},
        {"\"\x7f\"", false, 0}, {"\"\x1f\"", false, 0},     {"\"\xc3\xa4\"", false, 0},
        {"\"\\\"", false, 0},   {"\"", false, 0},           {"[]", true, 0},
        {"[1]", true, 1},       {"[1,\"a,]\",0]", true, 3}, {"[1,]", false, 0},
        {"[,1]", false, 0},     {"[1 ,2]", false, 0},       {"[[]]", false, 0},
        {"[", false, 0},        {"[1", false, 0},           {"{}", false, 0},
        {"true", false, 0},     {"null", false, 0},         {"-1", false, 0},
        {"", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cursor c = cursor_at(cases[i].text);
        struct value value;
        bool good = take_value(&c, &value) && c.at == c.end;

        assert_int_equal(good, cases[i].good);
        if (good && value.kind == VALUE_ARRAY)
            assert_int_equal(value.count, cases[i].count);
    }
}

static void base64_has_one_spelling(void **state)
{
    /* RFC 4648, section 10, and spellings that section 3.5 lets a decoder refuse. */
    static const struct {
        const char *text, *bytes;
    } cases[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYmFy", "foobar"},
        {"+/+/", "\xfb\xff\xbf"},
        {"Zh==", NULL},
        {"Zm9=", NULL},
        {"Zg=", NULL},
        {"Zg", NULL},
        {"Z===", NULL},
        {"====", NULL},
        {"=", NULL},
        {"Zg==Zg==", NULL},
        {"Zm8=Zm9v", NULL},
        {"Zm9v\n", NULL},
        {"Zm 9", NULL},
        {"-_-_", NULL},
        {"Zm9vYmFyZm9v", NULL}, /* nine bytes, and there is room for eight */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[8];
        char text[16];
        size_t len = 99;
        bool good = base64_decode((struct slice){cases[i].text, strlen(cases[i].text)}, bytes,
                                  sizeof bytes, &len);

        assert_int_equal(good, cases[i].bytes != NULL);
        if (!good)
            continue;
        assert_int_equal(len, strlen(cases[i].bytes));
        assert_memory_equal(bytes, cases[i].bytes, len);
        base64_encode(bytes, len, text);
        assert_memory_equal(text, cases[i].text, strlen(cases[i].text));
    }
}

static void utf8_is_read_strictly(void **state)
{
    static const struct {
        const char *text;
        uint32_t ch; /* 0 where there is none */
    } cases[] = {
        {"a", 'a'},
        {"\x7f", 0x7f},
        {"\xc2\x80", 0x80},
        {"\xe2\x80\x94", 0x2014},
        {"\xef\xbf\xbf", 0xffff},
        {"\xf4\x8f\xbf\xbf", 0x10ffff},
        {"", 0},
        {"\x80", 0},
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xed\xa0\x80", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xe2\x80", 0},
        {"\xe2\x80z", 0},
        {"\xff", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cursor c = {cases[i].text, cases[i].text + strlen(cases[i].text)};
        uint32_t ch = 0;

        assert_int_equal(take_utf8(&c, &ch), cases[i].ch != 0);
        assert_int_equal(ch, cases[i].ch);
        assert_ptr_equal(c.at, cases[i].ch != 0 ? c.end : cases[i].text);
    }
}

static void hex_is_lower_case_and_whole(void **state)
{
    static const char *const bad[] = {"",        "\"\"", "\"0g\"", "\"0A\"", "\"0\"",
                                      "\"000\"", "00",   "\"00",   "\" 0\""};
    uint8_t byte = 0;
    struct cursor c = cursor_at("\"a9\"");

    (void)state;
    assert_true(take_hex(&c, &byte, 1));
    assert_int_equal(byte, 0xa9);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        c = cursor_at(bad[i]);
        assert_false(take_hex(&c, &byte, 1));
    }
}

static void names_ascend_by_byte(void **state)
{
    /* '-' is 0x2d, '0' is 0x30, 'a' is 0x61. */
    static const char *const ascending[] = {"a", "a-", "a-a", "a0", "aa", "b"};

    (void)state;
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 6; k++) {
            int order = slice_compare((struct slice){ascending[i], strlen(ascending[i])},
                                      (struct slice){ascending[k], strlen(ascending[k])});
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_have_one_spelling),
        cmocka_unit_test(times_are_days_that_exist),
        cmocka_unit_test(names_and_types_have_limits),
        cmocka_unit_test(values_are_integers_strings_and_flat_arrays),
        cmocka_unit_test(base64_has_one_spelling),
        cmocka_unit_test(utf8_is_read_strictly),
        cmocka_unit_test(hex_is_lower_case_and_whole),
        cmocka_unit_test(names_ascend_by_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
