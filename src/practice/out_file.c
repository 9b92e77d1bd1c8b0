/* out_file.c: writes a file beside its place, and puts it there when it is whole. */
#include "practice/out_file.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/file.h"

void out_file_release(struct out_file *f)
{
    fd_close(f->fd);
    if (f->part.len)
        (void)unlink(buf_text(&f->part));
    buf_release(&f->folder);
    buf_release(&f->part);
}

int out_file_begin(struct out_file *f, const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    uint8_t unique[8];

    if (file_is_there(path))
        return err_set(e, ERR_USAGE, "%s exists already; nothing is overwritten", path);
    if (slash)
        buf_add(&f->folder, path, slash == path ? 1 : (size_t)(slash - path));
    else
        buf_addc(&f->folder, '.');
    random_bytes(unique, sizeof(unique));
    buf_addf(&f->part, "%s/.calm-", buf_text(&f->folder));
    hex_add(&f->part, unique, sizeof(unique));
    buf_adds(&f->part, ".part");
    f->fd = open(buf_text(&f->part), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->fd < 0) {
        buf_clear(&f->part);
        return err_errno(e, "cannot create %s", path);
    }
    return 0;
}

static bool is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    return strncmp(path, folder, size) == 0 && (path[size] == 0 || path[size] == '/');
}

int out_spares_case(const char *case_folder, const char *path, struct err *e)
{
    CLEANUP_FREE char *home = case_folder ? realpath(case_folder, NULL) : NULL;
    CLEANUP_FREE char *folder = mem_strdup(path);
    CLEANUP_FREE char *whole = realpath(path, NULL);
    char *slash = strrchr(folder, '/');

    if (!whole && slash)
        slash[slash == folder ? 1 : 0] = 0;
    if (!whole)
        whole = realpath(slash ? folder : ".", NULL);
    if (!home || !whole || !is_below(whole, home))
        return 0; /* where its folder is not there either nothing can be made in it */
    return err_set(
        e, ERR_USAGE,
        "%s lies in the folder of the case, where nothing else goes: name a place beside "
        "it, or on another disk",
        path);
}

int out_file_sync(const struct out_file *f, const char *path, struct err *e)
{
    return fsync(f->fd) < 0 ? err_errno(e, "cannot make %s durable", path) : 0;
}

int out_file_end(struct out_file *f, const char *path, struct err *e)
{
    if (renameat2(AT_FDCWD, buf_text(&f->part), AT_FDCWD, path, RENAME_NOREPLACE) != 0 &&
        ((errno != EINVAL && errno != ENOSYS) || link(buf_text(&f->part), path) != 0))
        return err_errno(e, "cannot put %s in its place", path);
    (void)unlink(buf_text(&f->part)); /* left only where the rename was a link */
    buf_clear(&f->part);
    return folder_sync(buf_text(&f->folder), e);
}
