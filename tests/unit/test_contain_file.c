/* test_contain_file.c: what a file is, is read, spelled and put back as a whole. Expected texts are
 * those of doc/format/containment.md section 7.1. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "contain/file_change.h"
#include "sys/file.h"

static char folder[64];
static struct arena *arena;
static const struct id id = {{0xab}};
static const struct timespec long_ago = {981173106, 123456789};

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/test_contain_file.XXXXXX");
    arena = arena_new();
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"x", "y", "link/x", "link", "below/x", "below"};
    char path[128];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        if (unlink(path) < 0)
            (void)!rmdir(path);
    }
    arena_free(arena);
    return rmdir(folder); /* nothing hidden is left in it */
}

static struct str path_of(const char *name)
{
    return str_of(arena_printf(arena, "%s/%s", folder, name));
}

static void set_time(const char *path, struct timespec t)
{
    const struct timespec times[2] = {t, t};

    assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void make(struct str path, struct str bytes, mode_t mode)
{
    struct err e = {0};

    assert_int_equal(file_write(path.p, bytes, 0600, &e), 0);
    assert_int_equal(chmod(path.p, mode), 0);
    set_time(path.p, long_ago);
}

static struct file_state read_state(struct str path)
{
    struct file_state s = {0};
    struct err e = {0};

    if (file_state_read(arena, path, &s, &e))
        fail_msg("%s", e.text);
    return s;
}

static void change(const struct file_state *from, const struct file_state *to)
{
    struct err e = {0};

    if (file_change(from, to, &id, &e))
        fail_msg("%s", e.text);
}

static struct file_state none_of(const struct file_state *s)
{
    return file_state_derive(s, FILE_STATE_NONE, (struct str){0});
}

/* Spelled and read again. */
static struct file_state through_text(const struct file_state *s)
{
    struct buf text = {0};
    struct file_state out = {0};
    struct err e = {0};
    struct str rest;

    file_state_add(s, &text);
    rest = (struct str){arena_dup(arena, text.p, text.len), text.len};
    buf_release(&text);
    if (file_state_take(arena, &rest, &out, &e))
        fail_msg("%s", e.text);
    assert_int_equal(rest.len, 0);
    return out;
}

static void a_file_is_spelled_as_the_format_says(void **state)
{
    struct buf text = {0}, wanted = {0};
    struct str path = path_of("x");
    struct file_state s;
    struct stat st;

    (void)state;
    make(path, STR("a\0\n\xff"), 0640);
    s = read_state(path);
    assert_int_equal(stat(folder, &st), 0);
    file_state_add(&s, &text);
    buf_addf(&wanted, "file %s\nfolder %lld.%09ld ", path.p, (long long)st.st_mtim.tv_sec,
             st.st_mtim.tv_nsec);
    assert_true(str_starts(buf_str(&text), buf_text(&wanted)));
    buf_clear(&wanted);
    /* SHA-256 of nothing: the file is alone in its folder (FIPS 180-4) */
    buf_addf(&wanted,
             " e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nkind file\n"
             "mode 0640\nowner %u\ngroup %u\nlinks 1\naccessed 981173106.123456789\n"
             "modified 981173106.123456789\nflags ",
             geteuid(), getegid());
    assert_non_null(strstr(buf_text(&text), buf_text(&wanted)));
    assert_true(text.len > 12 && memcmp(text.p + text.len - 12, "size 4\na\0\n\xff\n", 12) == 0);
    buf_release(&text);
    buf_release(&wanted);
}

static void a_file_comes_back_with_attributes_and_times(void **state)
{
    struct str path = path_of("x");
    struct file_state before, none, now;
    char value[8];

    (void)state;
    make(path, STR("bytes"), 0604);
    if (setxattr(path.p, "user.mark", "a\0b", 3, 0) < 0 ||
        setxattr(path.p, "user.empty", "", 0, 0) < 0) {
        print_message("skipped: the file system of /tmp has no attributes\n");
        skip();
    }
    before = read_state(path);
    before = through_text(&before);
    none = none_of(&before);
    change(&before, &none);
    assert_int_equal(access(path.p, F_OK), -1);
    change(&before, &none); /* again */
    change(&none, &before);
    change(&none, &before);
    now = read_state(path);
    assert_true(file_state_is_same(&now, &before));
    assert_int_equal(now.modified.tv_sec, long_ago.tv_sec);
    assert_int_equal(now.accessed.tv_nsec, long_ago.tv_nsec);
    assert_int_equal(now.mode, 0604);
    assert_int_equal(getxattr(path.p, "user.mark", value, sizeof(value)), 3);
    assert_memory_equal(value, "a\0b", 3);
    assert_int_equal(getxattr(path.p, "user.empty", value, sizeof(value)), 0);
}

static uint32_t flags_of(const char *path)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    int flags = 0;

    assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
    return (uint32_t)flags;
}

static bool set_flags(const char *path, int flags)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    int now;

    if (ioctl(fd, FS_IOC_GETFLAGS, &now) < 0)
        return false;
    now = (now & ~(FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL)) | flags;
    return ioctl(fd, FS_IOC_SETFLAGS, &now) == 0;
}

static void flags_are_lifted_and_come_back(void **state)
{
    struct str path = path_of("x");
    struct file_state before, none;

    (void)state;
    make(path, STR("bytes"), 0644);
    if (!set_flags(path.p, FS_IMMUTABLE_FL | FS_NODUMP_FL)) {
        print_message("skipped: the file system of /tmp has no flags, or they are not allowed\n");
        skip();
    }
    assert_true(set_flags(folder, FS_APPEND_FL));
    before = read_state(path);
    none = none_of(&before);
    change(&before, &none);
    assert_int_equal(access(path.p, F_OK), -1);
    assert_true(flags_of(folder) & FS_APPEND_FL);
    change(&none, &before);
    assert_int_equal(flags_of(path.p) & (FS_IMMUTABLE_FL | FS_NODUMP_FL),
                     FS_IMMUTABLE_FL | FS_NODUMP_FL);
    assert_true(flags_of(folder) & FS_APPEND_FL);
    assert_true(set_flags(path.p, 0) && set_flags(folder, 0));
}

static void a_link_comes_back_and_is_not_followed(void **state)
{
    struct str path = path_of("link"), target = path_of("x");
    struct file_state before, none;
    struct stat st;
    char text[128];
    ssize_t n;

    (void)state;
    make(target, STR("stays"), 0600);
    assert_int_equal(symlink(target.p, path.p), 0);
    set_time(path.p, long_ago);
    before = read_state(path);
    before = through_text(&before);
    none = none_of(&before);
    change(&before, &none);
    assert_int_equal(lstat(path.p, &st), -1);
    assert_int_equal(access(target.p, F_OK), 0);
    change(&none, &before);
    n = readlink(path.p, text, sizeof(text));
    assert_true(str_eq((struct str){text, (size_t)n}, target));
    assert_int_equal(lstat(path.p, &st), 0);
    assert_int_equal(st.st_mtim.tv_nsec, long_ago.tv_nsec);
}

static void the_folders_time_comes_back_where_nothing_else_changed(void **state)
{
    struct str path = path_of("x"), other = path_of("y");
    struct file_state before, none;
    struct stat st;

    (void)state;
    make(path, STR("bytes"), 0600);
    set_time(folder, long_ago);
    before = read_state(path);
    none = none_of(&before);
    change(&before, &none);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_not_equal(st.st_mtim.tv_sec, long_ago.tv_sec); /* who looks for changes finds it */
    change(&none, &before);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mtim.tv_sec, long_ago.tv_sec);
    assert_int_equal(st.st_mtim.tv_nsec, long_ago.tv_nsec);
    change(&before, &none);
    make(other, STR("new"), 0600);
    change(&none, &before);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_not_equal(st.st_mtim.tv_sec, long_ago.tv_sec);
}

static void what_was_changed_since_is_not_touched(void **state)
{
    static const struct {
        const char *bytes;
        mode_t mode;
        time_t at;
    } others[] = {{"other", 0600, 981173106}, {"bytes", 0640, 981173106}, {"bytes", 0600, 5}};
    struct str path = path_of("x");
    struct file_state before, none, now, other;

    (void)state;
    make(path, STR("bytes"), 0600);
    before = read_state(path);
    none = none_of(&before);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct err e = {0};

        make(path, str_of(others[i].bytes), others[i].mode);
        set_time(path.p, (struct timespec){others[i].at, long_ago.tv_nsec});
        other = read_state(path);
        assert_int_equal(file_change(&before, &none, &id, &e), ERR_CONFLICT);
        assert_non_null(strstr(e.text, path.p));
        assert_int_equal(file_change(&none, &before, &id, &e), ERR_CONFLICT);
        now = read_state(path);
        assert_true(file_state_is_same(&now, &other));
    }
}

static void what_a_killed_one_left_is_cleared(void **state)
{
    struct str path = path_of("x");
    struct str made = path_of(".calm-contain-ab000000000000000000000000000000.new");
    struct str moved = path_of(".calm-contain-ab000000000000000000000000000000.old");
    struct file_state before, none, now;

    (void)state;
    make(path, STR("bytes"), 0600);
    before = read_state(path);
    none = none_of(&before);
    make(made, STR("half"), 0600);
    change(&before, &none);
    assert_int_equal(access(made.p, F_OK), -1);
    make(moved, STR("bytes"), 0600); /* taken from its name, and not yet removed */
    change(&none, &before);
    assert_int_equal(access(moved.p, F_OK), -1);
    now = read_state(path);
    assert_true(file_state_is_same(&now, &before));
}

static void other_kinds_and_ways_through_links_are_refused(void **state)
{
    struct str path = path_of("x"), below = path_of("below"), link = path_of("link");
    struct file_state s;
    struct err e = {0};

    (void)state;
    assert_int_equal(mkfifo(path.p, 0600), 0);
    assert_int_equal(mkdir(below.p, 0700), 0);
    assert_int_equal(symlink("below", link.p), 0);
    make(path_of("below/x"), STR("a"), 0600);
    assert_int_equal(file_state_read(arena, path, &s, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "fifo"));
    assert_int_equal(file_state_read(arena, below, &s, &e), ERR_USAGE);
    assert_int_equal(file_state_read(arena, path_of("link/x"), &s, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "symbolic link"));
    assert_int_equal(file_state_read(arena, path_of("nowhere/x"), &s, &e), ERR_NOTFOUND);
    assert_int_equal(file_state_read(arena, path_of("below/y"), &s, &e), 0);
    assert_int_equal(s.kind, FILE_STATE_NONE);
}

static void text_that_is_not_spelled_so_is_refused(void **state)
{
#define HEAD                                                                                       \
    "file /x\nfolder 1.000000000 - "                                                               \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
#define KNOWN                                                                                      \
    "mode 0644\nowner 0\ngroup 0\nlinks 1\naccessed 1.000000000\nmodified -1.000000000\nflags -\n"
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {HEAD "kind none\n", 0},
        {HEAD "kind link\n" KNOWN "target /y\n", 0},
        {HEAD "kind file\n" KNOWN "size 2\nab\n", 0},
        {HEAD "kind file\n" KNOWN "attribute a \nattribute b %00\nsize 0\n\n", 0},
        {HEAD "kind file\n" KNOWN "kept /var/lib/calm-contain/x/file 2 "
              "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603\n",
         0}, /* SHA-256 of "ab" */
        {HEAD "kind file\n" KNOWN "kept file 2 "
              "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603\n",
         ERR_FORMAT},
        {HEAD "kind file\n" KNOWN "kept /x 2 00\n", ERR_FORMAT},
        {HEAD "kind file\n" KNOWN "kept /x -2 "
              "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603\n",
         ERR_FORMAT},
        {HEAD "kind file\n" KNOWN "size 3\nab\n", ERR_FORMAT},
        {HEAD "kind file\n" KNOWN "size 1\nab\n", ERR_FORMAT},
        {HEAD "kind file\n" KNOWN "size 99999999999999999999\nab\n", ERR_FORMAT},
        {HEAD "kind file\n" KNOWN "attribute  x\nsize 0\n\n", ERR_FORMAT},
        {HEAD "kind file\n" KNOWN "digest 00\n", ERR_FORMAT},
        {HEAD "kind file\n", ERR_FORMAT},
        {HEAD "kind fifo\n", ERR_FORMAT},
        {HEAD "kind link\n" KNOWN "target \n", ERR_FORMAT},
        {HEAD "kind link\nmode 10000\nowner 0\n", ERR_FORMAT},
        {HEAD "kind link\nmode 0648\nowner 0\n", ERR_FORMAT},
        {"file x\n", ERR_FORMAT},
        {"", ERR_FORMAT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str rest = str_of(cases[i].text);
        struct file_state s = {0};
        struct err e = {0};

        if (file_state_take(arena, &rest, &s, &e) != cases[i].code)
            fail_msg("case %zu: %s", i, e.text);
        if (cases[i].code == 0)
            assert_int_equal(rest.len, 0);
    }
}

/* The change of these tests: "a" becomes "b". */
static int turn(const void *context, bool is_undo, struct str now, struct buf *out, struct err *e)
{
    (void)context;
    (void)e;
    for (size_t i = 0; i < now.len; i++)
        buf_addc(out, now.p[i] == (is_undo ? 'b' : 'a') ? (is_undo ? 'a' : 'b') : now.p[i]);
    return 0;
}

static void an_edit_goes_back_with_its_times_or_alone(void **state)
{
    struct str path = path_of("x");
    struct file_state before, now;
    struct file_edit edit = {.before = &before, .after = hash_bytes("1b2", 3), .turn = turn};
    struct err e = {0};

    (void)state;
    make(path, STR("1a2"), 0640);
    before = read_state(path);
    before.has_bytes = false;
    before = through_text(&before);
    assert_int_equal(file_edit_apply(&edit, &id, &e), 0);
    assert_int_equal(file_edit_check(&edit, &e), 0);
    now = read_state(path);
    assert_true(str_eq(now.bytes, STR("1b2")));
    assert_int_not_equal(now.modified.tv_sec, long_ago.tv_sec);
    assert_int_equal(file_edit_undo(&edit, &id, &e), 0);
    assert_int_equal(file_edit_undo(&edit, &id, &e), 0);
    now = read_state(path);
    assert_true(str_eq(now.bytes, STR("1a2")) && now.mode == 0640);
    assert_int_equal(now.modified.tv_nsec, long_ago.tv_nsec);
    assert_int_equal(file_edit_check(&edit, &e), ERR_GATE);
    assert_int_equal(file_edit_apply(&edit, &id, &e), 0);
    make(path, STR("1b2345"), 0600);
    assert_int_equal(file_edit_undo(&edit, &id, &e), 0);
    now = read_state(path);
    assert_true(str_eq(now.bytes, STR("1a2345")) && now.mode == 0600);
    assert_int_not_equal(now.modified.tv_sec, long_ago.tv_sec);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_is_spelled_as_the_format_says),
        IN_FOLDER(a_file_comes_back_with_attributes_and_times),
        IN_FOLDER(flags_are_lifted_and_come_back),
        IN_FOLDER(a_link_comes_back_and_is_not_followed),
        IN_FOLDER(the_folders_time_comes_back_where_nothing_else_changed),
        IN_FOLDER(what_was_changed_since_is_not_touched),
        IN_FOLDER(what_a_killed_one_left_is_cleared),
        IN_FOLDER(other_kinds_and_ways_through_links_are_refused),
        IN_FOLDER(text_that_is_not_spelled_so_is_refused),
        IN_FOLDER(an_edit_goes_back_with_its_times_or_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
