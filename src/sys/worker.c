/* worker.c: the program's side of a worker: starts it, takes its messages, ends it in time. */
#include "sys/worker.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/patience.h"
#include "sys/self.h"
#include "sys/worker_child.h"

enum {
    CPU_S = 60,
    WALL_S = 600,
    MEMORY_SIZE = 1 << 30,
    READ_SIZE = 128 * 1024,
    PIPE_SIZE = 256 * 1024,
    USUAL_FDS = 256, /* that a program has besides the inputs of workers */
    LOOK_MS = 300,
    LAST_MS = 1000, /* that one which was killed may take to end */
};

struct worker {
    const char *name;
    struct worker_limits limits;
    worker_receive *receive;
    void *context;
    int64_t deadline_ms; /* CLOCK_MONOTONIC */
    int *ins;            /* of this program, for words alone; owned */
    size_t in_count;
    int out; /* read ends */
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

static struct worker_start start_of(const struct worker *r, const struct worker_order *order)
{
    struct worker_start s = {.version = CALM_VERSION,
                             .memory = r->limits.memory,
                             .parent = getpid(),
                             .cpu_s = r->limits.cpu_s,
                             .argument_size = (uint32_t)order->argument.len,
                             .in_count = (uint32_t)order->in_count};

    if (!order->job) {
        snprintf(s.named, sizeof(s.named), "%s", order->named);
        return s;
    }
    s.job = (intptr_t)order->job - (intptr_t)worker_main_if_asked;
    memcpy(s.code, (const void *)(intptr_t)order->job, sizeof(s.code));
    return s;
}

/* What the worker is to do, as a descriptor. */
static int write_start(const struct worker *r, const struct worker_order *order, int *out,
                       struct err *e)
{
    CLEANUP_FD int fd = memfd_create("worker", MFD_CLOEXEC);
    struct str argument = order->argument;
    struct worker_start s;
    int code;

    if (fd < 0)
        return err_errno(e, "cannot tell a worker what to do");
    if (argument.len > WORKER_ARGUMENT_LIMIT)
        return err_set(e, ERR_LIMIT, "an argument of %zu bytes for a worker", argument.len);
    s = start_of(r, order);
    code = file_write_fd(fd, (const char *)&s, sizeof(s), "memory", e);
    if (code == 0)
        code = file_write_fd(fd, argument.p, argument.len, "memory", e);
    if (code)
        return code;
    *out = fd;
    fd = -1;
    return 0;
}

int worker_allow_inputs(size_t count, struct err *e)
{
    rlim_t wanted = (rlim_t)count + USUAL_FDS;
    struct rlimit now;

    if (count > LIMIT_WORKER_INPUT_COUNT)
        return err_set(e, ERR_LIMIT, "%zu files at a time; %d are allowed", count,
                       LIMIT_WORKER_INPUT_COUNT);
    if (getrlimit(RLIMIT_NOFILE, &now) < 0)
        return err_errno(e, "cannot find how many files may be open");
    if (now.rlim_cur >= wanted)
        return 0;
    if (now.rlim_max < wanted)
        return err_set(e, ERR_LIMIT,
                       "%zu files have to be open at a time, and this system lets a program have "
                       "%llu: raise that (ulimit -Hn, or LimitNOFILE= of a service) to %llu",
                       count, (unsigned long long)now.rlim_max, (unsigned long long)wanted);
    now.rlim_cur = wanted;
    return setrlimit(RLIMIT_NOFILE, &now) < 0 ? err_errno(e, "cannot have so many files open") : 0;
}

/* The descriptors of the new process, in order. */
static void arrange(int *fds, const struct worker_order *order, int out, int err, int told)
{
    fds[WORKER_IN_FD] = order->ins[0];
    fds[WORKER_OUT_FD] = out;
    fds[WORKER_ERR_FD] = err;
    fds[WORKER_START_FD] = told;
    memcpy(fds + WORKER_MORE_FD, order->ins + 1, (order->in_count - 1) * sizeof(fds[0]));
}

static int spawn_worker(struct worker *r, const struct worker_order *order, const int *fds,
                        struct err *e)
{
    int why = self_start(&(struct self_start){.name = "calm-worker",
                                              .neighbour = order->job ? NULL : order->program,
                                              .words = {worker_marker},
                                              .fds = fds,
                                              .fd_count = WORKER_MORE_FD + order->in_count - 1,
                                              .blocks_interrupt = true},
                         &r->pid);

    if (why == ENOENT && !order->job)
        return err_set(e, ERR_NOTFOUND,
                       "%s is not beside this program, and must be installed with it",
                       order->program);
    return why ? err_set(e, ERR_IO, "cannot start a worker: %s", strerror(why)) : 0;
}

static int start(struct worker *r, const struct worker_order *order, struct err *e)
{
    CLEANUP_FREE int *fds = NULL;
    CLEANUP_FD int told = -1;
    int out[2];
    int err[2];
    int code;

    if (order->in_count == 0)
        BUG("a worker without an input");
    code = order->in_count > 1 ? worker_allow_inputs(order->in_count, e) : 0;
    if (!code)
        code = write_start(r, order, &told, e);
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
    fds = mem_array(WORKER_MORE_FD + order->in_count, sizeof(fds[0]));
    arrange(fds, order, out[1], err[1], told);
    code = spawn_worker(r, order, fds, e);
    fd_close(out[1]);
    fd_close(err[1]);
    r->out = out[0];
    r->err = err[0];
    return code;
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
        if (r->limits.hears_interrupt && left > LOOK_MS)
            left = LOOK_MS;
        n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (n > 0)
            return 0;
        if (r->limits.hears_interrupt && interrupt_asked())
            return err_set(e, ERR_CANCEL, "stopped at your request");
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

/* The input that it waits for, as far as anybody may know it; else its first. */
static void add_awaited(const struct worker *r, struct buf *path)
{
    int fd = patience_fd_of(r->pid, r->pid);
    size_t i = fd == WORKER_IN_FD     ? 0
               : fd >= WORKER_MORE_FD ? (size_t)(fd - WORKER_MORE_FD) + 1
                                      : r->in_count;

    if (!patience_path_of(getpid(), r->ins[i < r->in_count ? i : 0], path))
        buf_adds(path, "its input");
    else if (i >= r->in_count && r->in_count > 1)
        buf_adds(path, ", or of a file that belongs to it,");
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

/* One that waits in the kernel for its input may end when that lets it, killed or not. */
static void stop(struct worker *r, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    uint64_t unused = 0;
    int status;

    if (r->pid > 0) {
        if (e && patience_is_waited_for(r->pid, r->pid, &unused)) {
            add_awaited(r, &path);
            (void)patience_over_path(buf_text(&path), e);
        }
        (void)kill(r->pid, SIGKILL); /* it is not waited for yet, so the number is its own */
        (void)patience_reap(r->pid, LAST_MS, &status);
    }
    fd_close(r->out);
    fd_close(r->err);
    buf_release(&r->in);
    free(r->ins);
}

/* The process is gone, or goes. */
static int conclude(struct worker *r, struct err *e)
{
    int status = reap(r);

    r->pid = -1;
    return verdict(r, status, e);
}

static struct worker begun(const struct worker_order *order)
{
    struct worker r = {.name = order->name,
                       .receive = order->receive,
                       .context = order->context,
                       .ins = mem_array(order->in_count + 1, sizeof(int)),
                       .in_count = order->in_count,
                       .out = -1,
                       .err = -1,
                       .pid = -1};

    memcpy(r.ins, order->ins, order->in_count * sizeof(int));
    r.limits = or_defaults(order->limits);
    r.deadline_ms = monotonic_ms() + (int64_t)r.limits.wall_s * 1000;
    return r;
}

int worker_run_order(const struct worker_order *order, struct err *e)
{
    struct worker r = begun(order);
    int code = start(&r, order, e);

    if (!code)
        code = listen_to(&r, e);
    if (!code)
        code = conclude(&r, e);
    stop(&r, code == ERR_CANCEL ? e : NULL);
    return code;
}

int worker_begin_order(struct worker **out, const struct worker_order *order, struct err *e)
{
    CLEANUP(worker_endp) struct worker *w = mem_new(struct worker);
    int code;

    *w = begun(order);
    code = start(w, order, e);
    if (!code)
        *out = MOVE(w);
    return code;
}

static struct worker_order order_of(worker_job *job, const char *name, const int *in,
                                    struct str argument, const struct worker_limits *limits,
                                    worker_receive *receive, void *context)
{
    return (struct worker_order){.job = job,
                                 .name = name,
                                 .ins = in,
                                 .in_count = 1,
                                 .argument = argument,
                                 .limits = limits,
                                 .receive = receive,
                                 .context = context};
}

int worker_run(worker_job *job, const char *name, int in, struct str argument,
               const struct worker_limits *limits, worker_receive *receive, void *context,
               struct err *e)
{
    struct worker_order o = order_of(job, name, &in, argument, limits, receive, context);

    return worker_run_order(&o, e);
}

int worker_begin(struct worker **out, worker_job *job, const char *name, int in,
                 struct str argument, const struct worker_limits *limits, worker_receive *receive,
                 void *context, struct err *e)
{
    struct worker_order o = order_of(job, name, &in, argument, limits, receive, context);

    return worker_begin_order(out, &o, e);
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
    worker_stop(w, NULL);
}

void worker_stop(struct worker *w, struct err *e)
{
    if (!w)
        return;
    stop(w, e);
    free(w);
}

int worker_wait(struct pollfd *fds, size_t count, struct err *e)
{
    for (;;) {
        int n = poll(fds, count, LOOK_MS);

        if (n > 0)
            return 0;
        if (interrupt_asked())
            return err_set(e, ERR_CANCEL, "stopped at your request");
        if (n < 0 && errno != EINTR)
            return err_errno(e, "cannot wait for workers");
    }
}
