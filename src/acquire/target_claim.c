/* target_claim.c: NAME.claim, by which a folder is known to be the image's own, of which state the
 * files there are, and which bars a second program. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "acquire/target_internal.h"
#include "base/mem.h"
#include "sys/file.h"

enum { CLAIM_SIZE_MAX = 8192 };

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

/* The number has always the same room, so that it is written over in place: a full disk takes it.
 */
static void claim_text(const struct target_files *f, uint64_t number, bool is_first,
                       struct buf *out)
{
    claim_line(f, out);
    buf_addf(out, "state %020llu\n", (unsigned long long)number);
    if (is_first)
        buf_addf(out, "The image %s is made in this folder.", f->name);
    else
        buf_addf(out, "The image %s, whose first files lie in %s, goes on in this folder.", f->name,
                 f->folders[0]);
    buf_adds(out, " This file is removed when the image is whole.\n");
}

/* number: 0 where it tells none. */
static int read_claim(const struct target_files *f, unsigned folder, bool *has, bool *is_ours,
                      uint64_t *number, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    int rc;

    claim_path(f, folder, &path);
    rc = file_read(&text, buf_text(&path), CLAIM_SIZE_MAX, e);
    if (rc && rc != ERR_NOTFOUND)
        return rc;
    claim_line(f, &line);
    rest = buf_str(&text);
    *has = rc == 0;
    *is_ours = rc == 0 && str_take(&rest, buf_text(&line));
    if (!*is_ours || !str_take(&rest, "state ") || !str_u64(str_cut(&rest, '\n'), number))
        *number = 0;
    return 0;
}

int target_read_claim(const struct target_files *f, unsigned folder, bool *has, bool *is_ours,
                      struct err *e)
{
    uint64_t number;

    return read_claim(f, folder, has, is_ours, &number, e);
}

static bool is_held(const struct target_files *f, int fd)
{
    struct stat st, held;

    for (size_t i = 0; i < f->claim_count; i++)
        if (fstat(fd, &st) == 0 && fstat(f->claims[i].fd, &held) == 0 && st.st_dev == held.st_dev &&
            st.st_ino == held.st_ino)
            return true;
    return false;
}

/* Where nothing can be written nobody goes on. */
static int hold(struct target_files *f, unsigned folder, struct err *e)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FD int fd = -1;

    claim_path(f, folder, &path);
    fd = open(buf_text(&path), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && (errno == EROFS || errno == EACCES))
        return 0;
    if (fd < 0)
        return err_errno(e, "cannot open %s", buf_text(&path));
    if (is_held(f, fd))
        return 0;
    if (fcntl(fd, F_OFD_SETLK, &whole) && (errno == EAGAIN || errno == EACCES))
        return err_set(e, ERR_CONFLICT,
                       "another program goes on with this image at this moment: it holds %s",
                       buf_text(&path));
    f->claims = mem_grow(f->claims, f->claim_count, &f->claim_room, sizeof(f->claims[0]));
    f->claims[f->claim_count++] = (struct target_claim){fd, folder == 0};
    fd = -1;
    return 0;
}

static int compare_number(const struct target_files *f, unsigned folder, uint64_t number,
                          uint64_t claimed, struct err *e)
{
    if (claimed <= number)
        return 0;
    return err_set(
        e, ERR_CONFLICT,
        "%s/%s.claim tells of state %llu of the image, and %s/%s.part is of state %llu: this "
        "%s.part is an older copy, and with it newer files would be lost. Go on with the newest "
        "one; nothing was changed",
        f->folders[folder], f->name, (unsigned long long)claimed, f->folders[0], f->name,
        (unsigned long long)number, f->name);
}

int target_claims_hold(struct target_files *f, uint64_t number, struct err *e)
{
    int rc = 0;

    for (unsigned k = 0; rc == 0 && k < f->folder_count; k++) {
        bool has = false, is_ours = false;
        uint64_t claimed = 0;

        rc = read_claim(f, k, &has, &is_ours, &claimed, e);
        if (rc == 0 && has && !is_ours && k == 0)
            rc = err_set(e, ERR_CONFLICT,
                         "%s/%s.claim is of another image: files of two lie under one name. Put "
                         "those of this one into a folder of their own; nothing was changed",
                         f->folders[0], f->name);
        if (rc == 0 && is_ours)
            rc = hold(f, k, e);
        if (rc == 0 && is_ours) /* once it is held nobody changes it */
            rc = read_claim(f, k, &has, &is_ours, &claimed, e);
        if (rc == 0 && is_ours)
            rc = compare_number(f, k, number, claimed, e);
    }
    return rc;
}

static int make(struct target_files *f, unsigned folder, uint64_t number, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    int rc;

    claim_path(f, folder, &path);
    claim_text(f, number, folder == 0, &text);
    rc = file_create(buf_text(&path), buf_str(&text), 0600, e);
    return rc ? rc : hold(f, folder, e);
}

int target_claim(struct target_files *f, unsigned folder, bool *is_made, struct err *e)
{
    bool has = false, is_ours = false;
    int rc = folder ? target_read_claim(f, folder, &has, &is_ours, e) : 0;

    if (rc == 0 && is_ours)
        return hold(f, folder, e);
    if (rc || folder == 0)
        return rc;
    rc = target_folder_is_free(f, f->folders[folder], e);
    if (rc)
        return rc;
    rc = make(f, folder, 0, e);
    *is_made = rc == 0;
    return rc;
}

static int write_number(const struct target_files *f, const struct target_claim *c, uint64_t number,
                        struct err *e)
{
    CLEANUP_BUF struct buf text = {0};

    claim_text(f, number, c->is_first, &text);
    if (pwrite(c->fd, text.p, text.len, 0) != (ssize_t)text.len ||
        ftruncate(c->fd, (off_t)text.len))
        return err_errno(e, "cannot write %s.claim", f->name);
    return 0;
}

/* Of a disk that is full, and writes nothing in place, or where the power fails before it is
 * durable, the number before stays: it bars less, and bars nothing wrong. */
int target_claims_number(struct target_files *f, uint64_t number, struct err *e)
{
    bool has_first = false;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < f->claim_count; i++) {
        has_first |= f->claims[i].is_first;
        rc = write_number(f, &f->claims[i], number, e);
        rc = rc == ERR_FULL ? 0 : rc;
    }
    if (rc == 0 && !has_first)
        rc = make(f, 0, number, e);
    return rc == ERR_FULL ? 0 : rc;
}

void target_claims_release(struct target_files *f)
{
    for (size_t i = 0; i < f->claim_count; i++)
        fd_close(f->claims[i].fd);
    free(f->claims);
}

int target_drop_claim(const struct target_files *f, unsigned folder, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    bool has = false, is_ours = false;
    int rc = target_read_claim(f, folder, &has, &is_ours, e);

    claim_path(f, folder, &path);
    /* Another view of the folder may show one that went already. */
    if (rc == 0 && is_ours && unlink(buf_text(&path)) && errno != ENOENT && errno != ESTALE)
        rc = err_errno(e, "cannot remove %s", buf_text(&path));
    return rc;
}

static int drop_rest(const struct target_files *f, unsigned folder, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/%s.rest", f->folders[folder], f->name);
    if (unlink(buf_text(&path)) && errno != ENOENT && errno != ESTALE)
        return err_errno(e, "cannot remove %s", buf_text(&path));
    return 0;
}

int target_files_end(const struct target_files *f, struct err *e)
{
    int rc = 0;

    for (unsigned k = 0; rc == 0 && k < f->folder_count; k++) {
        bool has = false, is_ours = false;

        rc = target_read_claim(f, k, &has, &is_ours, e);
        if (rc == 0 && (is_ours || k == 0))
            rc = drop_rest(f, k, e);
        if (rc == 0)
            rc = target_drop_claim(f, k, e);
    }
    return rc;
}
