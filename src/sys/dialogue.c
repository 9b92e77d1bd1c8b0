/* dialogue.c: a program whose input and output are pipes to this one. */
#include "sys/dialogue.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"
#include "sys/proc.h"

enum { END_MS = 10000, STEP_MS = 20, CHUNK_SIZE = 65536, SIGNAL_STATUS = 128 };

struct dialogue {
    char *name; /* for sentences */
    pid_t pid;  /* 0: it was waited for */
    int fd;     /* both ways */
    struct buf in;
    size_t used;
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

int dialogue_end(struct dialogue *d)
{
    struct timespec step = {.tv_nsec = STEP_MS * 1000000};

    fd_close(d->fd);
    d->fd = -1;
    for (int waited = 0; !has_ended(d) && waited < END_MS; waited += STEP_MS)
        nanosleep(&step, NULL);
    if (d->pid) {
        int status;

        (void)kill(d->pid, SIGKILL);
        (void)waitpid(d->pid, &status, 0);
        d->pid = 0;
        d->status = SIGNAL_STATUS + SIGKILL;
    }
    return d->status;
}

void dialogue_close(struct dialogue *d)
{
    if (!d)
        return;
    (void)dialogue_end(d);
    buf_release(&d->in);
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

static int fill(struct dialogue *d, int64_t deadline_ms, struct err *e)
{
    struct pollfd p = {.fd = d->fd, .events = POLLIN};
    int64_t left = deadline_ms - monotonic_ms();
    ssize_t n;
    int ready;

    if (left <= 0)
        return err_set(e, ERR_LIMIT, "%s has not answered in time", d->name);
    ready = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
    if (ready == 0 || (ready < 0 && errno == EINTR))
        return 0;
    if (d->used) {
        memmove(d->in.p, d->in.p + d->used, d->in.len - d->used);
        d->in.len -= d->used;
        d->used = 0;
    }
    n = read(d->fd, buf_room(&d->in, CHUNK_SIZE), CHUNK_SIZE);
    if (n < 0 && errno == EINTR)
        return 0;
    if (n <= 0)
        return err_set(e, ERR_IO, "%s ended without an answer", d->name);
    d->in.len += (size_t)n;
    return 0;
}

int dialogue_line(struct dialogue *d, struct buf *out, size_t most, unsigned timeout_s,
                  struct err *e)
{
    int64_t deadline_ms = monotonic_ms() + (int64_t)timeout_s * 1000;

    for (;;) {
        struct str rest = str_from(buf_str(&d->in), d->used);
        const char *end = rest.len ? memchr(rest.p, '\n', rest.len) : NULL;
        int rc;

        if ((end ? (size_t)(end - rest.p) : rest.len) > most)
            return err_set(e, ERR_LIMIT, "%s answered with too long a line", d->name);
        if (end) {
            buf_add(out, rest.p, (size_t)(end - rest.p));
            d->used += (size_t)(end - rest.p) + 1;
            return 0;
        }
        rc = fill(d, deadline_ms, e);
        if (rc)
            return rc;
    }
}

int dialogue_bytes(struct dialogue *d, struct buf *out, size_t size, unsigned timeout_s,
                   struct err *e)
{
    int64_t deadline_ms = monotonic_ms() + (int64_t)timeout_s * 1000;

    while (d->in.len - d->used < size) {
        int rc = fill(d, deadline_ms, e);

        if (rc)
            return rc;
    }
    buf_add(out, d->in.p + d->used, size);
    d->used += size;
    return 0;
}
