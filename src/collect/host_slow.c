/* host_slow.c: keeps away from file systems that ask a server or another process before they
 * answer, and so may never do. One look at what lies there would hold the collection up for ever.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/mem.h"
#include "collect/gather.h"

enum {
    MOUNTS_SIZE = 4 << 20,
    POINT_COUNT = 10000,
    DEVICE_COUNT = 100000,
    LINK_COUNT = 40,
    INFO_SIZE = 4096
};

struct device {
    dev_t id;
    bool is_slow;
};

struct host_slow {
    struct buf points; /* without leading slash, each ended by a NUL */
    size_t point_count;
    struct device *devices; /* of all mounts that were seen, and what is none of them */
    size_t device_count;
    size_t device_room;
};

bool host_is_slow_type(struct str type)
{
    static const char *const slow[] = {
        "nfs",  "nfs4", "cifs",  "smb3",   "smbfs",     "afs",    "9p",     "ceph",    "ncpfs",
        "coda", "gfs2", "ocfs2", "lustre", "glusterfs", "autofs", "beegfs", "virtiofs"};

    for (size_t i = 0; i < COUNT_OF(slow); i++)
        if (str_is(type, slow[i]))
            return true;
    return str_starts(type, "fuse") && !str_is(type, "fusectl");
}

static void add_device(struct host_slow *s, dev_t id, bool is_slow)
{
    if (s->device_count == DEVICE_COUNT)
        return;
    s->devices = mem_grow(s->devices, s->device_count, &s->device_room, sizeof(s->devices[0]));
    s->devices[s->device_count++] = (struct device){id, is_slow};
}

static bool read_device(struct str text, dev_t *out)
{
    uint64_t high;
    uint64_t low;

    if (!str_u64(str_cut(&text, ':'), &high) || !str_u64(text, &low))
        return false;
    *out = makedev((unsigned)high, (unsigned)low);
    return true;
}

static void add_point(struct host_slow *s, struct str point)
{
    buf_addstr(&s->points, point);
    buf_addc(&s->points, '\0');
    s->point_count++;
}

/* Lines of mountinfo: proc_pid_mountinfo(5). */
static bool is_slow_line(struct str line)
{
    struct str field;

    while ((field = str_field(&line)).len && !str_is(field, "-"))
        ;
    return host_is_slow_type(str_field(&line));
}

static void take_mount(struct host_slow *s, struct str line, bool with_point)
{
    CLEANUP_BUF struct buf plain = {0};
    struct str device;
    struct str point;
    dev_t id;
    bool is_slow;

    str_field(&line);
    str_field(&line);
    device = str_field(&line);
    str_field(&line);
    point = str_field(&line);
    is_slow = is_slow_line(line);
    if (read_device(device, &id))
        add_device(s, id, is_slow);
    point = mount_unescape(point, &plain);
    if (!with_point || !is_slow || point.len < 2 || s->point_count == POINT_COUNT)
        return;
    add_point(s, str_from(point, 1));
}

static void take_mounts(struct host_slow *s, struct str text, bool with_points)
{
    struct str line;

    while (take_line(&text, &line))
        take_mount(s, line, with_points);
}

/* What the kernel remembers of the file, so that nobody is asked. */
static bool device_of(int fd, dev_t *out)
{
    struct statx x;

    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &x) < 0)
        return false;
    *out = makedev(x.stx_dev_major, x.stx_dev_minor);
    return true;
}

/* "START-END PERMS OFFSET 00:01 INODE /dev/zero (deleted)": proc_pid_maps(5). */
static bool read_mapped_device(struct str line, const void *start, dev_t *out)
{
    struct str range = str_field(&line);
    struct str device;
    uint64_t from;
    uint64_t high;
    uint64_t low;

    if (!read_u64_base(str_cut(&range, '-'), 16, &from) || from != (uint64_t)(uintptr_t)start)
        return false;
    str_field(&line);
    str_field(&line);
    device = str_field(&line);
    if (!read_u64_base(str_cut(&device, ':'), 16, &high) || !read_u64_base(device, 16, &low))
        return false;
    *out = makedev((unsigned)high, (unsigned)low);
    return true;
}

/* Memory that programs share, programs in memory too, lies on a mount of the kernel's own that is
 * listed nowhere. A page of ours shows its device. */
static void take_memory(struct host *h)
{
    enum { PAGE = 4096 };
    void *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    struct str line;
    dev_t id;

    if (page == MAP_FAILED)
        return;
    (void)host_read(h, "proc/self/maps", &text, MOUNTS_SIZE);
    rest = buf_str(&text);
    while (take_line(&rest, &line))
        if (read_mapped_device(line, page, &id))
            add_device(h->slow, id, false);
    (void)munmap(page, PAGE);
}

void host_slow_read(struct host *h)
{
    CLEANUP_BUF struct buf text = {0};

    if (!h->is_live)
        return;
    (void)host_read(h, "proc/self/mountinfo", &text, MOUNTS_SIZE);
    h->slow = mem_new(struct host_slow);
    take_mounts(h->slow, buf_str(&text), true);
    take_memory(h);
}

void host_slow_release(struct host *h)
{
    if (!h->slow)
        return;
    buf_release(&h->slow->points);
    free(h->slow->devices);
    free(h->slow);
    h->slow = NULL;
}

bool host_has_slow(const struct host *h)
{
    return h->slow && h->slow->point_count;
}

bool host_is_slow(const struct host *h, struct str path)
{
    const char *point = host_has_slow(h) ? h->slow->points.p : NULL;

    for (size_t i = 0; point && i < h->slow->point_count; i++, point += strlen(point) + 1) {
        size_t len = strlen(point);

        if (str_starts(path, point) && (path.len == len || path.p[len] == '/'))
            return true;
    }
    return false;
}

void host_slow_add(struct host *h, struct str path)
{
    while (str_starts(path, "/"))
        path = str_from(path, 1);
    if (h->slow && path.len && h->slow->point_count < POINT_COUNT)
        add_point(h->slow, path);
}

/* 1: of a slow one, 0: of another, -1: not known. */
static int find_device(const struct host_slow *s, dev_t id)
{
    for (size_t i = 0; i < s->device_count; i++)
        if (s->devices[i].id == id)
            return s->devices[i].is_slow;
    return -1;
}

bool host_fd_is_slow(const struct host *h, int fd)
{
    dev_t id;

    return host_has_slow(h) && device_of(fd, &id) && find_device(h->slow, id) > 0;
}

/* By the number of the mount, for overlays show devices of their own. 1: it is slow, 0: it is not,
 * -1: it is not listed. */
static int find_mount(struct str mounts, int fd)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    struct str line;
    char path[40];
    uint64_t wanted = UINT64_MAX;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    (void)host_read_in(AT_FDCWD, path, &text, INFO_SIZE);
    rest = buf_str(&text);
    while (take_line(&rest, &line))
        if (str_is(str_field(&line), "mnt_id:"))
            (void)str_u64(str_field(&line), &wanted);
    while (take_line(&mounts, &line)) {
        struct str whole = line;
        uint64_t id;

        if (str_u64(str_field(&whole), &id) && id == wanted)
            return is_slow_line(line);
    }
    return -1;
}

bool host_held_is_slow(struct host *h, int folder, const char *link, uint64_t pid)
{
    CLEANUP_HOST_FD int fd = h->slow ? openat(folder, link, O_PATH | O_CLOEXEC) : -1;
    CLEANUP_BUF struct buf text = {0};
    char path[48];
    dev_t id;
    int known;

    if (fd < 0 || !device_of(fd, &id))
        return false;
    known = find_device(h->slow, id);
    if (known >= 0)
        return known > 0;
    /* It may lie on a mount that only the process has. */
    snprintf(path, sizeof(path), "proc/%llu/mountinfo", (unsigned long long)pid);
    (void)host_read(h, path, &text, MOUNTS_SIZE);
    take_mounts(h->slow, buf_str(&text), false);
    known = find_device(h->slow, id);
    if (known >= 0)
        return known > 0;
    /* A mount that was taken away while the file was in use is listed nowhere. */
    known = find_mount(buf_str(&text), fd);
    add_device(h->slow, id, known != 0);
    return known != 0;
}

static void cut_last(struct buf *path)
{
    while (path->len && path->p[path->len - 1] != '/')
        path->len--;
    if (path->len)
        path->len--;
    if (path->p)
        path->p[path->len] = '\0';
}

/* Goes one component on. 1 where that is a link: its target is added, and the path is as before. */
static int resolve_one(struct host *h, struct buf *done, struct str name, bool follows,
                       struct buf *target)
{
    CLEANUP_HOST_FD int fd = -1;

    if (str_is(name, "."))
        return 0;
    if (str_is(name, "..")) {
        cut_last(done);
        return 0;
    }
    if (done->len)
        buf_addc(done, '/');
    buf_addstr(done, name);
    if (host_is_slow(h, buf_str(done)))
        return -EREMOTE;
    if (!follows)
        return 0;
    fd = host_open_beneath(h, buf_text(done), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fd;
    if (host_link_in(fd, "", target) < 0) /* no link */
        return 0;
    cut_last(done);
    return 1;
}

/* proc and sys hold links that are more than their text, and none that leads away by it. */
static bool is_made_up(struct str path)
{
    return str_starts(path, "proc/") || str_starts(path, "sys/");
}

int host_resolve(struct host *h, const char *path, int flags, struct buf *out)
{
    CLEANUP_BUF struct buf rest = {0};
    struct buf done = {0};
    unsigned links = 0;
    int code = 0;

    buf_adds(&rest, path);
    if (is_made_up(buf_str(&rest))) {
        buf_addstr(out, buf_str(&rest));
        return host_is_slow(h, buf_str(&rest)) ? -EREMOTE : 0;
    }
    while (rest.len && code >= 0) {
        CLEANUP_BUF struct buf target = {0};
        struct str left = buf_str(&rest);
        struct str name = str_cut(&left, '/');
        bool is_last = left.len == 0;

        code =
            name.len ? resolve_one(h, &done, name, !(is_last && (flags & O_NOFOLLOW)), &target) : 0;
        if (code > 0 && ++links > LINK_COUNT)
            code = -ELOOP;
        if (code > 0 && target.p[0] == '/')
            buf_clear(&done);
        if (code > 0)
            buf_addc(&target, '/');
        buf_addstr(&target, left);
        buf_clear(&rest);
        buf_addstr(&rest, buf_str(&target));
    }
    if (code >= 0)
        buf_addstr(out, done.len ? buf_str(&done) : STR("."));
    buf_release(&done);
    return code < 0 ? code : 0;
}
