/* run.c: runs a program with a limit of time and output. */
#include "contain/run.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/utc.h"
#include "sys/file.h"

static int start(const char *const *argv, int out, pid_t *pid)
{
    char *const environment[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C",
                                 NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t how;
    sigset_t none, all;
    int why;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, out, 2);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    why = posix_spawn(pid, argv[0], &actions, &how, (char *const *)argv, environment);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&actions);
    return why;
}

/* Until it closes its output; false when the time is over. */
static bool take(int from, int64_t until_ms, struct buf *output)
{
    char bytes[4096];

    for (;;) {
        struct pollfd p = {.fd = from, .events = POLLIN};
        int64_t left = until_ms - monotonic_ms();
        ssize_t n;

        if (left <= 0)
            return false;
        if (poll(&p, 1, left > 1000 ? 1000 : (int)left) <= 0)
            continue;
        n = read(from, bytes, sizeof(bytes));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return true;
        if (output->len < RUN_OUTPUT_SIZE)
            buf_add(output, bytes, (size_t)n);
    }
}

static int end(pid_t pid, bool is_in_time)
{
    int status = 0;

    if (!is_in_time)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_it(const char *const *argv, unsigned timeout_s, int *exit_status, struct buf *output,
                  struct err *e)
{
    CLEANUP_FD int in = -1;
    CLEANUP_FD int out = -1;
    bool is_in_time;
    int ends[2], why, status;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(e, "cannot run %s", argv[0]);
    in = ends[0];
    out = ends[1];
    why = start(argv, out, &pid);
    fd_close(out);
    out = -1;
    if (why) {
        errno = why;
        return err_errno(e, "cannot run %s", argv[0]);
    }
    is_in_time = take(in, monotonic_ms() + (int64_t)timeout_s * 1000, output);
    status = end(pid, is_in_time);
    if (!is_in_time)
        return err_set(e, ERR_LIMIT, "%s took longer than %u s and was ended", argv[0], timeout_s);
    *exit_status = status;
    return 0;
}

/* A watchdog ignores SIGCHLD, and would not be told how its child ended. */
int run_program(const char *const *argv, unsigned timeout_s, int *exit_status, struct buf *output,
                struct err *e)
{
    const struct sigaction normal = {.sa_handler = SIG_DFL};
    struct sigaction before;
    int rc;

    sigaction(SIGCHLD, &normal, &before);
    rc = run_it(argv, timeout_s, exit_status, output, e);
    sigaction(SIGCHLD, &before, NULL);
    return rc;
}
