/* host_slow.c: keeps away from file systems that ask a server or another process before they
 * answer, and so may never do. One look at what lies there would hold the collection up for ever.
 */
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/mem.h"
#include "collect/gather.h"

enum { MOUNTS_SIZE = 4 << 20, POINT_COUNT = 10000, DEVICE_COUNT = 100000, LINK_COUNT = 40 };

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

/* One line of mountinfo: proc_pid_mountinfo(5). */
static void take_mount(struct host_slow *s, struct str line, bool with_point)
{
    CLEANUP_BUF struct buf plain = {0};
    struct str device;
    struct str point;
    struct str field;
    dev_t id;
    bool is_slow;

    take_field(&line);
    take_field(&line);
    device = take_field(&line);
    take_field(&line);
    point = take_field(&line);
    while ((field = take_field(&line)).len && !str_is(field, "-"))
        ;
    is_slow = host_is_slow_type(take_field(&line));
    if (read_device(device, &id))
        add_device(s, id, is_slow);
    point = mount_unescape(point, &plain);
    if (!with_point || !is_slow || point.len < 2 || s->point_count == POINT_COUNT)
        return;
    buf_add(&s->points, point.p + 1, point.len - 1);
    buf_addc(&s->points, '\0');
    s->point_count++;
}

static void take_mounts(struct host_slow *s, struct str text, bool with_points)
{
    struct str line;

    while (take_line(&text, &line))
        take_mount(s, line, with_points);
}

void host_slow_read(struct host *h)
{
    CLEANUP_BUF struct buf text = {0};

    if (!h->is_live)
        return;
    (void)host_read(h, "proc/self/mountinfo", &text, MOUNTS_SIZE);
    h->slow = mem_new(struct host_slow);
    take_mounts(h->slow, buf_str(&text), true);
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

/* 1: of a slow one, 0: of another, -1: not known. */
static int find_device(const struct host_slow *s, dev_t id)
{
    for (size_t i = 0; i < s->device_count; i++)
        if (s->devices[i].id == id)
            return s->devices[i].is_slow;
    return -1;
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

bool host_fd_is_slow(const struct host *h, int fd)
{
    dev_t id;

    return host_has_slow(h) && device_of(fd, &id) && find_device(h->slow, id) > 0;
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
    if (known < 0)
        add_device(h->slow, id, false);
    return known > 0;
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
