/* patience_run.c: the process that a shell waits for, which never touches a medium itself. */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/compiler.h"
#include "base/sink.h"
#include "base/str.h"
#include "base/utc.h"
#include "sys/file.h"
#include "sys/patience.h"

enum {
    LOOK_MS = 200,
    END_MS = 1000,   /* that a process whose work is done may take to end */
    STILL_MS = 8000, /* after a signal nothing moves for so long: it is left */
};

static const int handed_on[] = {SIGINT, SIGTERM, SIGHUP};

/* A signal handler can reach nothing but what is global. */
static volatile sig_atomic_t is_asked;
static volatile sig_atomic_t worker_pid;

struct run {
    pid_t pid;
    int told;            /* the status comes here */
    uint64_t moved;      /* processor time of it, in ticks */
    int64_t still_since; /* CLOCK_MONOTONIC, ms; 0: it moves, or nobody asked for an end */
    pid_t waits;         /* the thread that waits for a medium */
};

/* The terminal sends its signals to both. */
static void hand_on(int signal, siginfo_t *info, void *unused)
{
    int before = errno;

    (void)unused;
    is_asked = 1;
    if (info->si_code != SI_KERNEL)
        (void)kill((pid_t)worker_pid, signal);
    errno = before;
}

static void hear(void)
{
    struct sigaction how = {.sa_sigaction = hand_on, .sa_flags = SA_RESTART | SA_SIGINFO};
    struct sigaction before;

    sigemptyset(&how.sa_mask);
    for (size_t i = 0; i < COUNT_OF(handed_on); i++)
        /* What was ignored stays so, as in the other. */
        if (sigaction(handed_on[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            (void)sigaction(handed_on[i], &how, NULL);
}

static void do_work(int (*work)(void *context), void *context, int tell, pid_t parent)
{
    int status;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    status = work(context);
    (void)fflush(NULL);
    (void)!write(tell, &status, sizeof(status));
    exit(status);
}

/* Whether a thread of it waits in the kernel for a medium and none computes. */
static bool is_still(struct run *r)
{
    bool waits = false;
    uint64_t moved = 0;
    struct dirent *entry;
    char path[64];
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)r->pid);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);

        if (thread > 0 && patience_is_waited_for(r->pid, thread, &moved)) {
            waits = true;
            r->waits = thread;
        }
    }
    if (dir)
        (void)closedir(dir);
    waits &= moved == r->moved;
    r->moved = moved;
    return waits;
}

static bool has_hung(struct run *r)
{
    if (!is_asked || !is_still(r)) {
        r->still_since = 0;
        return false;
    }
    if (!r->still_since)
        r->still_since = monotonic_ms();
    return monotonic_ms() - r->still_since >= STILL_MS;
}

static int end_as(int status)
{
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    (void)signal(WTERMSIG(status), SIG_DFL);
    (void)raise(WTERMSIG(status));
    return EXIT_FAILURE;
}

static int leave(struct run *r)
{
    CLEANUP_BUF struct buf words = {0};
    CLEANUP_BUF struct buf path = {0};

    buf_adds(&words, "calm: stopped at your request. ");
    if (patience_path_of(r->pid, patience_fd_of(r->pid, r->waits), &path))
        sink_terminal(&words, buf_str(&path), false);
    else
        buf_adds(&words, "What it was reading or writing");
    buf_adds(&words, " does not answer, and is left behind: that process ends when its medium "
                     "lets it. What is on record stands (exit 13).\n");
    (void)kill(r->pid, SIGKILL);
    (void)!write(STDERR_FILENO, buf_text(&words), words.len);
    return err_exit_status(ERR_CANCEL);
}

static int wait_for(struct run *r)
{
    int status;

    for (;;) {
        struct pollfd p = {.fd = r->told, .events = POLLIN};
        int n = poll(&p, 1, LOOK_MS);

        if (n > 0 && read(r->told, &status, sizeof(status)) == (ssize_t)sizeof(status)) {
            int ended;

            return patience_reap(r->pid, END_MS, &ended) ? end_as(ended) : status;
        }
        if (n > 0 && patience_reap(r->pid, STILL_MS, &status))
            return end_as(status);
        if (has_hung(r))
            return leave(r);
    }
}

int patience_run(int (*work)(void *context), void *context)
{
    pid_t parent = getpid();
    sigset_t held, before;
    struct run r = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return work(context);
    sigemptyset(&held);
    for (size_t i = 0; i < COUNT_OF(handed_on); i++)
        sigaddset(&held, handed_on[i]);
    (void)sigprocmask(SIG_BLOCK, &held, &before);
    (void)fflush(NULL);
    r.pid = fork();
    if (r.pid > 0) {
        worker_pid = r.pid;
        hear();
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (r.pid == 0) {
        fd_close(ends[0]);
        do_work(work, context, ends[1], parent);
    }
    fd_close(ends[1]);
    if (r.pid < 0) {
        fd_close(ends[0]);
        return work(context);
    }
    r.told = ends[0];
    return wait_for(&r);
}
