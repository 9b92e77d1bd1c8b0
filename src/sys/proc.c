/* proc.c: runs another program, without a shell, and takes what it prints. */
#include "sys/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/utc.h"
#include "sys/file.h"

enum { WALL_S = 60, OUTPUT_SIZE = 1 << 20, GRACE_MS = 2000, CHUNK_SIZE = 65536 };

extern char **environ;

struct running {
    pid_t pid;
    int pidfd; /* -1 where the kernel has none: then only the end of both outputs tells */
    int fd[2]; /* its two outputs; -1 after their end */
    int64_t deadline_ms;
    bool is_termed; /* SIGTERM was sent */
    size_t most;
    bool is_joined;      /* both outputs go into the first */
    proc_take *take_out; /* gets the standard output; NULL: it is kept */
    void *take_context;
    int take_code; /* what take_out returned first */
    struct err *take_err;
    struct proc_capture result;
};

void proc_capture_release(struct proc_capture *c)
{
    buf_release(&c->out);
    buf_release(&c->err);
    *c = (struct proc_capture){.status = 0};
}

/* $PATH belongs to whoever started us, and on a machine under attack to whoever changed a profile.
 */
static int find_program(const char *name, struct buf *out, struct err *e)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

    if (strchr(name, '/')) {
        buf_adds(out, name);
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        buf_clear(out);
        buf_addf(out, "%s/%s", folders[i], name);
        if (access(buf_text(out), X_OK) == 0)
            return 0;
    }
    return err_set(e, ERR_NOTFOUND, "the program %s is not installed", name);
}

/* The input as a file in memory: no pipe that could break, nothing to wait for. */
static int input_of(struct str in, int *out, struct err *e)
{
    CLEANUP_FD int fd = memfd_create("input", MFD_CLOEXEC);
    int code;

    if (fd < 0)
        return err_errno(e, "cannot hold the input of a program");
    code = file_write_fd(fd, in.p, in.len, "the input of a program", e);
    if (code)
        return code;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return err_errno(e, "cannot hold the input of a program");
    *out = fd;
    fd = -1;
    return 0;
}

/* Descriptors 0, 1, 2 may themselves be among those given, so all are first put out of the way. */
static int spawn_with(const char *path, const char *const *argv, const int fds[3], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t how;
    sigset_t set;
    int high[3];
    int why = 0;

    for (int i = 0; i < 3; i++)
        if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3)) < 0)
            why = errno;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&how);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&how, &set);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&how, &set);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    for (int i = 0; i < 3 && !why; i++)
        why = posix_spawn_file_actions_adddup2(&actions, high[i], i);
    if (!why)
        why = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (!why)
        why = posix_spawn(pid, path, &actions, &how, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&how);
    for (int i = 0; i < 3; i++)
        fd_close(high[i]);
    return why;
}

int proc_start(const char *const *argv, const int fds[3], pid_t *pid, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc = find_program(argv[0], &path, e);

    if (rc)
        return rc;
    errno = spawn_with(buf_text(&path), argv, fds, pid);
    return errno ? err_errno(e, "cannot run %s", buf_text(&path)) : 0;
}

static int start(struct running *r, const char *const *argv, struct str in, struct err *e)
{
    CLEANUP_FD int input = -1;
    CLEANUP_FD int out = -1;
    CLEANUP_FD int err = -1;
    int ends[2];
    int code = input_of(in, &input, e);

    if (code)
        return code;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(e, "cannot make a pipe for %s", argv[0]);
    r->fd[0] = ends[0];
    out = ends[1];
    if (!r->is_joined) {
        if (pipe2(ends, O_CLOEXEC) < 0)
            return err_errno(e, "cannot make a pipe for %s", argv[0]);
        r->fd[1] = ends[0];
        err = ends[1];
    }
    code = proc_start(argv, (int[3]){input, out, err < 0 ? out : err}, &r->pid, e);
    if (code)
        return code;
    r->pidfd = pidfd_open(r->pid, 0);
    return 0;
}

static void keep(struct running *r, struct buf *to, const char *bytes, size_t size)
{
    size_t left = r->most - to->len;

    if (size > left)
        r->result.was_cut = true;
    buf_add(to, bytes, size < left ? size : left);
}

/* Whoever takes the output may have had enough; the program is then asked to end, once. */
static void hand_on(struct running *r, const char *bytes, size_t size)
{
    if (r->take_code)
        return;
    r->take_code = r->take_out(r->take_context, (struct str){bytes, size}, r->take_err);
    if (r->take_code)
        (void)kill(r->pid, SIGTERM);
}

/* Reads one output once; closes it at its end. */
static void take(struct running *r, int which)
{
    char bytes[CHUNK_SIZE];
    ssize_t n = read(r->fd[which], bytes, sizeof(bytes));

    if (n > 0 && which == 0 && r->take_out) {
        hand_on(r, bytes, (size_t)n);
    } else if (n > 0) {
        keep(r, which ? &r->result.err : &r->result.out, bytes, (size_t)n);
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        fd_close(r->fd[which]);
        r->fd[which] = -1;
    }
}

/* Takes what is still in the pipes of a program that has ended, without waiting for any process
 * that it left behind with them. */
static void take_rest(struct running *r)
{
    for (int which = 0; which < 2; which++)
        for (;;) {
            struct pollfd p = {.fd = r->fd[which], .events = POLLIN};

            if (r->fd[which] < 0 || poll(&p, 1, 0) <= 0)
                break;
            take(r, which);
        }
}

/* The program is not waited for yet, so its number is its own. */
static void end_late(struct running *r)
{
    (void)kill(r->pid, r->is_termed ? SIGKILL : SIGTERM);
    r->deadline_ms = monotonic_ms() + GRACE_MS;
    r->is_termed = true;
    r->result.was_late = true;
}

static void gather(struct running *r)
{
    while (r->fd[0] >= 0 || r->fd[1] >= 0 || r->pidfd >= 0) {
        struct pollfd p[3] = {{.fd = r->fd[0], .events = POLLIN},
                              {.fd = r->fd[1], .events = POLLIN},
                              {.fd = r->pidfd, .events = POLLIN}};
        int64_t left = r->deadline_ms - monotonic_ms();

        if (left <= 0) {
            end_late(r);
            continue;
        }
        if (poll(p, 3, left > INT32_MAX ? INT32_MAX : (int)left) <= 0)
            continue;
        for (int which = 0; which < 2; which++)
            if (p[which].revents)
                take(r, which);
        if (p[2].revents)
            break;
    }
    take_rest(r);
}

static int finish(struct running *r, const char *name, struct err *e)
{
    int status = 0;

    while (waitpid(r->pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_errno(e, "cannot learn how %s ended", name);
    r->result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    r->result.status = r->result.signal ? 128 + r->result.signal : WEXITSTATUS(status);
    return 0;
}

static int run(struct running *r, const char *const *argv, struct str in, unsigned wall_s,
               struct err *e)
{
    int code;

    r->pidfd = r->fd[0] = r->fd[1] = -1;
    r->deadline_ms = monotonic_ms() + (int64_t)wall_s * 1000;
    code = start(r, argv, in, e);
    if (!code) {
        gather(r);
        code = finish(r, argv[0], e);
    }
    fd_close(r->fd[0]);
    fd_close(r->fd[1]);
    fd_close(r->pidfd);
    if (code)
        proc_capture_release(&r->result);
    return code;
}

int proc_capture(const char *const *argv, struct str in, const struct proc_limits *limits,
                 struct proc_capture *out, struct err *e)
{
    struct running r = {.most = limits && limits->output ? limits->output : OUTPUT_SIZE};
    int code = run(&r, argv, in, limits && limits->wall_s ? limits->wall_s : WALL_S, e);

    if (code)
        return code;
    proc_capture_release(out);
    *out = r.result;
    return 0;
}

int proc_stream(const char *const *argv, const struct proc_limits *limits, proc_take *take_out,
                void *context, struct proc_capture *out, struct err *e)
{
    struct err why = {0};
    struct running r = {.most = limits && limits->output ? limits->output : OUTPUT_SIZE,
                        .take_out = take_out,
                        .take_context = context,
                        .take_err = &why};
    int code = run(&r, argv, STR(""), limits && limits->wall_s ? limits->wall_s : WALL_S, e);

    if (code)
        return code;
    if (r.take_code) {
        proc_capture_release(&r.result);
        return err_set(e, r.take_code, "%s", why.text);
    }
    proc_capture_release(out);
    *out = r.result;
    return 0;
}

int proc_run(const char *const *argv, struct proc_result *result, struct buf *output, size_t most,
             unsigned timeout_s, struct err *e)
{
    struct running r = {.most = most, .is_joined = true};
    int code = run(&r, argv, STR(""), timeout_s, e);

    if (!code && r.result.was_late)
        code =
            err_set(e, ERR_LIMIT, "%s did not end within %u s and was stopped", argv[0], timeout_s);
    buf_addstr(output, buf_str(&r.result.out));
    if (!code)
        *result = (struct proc_result){r.result.status, r.result.was_cut};
    proc_capture_release(&r.result);
    return code;
}
