/* hidden_view.c: the independent views of which processes there are. */
#include <unistd.h>
#include "collect/hidden.h"

enum { STATUS_SIZE = 16 << 10, CGROUP_DEPTH = 16, CGROUP_COUNT = 200000 };

static void mark(struct views *v, struct str text, enum view view)
{
    uint64_t pid;

    /* Number 0 stands for a process outside our process namespace. */
    if (str_u64(str_trim(text), &pid) && pid && pid <= v->pid_most)
        v->seen[pid] |= (uint8_t)view;
}

/* host_names would keep and sort what is only counted here. */
void view_listed(struct views *v, struct collection *c)
{
    int fd = host_open(&c->host, "proc", O_RDONLY | O_DIRECTORY);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!dir) {
        collect_fd_close(&fd);
        return;
    }
    while ((entry = readdir(dir)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            mark(v, str_of(entry->d_name), VIEW_LISTED);
    closedir(dir);
}

struct cgroup_walk {
    struct views *v;
    uint64_t left; /* folders that may still be read */
};

/* A threaded cgroup refuses cgroup.procs with EOPNOTSUPP when it is read. */
static void read_cgroup(struct cgroup_walk *w, int folder)
{
    static const char *const names[] = {"cgroup.procs", "cgroup.threads"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
        struct str line;

        if (live_file_open_in(&f, folder, names[i]) < 0)
            continue;
        while (live_file_line(&f, &line))
            mark(w->v, line, VIEW_CGROUP);
        if (f.code == 0)
            return;
    }
}

/* Takes the descriptor over. Of a hundred files in such a folder only those within are opened. */
static void walk_cgroup(struct cgroup_walk *w, int fd, unsigned depth)
{
    DIR *dir = depth <= CGROUP_DEPTH && w->left ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!dir) {
        close(fd);
        return;
    }
    w->left--;
    read_cgroup(w, dirfd(dir));
    while ((entry = readdir(dir))) {
        int next;

        if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
            continue;
        next = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next >= 0)
            walk_cgroup(w, next, depth + 1);
    }
    closedir(dir);
}

void view_cgroups(struct views *v, struct collection *c)
{
    struct cgroup_walk w = {.v = v, .left = CGROUP_COUNT};
    int fd = host_open(&c->host, "sys/fs/cgroup", O_RDONLY | O_DIRECTORY);

    if (fd >= 0)
        walk_cgroup(&w, fd, 0);
}

bool view_folder(int proc, uint64_t pid)
{
    char path[40];
    struct stat st;

    snprintf(path, sizeof(path), "%llu/stat", (unsigned long long)pid);
    return fstatat(proc, path, &st, 0) == 0;
}

/* ESRCH alone says that there is none: a security module may answer EPERM. */
bool view_session(uint64_t pid)
{
    return getsid((pid_t)pid) >= 0 || errno != ESRCH;
}

bool view_status(int proc, uint64_t pid, const char *name, uint64_t *out)
{
    CLEANUP_BUF struct buf buf = {0};
    char path[40];
    struct str text;
    struct str line;
    int code;

    snprintf(path, sizeof(path), "%llu/status", (unsigned long long)pid);
    code = host_read_in(proc, path, &buf, STATUS_SIZE);
    text = buf_str(&buf);
    if (code < 0 && code != -EFBIG)
        return false;
    while (take_line(&text, &line))
        if (str_is(str_field(&line), name))
            return str_u64(str_trim(line), out);
    return false;
}
