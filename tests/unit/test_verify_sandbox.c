/* test_verify_sandbox.c: what the verifier can still do once it has shut itself in, and what it
 * cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verify/sandbox.h"
#include "verify_child.h"

#ifndef COVERED /* that build writes counts to files */
static int open_a_file(void)
{
    return open("/dev/null", O_RDONLY) < 0 ? 0 : 1;
}

static int write_a_file(void)
{
    return open("/tmp/calm-verify-sandbox", O_WRONLY | O_CREAT, 0600) < 0 ? 0 : 1;
}
#endif

static int open_a_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1;
}

static int start_a_process(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid < 0 ? 0 : 1;
}

static int run_a_program(void)
{
    execl("/bin/false", "false", (char *)NULL); /* whose status would be 1 */
    return 0;
}

static void *nothing(void *arg)
{
    return arg;
}

static int start_a_thread(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0 ? 0
                                                                                                : 1;
}

static int use_memory(void)
{
    char *p = calloc(1, 1 << 24);

    free(p);
    return p != NULL ? 0 : 1;
}

/* The exit status of a child that shuts itself in and then does something: 0 where it went as it
 * should, 77 where a sanitizer keeps the sandbox open. */
static int status_of(int (*act)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (sandbox_enter() != 0)
            _exit(2);
        if (act != open_a_socket && open_a_socket() != 0)
            _exit(77);
        _exit(act());
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void files_network_and_processes_are_out_of_reach(void **state)
{
    static int (*const refused[])(void) = {
        open_a_socket, start_a_process, run_a_program,
#ifndef COVERED
        open_a_file,   write_a_file,
#endif
    };

    (void)state;
    if (status_of(use_memory) == 77) {
        print_message("skipped: a sanitizer keeps the sandbox open\n");
        skip();
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(status_of(refused[i]), 0);
}

static void memory_and_threads_still_work(void **state)
{
    int memory = status_of(use_memory);

    (void)state;
    if (memory == 77)
        skip();
    assert_int_equal(memory, 0);
    assert_int_equal(status_of(start_a_thread), 0);
}

/* One call that the kernel refuses before the program shuts itself in. */
struct refusal {
    int call;
    unsigned argument;
    scmp_datum_t value;
};

static int enter_where_refused(void *context)
{
    const struct refusal *r = context;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), r->call, 1,
                         SCMP_CMP64(r->argument, SCMP_CMP_EQ, r->value, 0)) != 0 ||
        seccomp_load(filter) != 0)
        return 2;
    errno = 0;
    return sandbox_enter() == -1 && errno == EPERM ? 0 : 1;
}

static void a_system_that_refuses_any_part_of_it_is_told_apart(void **state)
{
    struct refusal cases[] = {
        {SCMP_SYS(prlimit64), 1, RLIMIT_CORE},
        {SCMP_SYS(prlimit64), 1, RLIMIT_NOFILE},
        {SCMP_SYS(prctl), 0, PR_SET_NO_NEW_PRIVS},
        {SCMP_SYS(prctl), 0, PR_SET_SECCOMP},
    };

    (void)state;
    if (status_of(use_memory) == 77)
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(child_status(enter_where_refused, &cases[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_network_and_processes_are_out_of_reach),
        cmocka_unit_test(memory_and_threads_still_work),
        cmocka_unit_test(a_system_that_refuses_any_part_of_it_is_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
