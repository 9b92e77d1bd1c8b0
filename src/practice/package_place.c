/* package_place.c: writes files below one folder, and nowhere else. */
#include "practice/package_place.h"
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

void package_place_close(struct package_place *p)
{
    fd_close(p->fd);
    fd_close(p->folder);
    buf_release(&p->name);
    buf_release(&p->part);
    digest_free(p->digest);
}

static bool is_empty(int folder)
{
    int copy = dup(folder);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    bool has = false;

    if (!d) {
        fd_close(copy);
        return false;
    }
    while (!has && (entry = readdir(d)))
        has = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(d);
    return !has;
}

int package_place_open(struct package_place *p, const char *path, struct err *e)
{
    int rc = folder_make(path, 0700, e);

    if (rc)
        return rc;
    p->path = path;
    p->fd = -1;
    p->digest = digest_new(DIGEST_SHA256);
    p->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->folder < 0)
        return err_errno(e, "cannot open %s", path);
    return is_empty(p->folder)
               ? 0
               : err_set(e, ERR_USAGE,
                         "%s is not empty: a package is opened into a folder of its own", path);
}

/* Below the folder no link is followed, whoever puts one there meanwhile. */
static int open_below(int folder, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)flags,
                           .mode = flags & O_CREAT ? 0600 : 0,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    int fd = -1;

    for (int i = 0; i < RETRY_COUNT; i++) {
        fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return fd;
}

/* The folder in which a name lies, made where it is not; path is its folders alone. */
static int open_parent(const struct package_place *p, struct str folders, int *out, struct err *e)
{
    CLEANUP_FD int fd = dup(p->folder);

    while (fd >= 0 && folders.len) {
        struct str part = str_cut(&folders, '/');
        char *name = mem_dup(part.p, part.len);
        int next = -1;

        if (mkdirat(fd, name, 0700) == 0 || errno == EEXIST)
            next = open_below(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        free(name);
        fd_close(fd);
        fd = next;
    }
    if (fd < 0)
        return err_errno(e, "cannot make a folder in %s", p->path);
    *out = fd;
    fd = -1;
    return 0;
}

/* The last part of the name, and the folder that it lies in. */
static int find_parent(const struct package_place *p, const char **last, int *folder, struct err *e)
{
    const char *slash = strrchr(buf_text(&p->name), '/');
    struct str folders = {buf_text(&p->name), slash ? (size_t)(slash - buf_text(&p->name)) : 0};

    *last = slash ? slash + 1 : buf_text(&p->name);
    return open_parent(p, folders, folder, e);
}

int package_place_begin(struct package_place *p, struct str name, struct err *e)
{
    CLEANUP_FD int folder = -1;
    const char *last;
    int rc;

    buf_clear(&p->name);
    buf_clear(&p->part);
    buf_addstr(&p->name, name);
    rc = find_parent(p, &last, &folder, e);
    if (rc)
        return rc;
    buf_addf(&p->part, "%s.part", last);
    p->fd = open_below(folder, buf_text(&p->part),
                       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW);
    if (p->fd >= 0)
        return 0;
    return errno == EEXIST
               ? err_set(e, ERR_TAMPER, "%s is in the package twice", buf_text(&p->name))
               : err_errno(e, "cannot write %s/%s", p->path, buf_text(&p->name));
}

int package_place_add(struct package_place *p, struct str bytes, struct err *e)
{
    digest_add(p->digest, bytes.p, bytes.len);
    p->bytes += bytes.len;
    return file_write_fd(p->fd, bytes.p, bytes.len, buf_text(&p->name), e);
}

int package_place_end(struct package_place *p, const struct hash *sum, struct err *e)
{
    CLEANUP_FD int folder = -1;
    const char *last;
    uint8_t got[64];
    int rc = fsync(p->fd) < 0 ? err_errno(e, "cannot make %s durable", buf_text(&p->name)) : 0;

    fd_close(p->fd);
    p->fd = -1;
    digest_end(p->digest, got);
    if (rc == 0 && sum && memcmp(got, sum->b, sizeof(sum->b)) != 0)
        rc = err_set(e, ERR_TAMPER,
                     "%s is not what the package itself says: its SHA-256 is another one",
                     buf_text(&p->name));
    if (rc == 0)
        rc = find_parent(p, &last, &folder, e);
    if (rc)
        return rc;
    if (renameat2(folder, buf_text(&p->part), folder, last, RENAME_NOREPLACE) != 0)
        return errno == EEXIST
                   ? err_set(e, ERR_TAMPER, "%s is in the package twice", buf_text(&p->name))
                   : err_errno(e, "cannot put %s in its place", buf_text(&p->name));
    p->files++;
    return 0;
}
