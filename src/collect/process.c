/* process.c: reads /proc/PID of every process, and the sockets it holds. */
#include "collect/process.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "collect/gather.h"

enum { STAT_SIZE = 4096, STATUS_SIZE = 16384, CGROUP_SIZE = 16384, FD_COUNT = 1 << 20 };
#define KERNEL_THREAD_FLAG 0x00200000u /* PF_KTHREAD, include/linux/sched.h */

/* One process being read. */
struct reading {
    struct process_list *list;
    struct host *host;
    int folder; /* /proc/PID */
    struct process p;
    struct buf *buf;
    struct str network; /* our own network namespace, as the link says */
};

void process_list_release(struct process_list *p)
{
    free(p->list);
    free(p->sockets);
    *p = (struct process_list){0};
}

static struct str keep(struct reading *r, struct str text)
{
    return (struct str){arena_dup(r->list->arena, text.p, text.len), text.len};
}

static int read_in(struct reading *r, const char *name, size_t most)
{
    buf_clear(r->buf);
    return host_read_in(r->folder, name, r->buf, most);
}

static uint64_t number(struct str text)
{
    uint64_t n = 0;

    return str_u64(text, &n) ? n : 0;
}

/* proc(5): "PID (NAME) STATE PPID …"; the name may hold anything, so the last ) ends it. */
static int read_stat(struct reading *r)
{
    enum { STATE = 3, PARENT = 4, FLAGS = 9, THREADS = 20, START = 22, RESIDENT = 24 };
    int code = read_in(r, "stat", STAT_SIZE);
    struct str text = buf_str(r->buf);
    const char *open = text.len ? memchr(text.p, '(', text.len) : NULL;
    const char *close = text.len ? memrchr(text.p, ')', text.len) : NULL;
    struct str rest;

    if (code < 0)
        return code;
    if (!open || !close || close < open)
        return -ESRCH;
    r->p.name = keep(r, (struct str){open + 1, (size_t)(close - open - 1)});
    rest = str_from(text, (size_t)(close + 1 - text.p));
    for (int field = STATE; field <= RESIDENT; field++) {
        struct str value = str_field(&rest);

        if (field == STATE)
            r->p.state = value.len ? value.p[0] : '?';
        else if (field == PARENT)
            r->p.parent = number(value);
        else if (field == FLAGS)
            r->p.is_kernel = number(value) & KERNEL_THREAD_FLAG;
        else if (field == THREADS)
            r->p.threads = number(value);
        else if (field == START)
            r->p.start_ticks = number(value);
        else if (field == RESIDENT)
            r->p.memory = number(value) * (uint64_t)sysconf(_SC_PAGESIZE);
    }
    return 0;
}

static int read_status(struct reading *r)
{
    int code = read_in(r, "status", STATUS_SIZE);
    struct str text = buf_str(r->buf);
    struct str line;

    if (code < 0 && code != -EFBIG)
        return code;
    while (take_line(&text, &line)) {
        struct str name = str_field(&line);

        if (str_is(name, "Uid:"))
            r->p.uid = number(str_field(&line));
        else if (str_is(name, "Gid:"))
            r->p.gid = number(str_field(&line));
    }
    return 0;
}

static void read_args(struct reading *r)
{
    int code = read_in(r, "cmdline", PROCESS_ARGS_SIZE);

    r->p.is_args_cut = code == -EFBIG;
    if (code == 0 || code == -EFBIG)
        r->p.args = keep(r, buf_str(r->buf));
}

/* "0::/system.slice/ssh.service" (version 2) or "1:name=systemd:/…" (version 1). */
static void read_cgroup(struct reading *r)
{
    struct str text;
    struct str line;
    int code = read_in(r, "cgroup", CGROUP_SIZE);

    text = buf_str(r->buf);
    while ((code == 0 || code == -EFBIG) && take_line(&text, &line)) {
        struct str kind;

        str_cut(&line, ':');
        kind = str_cut(&line, ':');
        if ((kind.len == 0 || str_is(kind, "name=systemd")) && line.len > r->p.cgroup.len)
            r->p.cgroup = keep(r, line);
    }
}

/* The kernel adds " (deleted)" to the link; a file may also be called so. */
static void note_deleted(struct reading *r)
{
    struct str link = buf_str(r->buf);
    struct stat running;
    struct stat named;

    if (!str_ends(link, " (deleted)"))
        return;
    if (r->host->is_live && !host_held_is_slow(r->host, r->folder, "exe", r->p.pid) &&
        fstatat(r->folder, "exe", &running, 0) == 0 && running.st_nlink &&
        host_stat(r->host, buf_text(r->buf) + 1, &named) == 0 && named.st_ino == running.st_ino &&
        named.st_dev == running.st_dev)
        return;
    r->p.is_deleted = true;
    r->p.program = str_head(r->p.program, link.len - strlen(" (deleted)"));
}

/* "net:[4026531840]" */
static void read_network(struct reading *r)
{
    struct str link;
    int code;

    buf_clear(r->buf);
    code = host_link_in(r->folder, "ns/net", r->buf);
    if (code < 0) {
        r->list->no_network += !r->p.is_kernel && (code == -EACCES || code == -EPERM);
        return;
    }
    link = buf_str(r->buf);
    r->list->other_networks += r->network.len && !str_eq(r->network, link);
    str_cut(&link, '[');
    r->p.network = number(str_cut(&link, ']'));
}

static void read_links(struct reading *r)
{
    int code;

    buf_clear(r->buf);
    code = host_link_in(r->folder, "exe", r->buf);
    r->p.has_program = code == 0;
    if (code == 0) {
        r->p.program = keep(r, buf_str(r->buf));
        note_deleted(r);
    } else if (code != -ENOENT && !r->p.is_kernel) {
        r->list->no_program++; /* ENOENT: a zombie or a kernel thread has none */
    }
    buf_clear(r->buf);
    if (host_link_in(r->folder, "cwd", r->buf) == 0)
        r->p.folder = keep(r, buf_str(r->buf));
    read_network(r);
}

static void add_socket(struct reading *r, struct str link)
{
    struct process_list *list = r->list;
    uint64_t inode;

    if (!str_starts(link, "socket:[") || !str_ends(link, "]"))
        return;
    link = str_from(link, strlen("socket:["));
    if (!str_u64(str_head(link, link.len - 1), &inode))
        return;
    if (list->socket_count == SOCKET_COUNT) {
        list->is_cut = true;
        return;
    }
    list->sockets =
        mem_grow(list->sockets, list->socket_count, &list->socket_room, sizeof(*list->sockets));
    list->sockets[list->socket_count++] =
        (struct socket_owner){.inode = inode, .process = list->count};
}

static void read_sockets(struct reading *r)
{
    int fd = openat(r->folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    r->p.has_sockets = dir || errno == ENOENT;
    if (!dir) {
        r->list->no_sockets += !r->p.has_sockets && !r->p.is_kernel;
        collect_fd_close(&fd);
        return;
    }
    for (size_t i = 0; i < FD_COUNT && (entry = readdir(dir)); i++) {
        buf_clear(r->buf);
        if (host_link_in(dirfd(dir), entry->d_name, r->buf) == 0)
            add_socket(r, buf_str(r->buf));
    }
    closedir(dir);
}

static int read_process(struct reading *r)
{
    int code = read_stat(r);

    if (code == 0)
        code = read_status(r);
    if (code < 0)
        return code;
    r->p.login_uid = UINT64_MAX;
    if (read_in(r, "loginuid", STAT_SIZE) == 0)
        (void)str_u64(str_trim(buf_str(r->buf)), &r->p.login_uid);
    if (r->p.login_uid == UINT32_MAX)
        r->p.login_uid = UINT64_MAX;
    read_args(r);
    read_cgroup(r);
    read_links(r);
    read_sockets(r);
    return 0;
}

static void add_process(struct process_list *list, const struct process *p)
{
    list->list = mem_grow(list->list, list->count, &list->room, sizeof(*list->list));
    list->list[list->count++] = *p;
}

static void scan_one(struct process_list *list, struct reading *r, int proc, const char *name)
{
    CLEANUP_HOST_FD int folder = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0) {
        list->vanished++;
        return;
    }
    r->folder = folder;
    r->p = (struct process){.pid = number(str_of(name)), .package = ""};
    r->p.is_self = r->host->is_live && r->p.pid == (uint64_t)getpid();
    list->reading = &r->p;
    if (read_process(r) < 0)
        list->vanished++;
    else
        add_process(list, &r->p);
    list->reading = NULL;
}

static int by_inode(const void *a, const void *b)
{
    const struct socket_owner *x = a;
    const struct socket_owner *y = b;

    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return x->process < y->process ? -1 : x->process > y->process;
}

/* A process may hold one socket several times. */
static void settle_sockets(struct process_list *p)
{
    size_t kept = 0;

    if (p->socket_count)
        qsort(p->sockets, p->socket_count, sizeof(*p->sockets), by_inode);
    for (size_t i = 0; i < p->socket_count; i++) {
        if (kept && by_inode(&p->sockets[kept - 1], &p->sockets[i]) == 0)
            continue;
        p->sockets[kept++] = p->sockets[i];
    }
    p->socket_count = kept;
}

bool process_scan_leave(struct process_list *p)
{
    if (!p->reading)
        return false;
    p->reading->is_held = true;
    p->left_at = p->reading->pid;
    add_process(p, p->reading);
    p->reading = NULL;
    settle_sockets(p);
    return true;
}

static int by_pid(const void *a, const void *b)
{
    uint64_t x = number(str_of(*(char *const *)a));
    uint64_t y = number(str_of(*(char *const *)b));

    return x < y ? -1 : x > y;
}

void process_scan(struct process_list *p, struct host *host, struct arena *arena)
{
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_BUF struct buf network = {0};
    CLEANUP_HOST_FD int proc = host_open(host, "proc", O_RDONLY | O_DIRECTORY);
    struct reading r = {.list = p, .host = host, .buf = &buf};

    if (!p->left_at)
        *p = (struct process_list){.arena = arena};
    p->code = proc < 0 ? proc : host_names(host, "proc", &names, PROCESS_COUNT);
    p->is_cut = p->code == -EFBIG;
    if (host_link(host, "proc/self/ns/net", &network) == 0)
        r.network = buf_str(&network);
    if (names.count)
        qsort(names.list, names.count, sizeof(*names.list), by_pid);
    for (size_t i = 0; i < names.count; i++)
        if (number(str_of(names.list[i])) > p->left_at)
            scan_one(p, &r, proc, names.list[i]);
    settle_sockets(p);
}

const struct socket_owner *process_socket(const struct process_list *p, uint64_t inode,
                                          size_t *count)
{
    size_t low = 0;
    size_t high = p->socket_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (p->sockets[middle].inode < inode)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < p->socket_count && p->sockets[low + *count].inode == inode)
        ++*count;
    return *count ? &p->sockets[low] : NULL;
}
