/* test_render_screen.c: the terminal screens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <locale.h>
#include "base/sink.h"
#include "render/screen.h"
#include "render/wrap.h"

static void next_step_and_reason_are_aligned(void **state)
{
    CLEANUP_BUF struct buf out = {0};
    struct screen s = {&out, 40, false};

    (void)state;
    screen_next(&s, STR("calm assess db1"),
                STR("its state is changing by itself and no one has looked yet."));
    assert_string_equal(buf_text(&out), "Next:  calm assess db1\n"
                                        "       its state is changing by itself\n"
                                        "       and no one has looked yet.\n");
}

static void values_hang_behind_their_names(void **state)
{
    CLEANUP_BUF struct buf out = {0};
    struct screen s = {&out, 36, false};

    (void)state;
    screen_pair(&s, 2, 9, STR("Deadlines"), STR("GDPR: 70 h left, started by ana"));
    screen_pair(&s, 2, 9, STR("People"), STR("ana acts"));
    screen_item(&s, 2, STR("1"), STR("Note the time by your watch, now."));
    assert_string_equal(buf_text(&out), "  Deadlines  GDPR: 70 h left,\n"
                                        "             started by ana\n"
                                        "  People     ana acts\n"
                                        "  1  Note the time by your watch,\n"
                                        "     now.\n");
}

static void columns_are_aligned_and_the_widest_is_cut(void **state)
{
    static const struct screen_column columns[] = {{.heading = "No.", .right = true, .whole = true},
                                                   {.heading = "Problem"},
                                                   {.heading = "Kind", .whole = true}};
    const struct str cells[] = {STR("1"),
                                STR("web1 sends mail in bulk to everyone"),
                                STR("attack?"),
                                STR("12"),
                                STR("raid degraded"),
                                STR("")};
    CLEANUP_BUF struct buf out = {0};
    struct screen s = {&out, 32, false};

    (void)state;
    screen_table(&s, 0, columns, 3, cells, 2);
    /* 32 columns less two gutters of 2, 3 for the number and 7 for the kind leave 18. */
    assert_string_equal(buf_text(&out), "No.  Problem             Kind\n"
                                        "  1  web1 sends mail i\xe2\x80\xa6  attack?\n"
                                        " 12  raid degraded\n");
}

static void color_is_written_only_when_asked_for(void **state)
{
    (void)state;
    for (int color = 0; color < 2; color++) {
        CLEANUP_BUF struct buf out = {0};
        struct screen s = {&out, 80, color};

        screen_line(&s, SCREEN_BAD, STR("x"));
        screen_para_style(&s, 1, SCREEN_DIM, STR("y"));
        screen_line(&s, SCREEN_NORMAL, STR("z"));
        assert_string_equal(buf_text(&out),
                            color ? "\033[31mx\033[0m\n\033[2m y\033[0m\nz\n" : "x\n y\nz\n");
    }
}

static void bars_show_their_share(void **state)
{
    static const struct {
        uint64_t done, total;
        const char *shown;
    } cases[] = {
        /* 80 columns: the label has 20, the bar 24. 38 % of 24 is 9. */
        {38, 100, "web1                  #########...............  38 %  disk\n"},
        {0, 0, "web1                  ........................   0 %  disk\n"},
        {5, 5, "web1                  ######################## 100 %  disk\n"},
        {UINT64_MAX, 1, "web1                  ######################## 100 %  disk\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf out = {0};
        struct screen s = {&out, 0, false};

        screen_bar(&s, STR("web1"), cases[i].done, cases[i].total, STR("disk"));
        assert_string_equal(buf_text(&out), cases[i].shown);
    }
}

static void lines_break_at_spaces_and_long_words_where_they_must(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *lines; /* joined by / */
    } cases[] = {
        {"one two three", 7, "one two/three"},
        {"one two three", 8, "one two/three"},
        {"one two three", 5, "one/two/three"},
        {"abcdefghij", 4, "abcd/efgh/ij"},
        {"ab abcdefghij", 4, "ab/abcd/efgh/ij"},
        {"a\nb", 10, "a/b"},
        {"a\n\nb", 10, "a//b"},
        {"ab cd", 5, "ab cd"},
        {"ab   cd", 3, "ab/cd"},
        {"\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 4, "\xe6\xbc\xa2\xe5\xad\x97/\xe6\xbc\xa2"},
        {"\xe6\xbc\xa2\xe5\xad\x97", 3, "\xe6\xbc\xa2/\xe5\xad\x97"},
        {"0123456789abcdef0", 12, "01234567/89abcdef0"},
        {"", 5, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf got = {0};
        struct str rest = str_of(cases[i].text);
        struct str line;

        while (wrap_next(&rest, cases[i].columns, &line)) {
            buf_addstr(&got, line);
            buf_adds(&got, rest.len ? "/" : "");
        }
        assert_string_equal(buf_text(&got), cases[i].lines);
    }
}

static void a_cut_says_that_it_is_one(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *shown;
    } cases[] = {
        {"abcdef", 6, "abcdef"},
        {"abcdef", 5, "abcd\xe2\x80\xa6"},
        {"abcdef", 1, "\xe2\x80\xa6"},
        {"abcdef", 0, ""},
        {"abcde\xe6\xbc\xa2", 6, "abcde\xe2\x80\xa6"},
        {"\xe6\xbc\xa2\xe5\xad\x97", 3, "\xe6\xbc\xa2\xe2\x80\xa6"},
        {"a\033b", 9, "a\\u{1b}b"},
        {"a\033b", 4, "a\\u\xe2\x80\xa6"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf got = {0};

        wrap_cut(&got, str_of(cases[i].text), cases[i].columns, false);
        assert_string_equal(buf_text(&got), cases[i].shown);
    }
}

static void a_name_is_cut_in_its_middle(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *shown;
    } cases[] = {
        {"abcdef", 6, "abcdef"},
        {"abcdefgh", 6,
         "ab\xe2\x80\xa6"
         "fgh"},
        {"abcdefgh", 5, "ab\xe2\x80\xa6gh"},
        {"abcdefgh", 2, "a\xe2\x80\xa6"},
        {"abcdefgh", 0, ""},
        {"abcdef\xe6\xbc\xa2"
         "h",
         6, "ab\xe2\x80\xa6\xe6\xbc\xa2h"},
        {"abcdef\xe6\xbc\xa2", 5, "ab\xe2\x80\xa6\xe6\xbc\xa2"},
        {"abcdefg\xe6\xbc\xa2"
         "h",
         5, "ab\xe2\x80\xa6h"}, /* a wide one that has no room */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf got = {0};

        wrap_cut_middle(&got, str_of(cases[i].text), cases[i].columns, false);
        assert_string_equal(buf_text(&got), cases[i].shown);
    }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static struct str random_text(struct buf *b, uint64_t *seed)
{
    static const char *const pieces[] = {
        "\xe6\xbc\xa2", "e\xcc\x81",    " ",    "word ", "\033[31m",
        "\n",           "\xe2\x80\xae", "\xff", "\t",    "0123456789abcdef"};

    buf_clear(b);
    for (size_t n = next_random(seed) % 60; n > 0; n--) {
        if (next_random(seed) % 4)
            buf_adds(b, pieces[next_random(seed) % COUNT_OF(pieces)]);
        else
            buf_addc(b, (char)next_random(seed));
    }
    return buf_str(b);
}

static void lines_too_wide_for_the_terminal_hang_behind_their_first_column(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"short\n", "short\n"},
        {"no end of line", "no end of line"},
        {"\n\nab\n", "\n\nab\n"},
        {"one two three four five six seven\n", "one two three four\nfive six seven\n"},
        {" 1  note the time of your watch\n", " 1  note the time of\n    your watch\n"},
        {"  --at  when it happened\n", "  --at  when it\n        happened\n"},
        {"  calm problem raise \"a long example\"\n", "  calm problem raise \"a long example\"\n"},
        {"\033[1mone two three four five six\033[0m\n",
         "\033[1mone two three four five six\033[0m\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf got = {0};

        wrap_fold(&got, str_of(cases[i].text), 20);
        assert_string_equal(buf_text(&got), cases[i].want);
    }
}

static void random_screen(struct screen *s, uint64_t *seed, struct str text)
{
    struct screen_column columns[16] = {0};
    struct str cells[32];
    size_t count = 1 + next_random(seed) % 16;

    for (size_t i = 0; i < 16; i++)
        columns[i] = (struct screen_column){.heading = next_random(seed) % 2 ? "Heading" : NULL,
                                            .right = next_random(seed) % 2,
                                            .whole = next_random(seed) % 2,
                                            .middle = next_random(seed) % 2};
    for (size_t i = 0; i < 32; i++)
        cells[i] = str_head(text, next_random(seed) % (text.len + 1));
    screen_heading(s, text);
    screen_line(s, SCREEN_BOLD, text);
    screen_para(s, next_random(seed) % 200, text);
    screen_item(s, next_random(seed) % 200, text, text);
    screen_pair(s, next_random(seed) % 200, next_random(seed) % 200, text, text);
    screen_next(s, text, text);
    screen_bar(s, text, next_random(seed), next_random(seed), text);
    screen_table(s, next_random(seed) % 200, columns, count, cells, 2);
}

static void no_line_is_wider_than_the_screen(void **state)
{
    uint64_t seed = 19011970;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        CLEANUP_BUF struct buf text = {0};
        CLEANUP_BUF struct buf out = {0};
        struct screen s = {&out, 1 + next_random(&seed) % 120, false};
        size_t width = s.columns < SCREEN_LEAST_COLUMNS ? SCREEN_LEAST_COLUMNS : s.columns;

        random_screen(&s, &seed, random_text(&text, &seed));
        for (struct str rest = buf_str(&out); rest.len;) {
            struct str line = str_cut(&rest, '\n');

            if (utf8_columns(line) > width)
                print_message("round %d: %zu: %.*s\n", round, width, (int)line.len, line.p);
            assert_true(utf8_columns(line) <= width);
            assert_null(memchr(line.p, '\033', line.len));
            assert_false(str_has_utf8_error(line));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_step_and_reason_are_aligned),
        cmocka_unit_test(values_hang_behind_their_names),
        cmocka_unit_test(columns_are_aligned_and_the_widest_is_cut),
        cmocka_unit_test(color_is_written_only_when_asked_for),
        cmocka_unit_test(bars_show_their_share),
        cmocka_unit_test(lines_break_at_spaces_and_long_words_where_they_must),
        cmocka_unit_test(a_cut_says_that_it_is_one),
        cmocka_unit_test(a_name_is_cut_in_its_middle),
        cmocka_unit_test(lines_too_wide_for_the_terminal_hang_behind_their_first_column),
        cmocka_unit_test(no_line_is_wider_than_the_screen),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
