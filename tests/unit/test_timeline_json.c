/* test_timeline_json.c: JSON objects as names and values: what RFC 8259 allows is read, and nothing
 * else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/mem.h"
#include "timeline/json_flat.h"

static void note(void *context, const struct json_value *v)
{
    struct buf *out = context;

    buf_addstr(out, v->name);
    buf_addc(out, v->is_text ? '=' : ':');
    buf_addstr(out, v->value);
    buf_addc(out, ';');
}

struct reading {
    const char *text;
    const char *values; /* NULL: no object of JSON */
};

static bool read_one(struct str text, bool bytes_as_text, struct buf *out, struct str *rest)
{
    CLEANUP(event_release) struct event e;
    struct json_flat f = {.take = note, .context = out, .bytes_as_text = bytes_as_text};
    bool ok;

    event_init(&e);
    f.e = &e;
    ok = json_flat(&f, &text);
    *rest = text;
    return ok;
}

static void check(const struct reading *readings, size_t count, bool bytes_as_text)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP_BUF struct buf out = {0};
        struct str rest;
        bool ok = read_one(str_of(readings[i].text), bytes_as_text, &out, &rest);

        if (ok != (readings[i].values != NULL))
            fail_msg("%s: %s", readings[i].text, ok ? "read" : "not read");
        if (ok)
            assert_string_equal(buf_text(&out), readings[i].values);
    }
}

static void objects_become_names_and_values(void **state)
{
    static const struct reading readings[] = {
        {"{}", ""},
        {" {\t\"a\" : 1 ,\"b\":\"x\"}", "a:1;b=x;"},
        {"{\"a\":{\"b\":{\"c\":-0.5e+3}}}", "a.b.c:-0.5e+3;"},
        {"{\"a\":[1,[2,\"3\"],{\"b\":true}],\"c\":[]}", "a:1;a:2;a=3;a.b:true;"},
        {"{\"a\":null,\"b\":false,\"a\":0}", "b:false;a:0;"},
        {"{\"a.b\":1,\"\":2}", "a.b:1;:2;"},
        {"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a=\"\\/\b\f\n\r\t;"},
        {"{\"a\":\"\\u00e4\\u20AC\\ud83d\\ude00\"}", "a=\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80;"},
        {"{\"\\u0061\":1}", "a:1;"},
        /* What is no character is shown as its bytes. */
        {"{\"a\":\"x\\u0000\\ud800\"}", "a=x\\x00\\xed\\xa0\\x80;"},
    };

    (void)state;
    check(readings, COUNT_OF(readings), false);
}

static void what_the_grammar_has_not_is_not_read(void **state)
{
    static const struct reading readings[] = {
        {"", NULL},
        {"[1]", NULL},
        {"\"a\"", NULL},
        {"{", NULL},
        {"{\"a\"}", NULL},
        {"{\"a\":}", NULL},
        {"{\"a\":1,}", NULL},
        {"{a:1}", NULL},
        {"{\"a\":01}", NULL},
        {"{\"a\":1.}", NULL},
        {"{\"a\":.5}", NULL},
        {"{\"a\":+1}", NULL},
        {"{\"a\":1e}", NULL},
        {"{\"a\":-}", NULL},
        {"{\"a\":NaN}", NULL},
        {"{\"a\":True}", NULL},
        {"{\"a\":[1,]}", NULL},
        {"{\"a\":[1}", NULL},
        {"{\"a\":'x'}", NULL},
        {"{\"a\":\"x}", NULL},
        {"{\"a\":\"\\x\"}", NULL},
        {"{\"a\":\"\\u12g4\"}", NULL},
        {"{\"a\":\"\\\"}", NULL},
        {"{\"a\":\"\t\"}", NULL},
        {"{\"a\":1 \"b\":2}", NULL},
        {"{\"a\":1\0}", NULL},
    };

    (void)state;
    check(readings, COUNT_OF(readings), false);
}

static void lists_of_bytes_are_text_where_the_source_means_it(void **state)
{
    static const struct reading readings[] = {
        {"{\"a\":[72,105]}", "a=Hi;"},        {"{\"a\":[ 72 , 105 ]}", "a=Hi;"},
        {"{\"a\":[0,255]}", "a=\\x00\\xff;"}, {"{\"a\":[256]}", "a:256;"},
        {"{\"a\":[1,\"x\"]}", "a:1;a=x;"},    {"{\"a\":[]}", ""},
    };

    (void)state;
    check(readings, COUNT_OF(readings), true);
}

static void depth_and_length_have_limits(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf out = {0};
    struct str rest;

    (void)state;
    for (int depth = 1; depth <= JSON_DEPTH_MOST + 1; depth++) {
        buf_clear(&text);
        for (int i = 0; i < depth; i++)
            buf_adds(&text, "{\"a\":");
        buf_adds(&text, "1");
        buf_addn(&text, '}', (size_t)depth);
        assert_int_equal(read_one(buf_str(&text), false, &out, &rest), depth <= JSON_DEPTH_MOST);
    }
    buf_clear(&text);
    buf_addn(&text, '[', 1 << 20);
    assert_false(read_one(buf_str(&text), false, &out, &rest));
}

static void a_name_that_is_too_long_is_left_out_and_said(void **state)
{
    CLEANUP(event_release) struct event e;
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf out = {0};
    struct json_flat f = {.take = note, .context = &out, .e = &e};
    struct str rest;

    (void)state;
    event_init(&e);
    buf_adds(&text, "{\"");
    buf_addn(&text, 'n', FIELD_NAME_SIZE + 1);
    buf_adds(&text, "\":{\"a\":1},\"b\":2} x");
    rest = buf_str(&text);
    assert_true(json_flat(&f, &rest));
    assert_true(f.has_left_out);
    assert_string_equal(buf_text(&out), "b:2;");
    assert_true(str_is(rest, " x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_become_names_and_values),
        cmocka_unit_test(what_the_grammar_has_not_is_not_read),
        cmocka_unit_test(lists_of_bytes_are_text_where_the_source_means_it),
        cmocka_unit_test(depth_and_length_have_limits),
        cmocka_unit_test(a_name_that_is_too_long_is_left_out_and_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
