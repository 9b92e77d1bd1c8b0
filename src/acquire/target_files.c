/* target_files.c: writes the files of an image. */
#include "acquire/target_files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/file.h"

enum { LETTERS = 26, PLAIN_E01 = 99, COPY_SIZE = 1 << 20, SEND_SIZE = 8 << 20 };

static bool is_name(const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < size; i++)
        if ((uint8_t)name[i] < 0x20 || name[i] == 0x7f || name[i] == '/')
            return false;
    return size && size <= 200 && name[0] != '.';
}

int target_files_init(struct target_files *f, enum target_format format, const char *folder,
                      const char *name, struct err *e)
{
    if (!is_name(name))
        return err_set(e, ERR_USAGE, "\"%s\" is no name for an image", name);
    *f = TARGET_FILES_NONE;
    f->format = format;
    f->name = mem_strdup(name);
    (void)target_files_add_folder(f, folder);
    return 0;
}

static void close_last(struct target_files *f)
{
    fd_close(f->fd);
    fd_close(f->straight);
    f->fd = f->straight = -1;
}

void target_files_release(struct target_files *f)
{
    close_last(f);
    for (size_t i = 0; i < f->folder_count; i++)
        free(f->folders[i]);
    free(f->folders);
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

void target_files_path(const struct target_files *f, uint32_t number, struct buf *out)
{
    char ending[8];

    if (!target_file_ending(f->format, number, ending))
        BUG("an image has no file %u", number);
    buf_addf(out, "%s/%s.%s", f->folders[f->files[number - 1].folder], f->name, ending);
}

static int open_last(struct target_files *f, int flags, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};

    target_files_path(f, (uint32_t)f->count, &path);
    f->fd = open(buf_text(&path), flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->fd < 0 && errno == EEXIST)
        return err_set(e, ERR_USAGE, "%s is there already, and nothing is written over",
                       buf_text(&path));
    if (f->fd < 0)
        return err_errno(e, "cannot open %s", buf_text(&path));
    f->straight = open(buf_text(&path), O_WRONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW);
    return 0;
}

/* The name of a new file is durable, too. */
static int make_last(struct target_files *f, struct err *e)
{
    int rc = open_last(f, O_CREAT | O_EXCL, e);

    return rc ? rc : folder_sync(f->folders[f->files[f->count - 1].folder], e);
}

static int copy_bytes(int from, int to, uint64_t size, struct err *e)
{
    CLEANUP_FREE char *bytes = mem_alloc(COPY_SIZE);
    uint64_t at = 0;

    while (at < size) {
        size_t part = size - at < COPY_SIZE ? (size_t)(size - at) : COPY_SIZE;
        ssize_t n = pread(from, bytes, part, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || pwrite(to, bytes, (size_t)n, (off_t)at) != n)
            return err_errno(e, "cannot copy the last file of the image to another folder");
        at += (uint64_t)n;
    }
    return fdatasync(to) ? err_errno(e, "cannot make the copied file durable") : 0;
}

/* The last file goes to another folder as far as it was written; its first copy goes when the
 * second is durable. */
static int move_last(struct target_files *f, const char *folder, struct err *e)
{
    struct target_file *last = &f->files[f->count - 1];
    unsigned before = last->folder;
    CLEANUP_BUF struct buf old = {0};
    CLEANUP_FD int from = -1;
    int rc;

    target_files_path(f, (uint32_t)f->count, &old);
    last->folder = target_files_add_folder(f, folder);
    if (last->folder == before)
        return 0;
    from = f->fd;
    f->fd = -1;
    close_last(f);
    rc = make_last(f, e);
    if (rc == 0)
        rc = copy_bytes(from, f->fd, last->size, e);
    if (rc == 0 && from >= 0 && unlink(buf_text(&old)))
        rc = err_errno(e, "cannot remove %s", buf_text(&old));
    return rc;
}

/* A hard disk that is full; ERR_FULL where nobody knows another one. */
static int make_room(struct target_files *f, struct err *e)
{
    const char *folder = f->folders[f->files[f->count - 1].folder];
    CLEANUP_FREE char *other = NULL;
    struct err why = {0};
    int rc = f->full ? f->full(f->context, folder, &other, &why) : ERR_FULL;

    if (rc == 0)
        return move_last(f, other, e);
    if (f->full && why.text[0])
        return err_set(e, rc, "%s", why.text);
    return err_set(e, ERR_FULL, "no space is left in %s", folder);
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
    close_last(f);
    f->sent = 0;
    f->files = mem_grow(f->files, f->count, &f->room, sizeof(f->files[0]));
    f->files[f->count] =
        (struct target_file){.folder = f->count ? f->files[f->count - 1].folder : 0};
    f->count++;
    while ((rc = make_last(f, e)) == ERR_FULL) {
        rc = make_room(f, e);
        if (rc || f->fd >= 0)
            break;
    }
    return rc;
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
        ssize_t n = write_some(f, off, p, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == ENOSPC || errno == EDQUOT))
            rc = make_room(f, e);
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
    if (ftruncate(f->fd, (off_t)size))
        return err_errno(e, "cannot end a file of %s", f->name);
    f->files[f->count - 1].size = size;
    return 0;
}

int target_files_sync(struct target_files *f, struct err *e)
{
    if (fdatasync(f->fd))
        return err_errno(e, "cannot make %s durable", f->name);
    return 0;
}

/* What was begun after the last state was written. */
static int remove_later(const struct target_files *f, struct err *e)
{
    for (size_t i = 0; i < f->folder_count; i++) {
        char ending[8];

        for (uint32_t n = (uint32_t)f->count + 1; target_file_ending(f->format, n, ending); n++) {
            CLEANUP_BUF struct buf path = {0};

            buf_addf(&path, "%s/%s.%s", f->folders[i], f->name, ending);
            if (unlink(buf_text(&path)) == 0)
                continue;
            if (errno != ENOENT)
                return err_errno(e, "cannot remove %s", buf_text(&path));
            break;
        }
    }
    return 0;
}

int target_files_resume(struct target_files *f, struct err *e)
{
    struct target_file *last;
    struct stat st;
    int rc = remove_later(f, e);

    if (rc || f->count == 0)
        return rc;
    last = &f->files[f->count - 1];
    rc = open_last(f, 0, e);
    if (rc)
        return rc;
    if (fstat(f->fd, &st) || (uint64_t)st.st_size < last->size)
        return err_set(e, ERR_FORMAT, "the last file of %s is shorter than it was", f->name);
    return target_files_set_size(f, last->size, e);
}
