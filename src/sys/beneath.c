/* beneath.c: files below one new folder, whatever their names say. */
#include "sys/beneath.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/file.h"

enum { RETRY_COUNT = 8 };

struct beneath {
    int fd;
    struct buf name;   /* of the folder, for sentences */
    struct buf parent; /* the folder that was used last, relative; empty: the top */
    int parent_fd;
};

static int open_beneath(int folder, const char *path, int flags, mode_t mode)
{
    uint64_t all = (unsigned)flags | O_CLOEXEC | O_NOFOLLOW;
    struct open_how how = {.flags = all,
                           .mode = mode,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
                                      RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
    int fd = -1;

    for (int i = 0; i < RETRY_COUNT; i++) {
        fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return fd;
}

static bool is_empty(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool is = dir != NULL;

    if (!dir)
        fd_close(fd);
    while (dir && is && (entry = readdir(dir)))
        is = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (dir)
        (void)closedir(dir);
    return is;
}

/* The folder's own name may come through links: a person gave it. */
static int open_top(struct beneath *b, const char *folder, struct err *e)
{
    int code = folder_make(folder, 0700, e);
    int probe;

    if (code)
        return code;
    b->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (b->fd < 0)
        return err_errno(e, "cannot open %s", folder);
    if (!is_empty(b->fd))
        return err_set(
            e, ERR_USAGE,
            "%s is not empty: name a new folder, so that nothing is overwritten or mixed "
            "with what is there",
            folder);
    probe = open_beneath(b->fd, ".", O_RDONLY | O_DIRECTORY, 0);
    if (probe < 0)
        return err_set(e, ERR_DENIED, "this kernel cannot keep names within %s (openat2): %s",
                       folder, strerror(errno));
    b->parent_fd = probe;
    return 0;
}

int beneath_new(struct beneath **out, const char *folder, struct err *e)
{
    CLEANUP(beneath_freep) struct beneath *b = mem_new(struct beneath);
    int code;

    b->fd = -1;
    b->parent_fd = -1;
    buf_adds(&b->name, folder);
    code = open_top(b, folder, e);
    if (code)
        return code;
    *out = MOVE(b);
    return 0;
}

void beneath_free(struct beneath *b)
{
    if (!b)
        return;
    fd_close(b->fd);
    fd_close(b->parent_fd);
    buf_release(&b->name);
    buf_release(&b->parent);
    free(b);
}

static int cannot(const struct beneath *b, const char *path, struct err *e)
{
    if (errno == EEXIST || errno == ENOTDIR || errno == ELOOP || errno == EXDEV)
        return err_set(e, ERR_CONFLICT, "something is at %s in %s already", path,
                       buf_text(&b->name));
    return err_errno(e, "cannot make %s in %s", path, buf_text(&b->name));
}

/* Opens a folder within one that is open, made where it is not there. */
static int enter(const struct beneath *b, int folder, struct str name, int *out, struct err *e)
{
    CLEANUP_BUF struct buf part = {0};

    buf_addstr(&part, name);
    if (mkdirat(folder, buf_text(&part), 0700) != 0 && errno != EEXIST)
        return cannot(b, buf_text(&part), e);
    *out = open_beneath(folder, buf_text(&part), O_RDONLY | O_DIRECTORY, 0);
    return *out < 0 ? cannot(b, buf_text(&part), e) : 0;
}

/* Makes parent, relative to the top, the folder that is open. */
static int open_parent(struct beneath *b, struct str parent, struct err *e)
{
    struct str rest = parent;
    int fd;
    int code = 0;

    if (str_eq(parent, buf_str(&b->parent)))
        return 0;
    fd = open_beneath(b->fd, ".", O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return cannot(b, ".", e);
    while (code == 0 && rest.len) {
        int next = -1;

        code = enter(b, fd, str_cut(&rest, '/'), &next, e);
        fd_close(fd);
        fd = next;
    }
    if (code)
        return code;
    fd_close(b->parent_fd);
    b->parent_fd = fd;
    buf_clear(&b->parent);
    buf_addstr(&b->parent, parent);
    return 0;
}

/* Names come here escaped; one that is not is a mistake of this program. */
static void check(const char *path)
{
    struct str rest = str_of(path);

    if (rest.len == 0 || rest.p[rest.len - 1] == '/')
        BUG("no name of a file");
    while (rest.len) {
        struct str part = str_cut(&rest, '/');

        if (part.len == 0 || str_is(part, ".") || str_is(part, ".."))
            BUG("a name that leads elsewhere");
    }
}

static const char *split(const char *path, struct str *parent)
{
    const char *slash = strrchr(path, '/');

    *parent = (struct str){path, slash ? (size_t)(slash - path) : 0};
    return slash ? slash + 1 : path;
}

int beneath_create(struct beneath *b, const char *path, int *fd, struct err *e)
{
    struct str parent;
    const char *name = split(path, &parent);
    int code;

    check(path);
    code = open_parent(b, parent, e);
    if (code)
        return code;
    *fd = open_beneath(b->parent_fd, name, O_RDWR | O_CREAT | O_EXCL, 0600);
    return *fd < 0 ? cannot(b, path, e) : 0;
}

int beneath_open(const struct beneath *b, const char *path, int *fd, struct err *e)
{
    struct stat st;
    int opened;

    check(path);
    opened = open_beneath(b->fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (opened < 0 && errno == ENOTDIR)
        return err_set(e, ERR_NOTFOUND, "there is no %s in %s", path, buf_text(&b->name));
    if (opened < 0)
        return err_errno(e, "cannot open %s in %s", path, buf_text(&b->name));
    if (fstat(opened, &st) != 0 || !S_ISREG(st.st_mode)) {
        fd_close(opened);
        return err_set(e, ERR_NOTFOUND, "%s in %s is no file", path, buf_text(&b->name));
    }
    *fd = opened;
    return 0;
}

int beneath_remove(struct beneath *b, const char *path, struct err *e)
{
    struct str parent;
    const char *name = split(path, &parent);
    int code;

    check(path);
    code = open_parent(b, parent, e);
    if (code)
        return code;
    return unlinkat(b->parent_fd, name, 0) == 0 ? 0 : err_errno(e, "cannot remove %s", path);
}

int beneath_rename(struct beneath *b, const char *path, const char *to, struct err *e)
{
    struct str parent;
    struct str other;
    const char *name = split(path, &parent);
    const char *new_name = split(to, &other);
    int code;

    check(path);
    check(to);
    if (!str_eq(parent, other))
        BUG("a name in another folder");
    code = open_parent(b, parent, e);
    if (code)
        return code;
    return renameat2(b->parent_fd, name, b->parent_fd, new_name, RENAME_NOREPLACE) == 0
               ? 0
               : cannot(b, to, e);
}

int beneath_sync(struct beneath *b, struct err *e)
{
    return syncfs(b->fd) == 0 ? 0 : err_errno(e, "cannot make %s durable", buf_text(&b->name));
}
