/* test_render_moments.c: however many moments are drawn, and however they lie, nothing lies over
 * anything else, and all of it within the drawing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "render/doc.h"

enum { SYMBOLS_MOST = 1200, WIDTH = 640, SYMBOL = 9, LETTER = 5 };

struct box {
    long x, y, width;
};

static const char *const tags[] = {"first-login", "tool", "odd",   "fault", "later",
                                   "cleanup",     "a b",  "<tag>", "ninth"};
static const char *const hosts[] = {
    "web1", "db1", "a-host-with-a-name-that-is-long", "mail", "fw", "h6", "h7", "h8", "h9", "h10"};

/* Moments of a kind of case: 0 spread, 1 in groups days apart, 2 all at once, 3 over years. */
static void draw(struct buf *out, size_t count, int shape)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_FREE struct doc_moment *m = mem_array(count, sizeof(m[0]));
    const struct doc_head head = {.title = STR("t")};
    struct doc *d = doc_new(arena, &head);
    uint32_t seed = 9;
    int64_t t = 1795575600; /* 2026-11-25 */

    for (size_t i = 0; i < count; i++) {
        uint32_t r = (seed = seed * 1103515245 + 12345) >> 16;

        t += shape == 0   ? r % 900
             : shape == 1 ? (i % (count / 4 + 1) == 0 ? 300000 + r : r % 400)
             : shape == 3 ? 2000000 + r
                          : 0;
        m[i] = (struct doc_moment){.at = {t, 0},
                                   .is_uncertain = r % 5 == 0,
                                   .lane = str_of(hosts[r % COUNT_OF(hosts)]),
                                   .kind = str_of(tags[r / 16 % COUNT_OF(tags)]),
                                   .words = STR("<b>&")};
    }
    doc_moments(d, STR("c"), m, count);
    doc_html(d, out);
}

/* The boxes of elements that begin with what is given, "<text … class="no". */
static size_t boxes(struct str html, const char *class, struct box *out)
{
    size_t count = 0;
    const char *at = html.p;

    while ((at = memmem(at, (size_t)(html.p + html.len - at), "<text x=", 8))) {
        char *end;
        long x = strtol(at + 9, &end, 10), y = strtol(end + 5, &end, 10);
        size_t len = strcspn(end + 9, "\"");
        const char *text = strchr(end, '>') + 1;
        long width = (long)strcspn(text, "<") * LETTER;

        at = text;
        if (strlen(class) != len || memcmp(end + 9, class, len) != 0)
            continue;
        assert_true(count < SYMBOLS_MOST);
        out[count++] =
            (struct box){strstr(class, "no") == class && len == 2 ? x : x - width / 2, y, width};
    }
    return count;
}

static size_t symbols(struct str html, struct box *out)
{
    size_t count = 0;
    const char *at = html.p;

    while ((at = memmem(at, (size_t)(html.p + html.len - at), "<path class=\"k", 14))) {
        const char *place = strstr(at, " d=\"M");
        bool has_title = memcmp(strchr(at, '>'), "><title>", 8) == 0;
        char *end;
        long x = strtol(place + 5, &end, 10), y = strtol(end, NULL, 10);

        at = place;
        if (!has_title) /* of the legend */
            continue;
        assert_true(count < SYMBOLS_MOST);
        out[count++] = (struct box){x - SYMBOL / 2, y, SYMBOL};
    }
    return count;
}

static void expect_apart(const struct box *a, const struct box *b, long height)
{
    bool is_beside = a->x + a->width <= b->x || b->x + b->width <= a->x;

    if (!is_beside && a->y - b->y < height && b->y - a->y < height)
        fail_msg("at %ld %ld and at %ld %ld", a->x, a->y, b->x, b->y);
}

static void expect_all_apart(const struct box *all, size_t count, long height)
{
    for (size_t i = 0; i < count; i++) {
        assert_true(all[i].x >= 0 && all[i].x + all[i].width <= WIDTH + 8);
        for (size_t k = 0; k < i; k++)
            expect_apart(&all[i], &all[k], height);
    }
}

static void nothing_lies_over_anything(void **state)
{
    static const size_t counts[] = {1, 2, 3, 9, 40, 99, 100, 250, 500};
    struct box all[SYMBOLS_MOST];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        for (int shape = 0; shape < 4; shape++) {
            CLEANUP_BUF struct buf html = {0};
            size_t count;

            draw(&html, counts[i], shape);
            count = symbols(buf_str(&html), all);
            if (counts[i] <= 40) /* each is shown */
                assert_int_equal(count, counts[i]);
            assert_true(count > 0);
            count += boxes(buf_str(&html), "no", all + count);
            expect_all_apart(all, count, SYMBOL);
            count = boxes(buf_str(&html), "tick", all);
            assert_true(count + boxes(buf_str(&html), "tick day", all) > 0);
            expect_all_apart(all, boxes(buf_str(&html), "tick", all), 10);
            expect_all_apart(all, boxes(buf_str(&html), "tick day", all), 10);
            expect_all_apart(all, boxes(buf_str(&html), "no middle", all), 9);
            assert_null(strstr(buf_text(&html), "<tag>"));
            assert_null(strstr(buf_text(&html), "<b>&"));
        }
}

/* 100 at one moment on one host: 2 columns of 10, and how many more there are. */
static void what_has_no_room_is_counted(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct doc_head head = {.title = STR("t")};
    struct doc *d = doc_new(arena, &head);
    struct doc_moment m[100];
    struct box all[SYMBOLS_MOST];
    CLEANUP_BUF struct buf html = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(m); i++)
        m[i] = (struct doc_moment){.at = {1795575600, 0}, .lane = STR("h"), .kind = STR("k")};
    doc_moments(d, STR("c"), m, COUNT_OF(m));
    doc_html(d, &html);
    assert_int_equal(symbols(buf_str(&html), all), 20);
    assert_non_null(strstr(buf_text(&html), ">+80</text>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_lies_over_anything),
        cmocka_unit_test(what_has_no_room_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
