/* pty.c: stands between the user's terminal and a command, passes on, and records the output. */
#include "sys/pty.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include "base/utc.h"
#include "sys/cast.h"
#include "sys/file.h"
#include "sys/term.h"

enum {
    CHUNK_SIZE = 65536,
    TYPED_LIMIT = 4096, /* bytes typed ahead of a command that does not read */
    GRACE_MS = 2000,    /* from SIGHUP to SIGKILL, when stopped from outside */
    NO_COLUMNS = 80,
    NO_ROWS = 24,
};

/* One output of the command: where it comes from, and where it goes. */
struct output {
    int from; /* -1 after its end */
    int to;
};

struct session {
    bool is_terminal;
    pid_t pid;
    int master; /* of the pseudo-terminal, or -1; also outputs[0].from */
    int signals;
    struct output outputs[2];
    struct buf typed; /* for the command, not yet taken by it */
    bool has_input;   /* the user's side is still there */
    bool has_ended;
    int wait_status;
    bool is_cancelled;
    int64_t kill_ms; /* when it is killed, after it was cancelled */
    struct winsize size;
    struct cast cast;
};

/* What must be set back on every way out. */
struct restore {
    bool has_mode;
    bool has_mask;
    struct termios mode;
    sigset_t mask;
    struct sigaction pipe;
};

static void restore_all(struct restore *r)
{
    /* SIGTTOU is still blocked, so this works from the background too. */
    if (r->has_mode)
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &r->mode);
    if (r->has_mask) {
        (void)sigaction(SIGPIPE, &r->pipe, NULL);
        (void)sigprocmask(SIG_SETMASK, &r->mask, NULL);
    }
}

static void session_release(struct session *s)
{
    fd_close(s->outputs[0].from);
    fd_close(s->outputs[1].from);
    fd_close(s->signals);
    buf_wipe(&s->typed); /* what was typed may be a password */
}

static uint64_t now_ns(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
        BUG("no CLOCK_MONOTONIC");
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Signals are read from a descriptor, so that none can come between the raw terminal and its
 * restoration. SIGTSTP and SIGTTOU only wait until the end. */
static int take_signals(struct session *s, struct restore *r, struct err *e)
{
    static const int read_ones[] = {SIGCHLD, SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t read_set;
    sigset_t block;

    sigemptyset(&read_set);
    for (size_t i = 0; i < COUNT_OF(read_ones); i++)
        sigaddset(&read_set, read_ones[i]);
    block = read_set;
    sigaddset(&block, SIGTSTP);
    sigaddset(&block, SIGTTOU);
    if (sigprocmask(SIG_BLOCK, &block, &r->mask) < 0 || sigaction(SIGPIPE, &ignore, &r->pipe) < 0)
        return err_errno(e, "cannot hold signals back");
    r->has_mask = true;
    s->signals = signalfd(-1, &read_set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals < 0 ? err_errno(e, "cannot receive signals") : 0;
}

/* In the child: becomes the command, or says why not through failed. */
NORETURN static void become(const char *const *argv, const sigset_t *mask, int failed)
{
    int why;

    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        (void)execvp(argv[0], (char *const *)argv);
    why = errno;
    if (write(failed, &why, sizeof(why)) < 0)
        _exit(126);
    _exit(127);
}

/* The write end of this pipe closes when the program begins; until then it can carry an errno. */
static int await_begin(const struct session *s, int failed, const char *name, struct err *e)
{
    int why = 0;
    ssize_t n;

    do
        n = read(failed, &why, sizeof(why));
    while (n < 0 && errno == EINTR);
    if (n != sizeof(why))
        return 0;
    (void)waitpid(s->pid, NULL, 0);
    errno = why;
    return err_errno(e, "cannot run %s", name);
}

static int start_on_terminal(struct session *s, const char *const *argv, const struct restore *r,
                             int failed, struct err *e)
{
    int master;
    int slave;

    if (openpty(&master, &slave, NULL, &r->mode, &s->size) < 0)
        return err_errno(e, "cannot open a pseudo-terminal");
    s->pid = fork();
    if (s->pid == 0) {
        if (login_tty(slave) < 0)
            _exit(126);
        become(argv, &r->mask, failed);
    }
    fd_close(slave);
    s->master = master;
    s->outputs[0] = (struct output){master, STDOUT_FILENO};
    if (s->pid < 0 || fcntl(master, F_SETFD, FD_CLOEXEC) < 0 ||
        fcntl(master, F_SETFL, O_NONBLOCK) < 0)
        return err_errno(e, "cannot start %s", argv[0]);
    return 0;
}

static int start_plain(struct session *s, const char *const *argv, const struct restore *r,
                       int failed, struct err *e)
{
    int out[2];
    int err[2];

    if (pipe2(out, O_CLOEXEC) < 0)
        return err_errno(e, "cannot make a pipe for %s", argv[0]);
    s->outputs[0] = (struct output){out[0], STDOUT_FILENO};
    if (pipe2(err, O_CLOEXEC) < 0) {
        fd_close(out[1]);
        return err_errno(e, "cannot make a pipe for %s", argv[0]);
    }
    s->outputs[1] = (struct output){err[0], STDERR_FILENO};
    s->pid = fork();
    if (s->pid == 0) {
        if (dup2(out[1], STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0)
            _exit(126);
        become(argv, &r->mask, failed);
    }
    fd_close(out[1]);
    fd_close(err[1]);
    return s->pid < 0 ? err_errno(e, "cannot start %s", argv[0]) : 0;
}

static int start(struct session *s, const char *const *argv, const struct restore *r, struct err *e)
{
    int failed[2];
    int code;

    if (pipe2(failed, O_CLOEXEC) < 0)
        return err_errno(e, "cannot make a pipe for %s", argv[0]);
    code = s->is_terminal ? start_on_terminal(s, argv, r, failed[1], e)
                          : start_plain(s, argv, r, failed[1], e);
    fd_close(failed[1]);
    if (!code)
        code = await_begin(s, failed[0], argv[0], e);
    fd_close(failed[0]);
    return code;
}

static int make_raw(struct restore *r, struct err *e)
{
    struct termios raw = r->mode;

    cfmakeraw(&raw);
    r->has_mode = true;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
        return err_errno(e, "cannot prepare the terminal");
    return 0;
}

static void cancel(struct session *s)
{
    if (s->is_cancelled || s->has_ended)
        return;
    s->is_cancelled = true;
    s->has_input = false;
    s->kill_ms = monotonic_ms() + GRACE_MS;
    /* It leads its session on a pseudo-terminal; else it may share our group, so it alone is told.
     */
    (void)kill(s->is_terminal ? -s->pid : s->pid, SIGHUP);
}

static void pass_on_size(struct session *s)
{
    struct winsize now;

    if (!s->is_terminal || ioctl(STDIN_FILENO, TIOCGWINSZ, &now) < 0 ||
        (now.ws_col == s->size.ws_col && now.ws_row == s->size.ws_row))
        return;
    s->size = now;
    (void)ioctl(s->master, TIOCSWINSZ, &now); /* fails only where the other side has gone */
    cast_resize(&s->cast, now_ns(), now.ws_col, now.ws_row);
}

static void take_signal(struct session *s)
{
    struct signalfd_siginfo info;

    while (read(s->signals, &info, sizeof(info)) == sizeof(info))
        switch (info.ssi_signo) {
        case SIGCHLD: /* perhaps of another child */
            if (!s->has_ended && waitpid(s->pid, &s->wait_status, WNOHANG) == s->pid)
                s->has_ended = true;
            break;
        case SIGWINCH:
            pass_on_size(s);
            break;
        case SIGINT:
        case SIGQUIT: /* without our own terminal the command got it from the same key */
            if (s->is_terminal)
                cancel(s);
            break;
        default:
            cancel(s);
        }
}

static void close_output(struct session *s, struct output *o)
{
    fd_close(o->from);
    if (o->from == s->master)
        s->master = -1;
    o->from = -1;
}

/* Passes one piece of output on. Where nobody takes it any more, the command is told as it would be
 * without us: by a broken pipe, or a hang-up. */
static void take_output(struct session *s, struct output *o)
{
    char bytes[CHUNK_SIZE];
    ssize_t n = read(o->from, bytes, sizeof(bytes));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) { /* a pseudo-terminal ends with EIO */
        close_output(s, o);
        return;
    }
    cast_output(&s->cast, now_ns(), (struct str){bytes, (size_t)n});
    if (file_write_fd(o->to, bytes, (size_t)n, "the output", NULL) == 0)
        return;
    if (s->is_terminal)
        cancel(s);
    else
        close_output(s, o);
}

static void take_input(struct session *s)
{
    char bytes[TYPED_LIMIT];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0)
        buf_add(&s->typed, bytes, (size_t)n);
    else
        cancel(s); /* the user's terminal has gone */
    explicit_bzero(bytes, sizeof(bytes));
}

static void give_input(struct session *s)
{
    ssize_t n = write(s->master, s->typed.p, s->typed.len);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n < 0)
        n = (ssize_t)s->typed.len; /* the command's side has gone; its end will be told */
    memmove(s->typed.p, s->typed.p + n, s->typed.len - (size_t)n);
    s->typed.len -= (size_t)n;
}

static int wait_ms(struct session *s)
{
    int64_t left = s->kill_ms - monotonic_ms();

    if (!s->is_cancelled)
        return -1;
    if (left > 0)
        return (int)left;
    (void)kill(s->pid, SIGKILL); /* it is not waited for yet, so the number is its own */
    s->kill_ms = monotonic_ms() + GRACE_MS;
    return GRACE_MS;
}

static void step(struct session *s)
{
    bool wants_input = s->has_input && s->typed.len < TYPED_LIMIT;
    struct pollfd p[] = {
        {.fd = s->signals, .events = POLLIN},
        {.fd = s->outputs[0].from, .events = POLLIN},
        {.fd = s->outputs[1].from, .events = POLLIN},
        {.fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = s->typed.len ? s->master : -1, .events = POLLOUT},
    };

    if (poll(p, COUNT_OF(p), wait_ms(s)) <= 0)
        return;
    if (p[4].revents && s->master >= 0)
        give_input(s);
    if (p[1].revents)
        take_output(s, &s->outputs[0]);
    if (p[2].revents)
        take_output(s, &s->outputs[1]);
    if (p[3].revents)
        take_input(s);
    if (p[0].revents)
        take_signal(s);
}

/* What the command left in its outputs; not what processes that it left behind may still write. */
static void take_rest(struct session *s)
{
    for (int i = 0; i < 2; i++)
        for (;;) {
            struct pollfd p = {.fd = s->outputs[i].from, .events = POLLIN};

            if (s->outputs[i].from < 0 || poll(&p, 1, 0) <= 0)
                break;
            take_output(s, &s->outputs[i]);
        }
}

static void begin_recording(struct session *s, const char *const *argv, int fd, uint64_t most,
                            struct utc began)
{
    CLEANUP_BUF struct buf command = {0};
    struct cast_start start = {
        .columns = s->size.ws_col ? s->size.ws_col : NO_COLUMNS,
        .rows = s->size.ws_row ? s->size.ws_row : NO_ROWS,
        .time = began,
        .mono_ns = now_ns(),
        .wants_return = !s->is_terminal,
    };

    for (size_t i = 0; argv[i]; i++)
        buf_addf(&command, "%s%s", i ? " " : "", argv[i]);
    start.command = buf_str(&command);
    cast_begin(&s->cast, fd, most, &start);
}

static void fill_result(const struct session *s, struct utc began, struct pty_result *out)
{
    int status = s->wait_status;

    out->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    out->status = out->signal ? 128 + out->signal : WEXITSTATUS(status);
    out->began = began;
    out->lasted_ms = (now_ns() - s->cast.start_ns) / 1000000;
    out->size = s->cast.size;
    out->recording = s->cast.state;
}

static const char *user_shell(void)
{
    const char *shell = getenv("SHELL");

    return shell && shell[0] ? shell : "/bin/sh";
}

int pty_run(const char *const *argv, int fd, uint64_t most, struct pty_result *out, struct err *e)
{
    const char *const shell[] = {user_shell(), NULL};
    const char *const *command = argv ? argv : shell;
    CLEANUP(restore_all) struct restore restore = {.has_mode = false};
    CLEANUP(session_release) struct session s = {.master = -1, .signals = -1};
    struct utc began = utc_now();
    int code;

    s.outputs[0].from = s.outputs[1].from = -1;
    s.is_terminal = term_is_terminal(STDIN_FILENO) && term_is_terminal(STDOUT_FILENO) &&
                    tcgetattr(STDIN_FILENO, &restore.mode) == 0;
    s.has_input = s.is_terminal;
    if (s.is_terminal)
        (void)ioctl(STDIN_FILENO, TIOCGWINSZ, &s.size); /* else zeros: unknown */
    code = take_signals(&s, &restore, e);
    if (!code)
        code = start(&s, command, &restore, e);
    if (code)
        return code;
    begin_recording(&s, command, fd, most, began);
    code = s.is_terminal ? make_raw(&restore, e) : 0;
    if (code)
        cancel(&s);
    while (!s.has_ended)
        step(&s);
    take_rest(&s);
    cast_end(&s.cast, now_ns());
    fill_result(&s, began, out);
    if (code)
        return code;
    return s.is_cancelled ? err_set(e, ERR_CANCEL, "%s was stopped from outside", command[0]) : 0;
}
