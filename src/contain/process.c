/* process.c: reads the processes of this host, and who descends from whom. */
#include "contain/process.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/mem.h"
#include "contain/keeper.h"
#include "contain/watchdog.h"
#include "sys/file.h"

enum { PATH_SIZE = 64, STAT_SIZE = 8192, PROGRAM_SIZE = 64 << 20, KERNEL_THREAD = 0x00200000 };
/* The fields of /proc/PID/stat that are wanted, counted from the state, which is the third. */
enum { STATE = 0, PARENT = 1, SESSION = 3, FLAGS = 6, START = 19 };

static bool read_numbers(struct str rest, struct process *p)
{
    uint64_t n;

    for (int field = STATE; field <= START; field++) {
        struct str word = str_cut(&rest, ' ');

        if (field == STATE)
            p->state = word.len ? word.p[0] : '?';
        if (field != PARENT && field != SESSION && field != FLAGS && field != START)
            continue;
        if (!str_u64(word, &n))
            return false;
        if (field == PARENT)
            p->parent = (pid_t)n;
        else if (field == SESSION)
            p->session = (pid_t)n;
        else if (field == FLAGS)
            p->is_kernel = (n & KERNEL_THREAD) != 0;
        else
            p->start = n;
    }
    return true;
}

static bool read_stat(struct process *p)
{
    CLEANUP_BUF struct buf text = {0};
    char path[PATH_SIZE];
    const char *open, *close;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)p->pid);
    if (file_read(&text, path, STAT_SIZE, NULL))
        return false;
    open = strchr(buf_text(&text), '(');
    close = strrchr(buf_text(&text), ')');
    if (!open || !close || close < open || close[1] != ' ')
        return false;
    snprintf(p->name, sizeof(p->name), "%.*s", (int)(close - open - 1), open + 1);
    return read_numbers(str_of(close + 2), p);
}

static bool read_uids(struct process *p)
{
    CLEANUP_BUF struct buf text = {0};
    char path[PATH_SIZE];
    const char *line;
    struct str rest;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)p->pid);
    if (file_read(&text, path, STAT_SIZE, NULL))
        return false;
    line = strstr(buf_text(&text), "\nUid:\t");
    if (!line)
        return false;
    rest = str_of(line + 6);
    rest = str_cut(&rest, '\n');
    for (size_t i = 0; i < COUNT_OF(p->uids); i++) {
        uint64_t n;

        if (!str_u64(str_cut(&rest, '\t'), &n))
            return false;
        p->uids[i] = (uint32_t)n;
    }
    return true;
}

bool process_read(pid_t pid, struct process *out)
{
    struct process p = {.pid = pid};

    if (!read_stat(&p) || !read_uids(&p))
        return false;
    *out = p;
    return true;
}

static void folderp(DIR **d)
{
    if (*d)
        closedir(*d);
}

static int by_pid(const void *a, const void *b)
{
    const struct process *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

int processes_read(struct processes *l, struct err *e)
{
    CLEANUP(folderp) DIR *d = opendir("/proc");
    struct dirent *item;

    *l = (struct processes){0};
    if (!d)
        return err_errno(e, "cannot list the processes of this host");
    while ((item = readdir(d)) && l->count < PROCESS_COUNT) {
        struct process p;
        uint64_t pid;

        if (!str_u64(str_of(item->d_name), &pid) || !process_read((pid_t)pid, &p))
            continue;
        l->items = mem_grow(l->items, l->count, &l->room, sizeof(p));
        l->items[l->count++] = p;
    }
    if (l->count)
        qsort(l->items, l->count, sizeof(*l->items), by_pid);
    return 0;
}

void processes_release(struct processes *l)
{
    free(l->items);
    *l = (struct processes){0};
}

struct process *processes_find(struct processes *l, pid_t pid)
{
    struct process key = {.pid = pid};

    return l->count ? bsearch(&key, l->items, l->count, sizeof(key), by_pid) : NULL;
}

/* By its parent, else by the one who began its session. */
static unsigned generation_above(struct processes *l, const struct process *p)
{
    const struct process *parent = processes_find(l, p->parent);
    const struct process *leader = processes_find(l, p->session);

    if (parent && parent->generation)
        return parent->generation;
    return leader && leader != p ? leader->generation : 0;
}

bool process_mark_tree(struct processes *l, pid_t pid, uint64_t start)
{
    struct process *root = processes_find(l, pid);
    bool is_new = true;

    if (!root || root->start != start)
        return false;
    root->generation = 1;
    while (is_new) {
        is_new = false;
        for (size_t i = 0; i < l->count; i++) {
            struct process *p = &l->items[i];
            unsigned above = p->generation ? 0 : generation_above(l, p);

            if (!above)
                continue;
            p->generation = above + 1;
            is_new = true;
        }
    }
    return true;
}

void process_mark_user(struct processes *l, uint32_t uid)
{
    for (size_t i = 0; i < l->count; i++)
        for (size_t k = 0; k < COUNT_OF(l->items[i].uids); k++)
            if (l->items[i].uids[k] == uid)
                l->items[i].generation = 1;
}

bool process_is_ours(struct processes *l, pid_t pid)
{
    const struct process *p = processes_find(l, getpid());

    for (size_t steps = 0; p && steps < l->count; steps++) {
        if (p->pid == pid)
            return true;
        p = p->parent ? processes_find(l, p->parent) : NULL;
    }
    return false;
}

static bool is_our_program(pid_t pid)
{
    CLEANUP_BUF struct buf theirs = {0};
    CLEANUP_BUF struct buf ours = {0};
    char path[PATH_SIZE];
    struct stat a, b;

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    if (stat(path, &a) < 0 || stat("/proc/self/exe", &b) < 0)
        return false;
    if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return true;
    return a.st_size == b.st_size && file_read(&theirs, path, PROGRAM_SIZE, NULL) == 0 &&
           file_read(&ours, "/proc/self/exe", PROGRAM_SIZE, NULL) == 0 &&
           str_eq(buf_str(&theirs), buf_str(&ours));
}

/* By the words of its command line, each of which ends with a NUL. */
static bool is_lone(const char *line, size_t len)
{
    size_t first = strlen(line) + 1;

    return strcmp(line, WATCHDOG_NAME) == 0 || strcmp(line, KEEPER_NAME) == 0 ||
           (first < len && strcmp(line + first, "keep") == 0);
}

bool process_is_watchdog(const struct process *p)
{
    CLEANUP_BUF struct buf line = {0};
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)p->pid);
    if (p->uids[1] != geteuid() || file_read(&line, path, STAT_SIZE, NULL))
        return false;
    return is_lone(buf_text(&line), line.len) && is_our_program(p->pid);
}

int process_open(const struct process *p)
{
    int fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
    struct process now;

    if (fd >= 0 && process_read(p->pid, &now) && now.start == p->start)
        return fd;
    fd_close(fd);
    return -1;
}
