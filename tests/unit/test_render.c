/* test_render.c: documents and their writers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <locale.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/sink.h"
#include "render/doc.h"
#include "render/wrap.h"
#include "test_render_html.h"
#include "test_render_sample.h"

#define LONG_WORD                                                                                  \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "a"

#define BYTES(literal)                                                                             \
    {                                                                                              \
        ("" literal), sizeof(literal) - 1                                                          \
    }
static const struct str hostile[] = {
    BYTES("<script>alert(1)</script>"),
    BYTES("</title></style></code></td></table></main><h1>mine</h1>"),
    BYTES("\"'><img src=x onerror=alert(1)>"),
    BYTES("<!-- "),
    BYTES("]]> <![CDATA[ <?php ?>"),
    BYTES("&lt;b&gt; &amp &#60; &bogus;"),
    BYTES("\033[2J\033]0;title\007"),
    BYTES("a\0b\0"),
    BYTES("line\nline\r\nline\ttab"),
    BYTES("\n\n# heading\n\n- item\n\n```\n"),
    BYTES("abc\xe2\x80\xaetxt.exe"),
    BYTES("\xef\xbb\xbf\xe2\x80\x8b zero width"),
    BYTES("\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x80"),
    BYTES(LONG_WORD LONG_WORD LONG_WORD LONG_WORD),
    BYTES("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5"
          "\xad\x97\xe6\xbc\xa2\xe5\xad\x97"),
    BYTES("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc"
          "\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"),
    BYTES("[link](javascript:alert(1)) ![image](http://192.0.2.1/x)"),
    BYTES("<http://192.0.2.1/> http://192.0.2.1/ www.example.org x@example.org"),
    BYTES("`code` ``more`` ``` | pipe | **bold** *em* _em_ ~~no~~ $x$ ^y^"),
    BYTES("1. one"),
    BYTES("12) twelve"),
    BYTES("    code"),
    BYTES("==="),
    BYTES("- - -"),
    BYTES("+ plus"),
    BYTES("> quote"),
    BYTES("\\ \\` \\| \\"),
    BYTES("[ref]: http://192.0.2.1/"),
    BYTES(": definition"),
    BYTES("::: {.div} :::"),
    BYTES("}*{color:red} \\22 ; @import url(http://192.0.2.1/)"),
    BYTES("%s%n%1$s"),
    BYTES(" "),
    BYTES(""),
};

/* One document with the text in every place that takes text. */
static struct doc *every_place(struct arena *a, struct str s)
{
    struct doc *d = doc_new(a, &(struct doc_head){s, s, s, s, {0}, DOC_TLP_RED, DOC_DRAFT});
    struct str both[] = {s, s};
    struct inlines *t;

    doc_contents(d);
    doc_heading(d, 1, s);
    doc_heading(d, 2, s);
    doc_heading(d, 3, s);
    inline_str(doc_lead(d), s);
    t = doc_para(d);
    inline_str(t, s);
    inline_emph(t, s);
    inline_strong(t, s);
    inline_code(t, s);
    inline_break(t);
    inline_str(t, s);
    inline_ref(t, (struct doc_ref){'r', 1});
    inline_ref(t, (struct doc_ref){'e', 99});
    for (enum doc_list kind = DOC_BULLETS; kind <= DOC_CHECKBOXES; kind++) {
        doc_list(d, kind);
        inline_str(doc_item(d), s);
        inline_str(doc_para(d), s);
        doc_end(d);
    }
    for (enum doc_pairs kind = DOC_FACTS; kind <= DOC_DEFINITIONS; kind++) {
        doc_pairs(d, kind);
        inline_str(doc_pair(d, s), s);
        doc_end(d);
    }
    for (enum doc_callout kind = DOC_FACT; kind <= DOC_NOTE; kind++) {
        doc_callout(d, kind, s.len ? s : STR("x")); /* an empty headline is no element */
        inline_str(doc_para(d), s);
        doc_end(d);
    }
    doc_table(d, s,
              (struct doc_column[]){
                  {"A|<b>", DOC_TEXT}, {"B", DOC_MONO}, {"C", DOC_NUMBER}, {"D", DOC_TIME}},
              4);
    doc_row(d, (struct doc_ref){'r', 1});
    for (int i = 0; i < 3; i++)
        doc_cell_str(d, s);
    doc_cell_time(d, sample_start);
    doc_row(d, (struct doc_ref){'r', 1});
    inline_code(doc_cell(d), s);
    doc_end(d);
    doc_timeline(d);
    t = doc_timeline_event(d, &(struct doc_event){sample_start, PRECISION_SECOND, s, s, {'r', 2}});
    inline_str(t, s);
    doc_timeline_event(d, &(struct doc_event){{INT64_MAX, 0}, PRECISION_SECOND, s, s, {'r', 3}});
    doc_timeline_event(d, &(struct doc_event){{INT64_MIN, 0}, PRECISION_DAY, s, s, {0}});
    doc_end(d);
    doc_matrix(d, s, both, 2);
    doc_matrix_row(d, s, (struct doc_ref){'e', 1}, (enum doc_weight[]){DOC_FOR, DOC_AGAINST});
    doc_end(d);
    doc_signature(
        d, &(struct doc_signature){s, s.len ? s : STR("x"), s, s.len ? s : STR("x"), sample_start});
    doc_signature(d, &(struct doc_signature){s, s.len ? s : STR("x"), s, {0}, {0, 0}});
    doc_bars(d, s, (struct doc_bar[]){{s, s, 3}, {s, s, UINT64_MAX}, {s, s, 0}}, 3);
    doc_spans(
        d, s,
        (struct doc_span[]){{s, {INT64_MIN, 0}, {INT64_MAX, 0}}, {s, sample_start, sample_start}},
        2);
    return d;
}

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

static void read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    assert_true(fd >= 0);
    while ((got = read(fd, buf_room(out, 65536), 65536)) > 0)
        out->len += (size_t)got;
    assert_int_equal(got, 0);
    close(fd);
}

/* What another program makes of Markdown. False when that program is not there. */
static bool run_reader(char *const *command, struct str markdown, struct buf *html)
{
    char in[] = "/tmp/test_render_in.XXXXXX";
    char out[] = "/tmp/test_render_out.XXXXXX";
    posix_spawn_file_actions_t files;
    extern char **environ;
    int status = 0;
    pid_t pid;
    int error;

    close(mkstemp(in));
    close(mkstemp(out));
    write_file(in, markdown);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, in, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_TRUNC, 0);
    error = posix_spawnp(&pid, command[0], &files, NULL, command, environ);
    posix_spawn_file_actions_destroy(&files);
    if (!error) {
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        read_file(out, html);
    }
    unlink(in);
    unlink(out);
    return !error;
}

/* The tags of HTML that someone else wrote, without their attributes. */
static void tags_of(struct str html, struct buf *tags)
{
    while (html.len) {
        struct str tag;
        size_t len = 0;

        str_cut(&html, '<');
        tag = str_cut(&html, '>');
        while (len < tag.len && tag.p[len] != ' ' && tag.p[len] != '\n')
            len++;
        if (len)
            buf_addf(tags, "<%.*s>", (int)len, tag.p);
    }
}

/* Everything but the widths of columns, and emphasis and code, which words that begin with a sign,
 * or are empty, do not get.
 */
static void without_marks(struct buf *tags)
{
    static const char *const marks[] = {"<em>",       "</em>",       "<strong>",
                                        "</strong>",  "<code>",      "</code>",
                                        "<colgroup>", "</colgroup>", "<col>"};

    for (size_t i = 0; i < COUNT_OF(marks); i++)
        for (char *at = strstr(tags->p, marks[i]); at; at = strstr(at, marks[i]))
            memmove(at, at + strlen(marks[i]), strlen(at + strlen(marks[i])) + 1);
    tags->len = strlen(tags->p);
}

static void assert_same_tags(const char *reader, const char *plain, const char *tags)
{
    size_t same = 0;

    while (plain[same] && plain[same] == tags[same])
        same++;
    if (plain[same] != tags[same])
        print_message("%s: after %s\nexpected %.200s\ngot      %.200s\n", reader,
                      plain + (same > 300 ? same - 300 : 0), plain + same, tags + same);
    assert_true(plain[same] == tags[same]);
}

/* All texts in a row, so that one that opens something is seen to swallow what follows. */
static void markdown_of_all(struct buf *out, bool plain)
{
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        CLEANUP(arena_freep) struct arena *a = arena_new();

        if (str_trim(hostile[i]).len) /* a paragraph of nothing is none */
            doc_markdown(every_place(a, plain ? STR("x") : hostile[i]), out);
    }
}

static bool reader_sees_the_same_blocks(char *const *reader)
{
    struct buf tags[2] = {0};

    for (int plain = 0; plain < 2; plain++) {
        CLEANUP_BUF struct buf text = {0};
        CLEANUP_BUF struct buf html = {0};

        markdown_of_all(&text, plain);
        if (!run_reader(reader, buf_str(&text), &html))
            return false;
        tags_of(buf_str(&html), &tags[plain]);
        without_marks(&tags[plain]);
    }
    assert_same_tags(reader[0], buf_text(&tags[1]), buf_text(&tags[0]));
    buf_release(&tags[0]);
    buf_release(&tags[1]);
    return true;
}

static void hostile_text_never_changes_the_blocks_of_markdown(void **state)
{
    static char *const cmark[] = {"cmark", "--unsafe", NULL};
    static char *const github[] = {"pandoc", "-f", "gfm", "-t", "html", NULL};
    static char *const pandoc[] = {"pandoc", "-f", "markdown", "-t", "html", NULL};
    static char *const *const readers[] = {cmark, github, pandoc};
    size_t ran = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        ran += reader_sees_the_same_blocks(readers[i]);
    if (!ran) {
        print_message("skipped: neither cmark nor pandoc is installed\n");
        skip();
    }
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
        cmocka_unit_test(lines_break_at_spaces_and_long_words_where_they_must),
        cmocka_unit_test(a_cut_says_that_it_is_one),
        cmocka_unit_test(labels_that_are_not_known_are_red),
        cmocka_unit_test(hostile_text_never_changes_the_blocks_of_markdown),
        cmocka_unit_test(ten_thousand_rows_are_written_whole),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* Stockholm, without a zone database */
    tzset();
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_sample(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
