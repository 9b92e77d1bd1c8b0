/* proc.c: runs another program, without a shell, and takes what it prints. */
#include "sys/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sys/file.h"

enum { CHUNK_SIZE = 65536, EXEC_FAILED = 127 };

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* In the child: only async-signal-safe calls. */
NORETURN static void become(const char *const *argv, int output)
{
    int null = open("/dev/null", O_RDONLY);

    if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
        close_range(3, ~0U, 0) != 0)
        _exit(EXEC_FAILED);
    execv(argv[0], (char *const *)argv);
    _exit(EXEC_FAILED);
}

/* Reads until the other end closes. Returns 0, ERR_IO, or ERR_LIMIT at the deadline. */
static int take_output(int fd, struct proc_result *result, struct buf *output, size_t most,
                       int64_t deadline_ms)
{
    char chunk[CHUNK_SIZE];

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = deadline_ms - now_ms();
        int ready = left <= 0 ? 0 : poll(&p, 1, left > 1000000 ? 1000000 : (int)left);
        ssize_t got;
        size_t room;

        if (ready == 0 && now_ms() >= deadline_ms)
            return ERR_LIMIT;
        if (ready < 0 && errno != EINTR)
            return ERR_IO;
        if (ready <= 0)
            continue;
        got = read(fd, chunk, sizeof(chunk));
        if (got <= 0)
            return got == 0 ? 0 : ERR_IO;
        room = output->len < most ? most - output->len : 0;
        result->was_cut = result->was_cut || (size_t)got > room;
        buf_add(output, chunk, (size_t)got < room ? (size_t)got : room);
    }
}

int proc_run(const char *const *argv, struct proc_result *result, struct buf *output, size_t most,
             unsigned timeout_s, struct err *e)
{
    struct proc_result r = {0};
    int ends[2];
    int status = 0;
    int rc;
    pid_t pid;

    if (access(argv[0], X_OK) != 0)
        return err_errno(e, "cannot run %s", argv[0]);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_errno(e, "cannot run %s", argv[0]);
    pid = fork();
    if (pid == 0)
        become(argv, ends[1]);
    fd_close(ends[1]);
    rc = pid < 0 ? ERR_IO
                 : take_output(ends[0], &r, output, most, now_ms() + (int64_t)timeout_s * 1000);
    fd_close(ends[0]);
    if (pid < 0)
        return err_errno(e, "cannot run %s", argv[0]);
    if (rc)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (rc == ERR_LIMIT)
        return err_set(e, ERR_LIMIT, "%s did not end within %u s and was stopped", argv[0],
                       timeout_s);
    if (rc)
        return err_set(e, rc, "cannot read what %s prints", argv[0]);
    r.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    *result = r;
    return 0;
}
