/* test_verify_sandbox.c: what the verifier can still do once it has shut itself in, and what it
 * cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verify/sandbox.h"

static int open_a_file(void)
{
    return open("/dev/null", O_RDONLY) < 0 ? 0 : 1;
}

static int write_a_file(void)
{
    return open("/tmp/calm-verify-sandbox", O_WRONLY | O_CREAT, 0600) < 0 ? 0 : 1;
}

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
        if (act != open_a_file && open_a_file() != 0)
            _exit(77);
        _exit(act());
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void files_network_and_processes_are_out_of_reach(void **state)
{
    static int (*const refused[])(void) = {write_a_file, open_a_socket, start_a_process,
                                           run_a_program};

    (void)state;
    if (status_of(use_memory) == 77) {
        print_message("skipped: a sanitizer keeps the sandbox open\n");
        skip();
    }
    assert_int_equal(status_of(open_a_file), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_network_and_processes_are_out_of_reach),
        cmocka_unit_test(memory_and_threads_still_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
