/* image_set.c: finds and opens the files of a disk image. */
#include "evidence/image_set.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "sys/file.h"
#include "sys/worker.h"

enum { LETTERS_MOST = 26 }; /* names that are looked for behind a gap */

void image_set_release(struct image_set *f)
{
    for (size_t i = 0; i < f->count; i++)
        fd_close(f->fds[i]);
    free(f->fds);
    *f = (struct image_set){0};
}

void image_set_take(struct image_set *f, int fd)
{
    f->fds = mem_grow(f->fds, f->count, &f->room, sizeof(f->fds[0]));
    f->fds[f->count++] = fd;
}

/* Without changing its access time where the kernel allows that. */
static int open_quietly(const char *path, int more)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | more;
    int fd = open(path, flags | O_NOATIME);

    return fd < 0 && errno == EPERM ? open(path, flags) : fd;
}

static int open_one(const char *path, int more, uint64_t *size, int *out, struct err *e)
{
    CLEANUP_FD int fd = open_quietly(path, more);
    struct stat st;
    off_t end;

    if (fd < 0 && errno == ELOOP && more)
        return err_set(e, ERR_TAMPER,
                       "%s is a link now, and what it leads to is not what was recorded", path);
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

static int add(struct image_set *f, const char *path, int more, uint64_t *size, struct err *e)
{
    int fd = -1;
    int rc = worker_allow_inputs(f->count + 1, e);

    if (f->count == 0 && is_e01(path))
        f->format = IMAGE_E01;
    if (rc == 0)
        rc = open_one(path, more, size, &fd, e);
    if (rc)
        return rc;
    image_set_take(f, fd);
    return 0;
}

int image_set_add(struct image_set *f, const char *path, uint64_t *size, struct err *e)
{
    return add(f, path, 0, size, e);
}

int image_set_add_itself(struct image_set *f, const char *path, uint64_t *size, struct err *e)
{
    return add(f, path, O_NOFOLLOW, size, e);
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

    if (!char_is_digit(p[1]))
        return next_letters(p, 3);
    if (!next_digits(p + 1, 2))
        p[1] = p[2] = a;
    return true;
}

bool image_set_next(struct buf *path)
{
    const char *dot = path->len ? strrchr(path->p, '.') : NULL;
    size_t at = dot ? (size_t)(dot - path->p) + 1 : 0;
    size_t len = path->len - at;
    char *p = path->p + at;

    if (!dot || len < 2 || len > 4 || memchr(p, '/', len))
        return false;
    if (len == 3 && is_letter(p[0]) && char_is_digit(p[1]) == char_is_digit(p[2]) &&
        strchr("EeSsLl", p[0]) && (char_is_digit(p[1]) || is_letter(p[1])))
        return next_of_e01(p);
    for (size_t i = 0; i < len; i++)
        if (char_is_digit(p[i]) != char_is_digit(p[0]) ||
            (!char_is_digit(p[i]) && !is_letter(p[i])))
            return false;
    return char_is_digit(p[0]) ? next_digits(p, len) : next_letters(p, len);
}

/* Whether a name can be that of a set's first file; web1.img is none, though web1.imh could follow.
 */
bool image_set_begins(struct str path)
{
    static const char *const ends[] = {".E01",  ".e01", ".s01", ".S01", ".L01", ".001",
                                       ".0001", ".000", ".00",  ".aa",  ".aaa", ".aaaa"};

    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (str_ends(path, ends[i]))
            return true;
    return false;
}

/* How the files of a set are called; first is the name of one. */
enum naming { SEGMENTS, NUMBERS, LETTERS };
static enum naming naming_of(const char *first)
{
    const char *ending = strrchr(first, '.') + 1;

    return is_letter(ending[strlen(ending) - 1]) ? LETTERS
           : is_letter(ending[0])                ? SEGMENTS
                                                 : NUMBERS;
}

static bool begins(int fd, const char *with, size_t size)
{
    char head[16];

    return fd >= 0 && pread(fd, head, size, 0) == (ssize_t)size && memcmp(head, with, size) == 0;
}

static bool is_segment(const char *path)
{
    CLEANUP_FD int fd = open_quietly(path, 0);

    return begins(fd, "EVF\x09\x0d\x0a\xff", 8) || begins(fd, "LVF\x09\x0d\x0a\xff", 8);
}

bool image_set_begins_e01(int fd)
{
    return begins(fd, "EVF\x09\x0d\x0a\xff\0\x01\x01", 11); /* behind 0x01: number 1, 16 bits */
}

/* The next file of a set that lies there; missing gets the name of one that does not and stands
 * before it, or nothing. Letters are also other endings (web1.log, web1.ps): behind a gap a segment
 * must be one by what it holds, and parts in letters are looked for nearby. */
static bool find_next(struct buf *path, enum naming naming, struct buf *missing)
{
    unsigned most = naming == LETTERS ? LETTERS_MOST : LIMIT_WORKER_INPUT_COUNT;

    buf_clear(missing);
    for (unsigned i = 0; i < most && image_set_next(path); i++) {
        if (file_is_there(buf_text(path)) &&
            (i == 0 || naming != SEGMENTS || is_segment(buf_text(path))))
            return true;
        if (i == 0)
            buf_addstr(missing, buf_str(path));
    }
    return false;
}

static uint64_t size_of(int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);

    return end > 0 ? (uint64_t)end : 0;
}

/* Raw parts have one size, but for the last, which may be shorter: each one's place follows from
 * the sizes of those before it. */
static int check_sizes(const struct image_set *f, const char *first, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    uint64_t most = 0;

    for (size_t i = 0; i < f->count; i++)
        most = size_of(f->fds[i]) > most ? size_of(f->fds[i]) : most;
    buf_adds(&path, first);
    for (size_t i = 0; i + 1 < f->count; i++) {
        uint64_t size = size_of(f->fds[i]);

        if (size != most)
            return err_set(e, ERR_FORMAT,
                           "%s has %llu bytes, and others of the set have %llu: all but the last "
                           "part have one size, so its end is missing, and what follows would "
                           "stand at a wrong place. Look for a whole copy of it. Where the parts "
                           "were made so, put them together: cat, in their order, into one file",
                           buf_text(&path), (unsigned long long)size, (unsigned long long)most);
        if (!image_set_next(&path))
            break;
    }
    return 0;
}

int image_set_open(struct image_set *f, const char *first, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf missing = {0};
    enum naming naming;
    uint64_t size;
    int rc;

    buf_adds(&path, first);
    rc = image_set_add(f, buf_text(&path), &size, e);
    if (rc || !image_set_begins(str_of(first)))
        return rc;
    naming = naming_of(first);
    while (rc == 0 && f->count < LIMIT_WORKER_INPUT_COUNT && find_next(&path, naming, &missing)) {
        /* A segment of an E01 says itself where it belongs. */
        if (missing.len && naming != SEGMENTS)
            return err_set(e, ERR_FORMAT,
                           "%s is missing: %s lies there and follows it, and what it holds would "
                           "stand at a wrong place",
                           buf_text(&missing), buf_text(&path));
        rc = image_set_add(f, buf_text(&path), &size, e);
    }
    return rc || naming == SEGMENTS ? rc : check_sizes(f, first, e);
}

/* 01 behind the letter of a segment; else all digits 0, or all letters a. */
static void set_first(char *ending, size_t len, enum naming naming)
{
    if (naming == SEGMENTS) {
        memcpy(ending + len - 2, "01", 2);
        return;
    }
    memset(ending, naming == NUMBERS ? '0' : 'a', len);
}

bool image_set_first(const char *path, struct buf *first)
{
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf begin = {0};
    bool is_there = false;
    enum naming naming;
    unsigned most;
    size_t len;

    buf_adds(&name, path);
    if (image_set_begins(str_of(path)) || !image_set_next(&name))
        return false;
    len = strlen(strrchr(path, '.') + 1);
    naming = naming_of(path);
    most = naming == LETTERS ? LETTERS_MOST : LIMIT_WORKER_INPUT_COUNT;
    buf_clear(&name);
    buf_adds(&name, path);
    set_first(name.p + name.len - len, len, naming);
    for (unsigned i = 0; i < most && strcmp(buf_text(&name), path) != 0; i++) {
        if (!is_there && image_set_begins(buf_str(&name))) {
            buf_clear(&begin);
            buf_addstr(&begin, buf_str(&name));
            is_there = file_is_there(buf_text(&name));
        }
        if (!image_set_next(&name))
            return false;
    }
    if (strcmp(buf_text(&name), path) != 0 || (naming == LETTERS && !is_there))
        return false;
    buf_addstr(first, buf_str(&begin));
    return begin.len > 0;
}

bool image_set_is_several(const char *first)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf missing = {0};

    buf_adds(&path, first);
    return image_set_begins(str_of(first)) && find_next(&path, naming_of(first), &missing);
}
