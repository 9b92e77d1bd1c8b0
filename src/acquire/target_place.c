/* target_place.c: which folders the files of an image lie in: where the last one goes on when one
 * is full, what shows that a folder is the image's own, and what an interrupted run left. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "acquire/pack.h"
#include "acquire/target_internal.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"

enum { COPY_SIZE = 1 << 20, ROOM_SLACK = 1 << 20, CLAIM_SIZE_MAX = 8192 };

static void claim_path(const struct target_files *f, unsigned folder, struct buf *out)
{
    buf_addf(out, "%s/%s.claim", f->folders[folder], f->name);
}

static void claim_line(const struct target_files *f, struct buf *out)
{
    buf_adds(out, "calm-image claim ");
    hex_add(out, f->id, sizeof(f->id));
    buf_addc(out, '\n');
}

/* *has: there is one; *is_ours: and it is of this image. */
static int read_claim(const struct target_files *f, unsigned folder, bool *has, bool *is_ours,
                      struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf text = {0};
    int rc;

    claim_path(f, folder, &path);
    rc = file_read(&text, buf_text(&path), CLAIM_SIZE_MAX, e);
    if (rc && rc != ERR_NOTFOUND)
        return rc;
    claim_line(f, &line);
    *has = rc == 0;
    *is_ours = rc == 0 && str_starts(buf_str(&text), buf_text(&line));
    return 0;
}

static bool has_file(const struct target_files *f, unsigned folder)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->files[i].folder == folder)
            return true;
    return false;
}

/* What lies there under the image's name may be removed only then. The first folder has the state
 * itself. Before there were claims, a state that names a file there was enough. */
static int is_own(const struct target_files *f, unsigned folder, bool *out, struct err *e)
{
    bool has = false, is_ours = false;
    int rc = folder ? read_claim(f, folder, &has, &is_ours, e) : 0;

    if (rc == 0)
        *out = folder == 0 || is_ours || (!has && has_file(f, folder));
    return rc;
}

/* Of a folder's names each that is of the image; a non-zero return of each ends it. */
static int each_name(const struct target_files *f, const char *folder,
                     int (*each)(const struct target_files *f, const char *path, uint32_t number,
                                 uint32_t first, struct err *e),
                     uint32_t first, struct err *e)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int rc = 0;

    if (!dir)
        return errno == ENOENT ? 0 : err_errno(e, "cannot look into %s", folder);
    while (rc == 0 && (entry = readdir(dir))) {
        CLEANUP_BUF struct buf path = {0};
        uint32_t number = target_file_number(f, entry->d_name);

        buf_addf(&path, "%s/%s", folder, entry->d_name);
        if (number)
            rc = each(f, buf_text(&path), number, first, e);
    }
    closedir(dir);
    return rc;
}

static int refuse(const struct target_files *f, const char *path, uint32_t number, uint32_t first,
                  struct err *e)
{
    (void)f, (void)number, (void)first;
    return err_set(e, ERR_USAGE, "%s is there already, and nothing is written over", path);
}

static int remove_later(const struct target_files *f, const char *path, uint32_t number,
                        uint32_t first, struct err *e)
{
    (void)f;
    if (number >= first && unlink(path))
        return err_errno(e, "cannot remove %s", path);
    return 0;
}

int target_folder_is_free(const struct target_files *f, const char *folder, struct err *e)
{
    static const char *const endings[] = {"part", "rest", "sums", "map", "map.next", "pieces", "txt", "claim"};

    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "%s/%s.%s", folder, f->name, endings[i]);
        if (file_is_there(buf_text(&path)))
            return refuse(f, buf_text(&path), 0, 0, e);
    }
    return each_name(f, folder, refuse, 0, e);
}

/* Removes what an interrupted run left in a folder of the image's own, from that number on. */
static int clean(const struct target_files *f, unsigned folder, uint32_t first, struct err *e)
{
    bool is = false;
    int rc = is_own(f, folder, &is, e);

    return rc || !is ? rc : each_name(f, f->folders[folder], remove_later, first, e);
}

/* The folder is the image's own from now on: what is found there later is known to be. */
static int claim(const struct target_files *f, unsigned folder, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    bool is = false;
    int rc = is_own(f, folder, &is, e);

    if (rc || folder == 0)
        return rc ? rc : clean(f, folder, (uint32_t)f->count, e);
    claim_path(f, folder, &path);
    if (is && file_is_there(buf_text(&path)))
        return clean(f, folder, (uint32_t)f->count, e);
    rc = is ? clean(f, folder, (uint32_t)f->count, e)
            : target_folder_is_free(f, f->folders[folder], e);
    if (rc)
        return rc;
    claim_line(f, &text);
    buf_addf(&text,
             "The image %s, whose first files lie in %s, goes on in this folder. This file is "
             "removed when the image is whole.\n",
             f->name, f->folders[0]);
    return file_create(buf_text(&path), buf_str(&text), 0600, e);
}

static void drop_claim(const struct target_files *f, unsigned folder)
{
    CLEANUP_BUF struct buf path = {0};

    claim_path(f, folder, &path);
    (void)unlink(buf_text(&path)); /* what it bars is this folder, for images of this name */
}

static int keep(const struct target_files *f, struct err *e)
{
    return f->keeper ? f->keeper->keep(f->keeper->context, e) : 0;
}

/* Before a long copy that would not fit. */
static int has_room(const struct target_files *f, unsigned folder, int from, struct err *e)
{
    char has[UTC_PLAIN_SIZE], needs[UTC_PLAIN_SIZE];
    struct statvfs there;
    struct stat st = {0};
    uint64_t room, size;

    if ((from >= 0 && fstat(from, &st)) || statvfs(f->folders[folder], &there))
        return err_errno(e, "cannot look at %s", f->folders[folder]);
    room = (uint64_t)there.f_bavail * there.f_frsize;
    size = (uint64_t)st.st_blocks * 512; /* stat(2): of this size, whatever the disk's sectors */
    if (room >= size + ROOM_SLACK)
        return 0;
    return err_set(e, ERR_FULL, "%s has room for %s, and the last file of the image takes %s",
                   f->folders[folder], size_text(has, room), size_text(needs, size));
}

static int write_all(int to, const char *bytes, size_t size, uint64_t off)
{
    while (size) {
        ssize_t n = pwrite(to, bytes, size, (off_t)off);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        off += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

/* What is zeros stays a hole. */
static int copy_bytes(const struct target_files *f, int from, int to, const char *folder,
                      uint64_t size, struct err *e)
{
    CLEANUP_FREE char *bytes = mem_alloc(COPY_SIZE);
    uint64_t at = 0;
    int rc = 0;

    while (rc == 0 && at < size) {
        size_t part = size - at < COPY_SIZE ? (size_t)(size - at) : COPY_SIZE;
        ssize_t n = pread(from, bytes, part, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(e, "cannot read the last file of the image in order to move it");
        if (!is_all_zero(bytes, (size_t)n) && write_all(to, bytes, (size_t)n, at))
            return err_errno(e, "cannot copy the last file of the image to %s", folder);
        at += (uint64_t)n;
        rc = f->keeper ? f->keeper->copied(f->keeper->context, at, size, e) : 0;
    }
    if (rc == 0 && ftruncate(to, (off_t)size))
        rc = err_errno(e, "cannot copy the last file of the image to %s", folder);
    return rc ? rc : target_sync(f, to, e);
}

/* A second copy of the last file, durable, in a folder that the state names already. */
static int copy_last(struct target_files *f, unsigned folder, int *fd, int *straight, struct err *e)
{
    uint64_t size = f->files[f->count - 1].size;
    int rc = target_make_in(f, folder, fd, straight, e);

    if (rc || f->fd < 0)
        return rc;
    if (f->watch)
        atomic_store(&f->watch->moves, true);
    rc = copy_bytes(f, f->fd, *fd, f->folders[folder], size, e);
    if (f->watch)
        atomic_store(&f->watch->moves, false);
    if (rc) {
        fd_close(*fd);
        fd_close(*straight);
        (void)clean(f, folder, (uint32_t)f->count, NULL); /* the failure before is told */
    }
    return rc;
}

/* The state says where the file is before its first copy goes; from then on both may be there, and
 * the one that it does not say goes when the image goes on. */
static int settle(struct target_files *f, unsigned folder, int fd, int straight, struct err *e)
{
    struct target_file *last = &f->files[f->count - 1];
    CLEANUP_BUF struct buf old = {0};
    bool was_there = f->fd >= 0;
    int rc;

    target_files_path(f, (uint32_t)f->count, &old);
    target_close_last(f);
    f->fd = fd;
    f->straight = straight;
    last->folder = folder;
    rc = keep(f, e);
    if (rc == 0 && was_there && unlink(buf_text(&old)))
        rc = err_errno(e, "cannot remove %s", buf_text(&old));
    return rc;
}

int target_move_last(struct target_files *f, const char *folder, bool *asks, struct err *e)
{
    size_t known = f->folder_count;
    unsigned to = target_files_add_folder(f, folder);
    bool is_kept = false;
    int fd = -1, straight = -1, rc;

    if (to == f->files[f->count - 1].folder)
        return 0;
    rc = has_room(f, to, f->fd, e);
    if (rc == 0)
        rc = claim(f, to, e);
    *asks = true;
    if (rc == 0) {
        rc = keep(f, e);
        is_kept = rc == 0;
        *asks = is_kept;
    }
    if (rc == 0)
        rc = copy_last(f, to, &fd, &straight, e);
    if (rc == ERR_CANCEL)
        *asks = false;
    if (rc == 0) {
        *asks = false;
        return settle(f, to, fd, straight, e);
    }
    if (known < f->folder_count) {
        bool has, is_ours = false;

        if (read_claim(f, to, &has, &is_ours, NULL) == 0 && is_ours)
            drop_claim(f, to);
        free(f->folders[--f->folder_count]);
    }
    return rc;
}

/* All files of an image may have been put together meanwhile. */
static void find_moved(struct target_files *f)
{
    for (uint32_t n = 1; n <= f->count; n++) {
        struct target_file *file = &f->files[n - 1];
        unsigned said = file->folder;

        for (unsigned k = 0; k <= f->folder_count; k++) {
            CLEANUP_BUF struct buf path = {0};

            /* Where the state says comes first. */
            file->folder = k ? k - 1 : said;
            target_files_path(f, n, &path);
            if (file_is_there(buf_text(&path)))
                break;
            file->folder = said;
        }
    }
}

static int clean_all(const struct target_files *f, struct err *e)
{
    int rc = 0;

    for (unsigned k = 0; rc == 0 && k < f->folder_count; k++) {
        bool has_last = !f->count || f->files[f->count - 1].folder == k;

        rc = clean(f, k, (uint32_t)f->count + has_last, e);
    }
    return rc;
}

int target_files_resume(struct target_files *f, struct err *e)
{
    struct target_file *last;
    struct stat st;
    int rc;

    if (f->count == 0)
        return clean_all(f, e);
    find_moved(f);
    last = &f->files[f->count - 1];
    rc = target_open_in(f, last->folder, 0, &f->fd, &f->straight, e);
    if (rc)
        return rc;
    if (fstat(f->fd, &st) || (uint64_t)st.st_size < last->size)
        return err_set(e, ERR_FORMAT, "the last file of %s is shorter than it was", f->name);
    rc = clean_all(f, e);
    return rc ? rc : target_files_set_size(f, last->size, e);
}

int target_files_end(const struct target_files *f, struct err *e)
{
    for (unsigned k = 1; k < f->folder_count; k++) {
        CLEANUP_BUF struct buf path = {0};
        bool has = false, is_ours = false;
        int rc = read_claim(f, k, &has, &is_ours, e);

        claim_path(f, k, &path);
        if (rc == 0 && is_ours && unlink(buf_text(&path)))
            rc = err_errno(e, "cannot remove %s", buf_text(&path));
        if (rc)
            return rc;
    }
    return 0;
}
