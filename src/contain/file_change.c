/* file_change.c: replaces, removes and restores a file beside its own hidden names. */
#include "contain/file_change.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "sys/file.h"

enum {
    NAME_SIZE = 64,
    LIST_SIZE = 65536,
    PROC_SIZE = 64,
    HOLDS = FS_IMMUTABLE_FL | FS_APPEND_FL, /* flags under which nothing can be changed */
    /* what people set with chattr(1); the others say how the file system keeps a file */
    SETTABLE = 0x000380ff | FS_NOCOW_FL,
};

struct change {
    const struct file_state *from;
    const struct file_state *to;
    struct arena *arena;
    int folder;
    const char *name;
    char new_name[NAME_SIZE]; /* what is being written */
    char old_name[NAME_SIZE]; /* what is being removed */
    struct file_state now;
    struct err *e;
};

static int failed(const struct change *c, const char *what)
{
    return err_errno(c->e, "cannot %s " STR_FMT, what, STR_ARG(c->to->path));
}

static int is_foreign(const struct change *c)
{
    return err_set(c->e, ERR_CONFLICT,
                   STR_FMT
                   " is not as it was left here: somebody else changed it since, and it was "
                   "not touched. Look at it; what it was before is kept. Move it away or "
                   "make it what it was, then try again",
                   STR_ARG(c->to->path));
}

static bool read_flags(int fd, uint32_t *out)
{
    int flags = 0;

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
        return false;
    *out = (uint32_t)flags;
    return true;
}

/* Sets those of the flags that mask has. */
static int set_flags(int fd, uint32_t flags, uint32_t mask)
{
    uint32_t now;
    int next;

    if (!read_flags(fd, &now))
        return (flags & mask) ? -1 : 0;
    if ((now & mask) == (flags & mask))
        return 0;
    next = (int)((now & ~mask) | (flags & mask));
    return ioctl(fd, FS_IOC_SETFLAGS, &next);
}

/* The file itself, be it only for its flags: no link, no device. */
static int open_file(const struct change *c, const char *name)
{
    return openat(c->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOATIME);
}

static int let_go(const struct change *c, const char *name)
{
    CLEANUP_FD int fd = open_file(c, name);

    return fd < 0 ? 0 : set_flags(fd, 0, HOLDS); /* a link has none */
}

static bool is_there(const struct change *c, const char *name)
{
    struct stat st;

    return fstatat(c->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What one who was killed in the middle left. */
static int clear_hidden(struct change *c)
{
    if (is_there(c, c->new_name) &&
        (let_go(c, c->new_name) < 0 || unlinkat(c->folder, c->new_name, 0) < 0))
        return failed(c, "clear away what was begun for");
    if (!is_there(c, c->old_name))
        return 0;
    if (renameat2(c->folder, c->old_name, c->folder, c->name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EEXIST)
        return err_set(c->e, ERR_CONFLICT,
                       "beside " STR_FMT " lies %s, which was in its place before: put away one of "
                       "them, then try again",
                       STR_ARG(c->to->path), c->old_name);
    return failed(c, "put back");
}

static int set_attributes(const struct change *c, const char *proc)
{
    for (size_t i = 0; i < c->to->attribute_count; i++) {
        const struct file_attribute *a = &c->to->attributes[i];

        if (setxattr(proc, a->name.p, a->value.p, a->value.len, 0) < 0)
            return err_errno(c->e, "cannot set the attribute %s of " STR_FMT, a->name.p,
                             STR_ARG(c->to->path));
    }
    return 0;
}

static bool is_wanted(const struct file_state *s, const char *name)
{
    for (size_t i = 0; i < s->attribute_count; i++)
        if (str_is(s->attributes[i].name, name))
            return true;
    return false;
}

/* A new file may have got some from its folder: a default access list, a label. */
static int drop_attributes(const struct change *c, const char *proc)
{
    CLEANUP_FREE char *list = mem_alloc(LIST_SIZE + 1);
    ssize_t n = listxattr(proc, list, LIST_SIZE);

    if (n < 0)
        return errno == ENOTSUP ? 0 : failed(c, "read the attributes of");
    for (const char *at = list; at < list + n; at += strlen(at) + 1)
        if (!is_wanted(c->to, at) && removexattr(proc, at) < 0 && strncmp(at, "security.", 9) != 0)
            return failed(c, "remove an attribute of");
    return 0;
}

static int set_times(const struct change *c)
{
    const struct timespec times[2] = {c->to->accessed, c->to->modified};

    if (c->to->is_derived)
        return 0;
    if (utimensat(c->folder, c->new_name, times, AT_SYMLINK_NOFOLLOW) < 0)
        return failed(c, "set the times of");
    return 0;
}

/* In this order: a new owner takes capabilities and special bits away. */
static int dress(const struct change *c, int fd)
{
    const struct file_state *to = c->to;
    char proc[PROC_SIZE];
    int rc;

    snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
    if (fchownat(c->folder, c->new_name, to->owner, to->group, AT_SYMLINK_NOFOLLOW) < 0)
        return failed(c, "set the owner of");
    rc = drop_attributes(c, proc);
    if (rc == 0)
        rc = set_attributes(c, proc);
    if (rc)
        return rc;
    if (to->kind == FILE_STATE_FILE && fchmod(fd, to->mode) < 0)
        return failed(c, "set the mode of");
    if (to->kind == FILE_STATE_FILE && to->has_flags &&
        set_flags(fd, to->flags, (uint32_t)SETTABLE & ~(uint32_t)HOLDS) < 0)
        return failed(c, "set the flags of");
    return set_times(c);
}

static int make_file(const struct change *c)
{
    CLEANUP_FD int fd =
        openat(c->folder, c->new_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int rc;

    if (fd < 0)
        return failed(c, "make anew");
    rc = c->to->kept.len ? file_state_give_back(c->to, fd, c->e)
                         : file_write_fd(fd, c->to->bytes.p, c->to->bytes.len, c->to->path.p, c->e);
    if (rc == 0)
        rc = dress(c, fd);
    if (rc == 0 && fsync(fd) < 0)
        rc = failed(c, "make durable");
    return rc;
}

static int make_link(const struct change *c)
{
    CLEANUP_FD int fd = -1;

    if (symlinkat(c->to->target.p, c->folder, c->new_name) < 0)
        return failed(c, "make anew");
    if (c->to->is_derived)
        return 0;
    fd = openat(c->folder, c->new_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? failed(c, "open") : dress(c, fd);
}

/* Not where it exists, also where the file system knows no such rename. */
static int rename_new(const struct change *c)
{
    if (renameat2(c->folder, c->new_name, c->folder, c->name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EEXIST)
        return is_foreign(c);
    if ((errno != EINVAL && errno != ENOSYS) ||
        linkat(c->folder, c->new_name, c->folder, c->name, 0) < 0)
        return failed(c, "put in its place");
    return unlinkat(c->folder, c->new_name, 0) < 0 ? failed(c, "put in its place") : 0;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int put(struct change *c, const struct stat *seen)
{
    struct stat st;
    int rc = c->to->kind == FILE_STATE_FILE ? make_file(c) : make_link(c);

    if (rc)
        return rc;
    if (c->now.kind == FILE_STATE_NONE)
        return rename_new(c);
    if (let_go(c, c->name) < 0)
        return failed(c, "make changeable");
    if (fstatat(c->folder, c->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_same_file(&st, seen))
        return is_foreign(c);
    if (renameat(c->folder, c->new_name, c->folder, c->name) < 0)
        return failed(c, "put in its place");
    return 0;
}

/* Away from its name first, so that what is looked at once more is what is removed. */
static int take_away(struct change *c, const struct stat *seen)
{
    struct stat st;

    if (let_go(c, c->name) < 0)
        return failed(c, "make changeable");
    if (renameat(c->folder, c->name, c->folder, c->old_name) < 0)
        return failed(c, "take away");
    if (fstatat(c->folder, c->old_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_same_file(&st, seen)) {
        (void)renameat2(c->folder, c->old_name, c->folder, c->name, RENAME_NOREPLACE);
        return is_foreign(c);
    }
    return unlinkat(c->folder, c->old_name, 0) < 0 ? failed(c, "take away") : 0;
}

static int work(struct change *c)
{
    struct stat seen = {0};
    int rc;

    (void)fstatat(c->folder, c->name, &seen, AT_SYMLINK_NOFOLLOW);
    rc = file_state_read_at(c->arena, c->folder, c->name, c->to->path, &c->now, c->e);
    if (rc || file_state_is_same(&c->now, c->to))
        return rc;
    if (!file_state_is_same(&c->now, c->from))
        return is_foreign(c);
    return c->to->kind == FILE_STATE_NONE ? take_away(c, &seen) : put(c, &seen);
}

static int finish_file(const struct change *c)
{
    CLEANUP_FD int fd = -1;

    if (c->to->kind != FILE_STATE_FILE || !c->to->has_flags)
        return 0;
    fd = open_file(c, c->name);
    if (fd < 0 || set_flags(fd, c->to->flags, HOLDS) < 0)
        return failed(c, "set the flags of");
    return 0;
}

/* The folder's time goes back where nothing else in it changed. */
static int finish_folder(const struct change *c)
{
    const struct file_folder *before = &c->to->folder;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, before->modified};
    struct file_folder now;
    int rc = file_folder_read(c->folder, c->name, &now, c->e);

    if (rc)
        return rc;
    if (fsync(c->folder) < 0 && errno != EINVAL)
        return failed(c, "make durable");
    if (!c->to->is_derived && hash_eq(&now.names, &before->names) &&
        (now.modified.tv_sec != before->modified.tv_sec ||
         now.modified.tv_nsec != before->modified.tv_nsec) &&
        futimens(c->folder, times) < 0)
        return failed(c, "set the time of the folder of");
    return 0;
}

static int carry_out(struct change *c)
{
    bool is_held = c->to->folder.has_flags && (c->to->folder.flags & HOLDS);
    int rc = 0;

    if (is_held && set_flags(c->folder, 0, HOLDS) < 0)
        return failed(c, "make changeable the folder of");
    rc = clear_hidden(c);
    if (rc == 0)
        rc = work(c);
    if (rc == 0)
        rc = finish_file(c);
    if (rc == 0)
        rc = finish_folder(c);
    if (is_held && set_flags(c->folder, c->to->folder.flags, HOLDS) < 0 && rc == 0)
        rc = failed(c, "set the flags of the folder of");
    return rc;
}

int file_change(const struct file_state *from, const struct file_state *to, const struct id *id,
                struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_FD int folder = -1;
    struct change c = {.from = from, .to = to, .arena = arena, .e = e};
    char digits[33] = {0};
    int rc = file_state_open_folder(to->path, &folder, &c.name, e);

    if (rc)
        return rc;
    c.folder = folder;
    hex_write(digits, id->b, sizeof(id->b));
    snprintf(c.new_name, sizeof(c.new_name), ".calm-contain-%s.new", digits);
    snprintf(c.old_name, sizeof(c.old_name), ".calm-contain-%s.old", digits);
    return carry_out(&c);
}
