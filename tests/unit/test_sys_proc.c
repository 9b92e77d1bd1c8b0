/* test_sys_proc.c: programs are run without a shell, in time, and their outputs kept within bounds.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sys/file.h"
#include "sys/proc.h"

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

static void outputs_and_status_are_told_apart(void **state)
{
    static const struct {
        const char *script;
        int status, signal;
        const char *out, *err;
    } cases[] = {
        {"echo one; echo two >&2", 0, 0, "one\n", "two\n"},
        {"exit 7", 7, 0, "", ""},
        {"kill -9 $$", 137, 9, "", ""},
        {"echo before; kill -TERM $$", 143, 15, "before\n", ""},
        {"cat", 0, 0, "the input", ""},
        {"exec >&-; sleep 0.1; echo late >&2", 0, 0, "", "late\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_PROC struct proc_capture c = {0};

        assert_int_equal(
            proc_capture(ARGV("/bin/sh", "-c", cases[i].script), STR("the input"), NULL, &c, NULL),
            0);
        assert_int_equal(c.status, cases[i].status);
        assert_int_equal(c.signal, cases[i].signal);
        assert_string_equal(buf_text(&c.out), cases[i].out);
        assert_string_equal(buf_text(&c.err), cases[i].err);
        assert_false(c.was_late || c.was_cut);
    }
}

/* Counts, and has had enough after most bytes. */
struct taking {
    uint64_t size;
    uint64_t most;
};

static int take_some(void *context, struct str bytes, struct err *e)
{
    struct taking *t = context;

    t->size += bytes.len;
    return t->size > t->most ? err_set(e, ERR_FULL, "enough") : 0;
}

static void a_stream_is_handed_on_whole_and_standard_error_kept_apart(void **state)
{
    CLEANUP_PROC struct proc_capture c = {0};
    struct taking t = {.most = UINT64_MAX};

    (void)state;
    assert_int_equal(
        proc_stream(ARGV("/bin/sh", "-c", "head -c 5000000 /dev/zero; echo x >&2; exit 3"), NULL,
                    take_some, &t, &c, NULL),
        0);
    assert_int_equal(t.size, 5000000);
    assert_int_equal(c.status, 3);
    assert_string_equal(buf_text(&c.err), "x\n");
    assert_int_equal(c.out.len, 0);
}

static void whoever_takes_a_stream_ends_the_program_with_its_own_reason(void **state)
{
    CLEANUP_PROC struct proc_capture c = {0};
    struct taking t = {.most = 100000};
    struct err e = {0};

    (void)state;
    assert_int_equal(proc_stream(ARGV("/usr/bin/yes"), NULL, take_some, &t, &c, &e), ERR_FULL);
    assert_string_equal(e.text, "enough");
    assert_true(t.size <= 100000 + 65536);
}

static void no_shell_reads_the_arguments(void **state)
{
    static const char hostile[] = "$(id); `id` > /tmp/x & | ' \" \\ * ~ \n -n";
    CLEANUP_PROC struct proc_capture c = {0};

    (void)state;
    assert_int_equal(proc_capture(ARGV("printf", "%s", hostile), STR(""), NULL, &c, NULL), 0);
    assert_string_equal(buf_text(&c.out), hostile);
}

static void the_path_of_the_user_is_not_searched(void **state)
{
    char folder[] = "/tmp/test_sys_proc.XXXXXX";
    CLEANUP_PROC struct proc_capture c = {0};
    CLEANUP_BUF struct buf was = {0};
    struct err e = {0};
    char path[64];

    (void)state;
    buf_adds(&was, getenv("PATH"));
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/planted-tool", folder);
    assert_int_equal(file_write(path, STR("#!/bin/sh\necho planted\n"), 0755, NULL), 0);
    setenv("PATH", folder, 1);
    assert_int_equal(proc_capture(ARGV("planted-tool"), STR(""), NULL, &c, &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.text, "planted-tool"));
    setenv("PATH", buf_text(&was), 1);
    assert_int_equal(proc_capture(ARGV(path), STR(""), NULL, &c, NULL), 0);
    assert_string_equal(buf_text(&c.out), "planted\n");
    assert_int_equal(proc_capture(ARGV("/no/such/tool"), STR(""), NULL, &c, &e), ERR_NOTFOUND);
    unlink(path);
    rmdir(folder);
}

static void a_late_program_is_ended(void **state)
{
    static const struct {
        const char *script;
        int signal;
    } cases[] = {
        {"exec sleep 30", SIGTERM},
        {"trap '' TERM; while :; do sleep 0.1; done", SIGKILL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_PROC struct proc_capture c = {0};
        struct proc_limits limits = {.wall_s = 1};
        time_t before = time(NULL);

        assert_int_equal(
            proc_capture(ARGV("/bin/sh", "-c", cases[i].script), STR(""), &limits, &c, NULL), 0);
        assert_true(c.was_late);
        assert_int_equal(c.signal, cases[i].signal);
        assert_true(time(NULL) - before < 15);
    }
}

static void a_long_output_is_cut_and_the_program_goes_on(void **state)
{
    CLEANUP_PROC struct proc_capture c = {0};
    struct proc_limits limits = {.output = 1000};

    (void)state;
    assert_int_equal(
        proc_capture(ARGV("/bin/sh", "-c", "head -c 300000 /dev/zero; echo done >&2; exit 3"),
                     STR(""), &limits, &c, NULL),
        0);
    assert_int_equal(c.status, 3);
    assert_int_equal(c.out.len, 1000);
    assert_string_equal(buf_text(&c.err), "done\n");
    assert_true(c.was_cut);
}

static void a_large_input_arrives_whole(void **state)
{
    CLEANUP_PROC struct proc_capture c = {0};
    CLEANUP_BUF struct buf in = {0};

    (void)state;
    buf_addn(&in, 'x', 500000);
    assert_int_equal(proc_capture(ARGV("cat"), buf_str(&in), NULL, &c, NULL), 0);
    assert_true(str_eq(buf_str(&c.out), buf_str(&in)));
    /* one that does not read its input breaks nothing */
    assert_int_equal(proc_capture(ARGV("true"), buf_str(&in), NULL, &c, NULL), 0);
}

static void one_that_stays_behind_is_not_waited_for(void **state)
{
    CLEANUP_PROC struct proc_capture c = {0};
    time_t before = time(NULL);

    (void)state;
    assert_int_equal(
        proc_capture(ARGV("/bin/sh", "-c", "sleep 20 & echo started"), STR(""), NULL, &c, NULL), 0);
    assert_string_equal(buf_text(&c.out), "started\n");
    assert_true(time(NULL) - before < 10);
}

static void no_descriptor_is_inherited(void **state)
{
    CLEANUP_PROC struct proc_capture c = {0};
    int leaked = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

    (void)state;
    assert_int_equal(proc_capture(ARGV("ls", "/proc/self/fd"), STR(""), NULL, &c, NULL), 0);
    assert_string_equal(buf_text(&c.out), "0\n1\n2\n3\n"); /* 3 is the folder that ls reads */
    close(leaked);
}

static void blocked_and_ignored_signals_are_not_inherited(void **state)
{
    CLEANUP_PROC struct proc_capture c = {0};
    sigset_t term;

    (void)state;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(
        proc_capture(ARGV("/bin/sh", "-c", "kill -TERM $$; sleep 1"), STR(""), NULL, &c, NULL), 0);
    assert_int_equal(c.signal, SIGTERM);
    assert_int_equal(
        proc_capture(ARGV("/bin/sh", "-c", "kill -PIPE $$; sleep 1"), STR(""), NULL, &c, NULL), 0);
    assert_int_equal(c.signal, SIGPIPE);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &term, NULL);
}

static void it_works_with_the_standard_descriptors_closed(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        struct proc_capture c = {0};

        close(0);
        close(1);
        close(2);
        if (proc_capture(ARGV("/bin/sh", "-c", "cat; echo e >&2"), STR("i"), NULL, &c, NULL))
            _exit(1);
        _exit(!str_eq(buf_str(&c.out), STR("i")) || !str_eq(buf_str(&c.err), STR("e\n")));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void proc_run_joins_both_outputs_in_order(void **state)
{
    CLEANUP_BUF struct buf out = {0};
    struct proc_result result;
    struct err e = {0};

    (void)state;
    assert_int_equal(proc_run(ARGV("/bin/sh", "-c", "echo 1; echo 2 >&2; echo 3; exit 4"), &result,
                              &out, 100, 10, NULL),
                     0);
    assert_string_equal(buf_text(&out), "1\n2\n3\n");
    assert_int_equal(result.exit_status, 4);
    assert_false(result.was_cut);
    buf_clear(&out);
    assert_int_equal(proc_run(ARGV("/bin/sh", "-c", "echo 123456"), &result, &out, 3, 10, NULL), 0);
    assert_string_equal(buf_text(&out), "123");
    assert_true(result.was_cut);
    assert_int_equal(proc_run(ARGV("/bin/sleep", "20"), &result, &out, 3, 1, &e), ERR_LIMIT);
    assert_int_equal(proc_run(ARGV("/no/such/tool"), &result, &out, 3, 1, &e), ERR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_and_status_are_told_apart),
        cmocka_unit_test(no_shell_reads_the_arguments),
        cmocka_unit_test(the_path_of_the_user_is_not_searched),
        cmocka_unit_test(a_late_program_is_ended),
        cmocka_unit_test(a_long_output_is_cut_and_the_program_goes_on),
        cmocka_unit_test(a_large_input_arrives_whole),
        cmocka_unit_test(one_that_stays_behind_is_not_waited_for),
        cmocka_unit_test(no_descriptor_is_inherited),
        cmocka_unit_test(blocked_and_ignored_signals_are_not_inherited),
        cmocka_unit_test(it_works_with_the_standard_descriptors_closed),
        cmocka_unit_test(a_stream_is_handed_on_whole_and_standard_error_kept_apart),
        cmocka_unit_test(whoever_takes_a_stream_ends_the_program_with_its_own_reason),
        cmocka_unit_test(proc_run_joins_both_outputs_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
