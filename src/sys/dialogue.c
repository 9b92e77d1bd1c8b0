/* dialogue.c: a program whose input and output are pipes to this one. */
#include "sys/dialogue.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/file.h"
#include "sys/proc.h"

enum { END_MS = 10000, LAST_MS = 1000, STEP_MS = 20, CHUNK_SIZE = 65536, SIGNAL_STATUS = 128 };

struct dialogue {
    char *name; /* for sentences */
    pid_t pid;  /* 0: it was waited for */
    int fd;     /* both ways */
    int status;
};

static int start(struct dialogue **out, const char *const *argv, int error_fd, struct err *e)
{
    CLEANUP(dialogue_closep) struct dialogue *d = mem_new(struct dialogue);
    CLEANUP_FD int theirs = -1;
    int ends[2];
    int rc;

    d->fd = -1;
    d->name = mem_strdup(argv[0]);
    /* Sockets, so that writing to one who left is an error and no signal. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_errno(e, "cannot talk with %s", argv[0]);
    d->fd = ends[0];
    theirs = ends[1];
    rc = proc_start(argv, (int[3]){theirs, theirs, error_fd}, &d->pid, e);
    if (rc)
        return rc;
    *out = MOVE(d);
    return 0;
}

int dialogue_start(struct dialogue **out, const char *const *argv, struct err *e)
{
    return start(out, argv, STDERR_FILENO, e);
}

int dialogue_start_silent(struct dialogue **out, const char *const *argv, struct err *e)
{
    CLEANUP_FD int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null < 0)
        return err_errno(e, "cannot open /dev/null");
    return start(out, argv, null, e);
}

static bool has_ended(struct dialogue *d)
{
    int status;

    if (d->pid && waitpid(d->pid, &status, WNOHANG) == d->pid) {
        d->status = WIFSIGNALED(status) ? SIGNAL_STATUS + WTERMSIG(status) : WEXITSTATUS(status);
        d->pid = 0;
    }
    return d->pid == 0;
}

static void wait_ms(struct dialogue *d, int ms)
{
    struct timespec step = {.tv_nsec = STEP_MS * 1000000};

    for (int waited = 0; !has_ended(d) && waited < ms; waited += STEP_MS)
        nanosleep(&step, NULL);
}

/* One that hangs in the kernel ends when that lets it, killed or not: nobody waits for it. */
static int end_within(struct dialogue *d, int ms)
{
    fd_close(d->fd);
    d->fd = -1;
    wait_ms(d, ms);
    if (d->pid) {
        (void)kill(d->pid, SIGKILL);
        wait_ms(d, LAST_MS);
    }
    if (d->pid) {
        d->pid = 0;
        d->status = SIGNAL_STATUS + SIGKILL;
    }
    return d->status;
}

int dialogue_end(struct dialogue *d)
{
    return end_within(d, END_MS);
}

void dialogue_leave(struct dialogue *d)
{
    if (d)
        (void)end_within(d, LAST_MS);
}

void dialogue_close(struct dialogue *d)
{
    if (!d)
        return;
    (void)dialogue_end(d);
    free(d->name);
    free(d);
}

int dialogue_send(struct dialogue *d, struct str bytes, struct err *e)
{
    while (bytes.len) {
        ssize_t n = send(d->fd, bytes.p, bytes.len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "%s does not listen", d->name);
        bytes = str_from(bytes, (size_t)n);
    }
    return 0;
}

int dialogue_fd(const struct dialogue *d)
{
    return d->fd;
}

int dialogue_take(struct dialogue *d, struct buf *out, struct err *e)
{
    ssize_t n = recv(d->fd, buf_room(out, CHUNK_SIZE), CHUNK_SIZE, MSG_DONTWAIT);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0)
        return err_set(e, ERR_IO, "%s ended without an answer", d->name);
    out->len += (size_t)n;
    return 0;
}
