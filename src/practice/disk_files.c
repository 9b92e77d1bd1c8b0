/* disk_files.c: finds and opens the files of a disk image. */
#include "practice/disk_files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "practice/evidence.h"
#include "sys/file.h"
#include "sys/worker.h"

void disk_files_release(struct disk_files *f)
{
    for (size_t i = 0; i < f->count; i++)
        fd_close(f->fds[i]);
    free(f->fds);
    buf_release(&f->name);
    buf_release(&f->reading);
}

/* Without changing its access time where the kernel allows that. */
static int open_quietly(const char *path)
{
    enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };
    int fd = open(path, FLAGS | O_NOATIME);

    return fd < 0 && errno == EPERM ? open(path, FLAGS) : fd;
}

static int open_one(const char *path, uint64_t *size, int *out, struct err *e)
{
    CLEANUP_FD int fd = open_quietly(path);
    struct stat st;
    off_t end;

    if (fd < 0 || fstat(fd, &st) != 0)
        return err_errno(e, "cannot open %s", path);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is no disk image: neither a file nor a disk", path);
    end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return err_errno(e, "cannot find the size of %s", path);
    if (end == 0)
        return err_set(e, ERR_FORMAT, "%s is empty", path);
    *size = (uint64_t)end;
    *out = fd;
    fd = -1;
    return 0;
}

/* One whose first bytes are damaged would look raw. */
static bool is_e01(const char *path)
{
    return str_ends(str_of(path), ".E01") || str_ends(str_of(path), ".e01");
}

static int add(struct disk_files *f, const char *path, uint64_t *size, struct err *e)
{
    int fd = -1;
    int rc = worker_allow_inputs(f->count + 1, e);

    if (f->count == 0 && is_e01(path))
        f->format = IMAGE_E01;

    if (rc == 0)
        rc = open_one(path, size, &fd, e);
    if (rc)
        return rc;
    f->fds = mem_grow(f->fds, f->count, &f->room, sizeof(f->fds[0]));
    f->fds[f->count++] = fd;
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 001 to 002, 099 to 100; false at the end. */
static bool next_digits(char *p, size_t len)
{
    while (len && p[len - 1] == '9')
        p[--len] = '0';
    if (len)
        p[len - 1]++;
    return len > 0;
}

static bool next_letters(char *p, size_t len)
{
    while (len && (p[len - 1] == 'z' || p[len - 1] == 'Z')) {
        p[len - 1] = p[len - 1] == 'z' ? 'a' : 'A';
        len--;
    }
    if (len)
        p[len - 1]++;
    return len > 0;
}

/* E01 to E99, then EAA: the letter in front goes on to Z. */
static bool next_of_e01(char *p)
{
    char a = p[0] >= 'a' ? 'a' : 'A';

    if (!is_digit(p[1]))
        return next_letters(p, 3);
    if (!next_digits(p + 1, 2))
        p[1] = p[2] = a;
    return true;
}

bool disk_files_next(struct buf *path)
{
    const char *dot = path->len ? strrchr(path->p, '.') : NULL;
    size_t at = dot ? (size_t)(dot - path->p) + 1 : 0;
    size_t len = path->len - at;
    char *p = path->p + at;

    if (!dot || len < 2 || len > 4 || memchr(p, '/', len))
        return false;
    if (len == 3 && is_letter(p[0]) && is_digit(p[1]) == is_digit(p[2]) && strchr("EeSsLl", p[0]) &&
        (is_digit(p[1]) || is_letter(p[1])))
        return next_of_e01(p);
    for (size_t i = 0; i < len; i++)
        if (is_digit(p[i]) != is_digit(p[0]) || (!is_digit(p[i]) && !is_letter(p[i])))
            return false;
    return is_digit(p[0]) ? next_digits(p, len) : next_letters(p, len);
}

/* Whether a name can be that of a set's first file; web1.img is none, though web1.imh could follow.
 */
static bool begins_set(struct str path)
{
    static const char *const ends[] = {".E01",  ".e01", ".s01", ".S01", ".L01", ".001",
                                       ".0001", ".000", ".00",  ".aa",  ".aaa", ".aaaa"};

    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (str_ends(path, ends[i]))
            return true;
    return false;
}

static int open_path(struct disk_files *f, struct str image, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    uint64_t size;
    int rc;

    buf_addstr(&path, image);
    rc = add(f, buf_text(&path), &size, e);
    if (rc || !begins_set(image))
        return rc;
    while (rc == 0 && f->count < LIMIT_WORKER_INPUT_COUNT && disk_files_next(&path) &&
           file_is_there(buf_text(&path)))
        rc = add(f, buf_text(&path), &size, e);
    return rc;
}

static int sealed(const struct disk_files *f, struct err *e)
{
    return err_set(e, ERR_DENIED,
                   "%s is sealed: it, or the same bytes under another number, may be unlawful to "
                   "possess, and is not read. See calm help unlawful",
                   buf_text(&f->name));
}

static int open_recorded(struct disk_files *f, const struct view *v,
                         const struct evidence_file *file, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    uint64_t there;
    int rc;

    if (file->has_sum && evidence_bytes_are_sealed(v->state, &file->sum))
        return sealed(f, e);
    rc = evidence_file_path(f->item, file, &path, e);
    if (rc)
        return rc;
    if (!file_is_there(buf_text(&path)))
        return err_set(e, ERR_NOTFOUND,
                       "%s is not there. If the image lies elsewhere now, name its first file "
                       "instead of %s",
                       buf_text(&path), buf_text(&f->name));
    rc = add(f, buf_text(&path), &there, e);
    if (rc == 0 && there != file->size)
        rc = err_set(e, ERR_TAMPER,
                     "%s has %llu bytes, and %llu were recorded: calm preserve verify %s",
                     buf_text(&path), (unsigned long long)there, (unsigned long long)file->size,
                     buf_text(&f->name));
    return rc;
}

static int open_image(struct disk_files *f, const struct view *v, struct str files, struct err *e)
{
    struct evidence_file file;
    int rc = 0;

    while (rc == 0 && evidence_file_next(&files, &file))
        if (!evidence_file_is_beside(&file))
            rc = open_recorded(f, v, &file, e);
    if (rc == 0 && files.len)
        rc = err_set(e, ERR_FORMAT, "what is on record of the files of %s cannot be read",
                     buf_text(&f->name));
    if (rc == 0 && f->count == 0)
        rc = err_set(e, ERR_NOTFOUND, "the record of %s names no file", buf_text(&f->name));
    return rc;
}

static int open_item(struct disk_files *f, struct session *s, const struct view *v, struct err *e)
{
    struct str files = thing_value(f->item, "files");
    struct hash name;
    uint64_t size;
    int fd;
    int rc;

    if (evidence_is_sealed(f->item))
        return sealed(f, e);
    if (files.len)
        return open_image(f, v, files, e);
    if (!hex_read(name.b, sizeof(name.b), thing_value(f->item, "sha256")))
        return err_set(e, ERR_NOTFOUND, "%s has no bytes in this case", buf_text(&f->name));
    if (evidence_bytes_are_sealed(v->state, &name))
        return sealed(f, e);
    rc = blob_open(session_store(s), &name, &fd, &size, e);
    if (rc)
        return rc;
    f->fds = mem_grow(f->fds, f->count, &f->room, sizeof(f->fds[0]));
    f->fds[f->count++] = fd;
    return 0;
}

/* "e3" is the item, also where a file of that name lies here; "./e3" is the file. */
static bool is_call(struct str image)
{
    uint64_t number;

    return image.len > 1 && image.p[0] == 'e' && str_u64(str_from(image, 1), &number);
}

int disk_files_open(struct disk_files *f, struct session *s, const struct view *v, struct str image,
                    struct err *e)
{
    static const struct field which = {.name = "image", .type = FIELD_REF, .kind = "evidence"};
    struct id id;
    int rc;

    buf_addstr(&f->name, image);
    buf_addf(&f->reading, "reading " STR_FMT, STR_ARG(image));
    if (!is_call(image))
        return open_path(f, image, e);
    rc = view_resolve(v, &which, image, &id, e);
    if (rc)
        return rc;
    f->item = state_thing_by_id(v->state, &id);
    return open_item(f, s, v, e);
}
