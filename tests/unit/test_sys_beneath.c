/* test_sys_beneath.c: files get made below a folder, and nowhere else, whatever lies in the way;
 * and any name becomes one part of a path. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/sink.h"
#include "sys/beneath.h"
#include "sys/file.h"

static char top[64];

static int make_top(void **state)
{
    (void)state;
    snprintf(top, sizeof(top), "/tmp/test_sys_beneath.XXXXXX");
    return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", top, (char *)NULL);
        _exit(1);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static const char *at(char out[512], const char *name)
{
    snprintf(out, 512, "%s/%s", top, name);
    return out;
}

static struct beneath *new_beneath(void)
{
    char path[512];
    struct beneath *b = NULL;
    struct err e = {0};

    if (beneath_new(&b, at(path, "out"), &e))
        fail_msg("%s", e.text);
    return b;
}

static int create(struct beneath *b, const char *path, const char *text)
{
    CLEANUP_FD int fd = -1;
    struct err e = {0};
    int code = beneath_create(b, path, &fd, &e);

    if (code == 0)
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    else
        assert_true(e.text[0]);
    return code;
}

static void a_file_is_made_with_its_folders_for_its_owner_alone(void **state)
{
    CLEANUP(beneath_freep) struct beneath *b = new_beneath();
    char path[512];
    struct stat st;

    (void)state;
    assert_int_equal(create(b, "a/b/c", "one"), 0);
    assert_int_equal(create(b, "a/b/d", "two"), 0);
    assert_int_equal(create(b, "e", "three"), 0);
    assert_int_equal(stat(at(path, "out/a/b/c"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(stat(at(path, "out/a/b"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(beneath_sync(b, NULL), 0);
}

static void nothing_is_written_over(void **state)
{
    CLEANUP(beneath_freep) struct beneath *b = new_beneath();
    CLEANUP_BUF struct buf text = {0};
    char path[512];

    (void)state;
    assert_int_equal(create(b, "a", "first"), 0);
    assert_int_equal(create(b, "a", "second"), ERR_CONFLICT);
    assert_int_equal(create(b, "a/b", "below a file"), ERR_CONFLICT);
    assert_int_equal(create(b, "c/d", "x"), 0);
    assert_int_equal(create(b, "c", "a folder is there"), ERR_CONFLICT);
    assert_int_equal(file_read(&text, at(path, "out/a"), 100, NULL), 0);
    assert_string_equal(buf_text(&text), "first");
    assert_int_equal(beneath_remove(b, "a", NULL), 0);
    assert_int_equal(create(b, "a", "third"), 0);
}

static void a_file_that_is_there_is_opened_and_nothing_else(void **state)
{
    static const char *const none[] = {"b", "d/e", "c", "a/b"};
    CLEANUP(beneath_freep) struct beneath *b = new_beneath();
    CLEANUP_FD int fd = -1;
    char bytes[8], path[512];

    (void)state;
    assert_int_equal(create(b, "a", "first"), 0);
    assert_int_equal(create(b, "c/d", "second"), 0);
    assert_int_equal(beneath_open(b, "c/d", &fd, NULL), 0);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), 6);
    assert_memory_equal(bytes, "second", 6);
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_int_equal(beneath_open(b, none[i], &fd, NULL), ERR_NOTFOUND);
    assert_false(file_is_there(at(path, "out/d")));
}

/* Somebody else may put links in while files are made. */
static void a_name_is_given_anew_over_nothing_that_is_there(void **state)
{
    CLEANUP(beneath_freep) struct beneath *b = new_beneath();
    char path[512];
    struct err e = {0};

    (void)state;
    assert_int_equal(create(b, "a/one.part", "1"), 0);
    assert_int_equal(create(b, "a/two", "2"), 0);
    assert_int_equal(beneath_rename(b, "a/one.part", "a/two", &e), ERR_CONFLICT);
    assert_int_equal(beneath_rename(b, "a/one.part", "a/one", &e), 0);
    assert_true(file_is_there(at(path, "out/a/one")));
    assert_false(file_is_there(at(path, "out/a/one.part")));
}

static void no_link_is_followed(void **state)
{
    CLEANUP(beneath_freep) struct beneath *b = new_beneath();
    char path[512], to[512];
    struct stat st;

    (void)state;
    assert_int_equal(mkdir(at(to, "elsewhere"), 0700), 0);
    assert_int_equal(symlink(to, at(path, "out/link")), 0);
    assert_int_equal(symlink("elsewhere/file", at(path, "out/file")), 0);
    assert_int_equal(symlink("..", at(path, "out/up")), 0);
    assert_int_equal(beneath_open(b, "file", NULL, NULL), ERR_IO);
    assert_int_equal(beneath_open(b, "up/elsewhere", NULL, NULL), ERR_IO);
    assert_int_equal(create(b, "link/x", "x"), ERR_CONFLICT);
    assert_int_equal(create(b, "file", "x"), ERR_CONFLICT);
    assert_int_equal(create(b, "up/elsewhere/x", "x"), ERR_CONFLICT);
    assert_int_equal(lstat(at(path, "elsewhere/x"), &st), -1);
    assert_int_equal(lstat(at(path, "elsewhere/file"), &st), -1);
}

static void a_folder_that_holds_something_is_refused(void **state)
{
    struct beneath *b = NULL;
    char path[512];
    struct err e = {0};

    (void)state;
    assert_int_equal(mkdir(at(path, "full"), 0700), 0);
    assert_int_equal(file_create(at(path, "full/x"), STR("x"), 0600, NULL), 0);
    assert_int_equal(beneath_new(&b, at(path, "full"), &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "is not empty"));
    assert_null(b);
}

static void any_name_becomes_one_part_of_a_path(void **state)
{
    /* by the words in sink.h and doc/format/evidence.md, section 7 */
    static const struct {
        struct str name;
        const char *part;
    } cases[] = {
        {{"report.txt", 10}, "report.txt"},
        {{"B\xc3\xbcro \xe6\x9d\xb1", 9}, "B\xc3\xbcro \xe6\x9d\xb1"},
        {{"", 0}, "%00"},
        {{".", 1}, "%2E"},
        {{"..", 2}, ".%2E"},
        {{".profile", 8}, ".profile"},
        {{"a/../b", 6}, "a%2F..%2Fb"},
        {{"a\0b", 3}, "a%00b"},
        {{"100%", 4}, "100%25"},
        {{"a\\b:c", 5}, "a%5Cb%3Ac"},
        {{"-rf", 3}, "%2Drf"},
        {{"a-", 2}, "a-"},
        {{"end.", 4}, "end%2E"},
        {{"end ", 4}, "end%20"},
        {{"\xff\xc3", 2}, "%FF%C3"},
        {{"\x1b[31m", 5}, "%1B[31m"},
        {{"\xe2\x80\xae"
          "gpj",
          6},
         "%E2%80%AEgpj"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf part = {0};

        sink_path_part(&part, cases[i].name);
        assert_string_equal(buf_text(&part), cases[i].part);
    }
}

static void a_long_name_is_cut_between_characters(void **state)
{
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf part = {0};

    (void)state;
    for (int i = 0; i < 90; i++)
        buf_adds(&name, "\xe6\x9d\xb1");
    sink_path_part(&part, buf_str(&name));
    /* of three bytes each, and room for nine more where they were escaped: 64 × 3 = 192 */
    assert_int_equal(part.len, 192 + 2);
    assert_false(str_has_utf8_error(buf_str(&part)));
    assert_true(str_ends(buf_str(&part), "%~"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_made_with_its_folders_for_its_owner_alone,
                                        make_top, remove_top),
        cmocka_unit_test_setup_teardown(nothing_is_written_over, make_top, remove_top),
        cmocka_unit_test_setup_teardown(a_file_that_is_there_is_opened_and_nothing_else, make_top,
                                        remove_top),
        cmocka_unit_test_setup_teardown(a_name_is_given_anew_over_nothing_that_is_there, make_top,
                                        remove_top),
        cmocka_unit_test_setup_teardown(no_link_is_followed, make_top, remove_top),
        cmocka_unit_test_setup_teardown(a_folder_that_holds_something_is_refused, make_top,
                                        remove_top),
        cmocka_unit_test(any_name_becomes_one_part_of_a_path),
        cmocka_unit_test(a_long_name_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
