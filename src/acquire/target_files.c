/* target_files.c: writes the files of an image. */
#include "acquire/target_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"

enum { LETTERS = 26, PLAIN_E01 = 99, SEND_SIZE = 8 << 20, NAME_LIMIT = 200 };

static bool is_name(const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < size; i++)
        if ((uint8_t)name[i] < 0x20 || name[i] == 0x7f || name[i] == '/')
            return false;
    return size && size <= NAME_LIMIT && name[0] != '.' && name[0] != '-';
}

int target_files_init(struct target_files *f, enum target_format format, const char *folder,
                      const char *name, struct err *e)
{
    if (!is_name(name))
        return err_set(e, ERR_USAGE,
                       "\"%s\" is no name for an image: it has 1 to %d bytes, no slash and no "
                       "control characters, and begins with neither full stop nor hyphen",
                       name, NAME_LIMIT);
    *f = TARGET_FILES_NONE;
    f->format = format;
    f->name = mem_strdup(name);
    (void)target_files_add_folder(f, folder);
    return 0;
}

void target_close_last(struct target_files *f)
{
    fd_close(f->fd);
    fd_close(f->straight);
    f->fd = f->straight = -1;
}

void target_files_release(struct target_files *f)
{
    target_close_last(f);
    for (size_t i = 0; i < f->folder_count; i++)
        free(f->folders[i]);
    free(f->folders);
    target_claims_release(f);
    free(f->files);
    free(f->name);
    *f = TARGET_FILES_NONE;
}

unsigned target_files_add_folder(struct target_files *f, const char *folder)
{
    for (size_t i = 0; i < f->folder_count; i++)
        if (strcmp(f->folders[i], folder) == 0)
            return (unsigned)i;
    f->folders = mem_resize(f->folders, f->folder_count + 1, sizeof(f->folders[0]));
    f->folders[f->folder_count] = mem_strdup(folder);
    return (unsigned)f->folder_count++;
}

/* E01 to E99, EAA to EZZ, FAA to ZZZ (libyal's documentation of EWF, "Segment files"). */
static bool e01_ending(uint32_t number, char out[8])
{
    uint32_t rest = number - PLAIN_E01 - 1;

    if (number <= PLAIN_E01)
        return snprintf(out, 8, "E%02u", number) == 3;
    if (rest >= LETTERS * LETTERS * (LETTERS - 4))
        return false;
    out[0] = (char)('E' + rest / (LETTERS * LETTERS));
    out[1] = (char)('A' + rest / LETTERS % LETTERS);
    out[2] = (char)('A' + rest % LETTERS);
    out[3] = 0;
    return true;
}

bool target_file_ending(enum target_format format, uint32_t number, char out[8])
{
    if (number == 0)
        return false;
    if (format == TARGET_E01)
        return e01_ending(number, out);
    if (format == TARGET_RAW)
        return number == 1 && snprintf(out, 8, "raw") == 3;
    return number <= TARGET_FILES_MAX && snprintf(out, 8, "%03u", number) > 0;
}

/* The ending of that number is asked for again, so that only names of ours have one. */
uint32_t target_file_number(const struct target_files *f, const char *name)
{
    struct str rest = str_of(name);
    char ending[8];
    uint64_t n = 0;

    if (!str_take(&rest, f->name) || !str_take(&rest, ".") || rest.len < 3)
        return 0;
    if (f->format == TARGET_RAW)
        n = 1;
    else if (f->format == TARGET_E01 && rest.p[1] >= 'A')
        n = (uint64_t)PLAIN_E01 + 1 + (uint64_t)(rest.p[0] - 'E') * LETTERS * LETTERS +
            (uint64_t)(rest.p[1] - 'A') * LETTERS + (uint64_t)(rest.p[2] - 'A');
    else if (!str_u64(f->format == TARGET_E01 ? str_from(rest, 1) : rest, &n))
        return 0;
    if (n > TARGET_FILES_MAX || !target_file_ending(f->format, (uint32_t)n, ending) ||
        !str_is(rest, ending))
        return 0;
    return (uint32_t)n;
}

void target_files_path(const struct target_files *f, uint32_t number, struct buf *out)
{
    char ending[8];

    if (!target_file_ending(f->format, number, ending))
        BUG("an image has no file %u", number);
    buf_addf(out, "%s/%s.%s", f->folders[f->files[number - 1].folder], f->name, ending);
}

void target_busy(const struct target_files *f, bool is_busy)
{
    if (f->watch)
        atomic_store(&f->watch->since_ms, is_busy ? (uint64_t)monotonic_ms() : 0);
}

int target_sync(const struct target_files *f, int fd, struct err *e)
{
    int rc;

    target_busy(f, true);
    rc = fdatasync(fd) ? err_errno(e, "cannot make %s durable", f->name) : 0;
    target_busy(f, false);
    return rc;
}

void target_path_in(const struct target_files *f, unsigned folder, struct buf *out)
{
    char ending[8];

    if (!target_file_ending(f->format, (uint32_t)f->count, ending))
        BUG("an image has no file %zu", f->count);
    buf_addf(out, "%s/%s.%s", f->folders[folder], f->name, ending);
}

int target_open_in(const struct target_files *f, unsigned folder, int flags, int *fd, int *straight,
                   struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc;

    target_path_in(f, folder, &path);
    *fd = *straight = -1;
    rc = file_open_regular(fd, buf_text(&path), flags | O_RDWR, e);
    if (rc && errno == EEXIST)
        return err_set(e, ERR_USAGE, "%s is there already, and nothing is written over",
                       buf_text(&path));
    if (rc)
        return rc;
    *straight = open(buf_text(&path), O_WRONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW);
    return 0;
}

int target_make_in(const struct target_files *f, unsigned folder, int *fd, int *straight,
                   struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc = target_open_in(f, folder, O_CREAT | O_EXCL, fd, straight, e);

    if (rc)
        return rc;
    rc = folder_sync(f->folders[folder], e);
    if (rc == 0)
        return 0;
    target_path_in(f, folder, &path);
    fd_close(*fd);
    fd_close(*straight);
    *fd = *straight = -1;
    (void)unlink(buf_text(&path)); /* it is empty, and the failure before is told */
    return rc;
}

bool target_is_full(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* A disk that is full, or a file that may not become larger there; ERR_FULL where nobody knows
 * another folder. */
int target_make_room(struct target_files *f, int error, const char *folder,
                     int (*move)(void *context, const char *folder, bool *asks, struct err *e),
                     void *context, struct err *e)
{
    struct err why = {0};

    if (error == EFBIG)
        (void)err_set(&why, ERR_FULL,
                      "%s takes no larger file than the last one of %s is now: name a folder on "
                      "another file system, or begin anew in smaller files (--segment 2000MiB)",
                      folder, f->name);
    if (!f->full)
        return err_set(e, ERR_FULL, "no space is left in %s%s%s", folder, why.code ? "; " : "",
                       why.text);
    for (;;) {
        CLEANUP_FREE char *other = NULL;
        struct err refused = {0};
        bool asks = false;
        int rc = f->full(f->context, folder, why.text, &other, e);

        if (rc == 0)
            rc = move(context, other, &asks, &refused);
        else
            return rc;
        if (rc == 0)
            return 0;
        why = refused;
        if (!asks)
            return err_set(e, rc, "%s", why.text);
    }
}

static int move_last(void *context, const char *folder, bool *asks, struct err *e)
{
    return target_move_last(context, folder, asks, e);
}

/* Where what was rescued went on there is room, perhaps. */
static int make_room(struct target_files *f, int error, struct err *e)
{
    unsigned folder = f->files[f->count - 1].folder;
    bool asks;

    if (f->rest_folder && f->rest_folder != folder &&
        target_move_last(f, f->folders[f->rest_folder], &asks, NULL) == 0)
        return 0;
    return target_make_room(f, error, f->folders[folder], move_last, f, e);
}

int target_files_next(struct target_files *f, struct err *e)
{
    char ending[8];
    int rc = 0;

    if (!target_file_ending(f->format, (uint32_t)f->count + 1, ending))
        return err_set(e, ERR_LIMIT, "an image has at most %d files; larger ones are needed",
                       TARGET_FILES_MAX);
    if (f->fd >= 0)
        rc = target_files_sync(f, e);
    if (rc)
        return rc;
    target_close_last(f);
    f->sent = 0;
    f->files = mem_grow(f->files, f->count, &f->room, sizeof(f->files[0]));
    f->files[f->count] =
        (struct target_file){.folder = f->count ? f->files[f->count - 1].folder : 0};
    f->count++;
    for (;;) {
        rc = f->has_first && f->count == 1
                 ? target_open_in(f, 0, 0, &f->fd, &f->straight, e)
                 : target_make_in(f, f->files[f->count - 1].folder, &f->fd, &f->straight, e);
        if (rc != ERR_FULL)
            return rc;
        rc = make_room(f, ENOSPC, e);
        if (rc || f->fd >= 0)
            return rc;
    }
}

/* The disk begins to write what is there, so that little is left to wait for when it must be
 * durable. A wish: not every file system hears it. */
static void send(struct target_files *f, uint64_t end)
{
    if (end < f->sent + SEND_SIZE)
        return;
    (void)sync_file_range(f->fd, (off_t)f->sent, (off_t)(end - f->sent), SYNC_FILE_RANGE_WRITE);
    f->sent = end;
}

/* As pwrite(). */
static ssize_t write_some(struct target_files *f, uint64_t off, const void *bytes, size_t size)
{
    bool is_whole = (off | size | (uintptr_t)bytes) % TARGET_PAGE == 0;
    ssize_t n;

    if (f->straight >= 0 && is_whole) {
        n = pwrite(f->straight, bytes, size, (off_t)off);
        if (n >= 0 || errno != EINVAL)
            return n;
        fd_close(f->straight);
        f->straight = -1;
    }
    n = pwrite(f->fd, bytes, size, (off_t)off);
    if (n > 0)
        send(f, off + (size_t)n);
    return n;
}

int target_files_write(struct target_files *f, uint64_t off, const void *bytes, size_t size,
                       struct err *e)
{
    struct target_file *last = &f->files[f->count - 1];
    const char *p = bytes;
    int rc = 0;

    while (rc == 0 && size) {
        ssize_t n;

        target_busy(f, true);
        n = write_some(f, off, p, size);
        target_busy(f, false);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && target_is_full(errno))
            rc = make_room(f, errno, e);
        else if (n < 0)
            rc = err_errno(e, "cannot write to %s/%s", f->folders[last->folder], f->name);
        if (n < 0)
            continue;
        p += n;
        off += (uint64_t)n;
        size -= (size_t)n;
        last->size = off > last->size ? off : last->size;
    }
    return rc;
}

int target_files_read(const struct target_files *f, uint64_t off, void *bytes, size_t size,
                      struct err *e)
{
    uint8_t *p = bytes;

    while (size) {
        ssize_t n = pread(f->fd, p, size, (off_t)off);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "cannot read the last file of %s", f->name);
        if (n == 0)
            return err_set(e, ERR_IO, "the last file of %s is shorter than it was", f->name);
        p += n;
        off += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

int target_files_set_size(struct target_files *f, uint64_t size, struct err *e)
{
    while (ftruncate(f->fd, (off_t)size)) {
        bool goes_on = size > f->files[f->count - 1].size && target_is_full(errno);
        int rc =
            goes_on ? make_room(f, errno, e) : err_errno(e, "cannot end a file of %s", f->name);

        if (rc)
            return rc;
    }
    f->files[f->count - 1].size = size;
    return 0;
}

int target_files_sync(struct target_files *f, struct err *e)
{
    return f->fd < 0 ? 0 : target_sync(f, f->fd, e);
}
