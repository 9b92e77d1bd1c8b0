/* watchdog.c: two processes that see to it that what is due happens. */
#include "contain/watchdog.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "contain/effect.h"
#include "contain/freezer.h"
#include "sys/file.h"

enum {
    LOOK_MS = 15000,  /* at least this often it looks whether it is needed */
    AGAIN_MS = 1000,  /* after what is due could not be done */
    LOCK_MS = 600000, /* somebody who works is waited for */
    START_MS = 5000,
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
static pid_t start(const char *folder, pid_t peer, int ready)
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
    CLEANUP_LEDGER struct ledger l;
    uint64_t next;

    *next_ms = boot_now_ms() + AGAIN_MS;
    if (ledger_open(&l, folder, LOCK_MS, NULL))
        return true;
    if (effect_settle(&l, NULL))
        return true;
    next = effect_next_ms(&l);
    if (next && next < boot_now_ms() + LOOK_MS)
        *next_ms = next;
    else
        *next_ms = boot_now_ms() + LOOK_MS;
    return next != 0;
}

struct watch {
    const char *folder;
    int peer; /* pidfd; -1: there is none */
};

static void tell(int ready)
{
    if (ready >= 0)
        (void)!write(ready, "r", 1);
}

static void start_peer(struct watch *w, int ready)
{
    CLEANUP_FD int null = ready < 0 ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    pid_t pid = start(w->folder, getpid(), ready < 0 ? null : ready);

    w->peer = pid > 0 ? pidfd_of(pid) : -1;
}

/* Until the moment, or until the other has ended: true then. */
static bool wait_until(struct watch *w, uint64_t moment_ms)
{
    for (;;) {
        struct pollfd p = {.fd = w->peer, .events = POLLIN};
        uint64_t now = boot_now_ms();
        int n;

        if (now >= moment_ms)
            return false;
        /* A suspended host wakes late: poll counts only time awake, so not for long at once. */
        n = poll(&p, w->peer >= 0, moment_ms - now > AGAIN_MS ? AGAIN_MS : (int)(moment_ms - now));
        if (n > 0)
            return true;
    }
}

static NORETURN void watch(struct watch *w)
{
    uint64_t next_ms;

    while (look(w->folder, &next_ms)) {
        if (w->peer < 0)
            start_peer(w, -1);
        if (!wait_until(w, next_ms))
            continue;
        fd_close(w->peer);
        w->peer = -1;
    }
    _exit(0);
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
    struct watch w = {.peer = -1};
    pid_t peer;

    if (argc != 3 || strcmp(argv[0], WATCHDOG_NAME) != 0 || !is_number(argv[2], &peer))
        return;
    w.folder = argv[1];
    stand_alone();
    if (peer)
        w.peer = pidfd_of(peer);
    else
        start_peer(&w, STDOUT_FILENO);
    tell(STDOUT_FILENO);
    close(STDOUT_FILENO);
    watch(&w);
}

int watchdog_start(const char *ledger_folder, struct err *e)
{
    CLEANUP_FD int in = -1;
    CLEANUP_FD int out = -1;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(e, "cannot start the watchdog");
    in = ends[0];
    out = ends[1];
    if (start(ledger_folder, 0, out) < 0)
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
