/* test_collect_artifact.c: definitions are read within bounds, refused with the line, and names
 * match as glob(7) has it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>
#include "artifact_builtin.h"
#include "collect/files.h"

static int read_text(struct artifact_set *s, const char *text, struct err *e)
{
    return artifact_read(s, str_of(text), "test.yaml", e);
}

static void a_name_matches_a_component_as_glob_7_has_it(void **state)
{
    static const struct {
        const char *pattern;
        const char *name;
        bool matches;
    } cases[] = {
        {"*", "", true},
        {"*", ".hidden", true},
        {"a*", "abc", true},
        {"a*c", "abc", true},
        {"a*c", "abcd", false},
        {"*.log", "x.log", true},
        {"*.log", "x.log.1", false},
        {"?", "a", true},
        {"?", "", false},
        {"?", "ab", false},
        {"[ab]c", "bc", true},
        {"[ab]c", "cc", false},
        {"[!ab]c", "cc", true},
        {"[!ab]c", "ac", false},
        {"[a-c]", "b", true},
        {"[a-c]", "d", false},
        {"[]a]", "]", true},
        {"[a", "[a", true},
        {"[a", "a", false},
        {"a**b", "axxb", true},
        {"*a*b*c*", "xxaxxbxxcxx", true},
        {"*a*b*c*", "xxaxxcxxbxx", false},
        {"[*]", "*", true},
        {"[*]", "a", false},
        {"[[]", "[", true},
        {"", "", true},
        {"", "a", false},
        {"a-z", "a-z", true},
        {"[a-]", "-", true},
        {"*\xff", "x\xff", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (artifact_name_matches(str_of(cases[i].pattern), str_of(cases[i].name)) !=
            cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].name);
}

static void two_stars_say_how_deep_a_walk_goes(void **state)
{
    static const struct {
        const char *component;
        bool is_recursive;
        unsigned levels;
    } cases[] = {{"**", true, 3},   {"**5", true, 5}, {"**0", true, 0},  {"**99", true, 24},
                 {"**x", false, 0}, {"*", false, 0},  {"a**", false, 0}, {"**5x", false, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned levels = 77;

        assert_int_equal(artifact_is_recursive(str_of(cases[i].component), &levels),
                         cases[i].is_recursive);
        assert_int_equal(levels, cases[i].is_recursive ? cases[i].levels : 77);
    }
}

static void a_definition_is_read_with_all_that_it_says(void **state)
{
    static const char text[] =
        "# a comment\n---\nname: One\naliases: [Old, Older]\ndoc: |\n  two\n  lines\n"
        "sources:\n- type: FILE\n  attributes:\n    paths: ['/a', \"/b\\x41\"]\n    keep: tail\n"
        "    limit: 99\n  supported_os: [Windows, Linux]\n- type: ARTIFACT_GROUP\n"
        "  attributes: {names: [Two]}\n- type: COMMAND\n  attributes: {cmd: /bin/ps, args: []}\n"
        "  supported_os: [Darwin]\nsupported_os: [Linux]\nurls: ['x']\n---\nname: Two\nsources:\n"
        "- type: DIRECTORY\n  attributes: {paths: [/c], separator: '\\'}\nsupported_os: "
        "[Windows]\n";
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct artifact_set s = {.arena = arena};
    struct err e = {0};
    const struct artifact *a;

    (void)state;
    if (read_text(&s, text, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(s.count, 2);
    a = &s.list[0];
    assert_string_equal(a->name, "One");
    assert_string_equal(a->doc, "two\nlines\n");
    assert_string_equal(a->origin, "test.yaml");
    assert_true(a->is_for_linux);
    assert_int_equal(a->source_count, 3);
    assert_int_equal(a->sources[0].kind, ARTIFACT_FILE);
    assert_int_equal(a->sources[0].paths.count, 2);
    assert_string_equal(a->sources[0].paths.list[1], "/bA");
    assert_int_equal(a->sources[0].keep, KEEP_TAIL);
    assert_int_equal(a->sources[0].limit, 99);
    assert_true(a->sources[0].is_for_linux);
    assert_int_equal(a->sources[1].kind, ARTIFACT_GROUP);
    assert_string_equal(a->sources[1].names.list[0], "Two");
    assert_int_equal(a->sources[2].kind, ARTIFACT_OTHER);
    assert_string_equal(a->sources[2].command, "/bin/ps");
    assert_false(a->sources[2].is_for_linux);
    assert_false(s.list[1].is_for_linux);
    assert_int_equal(s.list[1].sources[0].kind, ARTIFACT_PATH);
    assert_string_equal(s.list[1].sources[0].separator, "\\");
    assert_ptr_equal(artifact_find(&s, "Older"), &s.list[0]);
    assert_ptr_equal(artifact_find(&s, "Two"), &s.list[1]);
    assert_null(artifact_find(&s, "older"));
    artifact_set_release(&s);
}

/* YAML 1.2.2, 7.3.3: in a flow mapping a colon before an indicator ends the key; in a text it does
 * not. */
static void a_colon_before_a_bracket_ends_a_key(void **state)
{
    static const char text[] =
        "name: \"\xc3\xa4:[\"\ndoc: a:[b\nsources: [{type: FILE, "
        "attributes: {paths:['/a:[', /b]}}, {type: PATH, attributes:{paths:[/c]}}]\n";
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct artifact_set s = {.arena = arena};
    struct err e = {0};

    (void)state;
    if (read_text(&s, text, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(s.list[0].name, "\xc3\xa4:[");
    assert_string_equal(s.list[0].doc, "a:[b");
    assert_int_equal(s.list[0].sources[0].paths.count, 2);
    assert_string_equal(s.list[0].sources[0].paths.list[0], "/a:[");
    assert_string_equal(s.list[0].sources[1].paths.list[0], "/c");
    artifact_set_release(&s);
}

#define SOURCE "sources: [{type: FILE, attributes: {paths: [/a]}}]\n"

static void what_is_no_definition_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text;
        int code;
        const char *words;
    } cases[] = {
        {"name: A\nsources: &x [{type: FILE}]\n", ERR_FORMAT, "line 2: anchors"},
        {"name: A\n" SOURCE "doc: *x\n", ERR_FORMAT, "line 3"},
        {"name: !!str A\n" SOURCE, ERR_FORMAT, "line 1: anchors"},
        {"name: A\nname: B\n" SOURCE, ERR_FORMAT, "line 2: a key repeats"},
        {"[a]: b\n", ERR_FORMAT, "line 1: a key is not a text"},
        {"- a\n", ERR_FORMAT, "line 1: a definition is no mapping"},
        {"doc: x\n" SOURCE, ERR_FORMAT, "has no name"},
        {"name: ''\n" SOURCE, ERR_FORMAT, "has no name"},
        {"name: A\n", ERR_FORMAT, "has no sources"},
        {"name: A\nsources: []\n", ERR_FORMAT, "has no sources"},
        {"name: A\nsources:\n- attributes: {paths: [/a]}\n", ERR_FORMAT,
         "line 3: a source has no type"},
        {"name: A\nsources: [{type: FILE}]\n", ERR_FORMAT, "has no paths"},
        {"name: A\nsources: [{type: FILE, attributes: {paths: /a}}]\n", ERR_FORMAT,
         "a list is wanted"},
        {"name: A\nsources: [{type: FILE, attributes: {paths: [[/a]]}}]\n", ERR_FORMAT,
         "a text is wanted"},
        {"name: A\nsources: [{type: ARTIFACT_GROUP}]\n", ERR_FORMAT, "names nothing"},
        {"name: A\nsources: [{type: FILE, attributes: {paths: [/a], keep: some}}]\n", ERR_FORMAT,
         "keep is"},
        {"name: A\nsources: [{type: FILE, attributes: {paths: [/a], limit: 0}}]\n", ERR_FORMAT,
         "limit is"},
        {"name: A\n" SOURCE "---\nname: A\n" SOURCE, ERR_FORMAT, "line 4: two definitions"},
        {"name: A\n" SOURCE "doc: [[[[[[[[[1]]]]]]]]]\n", ERR_LIMIT, "more than 8 levels"},
        {"name: A\n\tsources: x\n", ERR_FORMAT, "it is not YAML"},
        {"name: A\n" SOURCE "doc: \"\\0\"\n", ERR_FORMAT, "zero byte"},
        {"name: \xff\n" SOURCE, ERR_FORMAT, "it is not YAML"},
        {"name: {\n", ERR_FORMAT, "it is not YAML"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct artifact_set s = {.arena = arena};
        struct err e = {0};

        if (read_text(&s, cases[i].text, &e) != cases[i].code || !strstr(e.text, cases[i].words))
            fail_msg("%s: %d, %s", cases[i].text, e.code, e.text);
        assert_int_equal(s.count, 0);
        artifact_set_release(&s);
    }
}

static void texts_lists_and_files_over_their_limit_are_refused(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct artifact_set s = {.arena = arena};
    CLEANUP_BUF struct buf text = {0};
    struct err e = {0};

    (void)state;
    buf_adds(&text, "name: ");
    buf_addn(&text, 'a', ARTIFACT_VALUE_SIZE);
    buf_adds(&text, "\n" SOURCE);
    assert_int_equal(artifact_read(&s, buf_str(&text), "x", &e), 0);
    assert_int_equal(s.count, 1);
    buf_clear(&text);
    buf_adds(&text, "name: ");
    buf_addn(&text, 'a', ARTIFACT_VALUE_SIZE + 1);
    assert_int_equal(artifact_read(&s, buf_str(&text), "x", &e), ERR_LIMIT);
    buf_clear(&text);
    buf_adds(&text, "name: B\nsources: [{type: FILE, attributes: {paths: [");
    for (int i = 0; i <= ARTIFACT_LIST_COUNT; i++)
        buf_adds(&text, "/a,");
    buf_adds(&text, "]}}]\n");
    assert_int_equal(artifact_read(&s, buf_str(&text), "x", &e), ERR_LIMIT);
    buf_clear(&text);
    buf_addn(&text, '#', ARTIFACT_TEXT_SIZE + 1);
    assert_int_equal(artifact_read(&s, buf_str(&text), "x", &e), ERR_LIMIT);
    assert_int_equal(s.count, 1);
    artifact_set_release(&s);
}

static void the_built_in_definitions_copy_files_and_list_names_and_nothing_else(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct artifact_set s = {.arena = arena};
    size_t paths = 0;

    (void)state;
    assert_string_equal(artifact_builtin[0].name, "triage.yaml");
    for (size_t i = 0; i < COUNT_OF(artifact_builtin); i++) {
        struct err e = {0};

        if (artifact_read(&s, artifact_builtin[i].bytes, artifact_builtin[i].name, &e) != 0)
            fail_msg("%s: %s", artifact_builtin[i].name, e.text);
    }
    for (size_t i = 0; i < s.count; i++) {
        assert_non_null(s.list[i].doc);
        assert_ptr_equal(artifact_find(&s, s.list[i].name), &s.list[i]);
        for (size_t k = 0; k < s.list[i].source_count; k++) {
            const struct artifact_source *source = &s.list[i].sources[k];

            assert_true(source->kind == ARTIFACT_FILE || source->kind == ARTIFACT_PATH);
            paths += source->paths.count;
        }
    }
    assert_true(paths > 100);
    artifact_set_release(&s);
}

static void keep_pattern(void *context, const char *pattern)
{
    buf_addf(context, "%s ", pattern);
}

static void home_folders_are_put_where_the_variable_stands_and_match_only_themselves(void **state)
{
    const struct artifact_texts homes = {(const char *[]){"/root", "/home/a*"}, 2};
    static const struct {
        const char *path;
        const char *patterns; /* NULL: it cannot be expanded */
    } cases[] = {{"/etc/a", "/etc/a "},
                 {"%%users.homedir%%/.x", "/root/.x /home/a[*]/.x "},
                 {"%%users.appdata%%/x", NULL},
                 {"%%users.homedir%%/%%x%%", NULL},
                 {"etc/a", NULL},
                 {"", NULL}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf out = {0};

        assert_int_equal(files_expand(&homes, cases[i].path, keep_pattern, &out),
                         cases[i].patterns != NULL);
        assert_string_equal(buf_text(&out), cases[i].patterns ? cases[i].patterns : "");
    }
}

/* The real definitions, and how many there are, beside the project. */
static const char *shared_path(const char *name, struct buf *out)
{
    const char *last = strrchr(__FILE__, '/');

    buf_clear(out);
    buf_add(out, __FILE__, last ? (size_t)(last - __FILE__) : 0);
    buf_addf(out, "%s../../../shared/data/%s", last ? "/" : "", name);
    return buf_text(out);
}

static bool read_shared(const char *name, struct buf *text)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_HOST_FD int fd = open(shared_path(name, &path), O_RDONLY | O_CLOEXEC);

    buf_clear(text);
    return fd >= 0 && host_read_fd(fd, text, 64 << 20) == 0;
}

static size_t count_type(const struct artifact_set *s, const char *type)
{
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++)
        for (size_t k = 0; k < s->list[i].source_count; k++)
            count += strcmp(s->list[i].sources[k].type, type) == 0;
    return count;
}

static size_t count_sources(const struct artifact_set *s)
{
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++)
        count += s->list[i].source_count;
    return count;
}

/* "6 definitions; sources FILE=11, PATH=2" */
static void check_counts(struct str name, struct str expected)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct artifact_set s = {.arena = arena};
    CLEANUP_BUF struct buf file = {0};
    CLEANUP_BUF struct buf text = {0};
    struct err e = {0};
    uint64_t n;
    size_t sum = 0;

    buf_addstr(&file, name);
    assert_true(read_shared(buf_text(&file), &text));
    if (artifact_read(&s, buf_str(&text), buf_text(&file), &e) != 0)
        fail_msg("%s: %s", buf_text(&file), e.text);
    assert_true(str_u64(str_cut(&expected, ' '), &n));
    assert_int_equal(s.count, n);
    assert_true(str_starts(expected, "definitions; sources "));
    expected = str_from(expected, strlen("definitions; sources "));
    while (expected.len) {
        struct str item = str_trim(str_cut(&expected, ','));
        CLEANUP_BUF struct buf type = {0};

        buf_addstr(&type, str_cut(&item, '='));
        assert_true(str_u64(item, &n));
        assert_int_equal(count_type(&s, buf_text(&type)), n);
        sum += n;
    }
    assert_int_equal(count_sources(&s), sum);
    artifact_set_release(&s);
}

static void the_published_definitions_have_the_counts_of_the_manifest(void **state)
{
    CLEANUP_BUF struct buf manifest = {0};
    struct str rest;
    struct str line;
    size_t files = 0;

    (void)state;
    if (!read_shared("MANIFEST.tsv", &manifest)) {
        print_message("skipped: the shared data is not there\n");
        skip();
    }
    rest = buf_str(&manifest);
    while (take_line(&rest, &line)) {
        struct str name = str_cut(&line, '\t');

        if (!str_starts(name, "forensicartifacts/"))
            continue;
        for (int i = 0; i < 5; i++)
            str_cut(&line, '\t');
        check_counts(name, str_cut(&line, '\t'));
        files++;
    }
    assert_int_equal(files, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_matches_a_component_as_glob_7_has_it),
        cmocka_unit_test(two_stars_say_how_deep_a_walk_goes),
        cmocka_unit_test(a_definition_is_read_with_all_that_it_says),
        cmocka_unit_test(a_colon_before_a_bracket_ends_a_key),
        cmocka_unit_test(what_is_no_definition_is_refused_with_its_line),
        cmocka_unit_test(texts_lists_and_files_over_their_limit_are_refused),
        cmocka_unit_test(the_built_in_definitions_copy_files_and_list_names_and_nothing_else),
        cmocka_unit_test(home_folders_are_put_where_the_variable_stands_and_match_only_themselves),
        cmocka_unit_test(the_published_definitions_have_the_counts_of_the_manifest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
