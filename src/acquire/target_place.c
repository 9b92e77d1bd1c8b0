/* target_place.c: where the files of an image lie: the last one goes on in another folder where one
 * is full, and files that were put together meanwhile are found. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "acquire/pack.h"
#include "acquire/target_internal.h"
#include "base/mem.h"
#include "base/sink.h"
#include "base/size.h"
#include "base/utc.h"
#include "sys/file.h"

enum { COPY_SIZE = 1 << 20, ROOM_SLACK = 1 << 20 };

static int keep(const struct target_files *f, struct err *e)
{
    return f->keeper ? f->keeper->keep(f->keeper->context, e) : 0;
}

/* lseek(2) refuses a place that no file of this file system can have. */
static bool has_size(int fd, uint64_t size)
{
    struct rlimit limit;

    return lseek(fd, (off_t)size, SEEK_SET) == (off_t)size &&
           (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY ||
            limit.rlim_cur >= size);
}

/* Without a name, where the file system has such files. */
static int open_nameless(const char *folder)
{
    CLEANUP_BUF struct buf path = {0};
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    fd = target_hidden(folder, &path, NULL);
    if (fd >= 0)
        (void)unlink(buf_text(&path)); /* it is empty, and hidden */
    return fd;
}

int target_folder_takes(const char *folder, uint64_t size, struct err *e)
{
    char text[SIZE_TEXT_SIZE];
    CLEANUP_FD int fd = -1;

    if (!sink_line_keeps(str_of(folder)))
        return err_set(e, ERR_USAGE,
                       "%s has a character in its name that is invisible, or no UTF-8, so that the "
                       "records of an image cannot spell it: take another folder",
                       folder);
    fd = open_nameless(folder);
    if (fd < 0 || has_size(fd, size)) /* whoever writes there says why nothing can be made */
        return 0;
    return err_set(e, ERR_LIMIT,
                   "%s takes no file of %s, as the image may have: take it in smaller files "
                   "(--format e01 or split, --segment 2000MiB), or name a folder on another file "
                   "system",
                   folder, size_text(text, size));
}

/* Before a long copy that would not fit. */
static int has_room(const struct target_files *f, unsigned folder, int from, struct err *e)
{
    char has[SIZE_TEXT_SIZE], needs[SIZE_TEXT_SIZE];
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

/* Each of the two counts as half of the way. */
static int moved_so_far(const struct target_files *f, uint64_t at, uint64_t size, struct err *e)
{
    return f->keeper ? f->keeper->copied(f->keeper->context, at / 2, size, e) : 0;
}

static ssize_t read_part(int fd, char *bytes, uint64_t at, uint64_t size)
{
    size_t part = size - at < COPY_SIZE ? (size_t)(size - at) : COPY_SIZE, got = 0;

    while (got < part) {
        ssize_t n = pread(fd, bytes + got, part - got, (off_t)(at + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        got += (size_t)n;
    }
    return (ssize_t)part;
}

/* What is zeros stays a hole. */
static int copy_bytes(const struct target_files *f, int from, int to, const char *folder,
                      uint64_t size, struct err *e)
{
    CLEANUP_FREE char *bytes = mem_alloc(COPY_SIZE);
    uint64_t at = 0;
    int rc = 0;

    while (rc == 0 && at < size) {
        ssize_t n = read_part(from, bytes, at, size);

        if (n < 0)
            return err_errno(e, "cannot read a file of the image in order to move it");
        if (!is_all_zero(bytes, (size_t)n) && write_all(to, bytes, (size_t)n, at))
            return err_errno(e, "cannot copy a file of the image to %s", folder);
        at += (uint64_t)n;
        rc = moved_so_far(f, at, size, e);
    }
    if (rc == 0 && ftruncate(to, (off_t)size))
        rc = err_errno(e, "cannot copy a file of the image to %s", folder);
    return rc ? rc : target_sync(f, to, e);
}

/* From the disk, where the kernel allows that: the first copy goes for it. */
static int compare_bytes(const struct target_files *f, int from, int to, const char *folder,
                         uint64_t size, struct err *e)
{
    CLEANUP_FREE char *bytes = mem_alloc(COPY_SIZE);
    CLEANUP_FREE char *others = mem_alloc(COPY_SIZE);
    uint64_t at = 0;
    int rc = 0;

    (void)posix_fadvise(to, 0, 0, POSIX_FADV_DONTNEED); /* a wish */
    while (rc == 0 && at < size) {
        ssize_t n = read_part(from, bytes, at, size);

        if (n < 0 || read_part(to, others, at, size) != n)
            return err_errno(e, "cannot read the copy of the last file in %s again", folder);
        if (memcmp(bytes, others, (size_t)n) != 0)
            return err_set(e, ERR_IO,
                           "%s does not give back what was written there, at byte %llu of the "
                           "last file: its disk or the memory is at fault",
                           folder, (unsigned long long)at);
        at += (uint64_t)n;
        rc = moved_so_far(f, size + at, size, e);
    }
    return rc;
}

static int copy_whole(const struct target_files *f, int from, int to, const char *folder,
                      struct err *e)
{
    struct stat st;
    int rc;

    if (fstat(from, &st))
        return err_errno(e, "cannot look at a file of the image");
    rc = copy_bytes(f, from, to, folder, (uint64_t)st.st_size, e);
    return rc ? rc : compare_bytes(f, from, to, folder, (uint64_t)st.st_size, e);
}

/* Two of one name, of which one is not whole, must never be: whoever puts files together could keep
 * the wrong one. So a copy has its name once it is whole. */
static int copy_aside(const struct target_files *f, unsigned folder, int from, const char *path,
                      struct err *e)
{
    CLEANUP_BUF struct buf aside = {0};
    CLEANUP_FD int to = -1;
    int rc;

    buf_addf(&aside, "%s/%s.copying", f->folders[folder], f->name);
    if (file_is_there(path))
        return err_set(e, ERR_USAGE, "%s is there already, and nothing is written over", path);
    to = open(buf_text(&aside), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return err_errno(e, "cannot make %s", buf_text(&aside));
    if (f->watch)
        atomic_store(&f->watch->moves, true);
    rc = copy_whole(f, from, to, f->folders[folder], e);
    if (f->watch)
        atomic_store(&f->watch->moves, false);
    if (rc == 0 && renameat2(AT_FDCWD, buf_text(&aside), AT_FDCWD, path, RENAME_NOREPLACE) &&
        (errno != EINVAL || file_is_there(path) || rename(buf_text(&aside), path)))
        rc = err_errno(e, "cannot give the copy its name, %s", path);
    if (rc)
        (void)target_remove_held(to, buf_text(&aside), NULL); /* the failure before is told */
    return rc ? rc : folder_sync(f->folders[folder], e);
}

/* A second copy of the last file, durable and the same, in a folder that the state names already.
 */
static int copy_last(struct target_files *f, unsigned folder, int *fd, int *straight, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc;

    if (f->fd < 0)
        return target_make_in(f, folder, fd, straight, e);
    target_path_in(f, folder, &path);
    rc = copy_aside(f, folder, f->fd, buf_text(&path), e);
    return rc ? rc : target_open_in(f, folder, 0, fd, straight, e);
}

/* The state says where the file is before its first copy goes; from then on both may be there, and
 * the one that it does not say goes when the image goes on. */
static int hand_over(struct target_files *f, unsigned folder, int fd, int straight, struct err *e)
{
    struct target_file *last = &f->files[f->count - 1];
    CLEANUP_BUF struct buf old = {0};
    CLEANUP_FD int first = f->fd;
    int rc;

    target_files_path(f, (uint32_t)f->count, &old);
    f->fd = -1;
    target_close_last(f);
    f->fd = fd;
    f->straight = straight;
    last->folder = folder;
    rc = keep(f, e);
    return rc || first < 0 ? rc : target_remove_held(first, buf_text(&old), e);
}

/* Before anything is made there. */
static int may_move(struct target_files *f, unsigned to, int from, bool *is_claimed, struct err *e)
{
    int rc = has_room(f, to, from, e);

    if (rc == 0 && f->largest)
        rc = target_folder_takes(f->folders[to], f->largest, e);
    return rc ? rc : target_claim(f, to, is_claimed, e);
}

/* A folder that a file goes to, and what has to be undone where it could not. */
struct moving {
    unsigned to;
    size_t known;
    bool is_claimed;
};

/* The state names the folder when it returns. */
static int begin_move(struct target_files *f, const char *folder, int from, struct moving *m,
                      bool *asks, struct err *e)
{
    int rc;

    m->known = f->folder_count;
    if (m->to == m->known)
        m->to = target_files_add_folder(f, folder);
    rc = may_move(f, m->to, from, &m->is_claimed, e);
    *asks = rc != 0;
    return rc ? rc : keep(f, e);
}

static void undo_move(struct target_files *f, const struct moving *m)
{
    if (m->is_claimed) /* what it bars is this folder, for this name */
        (void)target_drop_claim(f, m->to, NULL);
    if (m->known < f->folder_count)
        free(f->folders[--f->folder_count]);
}

int target_move_last(struct target_files *f, const char *folder, bool *asks, struct err *e)
{
    struct moving m = {.to = target_find_folder(f, folder)};
    int fd = -1, straight = -1, rc;

    if (m.to == f->files[f->count - 1].folder)
        return 0;
    rc = begin_move(f, folder, f->fd, &m, asks, e);
    if (rc == 0) {
        rc = copy_last(f, m.to, &fd, &straight, e);
        *asks = rc && rc != ERR_CANCEL;
    }
    if (rc == 0)
        return hand_over(f, m.to, fd, straight, e);
    undo_move(f, &m);
    return rc;
}

static void rest_path(const struct target_files *f, unsigned folder, struct buf *out)
{
    buf_addf(out, "%s/%s.rest", f->folders[folder], f->name);
}

void target_rest_path(const struct target_files *f, struct buf *out)
{
    rest_path(f, f->rest_folder, out);
}

int target_open_rest(struct target_files *f, int *rest, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};

    target_rest_path(f, &path);
    for (unsigned k = 0; !file_is_there(buf_text(&path)) && k < f->folder_count; k++) {
        CLEANUP_BUF struct buf other = {0};

        rest_path(f, k, &other);
        if (!file_is_there(buf_text(&other)))
            continue;
        f->rest_folder = k;
        buf_clear(&path);
        buf_addstr(&path, buf_str(&other));
    }
    return file_open_regular(rest, buf_text(&path), O_RDWR, e);
}

/* As with the last file: the state says where it is before the first copy goes. */
static int hand_over_rest(struct target_files *f, unsigned to, const char *path, int *rest,
                          struct err *e)
{
    CLEANUP_BUF struct buf old = {0};
    CLEANUP_FD int first = *rest;
    int fd = -1;
    int rc = file_open_regular(&fd, path, O_RDWR, e);

    if (rc) {
        first = -1;
        return rc;
    }
    target_rest_path(f, &old);
    *rest = fd;
    f->rest_folder = to;
    rc = keep(f, e);
    return rc ? rc : target_remove_held(first, buf_text(&old), e);
}

int target_move_rest(struct target_files *f, const char *folder, int *rest, bool *asks,
                     struct err *e)
{
    struct moving m = {.to = target_find_folder(f, folder)};
    CLEANUP_BUF struct buf path = {0};
    int rc;

    if (m.to == f->rest_folder)
        return 0;
    rc = begin_move(f, folder, *rest, &m, asks, e);
    if (rc == 0) {
        rest_path(f, m.to, &path);
        rc = copy_aside(f, m.to, *rest, buf_text(&path), e);
        *asks = rc && rc != ERR_CANCEL;
    }
    if (rc == 0)
        return hand_over_rest(f, m.to, buf_text(&path), rest, e);
    undo_move(f, &m);
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

int target_files_resume(struct target_files *f, struct err *e)
{
    struct target_file *last;
    struct stat st;
    int rc;

    target_fold(f);
    if (f->count == 0)
        return 0;
    find_moved(f);
    last = &f->files[f->count - 1];
    rc = target_open_in(f, last->folder, 0, &f->fd, &f->straight, e);
    if (rc)
        return rc;
    if (fstat(f->fd, &st) || (uint64_t)st.st_size < last->size)
        return err_set(e, ERR_FORMAT, "the last file of %s is shorter than it was", f->name);
    return 0;
}
