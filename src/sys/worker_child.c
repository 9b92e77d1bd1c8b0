/* worker_child.c: inside a worker: gives up all rights, runs the job, reports and ends. */
#include "sys/worker_child.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "sys/confine.h"

enum { SPARE_FD = 16 };

struct worker_channel {
    int fd;
};

static int send_all(int fd, struct iovec *parts, int count, struct err *e)
{
    while (count) {
        ssize_t n = writev(fd, parts, count);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EPIPE)
            return err_set(e, ERR_CANCEL, "nobody listens to this worker any more");
        if (n < 0)
            return err_errno(e, "cannot send a message");
        while (count && (size_t)n >= parts->iov_len) {
            n -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count) {
            parts->iov_base = (char *)parts->iov_base + n;
            parts->iov_len -= (size_t)n;
        }
    }
    return 0;
}

static int send_message(struct worker_channel *channel, uint32_t kind, struct str bytes,
                        struct err *e)
{
    uint32_t head[2] = {kind, (uint32_t)bytes.len};
    struct iovec parts[] = {{head, sizeof(head)}, {(char *)bytes.p, bytes.len}};

    return send_all(channel->fd, parts, bytes.len ? 2 : 1, e);
}

int worker_send(struct worker_channel *channel, uint32_t kind, struct str bytes, struct err *e)
{
    if (kind > WORKER_KIND_MOST)
        BUG("message kind %u is reserved", (unsigned)kind);
    if (bytes.len > WORKER_MESSAGE_LIMIT)
        return err_set(e, ERR_LIMIT, "a message of %zu bytes; %d are allowed", bytes.len,
                       WORKER_MESSAGE_LIMIT);
    return send_message(channel, kind, bytes, e);
}

/* Sends the last message. If that fails the parent has gone, and there is no one to tell. */
static void send_end(struct worker_channel *channel, uint32_t kind, int code, const struct err *e)
{
    char body[sizeof(int32_t) + sizeof(e->text)];
    int32_t number = code;
    size_t len = strlen(e->text);

    memcpy(body, &number, sizeof(number));
    memcpy(body + sizeof(number), e->text, len);
    if (send_message(channel, kind, (struct str){body, sizeof(number) + len}, NULL))
        _exit(err_exit_status(ERR_IO));
}

/* Handlers of the program must not run here, and Ctrl-C is for the parent to decide. */
static void reset_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        (void)signal(i, i == SIGPIPE || i == SIGINT ? SIG_IGN : SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Puts the job's three descriptors where the filter expects them, and closes all others. */
static bool arrange_descriptors(const struct worker_start *start)
{
    int in = fcntl(start->in, F_DUPFD, SPARE_FD);
    int out = fcntl(start->out, F_DUPFD, SPARE_FD);
    int err = fcntl(start->err, F_DUPFD, SPARE_FD);

    return in >= 0 && out >= 0 && err >= 0 && dup2(in, WORKER_IN_FD) >= 0 &&
           dup2(out, WORKER_OUT_FD) >= 0 && dup2(err, WORKER_ERR_FD) >= 0 &&
           close_range(WORKER_ERR_FD + 1, ~0U, 0) == 0;
}

static bool limit(__rlimit_resource_t what, uint64_t soft, uint64_t hard)
{
    return setrlimit(what, &(struct rlimit){soft, hard}) == 0;
}

static bool limit_resources(const struct worker_start *start)
{
    /* A soft limit gives SIGXCPU, which can be told from a kill; the hard one cannot be evaded. */
    if (!limit(RLIMIT_CPU, start->cpu_s, (uint64_t)start->cpu_s + 1) ||
        !limit(RLIMIT_FSIZE, 0, 0) || !limit(RLIMIT_NPROC, 0, 0) ||
        !limit(RLIMIT_NOFILE, WORKER_ERR_FD + 1, WORKER_ERR_FD + 1))
        return false;
    /* A sanitizer's shadow takes terabytes of address space. */
    return CONFINE_SANITIZED || limit(RLIMIT_AS, start->address_space, start->address_space);
}

static int confine(const struct worker_start *start, struct err *e)
{
    const struct confine_call calls[] = {
        {SYS_read, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_IN_FD)},
        {SYS_pread64, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_IN_FD)},
        {SYS_lseek, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_IN_FD)},
        {SYS_fstat, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_IN_FD)},
        {SYS_writev, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_OUT_FD)},
        {SYS_write, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_ERR_FD)},
        CONFINE_SANITIZER_CALLS CONFINE_BASIC_CALLS(getpid()),
    };
    int code = confine_process(e);

    if (!code)
        code = confine_files(-1, e);
    if (!code && !limit_resources(start))
        code = err_set(e, ERR_DENIED, "this kernel cannot limit a process: %s", strerror(errno));
    return code ? code : confine_calls(calls, COUNT_OF(calls), e);
}

NORETURN static void give_up(int fd, int code, const struct err *e)
{
    send_end(&(struct worker_channel){fd}, WORKER_KIND_UNCONFINED, code, e);
    _exit(err_exit_status(code));
}

static int compare_bytes(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

/* glibc asks once for the size of memory, by a call that is forbidden later, when it first sorts
 * more than 1,024 bytes. */
static void sort_once(void)
{
    char bytes[2048] = {0};

    qsort(bytes, sizeof(bytes), 1, compare_bytes);
}

void worker_child(const struct worker_start *start)
{
    struct worker_channel channel = {WORKER_OUT_FD};
    struct err e = {0};
    int code;

    reset_signals();
    /* The thread that forked waits for this process, so its end is the right moment. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != start->parent)
        _exit(err_exit_status(ERR_CANCEL));
    if (!arrange_descriptors(start))
        give_up(start->out, err_set(&e, ERR_DENIED, "cannot close what the worker must not have"),
                &e);
    /* What is derived from evidence must not depend on the analyst's zone; its file is read now. */
    if (setenv("TZ", "UTC0", 1) == 0)
        tzset();
    sort_once();
    code = confine(start, &e);
    if (code)
        give_up(WORKER_OUT_FD, code, &e);
    code = start->job(WORKER_IN_FD, start->argument, &channel, &e);
    if (code >= 0)
        e = (struct err){0};
    send_end(&channel, WORKER_KIND_END, code < 0 ? code : 0, &e);
    _exit(0);
}
