/* test_timeline_utf16.c: UTF-16 is read as RFC 2781 has it and written as RFC 3629 has it, in
 * pieces of any size, and each piece knows how many bytes of the source it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/mem.h"
#include "test_timeline_seed.h"
#include "timeline/utf16.h"

enum { UNITS = 300, TRIALS = 200 };

static struct str decode(char *out, enum text_encoding encoding, struct str in)
{
    size_t taken, len = utf16_decode(encoding, in, true, out, &taken);

    assert_int_equal(taken, in.len & ~(size_t)1);
    return (struct str){out, len};
}

static void check(enum text_encoding encoding, struct str in, struct str wanted)
{
    char out[64];
    struct str got = decode(out, encoding, in);

    assert_int_equal(got.len, wanted.len);
    assert_memory_equal(got.p, wanted.p, wanted.len);
    assert_int_equal(utf16_size(got), in.len & ~(size_t)1);
}

/* RFC 2781 section 5: U+12345 "=Ra" in all three ways; section 2.1 the ends of the pairs; RFC 3629
 * section 3 the ends of each length. */
static void characters_are_those_of_the_standards(void **state)
{
    (void)state;
    check(TEXT_UTF16BE,
          STR("\xD8\x08\xDF\x45\x00=\x00R\x00"
              "a"),
          STR("\xF0\x92\x8D\x85=Ra"));
    check(TEXT_UTF16LE_BY_LOOK, STR("\x08\xD8\x45\xDF=\0R\0a\0"), STR("\xF0\x92\x8D\x85=Ra"));
    check(TEXT_UTF16BE, STR("\xFE\xFF\xD8\x08\xDF\x45"), STR("\xEF\xBB\xBF\xF0\x92\x8D\x85"));
    check(TEXT_UTF16LE, STR("\xFF\xFE\x08\xD8\x45\xDF"), STR("\xEF\xBB\xBF\xF0\x92\x8D\x85"));
    check(TEXT_UTF16BE_BY_LOOK, STR("\0\x7F\0\x80\x07\xFF\x08\0\xFF\xFD"),
          STR("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBD"));
    check(TEXT_UTF16BE, STR("\xD8\0\xDC\0\xDB\xFF\xDF\xFF"),
          STR("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
}

static void halves_of_pairs_and_of_units_lose_nothing_else(void **state)
{
    (void)state;
    check(TEXT_UTF16BE, STR("\xD8\0\0a"),
          STR("\xED\xA0\x80"
              "a"));
    check(TEXT_UTF16BE, STR("\xDC\0\xD8\0"), STR("\xED\xB0\x80\xED\xA0\x80"));
    check(TEXT_UTF16LE, STR("a\0b"), STR("a"));
    check(TEXT_UTF16LE, STR("\0\0"), STR("\0"));
}

static void pieces_of_any_size_give_the_whole(void **state)
{
    char in[UNITS * UTF16_UNIT], whole[UNITS * UTF16_GROWTH], got[UNITS * UTF16_GROWTH];
    uint64_t seed = 1;

    (void)state;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        size_t at = 0, len = 0, left = 0;
        struct str wanted;

        for (size_t i = 0; i < sizeof(in); i += UTF16_UNIT) { /* half of them halves of pairs */
            in[i] = (char)seed_below(&seed, 256);
            in[i + 1] =
                (char)(seed_below(&seed, 2) ? 0xD8 + seed_below(&seed, 8) : seed_below(&seed, 256));
        }
        wanted = decode(whole, TEXT_UTF16LE, (struct str){in, sizeof(in)});
        assert_int_equal(utf16_size(wanted), sizeof(in));
        while (at < sizeof(in)) {
            size_t most = sizeof(in) - at, size = left + 1 + seed_below(&seed, 9), taken;
            struct str piece = {in + at, size < most ? size : most};

            len += utf16_decode(TEXT_UTF16LE, piece, size >= most, got + len, &taken);
            assert_int_equal(utf16_size((struct str){got, len}), at + taken);
            at += taken;
            left = piece.len - taken;
            assert_true(left < 2 * UTF16_UNIT);
        }
        assert_int_equal(len, wanted.len);
        assert_memory_equal(got, whole, len);
    }
}

static enum text_encoding found(struct str source)
{
    struct utf16_look look = {0};

    utf16_see(&look, source);
    return utf16_find(&look, source);
}

static void what_is_utf16_is_known_by_its_mark_or_its_look(void **state)
{
    (void)state;
    assert_int_equal(found(STR("\xFF\xFE"
                               "a\0")),
                     TEXT_UTF16LE);
    assert_int_equal(found(STR("\xFE\xFF\0a")), TEXT_UTF16BE);
    assert_int_equal(found(STR("\xFF\xFE\0\0a\0\0\0")), TEXT_AS_IT_IS); /* UTF-32 */
    assert_int_equal(found(STR("a\0 \0l\0i\0n\0e\0\r\0\n\0")), TEXT_UTF16LE_BY_LOOK);
    assert_int_equal(found(STR("\0a\0 \0l\0i\0n\0e\0\r\0\n")), TEXT_UTF16BE_BY_LOOK);
    assert_int_equal(found(STR("a\0b\0")), TEXT_AS_IT_IS); /* too little to say */
    assert_int_equal(found(STR("a line of ASCII\r\n")), TEXT_AS_IT_IS);
    assert_int_equal(found(STR("\1\0\2\0\3\0a\0b\0c\0d\0e\0f\0\0\0g\0h\0")), TEXT_AS_IT_IS);
    assert_int_equal(found(STR("\xFF\xFE\x90\0\3\0\0\xD8\0\0\4\0")), TEXT_AS_IT_IS); /* odd */
    /* "17:05 \u0432\u0445\u043e\u0434 ivan": digits, spaces and Cyrillic. */
    assert_int_equal(found(STR("1\0007\0:\0000\0005\0 \0\x32\x04\x45\x04\x3E\x04\x34\x04\n\0")),
                     TEXT_UTF16LE_BY_LOOK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_those_of_the_standards),
        cmocka_unit_test(halves_of_pairs_and_of_units_lose_nothing_else),
        cmocka_unit_test(pieces_of_any_size_give_the_whole),
        cmocka_unit_test(what_is_utf16_is_known_by_its_mark_or_its_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
