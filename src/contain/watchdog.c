/* watchdog.c: two processes that see to it that what is due happens.
 *
 * Both hold the same open file, locked, as descriptor GUARD: while one of them lives, the lock says
 * so, and no third is started. They let it go under the ledger's lock once nothing will be due. */
#include "contain/watchdog.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "contain/boot.h"
#include "contain/effect.h"
#include "contain/freezer.h"
#include "sys/file.h"

enum {
    LOOK_MS = 15000,  /* at least this often it looks whether it is needed */
    AGAIN_MS = 1000,  /* after what is due could not be done */
    LOCK_MS = 600000, /* somebody who works is waited for */
    START_MS = 5000,
    GUARD = 3,
    PATH_SIZE = 512,
};

static int pidfd_of(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* What would end us with a log-in, or before others when memory is short. None of it is sure to be
 * there. */
static void stand_alone(void)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGCHLD, SIGTSTP};
    char path[64];

    for (size_t i = 0; i < COUNT_OF(ignored); i++)
        signal(ignored[i], SIG_IGN);
    (void)setsid();
    (void)!chdir("/");
    umask(077);
    prctl(PR_SET_DUMPABLE, 0);
    if (freezer_root()) {
        CLEANUP_FD int fd = -1;

        snprintf(path, sizeof(path), "%s/calm-contain", freezer_root());
        (void)mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/calm-contain/cgroup.procs", freezer_root());
        fd = open(path, O_WRONLY | O_CLOEXEC);
        (void)!write(fd, "0", 1);
    }
    {
        CLEANUP_FD int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

        (void)!write(fd, "-1000", 5);
    }
}

/* peer: 0 for the first of the two. */
static pid_t start(const char *folder, pid_t peer, int ready, int guard)
{
    char number[16];
    char *const argv[] = {(char *)WATCHDOG_NAME, (char *)folder, number, NULL};
    posix_spawn_file_actions_t actions;
    char *const none[] = {NULL};
    pid_t pid;
    int why;

    snprintf(number, sizeof(number), "%d", (int)peer);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ready, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, guard, GUARD);
    why = posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, none);
    posix_spawn_file_actions_destroy(&actions);
    if (why) {
        errno = why;
        return -1;
    }
    return pid;
}

/* Looks at the ledger, does what is due, and says when to look again. False: nothing will be due.
 */
static bool look(const char *folder, uint64_t *next_ms)
{
    struct flock free = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    CLEANUP_LEDGER struct ledger l;
    uint64_t next;

    *next_ms = boot_now_ms() + AGAIN_MS;
    if (ledger_open(&l, folder, LOCK_MS, NULL))
        return true;
    if (effect_settle(&l, NULL))
        return true;
    next = effect_next_ms(&l);
    if (!next) {
        (void)!boot_hook_remove_if_idle(&l, NULL);
        (void)fcntl(GUARD, F_OFD_SETLK, &free);
    }
    if (next && next < boot_now_ms() + LOOK_MS)
        *next_ms = next;
    else
        *next_ms = boot_now_ms() + LOOK_MS;
    return next != 0;
}

struct watch {
    const char *folder;
    int peer; /* pidfd; -1: there is none */
    int news; /* inotify: the ledger was changed; -1: it must be looked at often */
};

static void tell(int ready)
{
    if (ready >= 0)
        (void)!write(ready, "r", 1);
}

static void start_peer(struct watch *w, int ready)
{
    CLEANUP_FD int null = ready < 0 ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    pid_t pid = start(w->folder, getpid(), ready < 0 ? null : ready, GUARD);

    w->peer = pid > 0 ? pidfd_of(pid) : -1;
}

static void watch_news(struct watch *w)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/lock", w->folder);
    w->news = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (inotify_add_watch(w->news, path, IN_ATTRIB) >= 0)
        return;
    fd_close(w->news);
    w->news = -1;
}

static void forget_news(const struct watch *w)
{
    char bytes[4096];

    while (read(w->news, bytes, sizeof(bytes)) > 0)
        ;
}

/* Until the moment, until the ledger was changed, or until the other has ended: true then. */
static bool wait_until(struct watch *w, uint64_t moment_ms)
{
    for (;;) {
        struct pollfd p[] = {{.fd = w->peer, .events = POLLIN}, {.fd = w->news, .events = POLLIN}};
        uint64_t now = boot_now_ms();
        int n;

        if (now >= moment_ms)
            return false;
        /* A suspended host wakes late: poll counts only time awake, so not for long at once. */
        n = poll(p, COUNT_OF(p), moment_ms - now > AGAIN_MS ? AGAIN_MS : (int)(moment_ms - now));
        if (n > 0 && p[0].revents)
            return true;
        if (n > 0 || w->news < 0)
            return false;
    }
}

static NORETURN void watch(struct watch *w)
{
    uint64_t next_ms;

    for (;;) {
        forget_news(w);
        if (!look(w->folder, &next_ms))
            _exit(0);
        if (w->peer < 0)
            start_peer(w, -1);
        if (!wait_until(w, next_ms))
            continue;
        fd_close(w->peer);
        w->peer = -1;
    }
}

static bool is_number(const char *text, pid_t *out)
{
    uint64_t n;

    if (!str_u64(str_of(text), &n) || n > INT32_MAX)
        return false;
    *out = (pid_t)n;
    return true;
}

void watchdog_main_if_asked(int argc, char **argv)
{
    struct watch w = {.peer = -1, .news = -1};
    pid_t peer;

    if (argc != 3 || strcmp(argv[0], WATCHDOG_NAME) != 0 || !is_number(argv[2], &peer))
        return;
    w.folder = argv[1];
    stand_alone();
    (void)fcntl(GUARD, F_SETFD, FD_CLOEXEC);
    watch_news(&w);
    if (peer)
        w.peer = pidfd_of(peer);
    else
        start_peer(&w, STDOUT_FILENO);
    tell(STDOUT_FILENO);
    close(STDOUT_FILENO);
    watch(&w);
}

/* 1: this process has it now; 0: two are at work already. */
static int take_guard(const char *folder, int *fd, struct err *e)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/watchdog", folder);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return err_errno(e, "cannot open %s", path);
    if (fcntl(*fd, F_OFD_SETLK, &lock) == 0)
        return 1;
    return errno == EAGAIN || errno == EACCES ? 0 : err_errno(e, "cannot lock %s", path);
}

int watchdog_start(const char *ledger_folder, struct err *e)
{
    CLEANUP_FD int guard = -1;
    CLEANUP_FD int in = -1;
    CLEANUP_FD int out = -1;
    int ends[2];
    int rc = take_guard(ledger_folder, &guard, e);

    if (rc <= 0)
        return rc;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(e, "cannot start the watchdog");
    in = ends[0];
    out = ends[1];
    if (start(ledger_folder, 0, out, guard) < 0)
        return err_errno(e, "cannot start the watchdog");
    fd_close(out);
    out = -1;
    for (int count = 0; count < 2; count++) {
        struct pollfd p = {.fd = in, .events = POLLIN};
        char c;

        if (poll(&p, 1, START_MS) <= 0 || read(in, &c, 1) != 1)
            return err_set(e, ERR_IO,
                           "the watchdog, which puts everything back by itself, did not start; "
                           "nothing was changed");
    }
    return 0;
}
