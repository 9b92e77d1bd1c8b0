/* test_sys_file.c: files are whole and durable, or not there. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
#include "sys/file.h"

static char folder[64];

static const char *in_folder(char out[256], const char *name)
{
    snprintf(out, 256, "%s/%s", folder, name);
    return out;
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/test_sys_file.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

/* Removes the folder; fails if anything but what the tests named lies in it. */
static int remove_folder(void **state)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    int left = 0;

    (void)state;
    while (d && (entry = readdir(d))) {
        char path[256 + 64];

        if (entry->d_name[0] == '.' && (!entry->d_name[1] || entry->d_name[1] == '.'))
            continue;
        left += entry->d_name[0] == '.';
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (unlink(path) < 0)
            rmdir(path);
    }
    closedir(d);
    assert_int_equal(left, 0); /* no temporary file stays */
    return rmdir(folder);
}

static void what_is_written_is_read_back(void **state)
{
    CLEANUP_BUF struct buf got = {0};
    char path[256];
    struct stat st;

    (void)state;
    umask(022);
    assert_int_equal(file_write(in_folder(path, "a"), STR("one\0two"), 0640, NULL), 0);
    assert_int_equal(file_read(&got, path, 7, NULL), 0);
    assert_true(str_eq(buf_str(&got), STR("one\0two")));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(file_write(path, STR(""), 0600, NULL), 0);
    assert_int_equal(file_read(&got, path, 0, NULL), 0);
    assert_int_equal(got.len, 0);
}

static void a_file_over_the_limit_is_refused_and_the_output_untouched(void **state)
{
    CLEANUP_BUF struct buf got = {0};
    struct err e = {0};
    char path[256];

    (void)state;
    buf_adds(&got, "before");
    assert_int_equal(file_write(in_folder(path, "a"), STR("12345678"), 0600, NULL), 0);
    assert_int_equal(file_read(&got, path, 7, &e), ERR_LIMIT);
    assert_string_equal(buf_text(&got), "before");
    assert_non_null(strstr(e.text, path));
    assert_int_equal(file_read(&got, path, 8, &e), 0);
    assert_string_equal(buf_text(&got), "12345678");
}

static void only_regular_files_are_read(void **state)
{
    static const struct {
        const char *path;
        int code;
    } cases[] = {
        {"/dev/null", ERR_USAGE},
        {"/tmp", ERR_USAGE},
        {"/no/such/file", ERR_NOTFOUND},
    };
    CLEANUP_BUF struct buf got = {0};
    char fifo[256];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(file_read(&got, cases[i].path, 10, NULL), cases[i].code);
    assert_int_equal(mkfifo(in_folder(fifo, "fifo"), 0600), 0);
    assert_int_equal(file_read(&got, fifo, 10, NULL), ERR_USAGE); /* and does not hang */
}

static void file_create_refuses_a_name_that_is_taken(void **state)
{
    CLEANUP_BUF struct buf got = {0};
    struct err e = {0};
    char path[256];

    (void)state;
    assert_int_equal(file_create(in_folder(path, "key"), STR("first"), 0600, &e), 0);
    assert_int_equal(file_create(path, STR("second"), 0600, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "exists already"));
    assert_int_equal(file_read(&got, path, 100, NULL), 0);
    assert_string_equal(buf_text(&got), "first");
    assert_int_equal(symlink("/nowhere", in_folder(path, "link")), 0);
    assert_int_equal(file_create(path, STR("x"), 0600, &e), ERR_USAGE); /* also a dangling link */
}

static void a_link_is_replaced_and_not_followed(void **state)
{
    CLEANUP_BUF struct buf got = {0};
    char target[256];
    char path[256];
    struct stat st;

    (void)state;
    assert_int_equal(file_write(in_folder(target, "target"), STR("old"), 0600, NULL), 0);
    assert_int_equal(symlink(target, in_folder(path, "link")), 0);
    assert_int_equal(file_write(path, STR("new"), 0600, NULL), 0);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(file_read(&got, target, 10, NULL), 0);
    assert_string_equal(buf_text(&got), "old");
}

static void a_write_that_fails_leaves_the_old_file_and_no_rest(void **state)
{
    CLEANUP_BUF struct buf got = {0};
    CLEANUP_BUF struct buf big = {0};
    struct rlimit was;
    struct rlimit small;
    char path[256];
    struct err e = {0};

    (void)state;
    assert_int_equal(file_write(in_folder(path, "a"), STR("old"), 0600, NULL), 0);
    buf_addn(&big, 'x', 100000);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small = was;
    small.rlim_cur = 50000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(file_write(path, buf_str(&big), 0600, &e), ERR_IO); /* EFBIG */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(file_read(&got, path, 10, NULL), 0);
    assert_string_equal(buf_text(&got), "old");
}

static void a_full_medium_is_told_apart(void **state)
{
    struct err e = {0};
    CLEANUP_FD int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    if (fd < 0)
        skip();
    assert_int_equal(file_write_fd(fd, "x", 1, "/dev/full", &e), ERR_FULL);
}

static void *drain(void *argument)
{
    int fd = *(int *)argument;
    static char bytes[4096];
    size_t total = 0;
    ssize_t n;

    usleep(20000);
    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        total += (size_t)n;
    return (void *)total;
}

static void a_non_blocking_descriptor_gets_all_bytes(void **state)
{
    CLEANUP_BUF struct buf big = {0};
    int ends[2];
    pthread_t thread;
    void *total;

    (void)state;
    buf_addn(&big, 'x', 1000000);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(pthread_create(&thread, NULL, drain, &ends[0]), 0);
    assert_int_equal(file_write_fd(ends[1], big.p, big.len, "a pipe", NULL), 0);
    close(ends[1]);
    pthread_join(thread, &total);
    assert_int_equal((size_t)total, 1000000);
    close(ends[0]);
}

static void folders_are_made_with_their_parents(void **state)
{
    static const struct {
        const char *path;
        int code;
    } cases[] = {
        {"a/b/c", 0}, {"a/b/c/", 0},       {"a//d", 0},
        {"a", 0},     {"file", ERR_USAGE}, {"file/b", ERR_USAGE},
    };
    char path[256];
    struct stat st;

    (void)state;
    assert_int_equal(file_write(in_folder(path, "file"), STR(""), 0600, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(folder_make(in_folder(path, cases[i].path), 0700, NULL), cases[i].code);
        assert_true(cases[i].code || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)));
    }
    assert_int_equal(folder_make("/", 0700, NULL), 0);
    assert_int_equal(folder_make("/proc/none", 0700, NULL), ERR_NOTFOUND);
    rmdir(in_folder(path, "a/b/c"));
    rmdir(in_folder(path, "a/b"));
    rmdir(in_folder(path, "a/d"));
}

static void a_relative_name_lies_in_the_present_folder(void **state)
{
    char *was = getcwd(NULL, 0);

    (void)state;
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(file_create("plain", STR("x"), 0600, NULL), 0);
    assert_true(file_is_there("plain"));
    assert_false(file_is_there("other"));
    assert_int_equal(chdir(was), 0);
    free(was);
}

/* A writer is killed at random moments; a reader must always see one of the two whole texts. */
static void a_killed_writer_never_leaves_half_a_file(void **state)
{
    struct buf text[2] = {{0}, {0}};
    char path[256];

    (void)state;
    buf_addn(&text[0], 'a', 300000);
    buf_addn(&text[1], 'b', 200000);
    assert_int_equal(file_write(in_folder(path, "a"), buf_str(&text[0]), 0600, NULL), 0);
    for (int round = 0; round < 20; round++) {
        CLEANUP_BUF struct buf got = {0};
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0)
            for (int i = 0;; i++)
                if (file_write(path, buf_str(&text[i % 2]), 0600, NULL))
                    _exit(1);
        usleep((useconds_t)(round * 700));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        assert_int_equal(file_read(&got, path, 1000000, NULL), 0);
        assert_true(str_eq(buf_str(&got), buf_str(&text[0])) ||
                    str_eq(buf_str(&got), buf_str(&text[1])));
    }
    buf_release(&text[0]);
    buf_release(&text[1]);
}

/* Killed writers leave their hidden temporary file, which is the one thing that may stay. */
static int remove_folder_after_kills(void **state)
{
    DIR *d = opendir(folder);
    struct dirent *entry;

    while (d && (entry = readdir(d))) {
        char path[256 + 64];

        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (strncmp(entry->d_name, ".calm-", 6) == 0)
            unlink(path);
    }
    closedir(d);
    return remove_folder(state);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_written_is_read_back),
        IN_FOLDER(a_file_over_the_limit_is_refused_and_the_output_untouched),
        IN_FOLDER(only_regular_files_are_read),
        IN_FOLDER(file_create_refuses_a_name_that_is_taken),
        IN_FOLDER(a_link_is_replaced_and_not_followed),
        IN_FOLDER(a_write_that_fails_leaves_the_old_file_and_no_rest),
        cmocka_unit_test(a_full_medium_is_told_apart),
        cmocka_unit_test(a_non_blocking_descriptor_gets_all_bytes),
        IN_FOLDER(folders_are_made_with_their_parents),
        IN_FOLDER(a_relative_name_lies_in_the_present_folder),
        cmocka_unit_test_setup_teardown(a_killed_writer_never_leaves_half_a_file, make_folder,
                                        remove_folder_after_kills),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
