/* test_render.c: documents and their writers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <locale.h>
#include <time.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/sink.h"
#include "render/doc.h"
#include "test_render_hostile.h"
#include "test_render_html.h"
#include "test_render_sample.h"

static void check_html(struct html_check *h, struct doc *d)
{
    CLEANUP_BUF struct buf out = {0};

    doc_html(d, &out);
    html_check(h, buf_str(&out));
    h->style = (struct str){0}; /* it lay in out */
    if (h->problem)
        print_message("%s\n", h->problem);
    assert_null(h->problem);
}

/* Titles that are empty have no element, and an empty text no emphasis; all else is the same. */
static void hostile_text_never_changes_the_elements_of_html(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP(html_check_release) struct html_check plain = {0};

    (void)state;
    check_html(&plain, every_place(a, STR("x")));
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        CLEANUP(html_check_release) struct html_check h = {0};

        check_html(&h, every_place(a, hostile[i]));
        if (hostile[i].len)
            assert_string_equal(buf_text(&h.tags), buf_text(&plain.tags));
    }
}

static void html_shows_the_text_that_was_handed_in(void **state)
{
    static const struct {
        struct str in;
        const char *out;
    } cases[] = {
        {BYTES("<b> & \"q\" 'a'"), "<b> & \"q\" 'a'"},
        {BYTES("a\0b"), "a\\u{0}b"},
        {BYTES("x\xe2\x80\xaey"), "x\\u{202e}y"},
        {BYTES("x\xffy"), "x\xef\xbf\xbdy"},
        {BYTES("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
         "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(arena_freep) struct arena *a = arena_new();
        CLEANUP(html_check_release) struct html_check h = {0};
        struct doc *d = doc_new(a, &(struct doc_head){.title = STR("t")});

        inline_str(doc_para(d), cases[i].in);
        check_html(&h, d);
        assert_non_null(strstr(buf_text(&h.text), cases[i].out));
    }
}

static void a_reference_links_only_to_the_first_row_that_carries_it(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP(html_check_release) struct html_check h = {0};

    (void)state;
    check_html(&h, every_place(a, STR("x"))); /* r1 on two rows, e99 and e1 on none */
    assert_non_null(strstr(buf_text(&h.links), " r1 "));
    assert_null(strstr(buf_text(&h.links), " e99 "));
    assert_null(strstr(buf_text(&h.links), " e1 "));
    assert_non_null(strstr(buf_text(&h.ids), " r2 "));
    assert_non_null(strstr(buf_text(&h.text), "[e99]"));
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;

    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        count++;
    return count;
}

static void the_sample_report_has_the_structure_that_was_built(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP(html_check_release) struct html_check h = {0};
    static const struct {
        const char *tag;
        size_t count;
    } cases[] = {
        {"<h1>", 1},
        {"<main>", 1},
        {"<nav>", 1},
        {"<h2>", 10}, /* 7 chapters, 2 appendices, the contents */
        {"<h3>", 9},  /* 3 + 5 + 1 */
        {"<table>", 4},
        {"<caption>", 4},
        {"<thead>", 4},
        {"<svg>", 2},
        {"<tr>",
         4 + 5 + 1 + 2 + 18 + 90}, /* heads, matrix with its sums, conclusions, evidence, records */
        {"<figure>", 2},
    };

    (void)state;
    check_html(&h, sample_report(a));
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(count_of(buf_text(&h.tags), cases[i].tag), cases[i].count);
    assert_non_null(strstr(buf_text(&h.ids), " section-3.2 "));
    assert_non_null(strstr(buf_text(&h.ids), " section-B "));
    assert_non_null(strstr(buf_text(&h.text), "TLP:AMBER+STRICT"));
}

/* Content Security Policy level 3, §8.4: the hash of the content of the element. */
static void the_policy_allows_exactly_the_style_in_the_file(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        CLEANUP(html_check_release) struct html_check h = {0};
        CLEANUP_BUF struct buf out = {0};
        CLEANUP_BUF struct buf policy = {0};
        struct hash hash;

        doc_html(every_place(a, hostile[i]), &out);
        html_check(&h, buf_str(&out));
        hash = hash_bytes(h.style.p, h.style.len);
        buf_adds(&policy, "content=\"default-src 'none'; style-src 'sha256-");
        base64_add(&policy, hash.b, sizeof(hash.b));
        buf_adds(&policy, "'; base-uri 'none'; form-action 'none'\"");
        assert_non_null(strstr(buf_text(&out), buf_text(&policy)));
        assert_int_equal(count_of(buf_text(&out), "<style"), 1);
        assert_null(memmem(h.style.p, h.style.len, "url(", 4) &&
                            memmem(h.style.p, h.style.len, "192.0.2.1", 9)
                        ? "a hostile name reached the style"
                        : NULL);
    }
}

static void every_heading_is_numbered_in_its_chapter(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP(html_check_release) struct html_check h = {0};
    struct doc *d = doc_new(a, &(struct doc_head){.title = STR("t")});
    static const char *const ids[] = {"1", "1.1", "1.1.1", "1.2", "2", "2.1", "A", "A.1", "B"};
    static const int levels[] = {1, 2, 3, 2, 1, 2, 1, 2, 1};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        if (i == 6)
            doc_appendices(d);
        doc_heading(d, levels[i], STR("x"));
    }
    check_html(&h, d);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        CLEANUP_BUF struct buf id = {0};

        buf_addf(&id, " section-%s ", ids[i]);
        assert_non_null(strstr(buf_text(&h.ids), buf_text(&id)));
    }
}

static void times_are_shown_in_both_zones_and_by_local_day(void **state)
{
    static const struct {
        int64_t sec;
        enum utc_precision precision;
        const char *shown;
    } cases[] = {
        /* 2026-11-24 23:30 UTC is 00:30 of the 25th in Stockholm, which is an hour ahead in winter
         */
        {1795563000, PRECISION_SECOND, "00:30:00 (23:30:00 UTC, the day before"},
        {1795563000, PRECISION_MINUTE, "00:30 (23:30 UTC, the day before"},
        {1795526400, PRECISION_HOUR, "about 14:20 (about 13:20 UTC)"},
        /* 2026-07-01 12:00 UTC, two hours ahead in summer */
        {1782907200, PRECISION_SECOND, "14:00:00 (12:00:00 UTC)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(arena_freep) struct arena *a = arena_new();
        CLEANUP_BUF struct buf out = {0};
        struct doc *d = doc_new(a, &(struct doc_head){.title = STR("t")});
        char *stars;

        doc_timeline(d);
        doc_timeline_event(
            d, &(struct doc_event){{cases[i].sec, 0}, cases[i].precision, {0}, {0}, {0}});
        doc_markdown(d, &out);
        while ((stars = strstr(out.p, "**")))
            memmove(stars, stars + 2, strlen(stars + 2) + 1);
        if (!strstr(out.p, cases[i].shown))
            print_message("%s\n", out.p);
        assert_non_null(strstr(out.p, cases[i].shown));
        if (i == 0)
            assert_non_null(
                strstr(out.p, "Wednesday 25 November 2026 \xc2\xb7 local time is UTC+01:00"));
    }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void assert_fits(struct str text, size_t columns)
{
    while (text.len) {
        struct str line = str_cut(&text, '\n');

        for (size_t i = 0; i < line.len; i++)
            assert_true((unsigned char)line.p[i] >= 0x20 && line.p[i] != 0x7f);
        if (utf8_columns(line) > columns)
            print_message("%zu: %.*s\n", utf8_columns(line), (int)line.len, line.p);
        assert_true(utf8_columns(line) <= columns);
    }
}

static struct str random_text(struct buf *b, uint64_t *seed)
{
    size_t pieces = next_random(seed) % 6;

    buf_clear(b);
    for (size_t i = 0; i < pieces; i++) {
        if (next_random(seed) % 3)
            buf_addstr(b, hostile[next_random(seed) % COUNT_OF(hostile)]);
        else
            for (size_t n = next_random(seed) % 40; n > 0; n--)
                buf_addc(b, (char)next_random(seed));
        if (next_random(seed) % 2)
            buf_addc(b, ' ');
    }
    return buf_str(b);
}

static void text_is_never_wider_than_the_terminal(void **state)
{
    uint64_t seed = 20261125;

    (void)state;
    for (int round = 0; round < 300; round++) {
        CLEANUP(arena_freep) struct arena *a = arena_new();
        CLEANUP_BUF struct buf text = {0};
        CLEANUP_BUF struct buf out = {0};
        size_t columns = round % 3 ? 80 : 40 + next_random(&seed) % 120;

        doc_text(every_place(a, random_text(&text, &seed)), &out, columns);
        assert_true(out.len > 0);
        assert_fits(buf_str(&out), columns);
    }
}

static void random_text_never_breaks_html(void **state)
{
    uint64_t seed = 4711;

    (void)state;
    for (int round = 0; round < 200; round++) {
        CLEANUP(arena_freep) struct arena *a = arena_new();
        CLEANUP_BUF struct buf text = {0};
        CLEANUP(html_check_release) struct html_check h = {0};

        check_html(&h, every_place(a, random_text(&text, &seed)));
    }
}

static void a_table_that_is_too_wide_is_shown_row_by_row_and_loses_nothing(void **state)
{
    static const char digest[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_BUF struct buf out = {0};
    struct doc *d = doc_new(a, &(struct doc_head){.title = STR("t")});
    struct doc_column columns[6];

    (void)state;
    for (size_t i = 0; i < 6; i++)
        columns[i] = (struct doc_column){"Digest", DOC_MONO};
    doc_table(d, STR("c"), columns, 6);
    doc_row(d, (struct doc_ref){0});
    for (int i = 0; i < 6; i++)
        doc_cell_text(d, digest);
    doc_end(d);
    doc_text(d, &out, 80);
    assert_int_equal(count_of(buf_text(&out), "Digest  9f86d081"), 6);
    assert_int_equal(count_of(buf_text(&out), digest), 6);
}

static void labels_that_are_not_known_are_red(void **state)
{
    static const struct {
        const char *label;
        enum doc_tlp tlp;
    } cases[] = {
        {"TLP:CLEAR", DOC_TLP_CLEAR},
        {"tlp:green", DOC_TLP_GREEN},
        {"amber", DOC_TLP_AMBER},
        {"amber+strict", DOC_TLP_AMBER_STRICT},
        {"TLP:AMBER+STRICT", DOC_TLP_AMBER_STRICT},
        {"red", DOC_TLP_RED},
        {"white", DOC_TLP_RED},
        {"TLP:", DOC_TLP_RED},
        {"", DOC_TLP_NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(doc_tlp_of(str_of(cases[i].label)), cases[i].tlp);
}

static void write_file(const char *path, struct str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.len), (ssize_t)text.len);
    close(fd);
}

static void ten_thousand_rows_are_written_whole(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_BUF struct buf out = {0};
    struct doc *d = doc_new(a, &(struct doc_head){.title = STR("t")});

    (void)state;
    doc_table(d, STR("c"),
              (struct doc_column[]){{"No.", DOC_TEXT}, {"At", DOC_TIME}, {"What", DOC_TEXT}}, 3);
    for (uint64_t i = 1; i <= 10000; i++) {
        doc_row(d, (struct doc_ref){'r', i});
        doc_cell_ref(d, (struct doc_ref){'r', i});
        doc_cell_time(d, sample_start);
        doc_cell_text(d, "what happened");
    }
    doc_end(d);
    doc_html(d, &out);
    assert_int_equal(count_of(buf_text(&out), "<tr id=\"r"), 10000);
    assert_non_null(strstr(buf_text(&out), "<a class=\"ref\" href=\"#r10000\">r10000</a>"));
}

/* test_render --write FOLDER: the sample report, to look at. */
static int write_sample(const char *folder)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct doc *d = sample_report(a);

    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"report.html", "report.md", "report.txt"};
        CLEANUP_BUF struct buf out = {0};

        if (i == 0)
            doc_html(d, &out);
        else if (i == 1)
            doc_markdown(d, &out);
        else
            doc_text(d, &out, 80);
        write_file(arena_printf(a, "%s/%s", folder, names[i]), buf_str(&out));
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_text_never_changes_the_elements_of_html),
        cmocka_unit_test(html_shows_the_text_that_was_handed_in),
        cmocka_unit_test(a_reference_links_only_to_the_first_row_that_carries_it),
        cmocka_unit_test(the_sample_report_has_the_structure_that_was_built),
        cmocka_unit_test(the_policy_allows_exactly_the_style_in_the_file),
        cmocka_unit_test(every_heading_is_numbered_in_its_chapter),
        cmocka_unit_test(times_are_shown_in_both_zones_and_by_local_day),
        cmocka_unit_test(text_is_never_wider_than_the_terminal),
        cmocka_unit_test(random_text_never_breaks_html),
        cmocka_unit_test(a_table_that_is_too_wide_is_shown_row_by_row_and_loses_nothing),
        cmocka_unit_test(labels_that_are_not_known_are_red),
        cmocka_unit_test(ten_thousand_rows_are_written_whole),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* Stockholm, without a zone database */
    tzset();
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_sample(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
