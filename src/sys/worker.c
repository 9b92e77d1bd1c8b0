/* worker.c: the program's side of a worker: starts it, takes its messages, ends it in time. */
#include "sys/worker.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"
#include "sys/self.h"
#include "sys/worker_child.h"

enum {
    CPU_S = 60,
    WALL_S = 600,
    MEMORY_SIZE = 1 << 30,
    READ_SIZE = 64 * 1024,
    PIPE_SIZE = 256 * 1024,
};

struct worker {
    const char *name;
    struct worker_limits limits;
    worker_receive *receive;
    void *context;
    int64_t deadline_ms; /* CLOCK_MONOTONIC */
    int out;             /* read ends */
    int err;
    pid_t pid;
    struct buf in;
    size_t taken; /* bytes of in that were dealt with */
    uint64_t received;
    bool has_end; /* the last message came; code and e of the job are in end */
    struct err end;
};

static struct worker_limits or_defaults(const struct worker_limits *given)
{
    struct worker_limits l = given ? *given : (struct worker_limits){0};

    l.cpu_s = l.cpu_s ? l.cpu_s : CPU_S;
    l.wall_s = l.wall_s ? l.wall_s : WALL_S;
    l.memory = l.memory ? l.memory : MEMORY_SIZE;
    l.message = l.message ? l.message : WORKER_MESSAGE_LIMIT;
    return l;
}

/* What the worker is to do, as a descriptor. */
static int write_start(const struct worker *r, worker_job *job, struct str argument, int *out,
                       struct err *e)
{
    CLEANUP_FD int fd = memfd_create("worker", MFD_CLOEXEC);
    struct worker_start s = {.job = (intptr_t)job - (intptr_t)worker_main_if_asked,
                             .memory = r->limits.memory,
                             .parent = getpid(),
                             .cpu_s = r->limits.cpu_s,
                             .argument_size = (uint32_t)argument.len};
    int code;

    if (fd < 0)
        return err_errno(e, "cannot tell a worker what to do");
    if (argument.len > WORKER_ARGUMENT_LIMIT)
        return err_set(e, ERR_LIMIT, "an argument of %zu bytes for a worker", argument.len);
    memcpy(s.code, (const void *)(intptr_t)job, sizeof(s.code));
    code = file_write_fd(fd, (const char *)&s, sizeof(s), "memory", e);
    if (code == 0)
        code = file_write_fd(fd, argument.p, argument.len, "memory", e);
    if (code)
        return code;
    *out = fd;
    fd = -1;
    return 0;
}

static int start(struct worker *r, worker_job *job, int in, struct str argument, struct err *e)
{
    CLEANUP_FD int told = -1;
    int out[2];
    int err[2];
    int why;
    int code = write_start(r, job, argument, &told, e);

    if (code)
        return code;
    if (pipe2(out, O_CLOEXEC) < 0)
        return err_errno(e, "cannot make a pipe for a worker");
    if (pipe2(err, O_CLOEXEC | O_NONBLOCK) < 0) {
        fd_close(out[0]);
        fd_close(out[1]);
        return err_errno(e, "cannot make a pipe for a worker");
    }
    (void)fcntl(out[1], F_SETPIPE_SZ, PIPE_SIZE); /* fewer switches; not needed */
    why = self_start(&(struct self_start){.name = "calm-worker",
                                          .words = {worker_marker},
                                          .fds = {in, out[1], err[1], told},
                                          .fd_count = WORKER_START_FD + 1,
                                          .blocks_interrupt = true},
                     &r->pid);
    fd_close(out[1]);
    fd_close(err[1]);
    r->out = out[0];
    r->err = err[0];
    return why ? err_set(e, ERR_IO, "cannot start a worker: %s", strerror(why)) : 0;
}

static int misbehaved(const struct worker *r, const char *what, struct err *e)
{
    return err_set(e, ERR_TAMPER,
                   "%s: the confined process %s, which no sound one does, and was stopped. The "
                   "input may be made to attack its reader",
                   r->name, what);
}

static int over(const struct worker *r, struct err *e, const char *what)
{
    return err_set(e, ERR_LIMIT, "%s: stopped, because it took %s", r->name, what);
}

static bool is_last_kind(uint32_t kind)
{
    return kind == WORKER_KIND_END || kind == WORKER_KIND_UNCONFINED;
}

static int take_end(struct worker *r, struct str body, struct err *e)
{
    int32_t code;

    if (body.len < sizeof(code) || body.len - sizeof(code) >= sizeof(r->end.text))
        return misbehaved(r, "sent a message of the wrong size", e);
    memcpy(&code, body.p, sizeof(code));
    body = str_from(body, sizeof(code));
    if (code > 0 || code <= -ERR_COUNT_)
        return misbehaved(r, "ended with a code that does not exist", e);
    r->has_end = true;
    r->end.code = code;
    memcpy(r->end.text, body.p, body.len);
    r->end.text[body.len] = '\0';
    return 0;
}

static int take_message(struct worker *r, uint32_t kind, struct str body, struct err *e)
{
    if (r->has_end)
        return misbehaved(r, "sent more after its end", e);
    if (is_last_kind(kind))
        return take_end(r, body, e);
    if (kind > WORKER_KIND_MOST)
        return misbehaved(r, "sent a message of an unknown kind", e);
    r->received += body.len + WORKER_HEAD_SIZE;
    if (r->limits.output && r->received > r->limits.output)
        return over(r, e, "more room for its output than allowed");
    return r->receive ? r->receive(r->context, kind, body, e) : 0;
}

/* Deals with the messages that are there in full. */
static int take_messages(struct worker *r, struct err *e)
{
    for (;;) {
        struct str rest = str_from(buf_str(&r->in), r->taken);
        uint32_t head[2];
        int code;

        if (rest.len < sizeof(head))
            return 0;
        memcpy(head, rest.p, sizeof(head));
        if (head[1] > r->limits.message && !is_last_kind(head[0]))
            return misbehaved(r, "sent a message larger than allowed", e);
        if (rest.len - sizeof(head) < head[1])
            return 0;
        code = take_message(r, head[0], str_head(str_from(rest, sizeof(head)), head[1]), e);
        if (code)
            return code;
        r->taken += sizeof(head) + head[1];
    }
}

/* Reads once. Returns 1 for bytes, 0 at the end. */
static int read_some(struct worker *r, struct err *e)
{
    size_t left = r->in.len - r->taken;
    ssize_t n;

    if (r->taken && left)
        memmove(r->in.p, r->in.p + r->taken, left);
    r->in.len = left;
    r->taken = 0;
    do
        n = read(r->out, buf_room(&r->in, READ_SIZE), READ_SIZE);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(e, "%s: cannot hear the worker", r->name);
    r->in.len += (size_t)n;
    return n > 0;
}

static int await(const struct worker *r, struct err *e)
{
    for (;;) {
        struct pollfd p = {.fd = r->out, .events = POLLIN};
        int64_t left = r->deadline_ms - monotonic_ms();
        int n;

        if (left <= 0)
            return over(r, e, "longer than allowed");
        n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return err_errno(e, "%s: cannot wait for the worker", r->name);
    }
}

static int listen_to(struct worker *r, struct err *e)
{
    for (;;) {
        int code = await(r, e);

        if (!code)
            code = read_some(r, e);
        if (code <= 0)
            return code;
        code = take_messages(r, e);
        if (code)
            return code;
    }
}

static int reap(const struct worker *r)
{
    int status = 0;

    while (waitpid(r->pid, &status, 0) < 0)
        if (errno != EINTR)
            return 0; /* a program that ignores SIGCHLD gets no status */
    return status;
}

/* Whether the allocator's last words are there; a worker can only deceive about its own end. */
static bool said_out_of_memory(const struct worker *r)
{
    char text[4096];
    ssize_t n = read(r->err, text, sizeof(text));

    return n > 0 && memmem(text, (size_t)n, "out of memory", strlen("out of memory")) != NULL;
}

static int died_of(const struct worker *r, int signal, struct err *e)
{
    switch (signal) {
    case SIGSYS:
        return misbehaved(r, "tried a forbidden system call", e);
    case SIGXCPU:
        return over(r, e, "more processor time than allowed");
    case SIGKILL:
        return over(r, e, "more memory or processor time than there is");
    case SIGABRT:
        if (said_out_of_memory(r))
            return over(r, e, "more memory than allowed");
        break;
    }
    return err_set(e, ERR_FORMAT,
                   "%s: its confined reader broke down (%s). What it gave before stands; the input "
                   "is damaged, or made to attack its reader",
                   r->name, strsignal(signal));
}

static int verdict(const struct worker *r, int status, struct err *e)
{
    if (WIFSIGNALED(status))
        return died_of(r, WTERMSIG(status), e);
    if (!r->has_end)
        return misbehaved(r, "ended without a last message", e);
    if (r->end.code == 0)
        return 0;
    return err_set(e, r->end.code, "%s: %s", r->name, r->end.text);
}

static void stop(struct worker *r)
{
    if (r->pid > 0) {
        (void)kill(r->pid, SIGKILL); /* it is not waited for yet, so the number is its own */
        (void)reap(r);
    }
    fd_close(r->out);
    fd_close(r->err);
    buf_release(&r->in);
}

/* The process is gone, or goes. */
static int conclude(struct worker *r, struct err *e)
{
    int status = reap(r);

    r->pid = -1;
    return verdict(r, status, e);
}

int worker_run(worker_job *job, const char *name, int in, struct str argument,
               const struct worker_limits *limits, worker_receive *receive, void *context,
               struct err *e)
{
    struct worker r = {
        .name = name, .receive = receive, .context = context, .out = -1, .err = -1, .pid = -1};
    int code;

    r.limits = or_defaults(limits);
    r.deadline_ms = monotonic_ms() + (int64_t)r.limits.wall_s * 1000;
    code = start(&r, job, in, argument, e);
    if (!code)
        code = listen_to(&r, e);
    if (!code)
        code = conclude(&r, e);
    stop(&r);
    return code;
}

int worker_begin(struct worker **out, worker_job *job, const char *name, int in,
                 struct str argument, const struct worker_limits *limits, worker_receive *receive,
                 void *context, struct err *e)
{
    CLEANUP(worker_endp) struct worker *w = mem_new(struct worker);
    int code;

    *w = (struct worker){
        .name = name, .receive = receive, .context = context, .out = -1, .err = -1, .pid = -1};
    w->limits = or_defaults(limits);
    code = start(w, job, in, argument, e);
    if (!code)
        *out = MOVE(w);
    return code;
}

int worker_fd(const struct worker *w)
{
    return w->out;
}

int worker_take(struct worker *w, struct err *e)
{
    int code = read_some(w, e);

    if (code == 0)
        return conclude(w, e);
    if (code > 0)
        code = take_messages(w, e);
    return code ? code : 1;
}

void worker_end(struct worker *w)
{
    if (!w)
        return;
    stop(w);
    free(w);
}
