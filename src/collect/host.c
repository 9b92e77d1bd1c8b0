/* host.c: reading a host's files without changing it and without leaving its root. */
#include "collect/host.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/mem.h"

enum { READ_STEP = 64 * 1024, RETRY_COUNT = 8, ALWAYS = O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

void collect_fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* A copy of the mounts from the root on that notes no access times, not even of links, which have
 * no O_NOATIME. It is attached nowhere, nobody else sees it, and it goes with the descriptor.
 * Negative without CAP_SYS_ADMIN and before Linux 5.12. */
static int copy_mounts(int root)
{
    struct mount_attr quiet = {.attr_set = MOUNT_ATTR_NOATIME, .attr_clr = MOUNT_ATTR__ATIME};
    int fd = (int)syscall(SYS_open_tree, root, "",
                          AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    if (fd < 0 || syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &quiet,
                          sizeof(quiet)) == 0)
        return fd;
    close(fd);
    return -1;
}

int host_init(struct host *h, const char *root, struct err *e)
{
    const char *path = root && root[0] ? root : "/";
    struct stat here;
    struct stat top;
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int quiet = fd < 0 ? -1 : copy_mounts(fd);

    if (fd < 0)
        return err_errno(e, "cannot open the folder %s", path);
    if (quiet >= 0)
        close(fd);
    fd = quiet >= 0 ? quiet : fd;
    *h = (struct host){.root = fd, .is_quiet = quiet >= 0};
    h->is_live = fstat(fd, &here) == 0 && stat("/", &top) == 0 && here.st_dev == top.st_dev &&
                 here.st_ino == top.st_ino;
    host_slow_read(h);
    return 0;
}

void host_release(struct host *h)
{
    if (h->root >= 0)
        close(h->root);
    h->root = -1;
    host_slow_release(h);
}

/* -ENOSYS where the kernel does not have it. */
static int open_how(struct host *h, const char *path, int flags, uint64_t resolve)
{
    struct open_how how = {.flags = (unsigned)flags, .resolve = resolve};

    for (int i = 0; !h->without_openat2 && i < RETRY_COUNT; i++) {
        int fd = (int)syscall(SYS_openat2, h->root, path, &how, sizeof(how));

        if (fd >= 0)
            return fd;
        h->without_openat2 = errno == ENOSYS;
        if (errno == EPERM) /* container filters of the time before openat2 answer so */
            break;
        if (errno != EAGAIN && errno != EINTR && errno != ENOSYS)
            return -errno;
    }
    return -ENOSYS;
}

int host_open_beneath(struct host *h, const char *path, int flags)
{
    int fd = open_how(h, path, flags, RESOLVE_IN_ROOT);

    if (fd != -ENOSYS)
        return fd;
    /* Without openat2 a copied tree could lead us out of itself, so links are then not followed. */
    fd = openat(h->root, path, flags | (h->is_live ? 0 : O_NOFOLLOW));
    return fd >= 0 ? fd : -errno;
}

/* What crosses no mount at all cannot come to a slow one. */
static int open_in_root(struct host *h, const char *path, int flags)
{
    CLEANUP_BUF struct buf resolved = {0};
    int code;

    if (!host_has_slow(h))
        return host_open_beneath(h, path, flags);
    if (host_is_slow(h, str_of(path)))
        return -EREMOTE;
    code = open_how(h, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_XDEV);
    if (code != -EXDEV && code != -ENOSYS)
        return code;
    code = host_resolve(h, path, flags, &resolved);
    return code < 0 ? code : host_open_beneath(h, buf_text(&resolved), flags);
}

static bool is_virtual(const char *path)
{
    return strncmp(path, "proc/", 5) == 0 || strncmp(path, "sys/", 4) == 0;
}

int host_open(struct host *h, const char *path, int flags)
{
    bool keep = !(h->is_live && is_virtual(path));
    int fd;

    if (h->memory)
        return -ENOENT;
    if (flags & O_PATH) /* openat2 takes few other flags with it */
        return open_in_root(h, path, flags | O_CLOEXEC);
    fd = open_in_root(h, path, flags | ALWAYS | (keep ? O_NOATIME : 0));

    if (fd == -EPERM && keep) {
        fd = open_in_root(h, path, flags | ALWAYS);
        h->atime_misses += fd >= 0;
    }
    return fd;
}

/* A single file may be a mount, too. */
static bool leads_to_slow(const struct host *h, int folder, const char *name)
{
    CLEANUP_HOST_FD int fd =
        host_has_slow(h) ? openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;

    return fd >= 0 && host_fd_is_slow(h, fd);
}

bool host_is_made_up(int fd)
{
    static const long magics[] = {
        PROC_SUPER_MAGIC, SYSFS_MAGIC,      CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,
        TRACEFS_MAGIC,    SECURITYFS_MAGIC, BPF_FS_MAGIC,       DEVPTS_SUPER_MAGIC,  BINFMTFS_MAGIC,
        EFIVARFS_MAGIC,   PSTOREFS_MAGIC,   SELINUX_MAGIC,      NSFS_MAGIC};
    struct statfs s;

    if (fstatfs(fd, &s) < 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(magics); i++)
        if ((unsigned long)s.f_type == (unsigned long)magics[i])
            return true;
    return false;
}

int host_open_in(struct host *h, int folder, const char *name, int flags)
{
    int fd;

    if (leads_to_slow(h, folder, name))
        return -EREMOTE;
    fd = openat(folder, name, flags | ALWAYS | O_NOFOLLOW | O_NOATIME);

    if (fd < 0 && errno == EPERM) {
        fd = openat(folder, name, flags | ALWAYS | O_NOFOLLOW);
        h->atime_misses += fd >= 0;
    }
    return fd >= 0 ? fd : -errno;
}

int host_read_fd(int fd, struct buf *out, size_t most)
{
    size_t got = 0;

    for (;;) {
        size_t want = most - got < READ_STEP ? most - got + 1 : READ_STEP;
        ssize_t n = read(fd, buf_room(out, want), want);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int code = -errno;
            buf_room(out, 0);
            return code;
        }
        if (got + (size_t)n > most) {
            out->len += most - got;
            buf_room(out, 0);
            return -EFBIG;
        }
        out->len += (size_t)n;
        got += (size_t)n;
        buf_room(out, 0);
        if (n == 0)
            return 0;
    }
}

static int read_regular(int fd, struct buf *out, size_t most)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    return host_read_fd(fd, out, most);
}

int host_read(struct host *h, const char *path, struct buf *out, size_t most)
{
    CLEANUP_HOST_FD int fd = host_open(h, path, O_RDONLY);

    if (h->memory)
        return host_memory_read(h, path, out, most);
    return fd < 0 ? fd : read_regular(fd, out, most);
}

int host_read_in(int folder, const char *name, struct buf *out, size_t most)
{
    CLEANUP_HOST_FD int fd = openat(folder, name, O_RDONLY | ALWAYS | O_NOFOLLOW);

    return fd < 0 ? -errno : read_regular(fd, out, most);
}

struct str host_line(struct host *h, const char *path, struct buf *buf)
{
    struct str rest;

    buf_clear(buf);
    if (host_read(h, path, buf, READ_STEP) < 0)
        return (struct str){"", 0};
    rest = buf_str(buf);
    return str_trim(str_cut(&rest, '\n'));
}

bool host_u64(struct host *h, const char *path, uint64_t *out)
{
    CLEANUP_BUF struct buf buf = {0};

    return str_u64(host_line(h, path, &buf), out);
}

int host_link_in(int folder, const char *name, struct buf *out)
{
    char target[4096];
    ssize_t n = readlinkat(folder, name, target, sizeof(target));

    if (n < 0)
        return -errno;
    buf_add(out, target, (size_t)n);
    return 0;
}

int host_link(struct host *h, const char *path, struct buf *out)
{
    CLEANUP_HOST_FD int fd = host_open(h, path, O_PATH | O_NOFOLLOW);

    return fd < 0 ? fd : host_link_in(fd, "", out);
}

int host_stat(struct host *h, const char *path, struct stat *out)
{
    CLEANUP_HOST_FD int fd = host_open(h, path, O_PATH | O_NOFOLLOW);

    if (h->memory)
        return host_memory_stat(h, path, out);
    if (fd < 0)
        return fd;
    return fstat(fd, out) < 0 ? -errno : 0;
}

void names_release(struct names *n)
{
    buf_release(&n->text);
    free(n->list);
    *n = (struct names){0};
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_index(struct names *n)
{
    char *p = n->text.p;

    n->list = mem_array(n->count ? n->count : 1, sizeof(*n->list));
    for (size_t i = 0; i < n->count; i++) {
        n->list[i] = p;
        p += strlen(p) + 1;
    }
    qsort(n->list, n->count, sizeof(*n->list), by_text);
}

int host_names_fd(int fd, struct names *out, size_t most)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    int code = 0;

    if (!dir) {
        code = -errno;
        close(fd);
        return code;
    }
    *out = (struct names){0};
    while (errno = 0, (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (out->count == most) {
            code = -EFBIG;
            break;
        }
        buf_add(&out->text, entry->d_name, strlen(entry->d_name) + 1);
        out->count++;
    }
    if (!entry && errno)
        code = -errno;
    closedir(dir);
    names_index(out);
    return code;
}

int host_names(struct host *h, const char *path, struct names *out, size_t most)
{
    int fd = host_open(h, path, O_RDONLY | O_DIRECTORY);

    *out = (struct names){0};
    if (h->memory)
        return host_memory_names(h, path, out, most);
    return fd < 0 ? fd : host_names_fd(fd, out, most);
}
