/* lone.c: how a process comes to stand alone, and what it does at the ledger. */
#include "contain/lone.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
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
    PATH_SIZE = 512,
};

static struct flock byte_of(enum lone_place place, int type)
{
    return (struct flock){
        .l_type = (short)type, .l_whence = SEEK_SET, .l_start = (off_t)place, .l_len = 1};
}

static int open_guard(const char *folder, int more)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/watchdog", folder);
    return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | more, 0600);
}

int lone_take(const char *folder, enum lone_place place, int *fd, struct err *e)
{
    struct flock lock = byte_of(place, F_WRLCK);

    *fd = open_guard(folder, O_CREAT);
    if (*fd < 0)
        return err_errno(e, "cannot open %s/watchdog", folder);
    if (fcntl(*fd, F_OFD_SETLK, &lock) == 0)
        return 1;
    return errno == EAGAIN || errno == EACCES ? 0 : err_errno(e, "cannot lock %s/watchdog", folder);
}

bool lone_is_taken(const char *folder, enum lone_place place)
{
    struct flock lock = byte_of(place, F_WRLCK);
    CLEANUP_FD int fd = open_guard(folder, 0);

    return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void lone_leave(enum lone_place place)
{
    struct flock free = byte_of(place, F_UNLCK);

    (void)fcntl(LONE_GUARD, F_OFD_SETLK, &free);
}

int lone_wait(const char *folder, enum lone_place place, struct err *e)
{
    struct flock lock = byte_of(place, F_WRLCK);
    CLEANUP_FD int fd = open_guard(folder, O_CREAT);

    if (fd < 0)
        return err_errno(e, "cannot open %s/watchdog", folder);
    while (fcntl(fd, F_OFD_SETLKW, &lock) < 0)
        if (errno != EINTR)
            return err_errno(e, "cannot lock %s/watchdog", folder);
    if (fd != LONE_GUARD && dup3(fd, LONE_GUARD, O_CLOEXEC) < 0)
        return err_errno(e, "cannot keep %s/watchdog", folder);
    if (fd == LONE_GUARD)
        fd = -1;
    return 0;
}

static void join_group(const char *name)
{
    CLEANUP_FD int fd = -1;
    char path[128];

    if (!freezer_root())
        return;
    snprintf(path, sizeof(path), "%s/%s", freezer_root(), name);
    (void)mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/%s/cgroup.procs", freezer_root(), name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    (void)!write(fd, "0", 1);
}

void lone_become(const char *group)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGCHLD, SIGTSTP};
    CLEANUP_FD int fd = -1;

    for (size_t i = 0; i < COUNT_OF(ignored); i++)
        signal(ignored[i], SIG_IGN);
    (void)setsid();
    (void)!chdir("/");
    umask(077);
    prctl(PR_SET_DUMPABLE, 0);
    if (group)
        join_group(group);
    fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    (void)!write(fd, "-1000", 5);
    (void)fcntl(LONE_GUARD, F_SETFD, FD_CLOEXEC);
}

pid_t lone_start(char *const argv[], char *const environment[], int ready, int guard)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int why;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ready, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, guard, LONE_GUARD);
    why = posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (why) {
        errno = why;
        return -1;
    }
    return pid;
}

int lone_start_ready(char *const argv[], char *const environment[], int guard, unsigned count,
                     const char *what, struct err *e)
{
    CLEANUP_FD int in = -1;
    CLEANUP_FD int out = -1;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(e, "cannot start %s", what);
    in = ends[0];
    out = ends[1];
    if (lone_start(argv, environment, out, guard) < 0)
        return err_errno(e, "cannot start %s", what);
    fd_close(out);
    out = -1;
    for (unsigned i = 0; i < count; i++) {
        struct pollfd p = {.fd = in, .events = POLLIN};
        char c;

        if (poll(&p, 1, START_MS) <= 0 || read(in, &c, 1) != 1)
            return err_set(e, ERR_IO, "%s did not start; nothing was changed", what);
    }
    return 0;
}

bool lone_look(const char *folder, enum lone_place place, uint64_t *next_ms)
{
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
        lone_leave(place); /* under the ledger's lock: no starter errs */
    }
    if (next && next < boot_now_ms() + LOOK_MS)
        *next_ms = next;
    else
        *next_ms = boot_now_ms() + LOOK_MS;
    return next != 0;
}

int lone_news(const char *folder)
{
    int news = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/lock", folder);
    if (inotify_add_watch(news, path, IN_ATTRIB) >= 0)
        return news;
    fd_close(news);
    return -1;
}

void lone_forget_news(int news)
{
    char bytes[4096];

    while (read(news, bytes, sizeof(bytes)) > 0)
        ;
}
