/* file.c: reading with a limit, and writing that is whole and durable or did not happen. */
#include "sys/file.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/clock.h"

enum { READ_CHUNK_SIZE = 65536 };

void fd_close(int fd)
{
    int saved = errno;

    /* Linux frees the number even when close says EINTR; trying again could close another's. */
    if (fd >= 0)
        (void)close(fd);
    errno = saved;
}

uint64_t folder_room(const char *path)
{
    struct statvfs st;

    return statvfs(path, &st) || !st.f_blocks ? UINT64_MAX : (uint64_t)st.f_bavail * st.f_frsize;
}

int file_open_regular(int *fd, const char *path, int flags, struct err *e)
{
    int opened = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    int why = errno;
    struct stat st;

    if (opened < 0) {
        int rc = err_errno(e, "cannot open %s", path);

        errno = why;
        return rc;
    }
    if (fstat(opened, &st) || !S_ISREG(st.st_mode)) {
        fd_close(opened);
        errno = EINVAL;
        return err_set(e, ERR_USAGE, "%s is no regular file", path);
    }
    *fd = opened;
    return 0;
}

bool file_is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Waits until a descriptor that was left non-blocking can go on. */
static bool is_worth_trying_again(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    if (errno == EINTR)
        return true;
    if (errno != EAGAIN)
        return false;
    return poll(&p, 1, -1) > 0 || errno == EINTR;
}

int file_read_fd(struct buf *out, int fd, const char *name, size_t most, struct err *e)
{
    CLEANUP_BUF struct buf bytes = {0};
    size_t limit = most < BUF_LIMIT / 2 ? most : BUF_LIMIT / 2;

    for (;;) {
        ssize_t n = read(fd, buf_room(&bytes, READ_CHUNK_SIZE), READ_CHUNK_SIZE);

        if (n < 0 && is_worth_trying_again(fd, POLLIN))
            continue;
        if (n < 0)
            return err_errno(e, "cannot read %s", name);
        if (n == 0)
            break;
        bytes.len += (size_t)n;
        if (bytes.len > limit)
            return err_set(e, ERR_LIMIT, "%s is larger than %zu bytes, the limit here", name,
                           limit);
    }
    buf_release(out);
    *out = bytes;
    bytes = (struct buf){0};
    if (out->p)
        out->p[out->len] = '\0';
    return 0;
}

static int open_regular(const char *path, int *out, struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(e, "cannot open %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is not a regular file", path);
    *out = fd;
    fd = -1;
    return 0;
}

int file_read(struct buf *out, const char *path, size_t most, struct err *e)
{
    CLEANUP_FD int fd = -1;
    int rc = open_regular(path, &fd, e);

    return rc ? rc : file_read_fd(out, fd, path, most, e);
}

static bool saw_nothing(void *context, uint64_t bytes)
{
    (void)context, (void)bytes;
    return true;
}

int file_sum(const char *path, struct hash *sum, uint64_t *size, struct err *e)
{
    return file_sum_while(path, saw_nothing, NULL, sum, size, e);
}

int file_sum_while(const char *path, bool (*saw)(void *context, uint64_t bytes), void *context,
                   struct hash *sum, uint64_t *size, struct err *e)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    CLEANUP_FREE char *bytes = mem_alloc(READ_CHUNK_SIZE);
    CLEANUP_FD int fd = -1;
    uint8_t all[64];
    uint64_t count = 0;
    int rc = open_regular(path, &fd, e);
    ssize_t n = 1;

    while (rc == 0 && n != 0) {
        n = read(fd, bytes, READ_CHUNK_SIZE);
        if (n < 0 && !is_worth_trying_again(fd, POLLIN))
            rc = err_errno(e, "cannot read %s", path);
        if (n > 0) {
            digest_add(d, bytes, (size_t)n);
            count += (uint64_t)n;
            if (!saw(context, (uint64_t)n))
                rc = err_set(e, ERR_CANCEL, "stopped at your request");
        }
    }
    if (rc)
        return rc;
    (void)digest_end(d, all);
    memcpy(sum->b, all, sizeof(sum->b));
    *size = count;
    return 0;
}

int file_write_fd(int fd, const void *bytes, size_t size, const char *name, struct err *e)
{
    const char *at = bytes;

    while (size) {
        ssize_t n = write(fd, at, size);

        if (n < 0 && is_worth_trying_again(fd, POLLOUT))
            continue;
        if (n < 0)
            return err_errno(e, "cannot write %s", name);
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

/* The folder that path lies in, as text. */
static void add_folder_of(struct buf *out, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        buf_addc(out, '.');
    else if (slash == path)
        buf_addc(out, '/');
    else
        buf_add(out, path, (size_t)(slash - path));
}

int folder_sync(const char *path, struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(e, "cannot open the folder %s", path);
    /* Some network file systems have no fsync for folders and say EINVAL; they order by themselves.
     */
    if (fsync(fd) < 0 && errno != EINVAL)
        return err_errno(e, "cannot make changes in the folder %s durable", path);
    return 0;
}

static int fill_fd(int fd, struct str bytes, const char *path, struct err *e)
{
    if (fd < 0)
        return err_errno(e, "cannot create %s", path);
    return file_write_fd(fd, bytes.p, bytes.len, path, e);
}

static int open_part(const char *part, unsigned mode)
{
    return open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
}

static int fill(const char *part, struct str bytes, unsigned mode, const char *path, struct err *e)
{
    CLEANUP_FD int fd = open_part(part, mode);
    int code = fill_fd(fd, bytes, path, e);

    if (code)
        return code;
    if (fsync(fd) < 0)
        return err_errno(e, "cannot make %s durable", path);
    return 0;
}

/* A hidden name beside path. */
static void add_part(struct buf *out, const char *path)
{
    uint8_t unique[8];

    add_folder_of(out, path);
    random_bytes(unique, sizeof(unique));
    buf_adds(out, "/.calm-");
    hex_add(out, unique, sizeof(unique));
    buf_adds(out, ".part");
}

/* Renames unless the target is there, also where the file system knows no such rename (NFS). */
static int rename_new(const char *part, const char *path)
{
    if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (link(part, path) < 0)
        return -1;
    return unlink(part);
}

static int put(const char *path, struct str bytes, unsigned mode,
               int (*rename_to)(const char *, const char *), struct err *e)
{
    CLEANUP_BUF struct buf folder = {0};
    CLEANUP_BUF struct buf part = {0};
    int code;

    add_folder_of(&folder, path);
    add_part(&part, path);
    code = fill(buf_text(&part), bytes, mode, path, e);
    if (!code && rename_to(buf_text(&part), path) < 0)
        code = errno == EEXIST ? err_set(e, ERR_USAGE, "%s exists already", path)
                               : err_errno(e, "cannot put %s in its place", path);
    if (code) {
        (void)unlink(buf_text(&part)); /* the first failure is the one to tell */
        return code;
    }
    return folder_sync(buf_text(&folder), e);
}

int file_write(const char *path, struct str bytes, unsigned mode, struct err *e)
{
    return put(path, bytes, mode, rename, e);
}

int file_replace(const char *path, struct str bytes, unsigned mode, struct err *e)
{
    CLEANUP_BUF struct buf part = {0};
    CLEANUP_FD int fd = -1;
    int code;

    add_part(&part, path);
    fd = open_part(buf_text(&part), mode);
    code = fill_fd(fd, bytes, path, e);
    if (!code && rename(buf_text(&part), path) < 0)
        code = err_errno(e, "cannot put %s in its place", path);
    if (code)
        (void)unlink(buf_text(&part)); /* the first failure is the one to tell */
    return code;
}

int file_create(const char *path, struct str bytes, unsigned mode, struct err *e)
{
    return put(path, bytes, mode, rename_new, e);
}

/* Makes one folder and makes its name durable. */
static int make_one(const char *path, unsigned mode, struct err *e)
{
    CLEANUP_BUF struct buf parent = {0};
    struct stat st;
    int why;

    if (mkdir(path, mode) == 0) {
        add_folder_of(&parent, path);
        return folder_sync(buf_text(&parent), e);
    }
    why = errno;
    if (stat(path, &st) < 0) {
        errno = why;
        return err_errno(e, "cannot create the folder %s", path);
    }
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is there and is not a folder", path);
    return 0;
}

int folder_make(const char *path, unsigned mode, struct err *e)
{
    CLEANUP_FREE char *copy = mem_strdup(path);
    size_t len = strlen(copy);

    while (len > 1 && copy[len - 1] == '/')
        copy[--len] = '\0';
    for (char *slash = strchr(copy + (len > 0), '/'); slash; slash = strchr(slash + 1, '/')) {
        int code;

        *slash = '\0';
        code = make_one(copy, mode, e);
        *slash = '/';
        if (code)
            return code;
    }
    return make_one(copy, mode, e);
}
