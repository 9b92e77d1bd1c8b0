/* watchdog.c: two processes that see to it that what is due happens.
 *
 * Both hold the same open file, locked: while one of them lives, the lock says so, and no third is
 * started. They let it go under the ledger's lock once nothing will be due. */
#include "contain/watchdog.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "contain/keeper.h"
#include "contain/ledger.h"
#include "contain/lone.h"
#include "sys/file.h"

enum {
    SLICE_MS = 1000,
    KEEPER_LEAD_MS = 5000, /* so long before something is due nobody is busy with another */
};

static int pidfd_of(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
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
    char *const none[] = {NULL};
    char number[16];
    char *const argv[] = {(char *)WATCHDOG_NAME, (char *)w->folder, number, NULL};
    pid_t pid;

    snprintf(number, sizeof(number), "%d", (int)getpid());
    pid = lone_start(argv, none, ready < 0 ? null : ready, LONE_GUARD);
    w->peer = pid > 0 ? pidfd_of(pid) : -1;
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
        n = poll(p, COUNT_OF(p), moment_ms - now > SLICE_MS ? SLICE_MS : (int)(moment_ms - now));
        if (n > 0 && p[0].revents)
            return true;
        if (n > 0 || w->news < 0)
            return false;
        if (moment_ms > boot_now_ms() + KEEPER_LEAD_MS)
            (void)!keeper_start(w->folder, NULL);
    }
}

static NORETURN void watch(struct watch *w)
{
    uint64_t next_ms;

    for (;;) {
        lone_forget_news(w->news);
        if (!lone_look(w->folder, LONE_WATCHDOGS, &next_ms))
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
    lone_become("calm-contain");
    w.news = lone_news(w.folder);
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
    char *const argv[] = {(char *)WATCHDOG_NAME, (char *)ledger_folder, (char *)"0", NULL};
    char *const none[] = {NULL};
    CLEANUP_FD int guard = -1;
    int rc = lone_take(ledger_folder, LONE_WATCHDOGS, &guard, e);

    return rc <= 0 ? rc
                   : lone_start_ready(argv, none, guard, 2,
                                      "the watchdog, which puts everything back by itself,", e);
}
