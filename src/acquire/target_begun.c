/* target_begun.c: the first file of an image while no state tells of it: it is known by its bytes,
 * which a state announces before they are written. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "acquire/pack.h"
#include "acquire/target_internal.h"
#include "base/hash.h"
#include "base/mem.h"
#include "sys/file.h"

struct target_born target_born(int fd)
{
    struct target_born b = {0};
    struct statx st;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &st) == 0 &&
        (st.stx_mask & STATX_BTIME))
        b = (struct target_born){st.stx_ino, (uint64_t)st.stx_btime.tv_sec * 1000000000U +
                                                 st.stx_btime.tv_nsec};
    return b;
}

static bool is_where_it_was(const struct target_ahead *ahead, int fd)
{
    struct target_born is = target_born(fd);

    return is.inode && is.inode == ahead->first.inode && is.born_ns == ahead->first.born_ns;
}

void target_announced_make(struct target_announced *a, const void *bytes, size_t size)
{
    *a = (struct target_announced){.size = size};
    for (size_t at = 0; at < size && a->count < TARGET_PIECES_MAX; at += TARGET_PIECE) {
        size_t left = size - at < TARGET_PIECE ? size - at : TARGET_PIECE;
        struct hash sum = hash_bytes((const char *)bytes + at, left);

        memcpy(a->sums[a->count++], sum.b, TARGET_PIECE_SUM);
    }
}

int target_files_announce(const struct target_files *f, const void *bytes, size_t size,
                          struct err *e)
{
    if (f->count != 1 || !f->keeper || !f->keeper->announce)
        return 0;
    return f->keeper->announce(f->keeper->context, bytes, size, e);
}

/* What the pieces of a file tell. */
struct pieces_seen {
    bool has_other;  /* than was announced, and no zeros */
    bool has_bytes;  /* that were announced, and are more than zeros */
    bool lacks_some; /* zeros where others were announced */
};

static void see_piece(const struct target_announced *a, size_t i, const void *bytes, size_t size,
                      struct pieces_seen *out)
{
    struct hash sum = hash_bytes(bytes, size);
    bool is_zero = is_all_zero(bytes, size);

    if (i >= a->count || memcmp(sum.b, a->sums[i], TARGET_PIECE_SUM) != 0) {
        out->has_other |= !is_zero;
        out->lacks_some |= is_zero;
    } else
        out->has_bytes |= !is_zero;
}

static int read_whole(int fd, const char *path, uint8_t *bytes, size_t size, struct err *e)
{
    for (size_t got = 0; got < size;) {
        ssize_t n = pread(fd, bytes + got, size - got, (off_t)got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "cannot read %s", path);
        if (n == 0)
            return err_set(e, ERR_CONFLICT, "%s became shorter while it was looked at", path);
        got += (size_t)n;
    }
    return 0;
}

static int see(const struct target_announced *a, int fd, const char *path, size_t size,
               struct pieces_seen *out, struct err *e)
{
    CLEANUP_FREE uint8_t *bytes = mem_alloc(size);
    int rc = read_whole(fd, path, bytes, size, e);

    *out = (struct pieces_seen){0};
    for (size_t at = 0; rc == 0 && at < size; at += TARGET_PIECE)
        see_piece(a, at / TARGET_PIECE, bytes + at,
                  size - at < TARGET_PIECE ? size - at : TARGET_PIECE, out);
    return rc;
}

int target_look_begun(const struct target_ahead *ahead, int fd, const char *path,
                      enum target_begun *out, struct err *e)
{
    const struct target_announced *a = ahead->announced;
    struct pieces_seen seen = {0};
    struct stat st;
    int rc = 0;

    if (fstat(fd, &st))
        return err_errno(e, "cannot look at %s", path);
    *out = TARGET_BEGUN;
    if (S_ISREG(st.st_mode) && st.st_size == 0)
        return 0;
    *out = TARGET_BEGUN_OTHER;
    if (!S_ISREG(st.st_mode) || (!a && !is_where_it_was(ahead, fd)))
        return 0;
    *out = TARGET_BEGUN_MORE;
    if (a && ((uint64_t)st.st_size > a->size || st.st_size > TARGET_PIECES_MAX * TARGET_PIECE))
        return 0;
    if (a)
        rc = see(a, fd, path, (size_t)st.st_size, &seen, e);
    if (rc)
        return rc;
    *out = seen.has_other || (seen.lacks_some && !seen.has_bytes && !is_where_it_was(ahead, fd))
               ? TARGET_BEGUN_OTHER
               : TARGET_BEGUN;
    return 0;
}

/* It was looked at before anything was changed; now it is the very file that is held. */
static int open_begun(const struct target_ahead *ahead, const char *path, int *out, struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    enum target_begun is = TARGET_BEGUN_OTHER;
    int rc;

    *out = -1;
    if (fd < 0)
        return 0; /* whoever makes it says why it cannot be used */
    rc = target_look_begun(ahead, fd, path, &is, e);
    if (rc == 0 && is != TARGET_BEGUN)
        rc = err_set(e, ERR_CONFLICT, "%s was replaced while it was looked at", path);
    if (rc)
        return rc;
    *out = fd;
    fd = -1;
    return 0;
}

int target_empty_begun(struct target_files *f, const struct target_ahead *ahead, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FD int fd = -1;
    char ending[8];
    int rc;

    if (!target_file_ending(f->format, 1, ending))
        BUG("an image has no first file");
    buf_addf(&path, "%s/%s.%s", f->folders[0], f->name, ending);
    rc = open_begun(ahead, buf_text(&path), &fd, e);
    f->has_first = fd >= 0;
    if (fd >= 0 && ftruncate(fd, 0))
        rc = err_errno(e, "cannot begin %s anew", buf_text(&path));
    return rc;
}
