/* patience.c: threads and processes that nobody waits for, where a medium does not answer. */
#include "sys/patience.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum {
    LOOK_NS = 100 * 1000 * 1000,
    SECOND_NS = 1000 * 1000 * 1000,
    STAT_SIZE = 1024, /* of /proc/PID/stat */
};

enum turn {
    TURN_IDLE,
    TURN_ASKED, /* the thread reads */
    TURN_DONE,
    TURN_LEFT, /* nobody waits any more: the thread frees all */
};

struct patience {
    pthread_mutex_t lock;
    pthread_cond_t moved; /* turn is another */
    enum turn turn;
    int fd;
    off_t off;
    char *bytes; /* room of them */
    size_t room;
    size_t size;
    ssize_t got;
    int error;
};

static ssize_t read_at(int fd, void *to, size_t size, off_t off)
{
    return off < 0 ? read(fd, to, size) : pread(fd, to, size, off);
}

static void release(struct patience *p)
{
    pthread_cond_destroy(&p->moved);
    pthread_mutex_destroy(&p->lock);
    free(p->bytes);
    free(p);
}

static void *serve(void *context)
{
    struct patience *p = context;

    pthread_mutex_lock(&p->lock);
    while (p->turn != TURN_LEFT) {
        if (p->turn != TURN_ASKED) {
            pthread_cond_wait(&p->moved, &p->lock);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        p->got = read_at(p->fd, p->bytes, p->size, p->off);
        p->error = errno;
        pthread_mutex_lock(&p->lock);
        if (p->turn == TURN_ASKED)
            p->turn = TURN_DONE;
        pthread_cond_broadcast(&p->moved);
    }
    pthread_mutex_unlock(&p->lock);
    release(p);
    return NULL;
}

/* Signals are left to the threads that there were before. */
static struct patience *begin(void)
{
    struct patience *p = mem_new(struct patience);
    pthread_condattr_t by_monotonic;
    sigset_t all, before;
    pthread_t thread;
    int rc;

    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&by_monotonic);
    pthread_condattr_setclock(&by_monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->moved, &by_monotonic);
    pthread_condattr_destroy(&by_monotonic);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread, NULL, serve, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        release(p);
        return NULL;
    }
    pthread_detach(thread);
    return p;
}

void patience_free(struct patience *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->turn = TURN_LEFT;
    pthread_cond_broadcast(&p->moved);
    pthread_mutex_unlock(&p->lock);
}

static void look_again_at(struct timespec *t)
{
    clock_gettime(CLOCK_MONOTONIC, t);
    t->tv_nsec += LOOK_NS;
    if (t->tv_nsec >= SECOND_NS) {
        t->tv_sec++;
        t->tv_nsec -= SECOND_NS;
    }
}

/* Whether the read came back. The lock is held. */
static bool wait_for(struct patience *p)
{
    int64_t until = -1;

    while (p->turn == TURN_ASKED) {
        struct timespec next;

        if (until < 0 && interrupt_asked())
            until = monotonic_ms() + PATIENCE_MS;
        if (until >= 0 && monotonic_ms() >= until)
            return false;
        look_again_at(&next);
        (void)pthread_cond_timedwait(&p->moved, &p->lock, &next);
    }
    return true;
}

static ssize_t ask(struct patience **out, int fd, void *to, size_t size, off_t off)
{
    struct patience *p = *out;
    bool came;

    pthread_mutex_lock(&p->lock);
    if (p->room < size) {
        free(p->bytes);
        p->bytes = mem_alloc(size);
        p->room = size;
    }
    p->fd = fd;
    p->off = off;
    p->size = size;
    p->turn = TURN_ASKED;
    pthread_cond_broadcast(&p->moved);
    came = wait_for(p);
    p->turn = came ? TURN_IDLE : TURN_LEFT;
    if (came && p->got > 0)
        memcpy(to, p->bytes, (size_t)p->got);
    errno = came ? p->error : ECANCELED;
    pthread_mutex_unlock(&p->lock);
    if (came)
        return p->got;
    *out = NULL;
    return -1;
}

/* What is in memory already; -1 with errno EAGAIN or EOPNOTSUPP where it is not. */
static ssize_t read_what_is_there(int fd, void *to, size_t size, off_t off)
{
    struct iovec all = {to, size};

    return preadv2(fd, &all, 1, off, RWF_NOWAIT);
}

ssize_t patience_read(struct patience **p, int fd, void *to, size_t size, off_t off)
{
    ssize_t n = read_what_is_there(fd, to, size, off);

    if (n >= 0)
        return n;
    if (!*p)
        *p = begin();
    return *p ? ask(p, fd, to, size, off) : read_at(fd, to, size, off);
}

int patience_over_path(const char *path, struct err *e)
{
    return err_set(e, ERR_CANCEL,
                   "stopped at your request; a read of %s had not come back, and is left behind: "
                   "what it lies on does not answer",
                   path);
}

int patience_over(int fd, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};

    if (!patience_path_of(getpid(), fd, &path))
        buf_adds(&path, "a file");
    return patience_over_path(buf_text(&path), e);
}

bool patience_reap(pid_t pid, int wait_ms, int *status)
{
    CLEANUP_FD int fd = pidfd_open(pid, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t until = monotonic_ms() + wait_ms;
    pid_t ended;

    while (fd >= 0 && poll(&p, 1, wait_ms) < 0 && errno == EINTR && monotonic_ms() < until)
        ;
    while ((ended = waitpid(pid, status, fd < 0 ? 0 : WNOHANG)) < 0 && errno == EINTR)
        ;
    return ended != 0; /* a program that ignores SIGCHLD gets no status */
}

/* "PID (NAME) S …", with times in columns 14 and 15. */
bool patience_is_waited_for(pid_t pid, pid_t thread, uint64_t *ticks)
{
    CLEANUP_FD int fd = -1;
    char path[64], text[STAT_SIZE];
    unsigned long user = 0, system = 0;
    const char *behind;
    char state = 0;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)thread);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0)
        return false;
    text[n] = '\0';
    behind = strrchr(text, ')');
    if (!behind || sscanf(behind, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state,
                          &user, &system) != 3)
        return false;
    *ticks += (uint64_t)user + system;
    return state == 'D';
}

/* "NUMBER ARGUMENT …", or "running". Calls that can wait for a medium have the descriptor first. */
int patience_fd_of(pid_t pid, pid_t thread)
{
    CLEANUP_FD int fd = -1;
    char path[64], text[256];
    char *end;
    ssize_t n;
    long first;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)pid, (int)thread);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0)
        return -1;
    text[n] = '\0';
    (void)strtol(text, &end, 10);
    if (end == text || *end != ' ')
        return -1;
    first = strtol(end, NULL, 16);
    return first >= 0 && first <= INT_MAX ? (int)first : -1;
}

bool patience_path_of(pid_t pid, int fd, struct buf *out)
{
    char path[64], target[PATH_MAX];
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
    n = fd < 0 ? -1 : readlink(path, target, sizeof(target));
    if (n <= 0 || target[0] != '/')
        return false;
    buf_addstr(out, (struct str){target, (size_t)n});
    return true;
}
