/* recover.c: copies programs that run and files that are open though no folder names them any more.
 */
#include <unistd.h>
#include "collect/hidden.h"

enum { STEP_SIZE = 256 << 10, LINK_COUNT = 65536, HOLE_COUNT = 65536, FD_COUNT = 1 << 20 };
enum { MIB = 1 << 20 };

/* How much is copied, by profile. */
struct recover_limit {
    uint64_t program;
    uint64_t file;
    uint64_t all;
};
static const struct recover_limit triage_limit = {256 * (uint64_t)MIB, 16 * (uint64_t)MIB,
                                                  256 * (uint64_t)MIB};
static const struct recover_limit full_limit = {4096 * (uint64_t)MIB, 1024 * (uint64_t)MIB,
                                                16384 * (uint64_t)MIB};

/* An inode that was copied, and under which member. */
struct recovered {
    dev_t device;
    ino_t inode;
    uint64_t pid;
    uint64_t fd; /* UINT64_MAX: the program */
};

struct recovery {
    struct collection *c;
    const struct recover_limit *limit;
    int proc;
    uint64_t left; /* bytes that may still be copied */
    char *step;
    struct recovered *list;
    size_t count;
    size_t room;
    struct told deleted;
    struct told memory;
};

#define PROGRAM UINT64_MAX

static void name_member(struct buf *out, uint64_t pid, uint64_t fd)
{
    buf_clear(out);
    buf_addf(out, "recovered/%llu/", (unsigned long long)pid);
    if (fd == PROGRAM)
        buf_adds(out, "exe");
    else
        buf_addf(out, "fd/%llu", (unsigned long long)fd);
}

static const struct recovered *find(const struct recovery *r, const struct stat *st)
{
    for (size_t i = r->count; i > 0; i--)
        if (r->list[i - 1].inode == st->st_ino && r->list[i - 1].device == st->st_dev)
            return &r->list[i - 1];
    return NULL;
}

static void remember(struct recovery *r, const struct stat *st, uint64_t pid, uint64_t fd)
{
    if (r->count == LINK_COUNT)
        return;
    r->list = mem_grow(r->list, r->count, &r->room, sizeof(*r->list));
    r->list[r->count++] = (struct recovered){st->st_dev, st->st_ino, pid, fd};
}

static void settle(struct recovery *r, int code)
{
    if (code && !r->c->status)
        r->c->status = code;
}

/* Bytes before size that the file system does not store. */
static uint64_t count_holes(int fd, uint64_t size)
{
    uint64_t holes = 0;
    off_t at = 0;

    for (int i = 0; i < HOLE_COUNT && (uint64_t)at < size; i++) {
        off_t data = lseek(fd, at, SEEK_DATA);

        if (data < 0)
            return errno == ENXIO ? holes + size - (uint64_t)at : holes;
        if ((uint64_t)data >= size)
            return holes + size - (uint64_t)at;
        holes += (uint64_t)(data - at);
        at = lseek(fd, data, SEEK_HOLE);
        if (at < 0)
            return holes;
    }
    return holes;
}

/* Returns why it is not whole, or NULL. */
static const char *copy_content(struct recovery *r, int fd, uint64_t size)
{
    uint64_t at = 0;

    while (at < size && r->c->status == 0) {
        size_t want = size - at < STEP_SIZE ? (size_t)(size - at) : STEP_SIZE;
        ssize_t n = pread(fd, r->step, want, (off_t)at);

        if (collection_is_stopped(r->c))
            return "stopped";
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? "unreadable" : "shrank";
        collection_pace(r->c, (size_t)n);
        settle(r, bundle_data(r->c->bundle, r->step, (size_t)n, r->c->e));
        at += (uint64_t)n;
    }
    return NULL;
}

/* False where nothing was put. */
static bool put_copy(struct recovery *r, struct bundle_member *m, int fd, uint64_t most)
{
    uint64_t whole = (uint64_t)m->st->st_size;
    uint64_t holes;
    const char *part;
    struct stat now;

    m->type = '0';
    m->size = whole < most ? whole : most;
    if (!collection_has_room(r->c, m->path, m->size))
        return false;
    r->left -= m->size < r->left ? m->size : r->left;
    holes = count_holes(fd, m->size);
    settle(r, bundle_member_begin(r->c->bundle, m, r->c->e));
    if (r->c->status)
        return false;
    part = copy_content(r, fd, m->size);
    if (!part && whole > most)
        part = "limit";
    else if (!part && fstat(fd, &now) == 0 && (uint64_t)now.st_size > whole)
        part = "grew";
    if (r->c->status == 0)
        settle(r, bundle_member_end(r->c->bundle, part, holes, r->c->e));
    return true;
}

static void put_link(struct recovery *r, struct bundle_member *m, const struct recovered *first)
{
    CLEANUP_BUF struct buf target = {0};

    if (!collection_has_room(r->c, m->path, 0))
        return;
    name_member(&target, first->pid, first->fd);
    m->type = '1';
    m->target = buf_str(&target);
    settle(r, bundle_member_begin(r->c->bundle, m, r->c->e));
    if (r->c->status == 0)
        settle(r, bundle_member_end(r->c->bundle, NULL, 0, r->c->e));
}

static void recover_open(struct recovery *r, int file, uint64_t pid, uint64_t fd, struct str link)
{
    CLEANUP_BUF struct buf name = {0};
    uint64_t most = fd == PROGRAM ? r->limit->program : r->limit->file;
    struct bundle_member m = {.source = link};
    const struct recovered *first;
    struct stat st;

    if (fstat(file, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    name_member(&name, pid, fd);
    m.path = buf_str(&name);
    m.st = &st;
    first = find(r, &st);
    if (first) {
        put_link(r, &m, first);
        return;
    }
    if (r->left == 0) {
        collection_missing(r->c, m.path, 0, "the limit of what is recovered was reached before it");
        return;
    }
    if (put_copy(r, &m, file, most < r->left ? most : r->left))
        remember(r, &st, pid, fd);
}

/* By its name in /proc, which opens the inode that is in use; what the path names now is another. A
 * FIFO or a device is not opened at all. */
static int open_held(struct recovery *r, const char *path, uint64_t pid)
{
    enum { HOW = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };
    struct stat st;
    int fd;

    if (host_held_is_slow(&r->c->host, r->proc, path, pid))
        return -EREMOTE;
    if (fstatat(r->proc, path, &st, 0) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    fd = openat(r->proc, path, HOW | O_NOATIME);
    if (fd < 0 && errno == EPERM)
        fd = openat(r->proc, path, HOW);
    return fd < 0 ? -errno : fd;
}

/* What a process holds may be gone by now; that is no gap. */
static void recover_path(struct recovery *r, const char *path, uint64_t pid, uint64_t fd,
                         struct str link)
{
    CLEANUP_BUF struct buf what = {0};
    CLEANUP_HOST_FD int file = open_held(r, path, pid);

    buf_addf(&what, "/proc/%s", path);
    if (file >= 0)
        recover_open(r, file, pid, fd, link);
    else if (file != -ENOENT && file != -ESRCH && file != -EINVAL)
        collection_missing(r->c, buf_str(&what), -file, "it cannot be recovered");
}

static void tell_program(struct recovery *r, const struct process *p)
{
    CLEANUP_BUF struct buf member = {0};
    bool is_memory = str_starts(p->program, "/memfd:");
    struct told *told = is_memory ? &r->memory : &r->deleted;

    if (!told_one(told))
        return;
    name_member(&member, p->pid, PROGRAM);
    if (is_memory)
        collection_observe(r->c, told->code, buf_str(&member),
                           "Process %llu runs " STR_FMT ", a program that lies in memory only.",
                           (unsigned long long)p->pid, STR_ARG(p->program));
    else
        collection_observe(r->c, told->code, buf_str(&member),
                           "Process %llu runs " STR_FMT ", which was deleted or replaced.",
                           (unsigned long long)p->pid, STR_ARG(p->program));
}

static void recover_program(struct recovery *r, const struct process *p)
{
    CLEANUP_BUF struct buf link = {0};
    char path[40];

    snprintf(path, sizeof(path), "%llu/exe", (unsigned long long)p->pid);
    if (!p->is_deleted || host_link_in(r->proc, path, &link) < 0)
        return;
    if (r->c->host.is_live)
        recover_path(r, path, p->pid, PROGRAM, buf_str(&link));
    tell_program(r, p);
}

static void recover_fd(struct recovery *r, int folder, const struct process *p, const char *name)
{
    CLEANUP_BUF struct buf link = {0};
    char path[80];
    uint64_t fd;

    if (!str_u64(str_of(name), &fd) || host_link_in(folder, name, &link) < 0 ||
        !str_starts(buf_str(&link), "/") || !str_ends(buf_str(&link), " (deleted)"))
        return;
    snprintf(path, sizeof(path), "%llu/fd/%llu", (unsigned long long)p->pid,
             (unsigned long long)fd);
    recover_path(r, path, p->pid, fd, buf_str(&link));
}

static void recover_fds(struct recovery *r, const struct process *p)
{
    char path[40];
    DIR *dir;
    struct dirent *entry;
    int fd;

    snprintf(path, sizeof(path), "%llu/fd", (unsigned long long)p->pid);
    fd = openat(r->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd < 0 && errno != ENOENT && errno != ESRCH)
            collection_missing(r->c, (struct str){path, strlen(path)}, errno,
                               "deleted files that it holds open");
        collect_fd_close(&fd);
        return;
    }
    for (size_t i = 0; i < FD_COUNT && r->c->status == 0 && !collection_is_stopped(r->c) &&
                       (entry = readdir(dir));
         i++)
        recover_fd(r, dirfd(dir), p, entry->d_name);
    closedir(dir);
}

/* Programs first, so that large files do not use up what may be copied. */
static void recover_all(struct recovery *r,
                        void (*recover)(struct recovery *r, const struct process *p))
{
    const struct process_list *list = &r->c->processes;

    for (size_t i = 0; i < list->count && r->c->status == 0; i++) {
        const struct process *p = &list->list[i];

        if (!p->is_self && !p->is_kernel && !collection_is_stopped(r->c))
            recover(r, p);
    }
}

void collection_recover(struct collection *c)
{
    CLEANUP_HOST_FD int proc = host_open(&c->host, "proc", O_RDONLY | O_DIRECTORY);
    CLEANUP_FREE char *step = mem_alloc(STEP_SIZE);
    struct recovery r = {
        .c = c,
        .limit = c->options->profile == PROFILE_FULL ? &full_limit : &triage_limit,
        .proc = proc,
        .step = step,
        .deleted.code = "deleted-program",
        .memory.code = "memory-program",
    };

    if (proc < 0) {
        collection_missing(c, STR("/proc"), -proc, "nothing can be recovered");
        return;
    }
    r.left = r.limit->all;
    recover_all(&r, recover_program);
    if (c->host.is_live)
        recover_all(&r, recover_fds);
    told_rest(c, &r.deleted, "processes run a program that was deleted or replaced");
    told_rest(c, &r.memory, "processes run a program that lies in memory only");
    free(r.list);
}
