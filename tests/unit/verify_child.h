/* verify_child.h: acts in a child process, for what ends the program or cannot be undone. */
#pragma once
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef COVERED
void __gcov_dump(void); /* of the compiler's runtime */
#define write_counts __gcov_dump
#else
static inline void write_counts(void)
{
}
#endif

/* The exit status of a child that acts, or 128 and the number of the signal that ended it. Where
 * `act` returns, what it returns is the status. */
static inline int child_status(int (*act)(void *context), void *context)
{
    int status = 0;
    pid_t pid = -1;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        status = act(context);
        write_counts();
        _exit(status);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
