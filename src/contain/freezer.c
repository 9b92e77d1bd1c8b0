/* freezer.c: puts processes into groups that stand still, and back. */
#include "contain/freezer.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"

#define PREFIX "calm-contain-"

enum {
    PATH_SIZE = 4096,
    PROC_SIZE = 64,
    NAME_SIZE = 64,
    TEXT_SIZE = 1 << 20,
    WAIT_MS = 10000,
    STEP_MS = 2,
    DEPTH_MOST = 64,
    ROUND_COUNT = 1000
};

const char *freezer_root(void)
{
    static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    struct statfs st;

    for (size_t i = 0; i < COUNT_OF(roots); i++)
        if (statfs(roots[i], &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC)
            return roots[i];
    return NULL;
}

static void group_name(char out[NAME_SIZE], const struct id *id)
{
    char digits[33] = {0};

    hex_write(digits, id->b, sizeof(id->b));
    snprintf(out, NAME_SIZE, PREFIX "%s", digits);
}

/* Of its line "0::/…". False where it has ended, or is outside of what can be seen here. */
static bool read_group(pid_t pid, char out[PATH_SIZE])
{
    CLEANUP_BUF struct buf text = {0};
    char path[PROC_SIZE];
    struct str rest;

    snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
    if (file_read(&text, path, TEXT_SIZE, NULL))
        return false;
    rest = buf_str(&text);
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');

        if (!str_starts(line, "0::/") || str_starts(line, "0::/.."))
            continue;
        snprintf(out, PATH_SIZE, STR_FMT, STR_ARG(str_from(line, 3)));
        return true;
    }
    return false;
}

enum freezer_place freezer_where(pid_t pid, const struct id *id)
{
    char group[PATH_SIZE], name[NAME_SIZE];
    const char *last;

    if (!freezer_root() || !read_group(pid, group))
        return FREEZER_FREE;
    last = strrchr(group, '/') + 1;
    group_name(name, id);
    if (strcmp(last, name) == 0)
        return FREEZER_OURS;
    return strncmp(last, PREFIX, strlen(PREFIX)) == 0 ? FREEZER_OTHER : FREEZER_FREE;
}

static int write_word(const char *group, const char *file, const char *word)
{
    char path[PATH_SIZE + NAME_SIZE];
    CLEANUP_FD int fd = -1;

    snprintf(path, sizeof(path), "%s/%s", group, file);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd < 0 || write(fd, word, strlen(word)) < 0 ? -1 : 0;
}

static int move(const char *group, pid_t pid)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", (int)pid);
    return write_word(group, "cgroup.procs", number);
}

static bool is_still_there(const struct process *p)
{
    struct process now;

    return process_read(p->pid, &now) && now.start == p->start && now.state != 'Z';
}

int freezer_add(const struct process *p, const struct id *id, struct err *e)
{
    char below[PATH_SIZE], own[PATH_SIZE + 32], group[PATH_SIZE + 128], name[NAME_SIZE];

    if (!read_group(p->pid, below))
        return is_still_there(p) ? err_set(e, ERR_IO,
                                           "the group of process %d is not seen from "
                                           "here, so that it cannot be frozen",
                                           (int)p->pid)
                                 : 0;
    group_name(name, id);
    snprintf(own, sizeof(own), "%s%s", freezer_root(), strcmp(below, "/") == 0 ? "" : below);
    snprintf(group, sizeof(group), "%s/%s", own, name);
    if ((mkdir(group, 0755) < 0 && errno != EEXIST) || write_word(group, "cgroup.freeze", "1") < 0)
        return is_still_there(p) ? err_errno(e, "cannot make the group %s", group) : 0;
    if (move(group, p->pid) < 0)
        return is_still_there(p)
                   ? err_errno(e, "cannot freeze process %d (%s)", (int)p->pid, p->name)
                   : 0;
    if (!is_still_there(p))
        (void)move(own, p->pid); /* another that has its number now */
    return 0;
}

/* Told of each group of that name; non-zero ends the walk. */
typedef int see_group(void *context, const char *path);

static void folderp(DIR **d)
{
    if (*d)
        closedir(*d);
}

static int walk(const char *path, const char *name, unsigned depth, see_group *see, void *context)
{
    CLEANUP(folderp) DIR *d = depth < DEPTH_MOST ? opendir(path) : NULL;
    struct dirent *item;

    while (d && (item = readdir(d))) {
        CLEANUP_BUF struct buf below = {0};
        int rc;

        if (item->d_type != DT_DIR || item->d_name[0] == '.')
            continue;
        buf_addf(&below, "%s/%s", path, item->d_name);
        rc = walk(buf_text(&below), name, depth + 1, see, context);
        if (rc == 0 && strcmp(item->d_name, name) == 0)
            rc = see(context, buf_text(&below));
        if (rc)
            return rc;
    }
    return 0;
}

static int each_group(const struct id *id, see_group *see, void *context)
{
    char name[NAME_SIZE];

    group_name(name, id);
    return freezer_root() ? walk(freezer_root(), name, 0, see, context) : 0;
}

static void pause_ms(unsigned ms)
{
    struct timespec t = {.tv_nsec = (long)ms * 1000000};

    nanosleep(&t, NULL);
}

struct waiting {
    int64_t until_ms;
    struct err *e;
};

static int wait_frozen(void *context, const char *path)
{
    struct waiting *w = context;
    char events[PATH_SIZE + NAME_SIZE];

    snprintf(events, sizeof(events), "%s/cgroup.events", path);
    for (;;) {
        CLEANUP_BUF struct buf text = {0};
        int rc = file_read(&text, events, PATH_SIZE, w->e);

        if (rc)
            return rc;
        if (strstr(buf_text(&text), "frozen 1"))
            return 0;
        if (monotonic_ms() >= w->until_ms)
            return err_set(w->e, ERR_IO,
                           "not all of %s stands still after 10 s: one of its processes waits in "
                           "the kernel, for a disk or a file server",
                           path);
        pause_ms(STEP_MS);
    }
}

int freezer_wait(const struct id *id, struct err *e)
{
    struct waiting w = {.until_ms = monotonic_ms() + WAIT_MS, .e = e};

    return each_group(id, wait_frozen, &w);
}

/* 1: some were moved; 0: there is none in it. */
static int move_all(const char *from, const char *to, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    char list[PATH_SIZE + NAME_SIZE];
    struct str rest;
    int rc;

    snprintf(list, sizeof(list), "%s/cgroup.procs", from);
    rc = file_read(&text, list, TEXT_SIZE, e);
    if (rc)
        return rc;
    rest = buf_str(&text);
    while (rest.len) {
        uint64_t pid;

        if (str_u64(str_cut(&rest, '\n'), &pid) && move(to, (pid_t)pid) < 0 && errno != ESRCH)
            return err_errno(e, "cannot put process %d back into %s", (int)pid, to);
    }
    return text.len > 0;
}

static int remove_group(const char *path, struct err *e)
{
    for (int round = 0; round < ROUND_COUNT; round++) {
        if (rmdir(path) == 0 || errno == ENOENT)
            return 0;
        if (errno != EBUSY)
            break;
        pause_ms(STEP_MS); /* one that ends takes its time */
    }
    return err_errno(e, "cannot remove the group %s", path);
}

static int release_one(void *context, const char *path)
{
    struct err *e = context;
    char own[PATH_SIZE];
    int rc = 1;

    snprintf(own, sizeof(own), "%.*s", (int)(strrchr(path, '/') - path), path);
    for (int round = 0; round < ROUND_COUNT && rc == 1; round++)
        rc = move_all(path, own, e);
    return rc < 0 ? rc : remove_group(path, e);
}

int freezer_release(const struct id *id, struct err *e)
{
    return each_group(id, release_one, e);
}

/* As cgroup.kill does, which kernels before 5.14 lack. */
static int end_one(void *context, const char *path)
{
    char list[PATH_SIZE + NAME_SIZE];

    snprintf(list, sizeof(list), "%s/cgroup.procs", path);
    for (int round = 0; round < ROUND_COUNT && write_word(path, "cgroup.kill", "1") < 0; round++) {
        CLEANUP_BUF struct buf text = {0};
        struct str rest;
        int rc = file_read(&text, list, TEXT_SIZE, context);

        if (rc || !text.len)
            break;
        for (rest = buf_str(&text); rest.len;) {
            uint64_t pid;

            if (str_u64(str_cut(&rest, '\n'), &pid))
                (void)kill((pid_t)pid, SIGKILL);
        }
        pause_ms(STEP_MS);
    }
    return remove_group(path, context);
}

int freezer_end(const struct id *id, struct err *e)
{
    return each_group(id, end_one, e);
}
