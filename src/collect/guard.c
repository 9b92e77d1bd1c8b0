/* guard.c: a thread for what may never come back, and a look now and then at whether it does
 * anything. */
#include "collect/guard.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "collect/gather.h"

enum {
    PATIENCE_S = 20,
    PATIENCE_LEAST_S = 2,
    LOOK_MS = 100,
    SMALL_WORK_NS = 2000000, /* what is too little to be work */
    STACK_SIZE = 8 << 20,
    CALL_SIZE = 4096,
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
};

struct running {
    guarded *run;
    void *context;
    pid_t thread;
    bool is_done;
    pthread_mutex_t lock;
    pthread_cond_t done;
};

/* What was seen of the program's work, to be compared. */
struct work {
    unsigned beats;
    int64_t own_ns;   /* of the thread */
    int64_t other_ns; /* of all others but the one that looks */
    int64_t since_ns; /* when it last was another */
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t = {0};

    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

unsigned guard_patience_s(const struct guard *g)
{
    unsigned s = g->given_up < 8 ? (unsigned)PATIENCE_S >> g->given_up : 0;

    return s < PATIENCE_LEAST_S ? PATIENCE_LEAST_S : s;
}

static void *begin(void *context)
{
    struct running *r = context;

    pthread_mutex_lock(&r->lock);
    r->thread = (pid_t)syscall(SYS_gettid);
    pthread_mutex_unlock(&r->lock);
    r->run(r->context);
    pthread_mutex_lock(&r->lock);
    r->is_done = true;
    pthread_cond_signal(&r->done);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* A thread that is held up comes here as soon as the kernel lets it go, before it does anything
 * else. */
static void stay(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    while (info->si_code == SI_TKILL && info->si_pid == getpid())
        pause();
}

/* All but this thread: each of them waits in the kernel. */
static void park_others(void)
{
    struct sigaction how = {.sa_sigaction = stay, .sa_flags = (int)(SA_SIGINFO | SA_RESTART)};
    DIR *tasks = opendir("/proc/self/task");
    pid_t self = (pid_t)syscall(SYS_gettid);
    struct dirent *entry;

    sigfillset(&how.sa_mask);
    (void)sigaction(SIGUSR2, &how, NULL);
    while (tasks && (entry = readdir(tasks))) {
        uint64_t task;

        if (str_u64(str_of(entry->d_name), &task) && (pid_t)task != self)
            (void)syscall(SYS_tgkill, getpid(), (pid_t)task, SIGUSR2);
    }
    if (tasks)
        closedir(tasks);
}

/* Calls that have a name in our own memory as their first argument, or as the second one behind a
 * descriptor; of others the first may be a descriptor. */
static const struct call {
    long number;
    bool is_name_first;
} calls[] = {{SYS_openat, false},     {SYS_openat2, false},  {SYS_newfstatat, false},
             {SYS_readlinkat, false}, {SYS_statx, false},    {SYS_statfs, true},
             {SYS_lgetxattr, true},   {SYS_llistxattr, true}};

/* "257 0x5 0x7ffd…" and further arguments: proc_pid_syscall(5). */
static bool read_call(const struct running *r, uint64_t *call, uint64_t args[2])
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)r->thread);
    if (host_read_in(AT_FDCWD, path, &text, CALL_SIZE) < 0)
        return false;
    rest = buf_str(&text);
    if (!str_u64(str_cut(&rest, ' '), call))
        return false;
    for (int i = 0; i < 2; i++) {
        struct str arg = str_cut(&rest, ' ');

        if (!str_starts(arg, "0x") || !read_u64_base(str_from(arg, 2), 16, &args[i]))
            return false;
    }
    return true;
}

static void tell_where(const struct running *r, struct buf *where)
{
    const char *name = NULL;
    bool has_descriptor = true;
    char path[64];
    uint64_t call;
    uint64_t args[2];

    if (!read_call(r, &call, args))
        return;
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        if (call == (uint64_t)calls[i].number) {
            has_descriptor = !calls[i].is_name_first;
            name = (const char *)(uintptr_t)args[has_descriptor];
        }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", (int)args[0]);
    if (has_descriptor && !(name && name[0] == '/'))
        (void)host_link_in(AT_FDCWD, path, where);
    if (name && name[0] && where->len && where->p[where->len - 1] != '/')
        buf_addc(where, '/');
    buf_adds(where, name ? name : "");
}

static bool has_worked(const struct guard *g, clockid_t clock, struct work *w)
{
    unsigned beats = atomic_load(&g->beats);
    int64_t own = clock_ns(clock);
    int64_t other = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - clock_ns(CLOCK_THREAD_CPUTIME_ID) - own;

    if (beats == w->beats && own == w->own_ns && other - w->other_ns < SMALL_WORK_NS &&
        !atomic_load(&g->waiting))
        return false;
    w->beats = beats;
    w->own_ns = own;
    w->other_ns = other;
    return true;
}

/* Whether it was done before nothing happened for so long. The lock is held. */
static bool wait_for(const struct guard *g, struct running *r, pthread_t thread)
{
    int64_t patience = (int64_t)guard_patience_s(g) * NS_PER_S;
    struct work w = {.since_ns = clock_ns(CLOCK_MONOTONIC)};
    clockid_t clock;

    if (pthread_getcpuclockid(thread, &clock) != 0)
        clock = CLOCK_MONOTONIC;
    while (!r->is_done) {
        int64_t look = clock_ns(CLOCK_REALTIME) + (int64_t)LOOK_MS * NS_PER_MS;
        int64_t now;

        (void)pthread_cond_timedwait(&r->done, &r->lock,
                                     &(struct timespec){look / NS_PER_S, (long)(look % NS_PER_S)});
        now = clock_ns(CLOCK_MONOTONIC);
        if (r->is_done || has_worked(g, clock, &w))
            w.since_ns = now;
        else if (now - w.since_ns >= patience)
            return false;
    }
    return true;
}

/* A C library may give threads little room by itself. */
static int start(struct running *r, pthread_t *out)
{
    pthread_attr_t how;
    int code = pthread_attr_init(&how);

    if (code)
        return code;
    (void)pthread_attr_setstacksize(&how, STACK_SIZE);
    code = pthread_create(out, &how, begin, r);
    (void)pthread_attr_destroy(&how);
    return code;
}

bool guard_run(struct guard *g, guarded *run, void *context, struct buf *where)
{
    struct running *r = mem_new(struct running);
    pthread_t thread;
    bool is_done;

    *r = (struct running){.run = run,
                          .context = context,
                          .lock = PTHREAD_MUTEX_INITIALIZER,
                          .done = PTHREAD_COND_INITIALIZER};
    pthread_mutex_lock(&r->lock);
    if (start(r, &thread) != 0) {
        pthread_mutex_unlock(&r->lock);
        free(r);
        run(context);
        return true;
    }
    is_done = wait_for(g, r, thread);
    pthread_mutex_unlock(&r->lock);
    if (is_done) {
        pthread_join(thread, NULL);
        free(r);
        return true;
    }
    tell_where(r, where); /* a signal makes it leave the call for a moment */
    park_others();
    g->given_up++;
    return false;
}
