/* worker_child.c: inside a worker: gives up all rights, runs the job, reports and ends. */
#include "sys/worker_child.h"
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "sys/confine.h"
#include "sys/file.h"

struct worker_channel {
    int fd;
    size_t in_count;
};

size_t worker_input_count(const struct worker_channel *channel)
{
    return channel->in_count;
}

int worker_input(const struct worker_channel *channel, size_t i)
{
    if (i >= channel->in_count)
        BUG("input %zu of %zu", i, channel->in_count);
    return i == 0 ? WORKER_IN_FD : WORKER_MORE_FD + (int)i - 1;
}

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

/* What asks to end comes to all processes of a terminal: it is for the parent to decide, and a
 * parent that is gone takes this one along. */
static bool is_ignored(int signal)
{
    return signal == SIGPIPE || signal == SIGINT || signal == SIGTERM || signal == SIGHUP;
}

/* Handlers of the program must not run here. */
static void reset_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        (void)signal(i, is_ignored(i) ? SIG_IGN : SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* One past the last number that a descriptor of the job has. */
static unsigned fd_end(const struct worker_start *start)
{
    return start->in_count > 1 ? WORKER_MORE_FD + start->in_count - 1 : WORKER_ERR_FD + 1;
}

/* The job's descriptors stand where the filter expects them; all others are closed. */
static bool arrange_descriptors(const struct worker_start *start)
{
    return close_range(WORKER_START_FD, WORKER_START_FD, 0) == 0 &&
           close_range(fd_end(start), ~0U, 0) == 0;
}

/* What the program and its libraries take by themselves. */
static uint64_t address_space_now(void)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    uint64_t pages = 0;

    if (file_read(&text, "/proc/self/statm", 4096, NULL))
        return 0;
    rest = buf_str(&text);
    if (!str_u64(str_cut(&rest, ' '), &pages))
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool limit(__rlimit_resource_t what, uint64_t soft, uint64_t hard)
{
    return setrlimit(what, &(struct rlimit){soft, hard}) == 0;
}

static bool limit_resources(const struct worker_start *start, uint64_t address_space)
{
    /* A soft limit gives SIGXCPU, which can be told from a kill; the hard one cannot be evaded. */
    if (!limit(RLIMIT_CPU, start->cpu_s, (uint64_t)start->cpu_s + 1) ||
        !limit(RLIMIT_FSIZE, 0, 0) || !limit(RLIMIT_NPROC, 0, 0) ||
        !limit(RLIMIT_NOFILE, fd_end(start), fd_end(start)))
        return false;
    /* A sanitizer's shadow takes terabytes of address space. */
    return CONFINE_SANITIZED || limit(RLIMIT_AS, address_space, address_space);
}

static int confine(const struct worker_start *start, struct err *e)
{
    const unsigned end = start->in_count > 1 ? fd_end(start) : WORKER_MORE_FD;
    const struct confine_call calls[] = {
        {SYS_read, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_IN_FD)},
        {SYS_pread64, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_IN_FD)},
        {SYS_lseek, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_IN_FD)},
        {SYS_fstat, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_IN_FD)},
        {SYS_read, CONFINE_CHECK_RANGE(1, WORKER_MORE_FD, end)},
        {SYS_pread64, CONFINE_CHECK_RANGE(1, WORKER_MORE_FD, end)},
        {SYS_lseek, CONFINE_CHECK_RANGE(1, WORKER_MORE_FD, end)},
        {SYS_fstat, CONFINE_CHECK_RANGE(1, WORKER_MORE_FD, end)},
        {SYS_writev, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_OUT_FD)},
        {SYS_write, CONFINE_CHECK_ALL(1, UINT32_MAX, WORKER_ERR_FD)},
        CONFINE_SANITIZER_CALLS CONFINE_BASIC_CALLS(getpid()),
    };
    uint64_t address_space = address_space_now() + start->memory;
    int code = confine_process(e);

    if (!code)
        code = confine_files(-1, e);
    if (!code && !limit_resources(start, address_space))
        code = err_set(e, ERR_DENIED, "this kernel cannot limit a process: %s", strerror(errno));
    return code ? code : confine_calls(calls, COUNT_OF(calls), e);
}

NORETURN static void give_up(int code, const struct err *e)
{
    send_end(&(struct worker_channel){.fd = WORKER_OUT_FD}, WORKER_KIND_UNCONFINED, code, e);
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

static int job_of_this_program(const struct worker_start *start, worker_job **out, struct err *e)
{
    worker_job *job = (worker_job *)((intptr_t)worker_main_if_asked + start->job);

    if (memcmp((const void *)(intptr_t)job, start->code, sizeof(start->code)) != 0)
        return err_set(e, ERR_IO, "calm was replaced while it ran; start it again");
    *out = job;
    return 0;
}

static int find_job(const struct worker_start *start, const struct worker_named *jobs, size_t count,
                    worker_job **out, struct err *e)
{
    if (strncmp(start->version, CALM_VERSION, sizeof(start->version)) != 0)
        return err_set(e, ERR_NEWER, "a program beside calm is of another version (%s)",
                       CALM_VERSION);
    if (start->named[0] == '\0')
        return job_of_this_program(start, out, e);
    for (size_t i = 0; i < count; i++)
        if (strncmp(jobs[i].name, start->named, sizeof(start->named)) == 0) {
            *out = jobs[i].job;
            return 0;
        }
    return err_set(e, ERR_NOTFOUND, "the program beside calm has no job %.*s",
                   (int)sizeof(start->named), start->named);
}

/* Confines this process, runs the job and ends. */
NORETURN static void become(const struct worker_start *start, const struct worker_named *jobs,
                            size_t count, struct str argument)
{
    struct worker_channel channel = {.fd = WORKER_OUT_FD, .in_count = start->in_count};
    worker_job *job = NULL;
    struct err e = {0};
    int code;

    /* The thread that started this waits for its end, so its own end is the right moment. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != start->parent)
        _exit(err_exit_status(ERR_CANCEL));
    if (!arrange_descriptors(start))
        give_up(err_set(&e, ERR_DENIED, "cannot close what the worker must not have"), &e);
    code = find_job(start, jobs, count, &job, &e);
    if (code)
        give_up(code, &e);
    /* What is derived from evidence must not depend on the analyst's zone or language; their files
     * are read now. */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    if (setenv("TZ", "UTC0", 1) == 0)
        tzset();
    sort_once();
    code = confine(start, &e);
    if (code)
        give_up(code, &e);
    code = job(WORKER_IN_FD, argument, &channel, &e);
    if (code >= 0)
        e = (struct err){0};
    send_end(&channel, WORKER_KIND_END, code < 0 ? code : 0, &e);
    _exit(0);
}

const char worker_marker[] = "--as-worker-process";

void worker_main_if_asked(int argc, char **argv)
{
    worker_main_with_jobs(argc, argv, NULL, 0);
}

void worker_main_with_jobs(int argc, char **argv, const struct worker_named *jobs, size_t count)
{
    CLEANUP_BUF struct buf text = {0};
    struct worker_start start;

    if (argc != 2 || strcmp(argv[1], worker_marker) != 0)
        return;
    reset_signals();
    if (lseek(WORKER_START_FD, 0, SEEK_SET) < 0 ||
        file_read_fd(&text, WORKER_START_FD, "the start", sizeof(start) + WORKER_ARGUMENT_LIMIT,
                     NULL) ||
        text.len < sizeof(start))
        _exit(err_exit_status(ERR_USAGE));
    memcpy(&start, text.p, sizeof(start));
    if (text.len - sizeof(start) != start.argument_size || start.in_count == 0)
        _exit(err_exit_status(ERR_USAGE));
    become(&start, jobs, count, str_from(buf_str(&text), sizeof(start)));
}
