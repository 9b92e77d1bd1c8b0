/* source_open.c: devices and files as sources, read past the cache where single sectors count. */
#include "acquire/source_open.h"
#include "acquire/source_holder.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "acquire/source_ata.h"
#include "acquire/source_device.h"
#include "acquire/source_file.h"
#include "acquire/source_identity.h"
#include "acquire/source_image.h"
#include "acquire/source_writes.h"
#include "base/mem.h"
#include "evidence/image_set.h"
#include "evidence/virtual_disk.h"
#include "sys/file.h"

enum { FILE_SECTOR = 512 };

struct opened {
    struct source source;
    int fd;     /* through the cache; of a device past it, where that can be */
    int direct; /* past the cache; -1: this file system cannot */
    bool is_device;
    struct statx before; /* of a file */
    struct buf writes;   /* of a device, when it was opened: source_writes */
};

void source_facts_release(struct source_facts *f)
{
    char *const texts[] = {f->path, f->vendor, f->model, f->serial,
                           f->wwn,  f->uses,   f->note,  f->which};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        free(texts[i]);
    *f = (struct source_facts){0};
}

/* A device that was pulled out has no size any more. */
static bool is_there(const struct opened *o)
{
    uint64_t size = 0;

    if (!o->is_device)
        return true;
    return ioctl(o->fd, BLKGETSIZE64, &size) == 0 && size > 0;
}

static int failed(const struct opened *o, uint64_t off, struct err *e)
{
    int why = errno;

    if (why == ENXIO || why == ENODEV || why == ENOMEDIUM || !is_there(o))
        return err_set(e, ERR_NOTFOUND, "the device is gone (at byte %llu): %s",
                       (unsigned long long)off, strerror(why));
    return err_set(e, ERR_IO, "cannot read at byte %llu: %s", (unsigned long long)off,
                   strerror(why));
}

/* Past the cache whole sectors are asked for, also where the source ends within one. */
static size_t whole_sectors(const struct opened *o, size_t size)
{
    size_t sector = o->source.sector_size;

    return (size + sector - 1) / sector * sector;
}

static int64_t read_opened(struct source *s, uint64_t off, void *bytes, size_t size, bool by_sector,
                           struct err *e)
{
    struct opened *o = s->context;
    bool is_direct = o->direct >= 0 && (by_sector || o->is_device);

    for (;;) {
        size_t asked = is_direct ? whole_sectors(o, size) : size;
        ssize_t n = pread(is_direct ? o->direct : o->fd, bytes, asked, (off_t)off);

        if (n >= 0)
            return (size_t)n < size ? n : (int64_t)size;
        if (errno == EINVAL && is_direct) /* it cannot after all */
            is_direct = false;
        else if (errno != EINTR)
            return failed(o, off, e);
    }
}

static void close_opened(struct source *s)
{
    struct opened *o = s->context;

    fd_close(o->direct);
    fd_close(o->fd);
    buf_release(&o->writes);
    free(o);
}

static void note_writes(const struct opened *o, struct buf *out)
{
    char link[64];

    snprintf(link, sizeof(link), "/proc/self/fd/%d", o->fd);
    source_writes(link, out);
}

/* Whoever opens a device behind us may write to it: the kernel counts that, and nothing else does.
 * A disk that grew has bytes that are not in the image. */
static void device_change(const struct opened *o, struct buf *out)
{
    CLEANUP_BUF struct buf now = {0};
    uint64_t size = 0, sectors;

    note_writes(o, &now);
    sectors = source_writes_between(buf_text(&o->writes), buf_text(&now));
    if (sectors)
        buf_addf(out, "%llu sectors of 512 bytes were written to it", (unsigned long long)sectors);
    if (ioctl(o->fd, BLKGETSIZE64, &size) == 0 && size > o->source.size)
        buf_addf(out, "%sit grew, from %llu bytes to %llu: what is behind the first is not taken",
                 out->len ? "; " : "", (unsigned long long)o->source.size,
                 (unsigned long long)size);
}

static void changed_opened(struct source *s, struct buf *out)
{
    const struct opened *o = s->context;

    if (o->is_device)
        device_change(o, out);
    else
        file_change(&o->before, o->fd, out);
}

static const struct source_calls opened_calls = {
    .read = read_opened, .changed = changed_opened, .close = close_opened};

static const char *kind_words(mode_t mode)
{
    return S_ISDIR(mode)    ? "a folder: name the device that it lies on, or take it with calm "
                              "preserve files"
           : S_ISFIFO(mode) ? "a FIFO, which has no end and no size"
           : S_ISSOCK(mode) ? "a socket"
           : S_ISCHR(mode)  ? "a character device; an image is made of a block device"
                            : "neither a device nor a file";
}

/* What a disk says that died, or whose place is empty. */
static int cannot(const char *what, const char *path, struct err *e)
{
    static const int dead[] = {ENXIO, ENODEV, ENOMEDIUM, EIO, ENOTCONN, ESTALE, ESHUTDOWN};
    int why = errno;

    for (size_t i = 0; i < COUNT_OF(dead); i++)
        if (why == dead[i])
            return err_set(e, ERR_NOTFOUND, "%s does not answer: %s", path, strerror(why));
    return err_errno(e, "cannot %s %s", what, path);
}

/* Nothing is opened that might hang or change by being opened. */
static int look(const char *path, struct stat *st, struct err *e)
{
    if (stat(path, st))
        return cannot("look at", path, e);
    if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
        return err_set(e, ERR_USAGE, "%s is %s", path, kind_words(st->st_mode));
    return 0;
}

/* O_EXCL on a block device: nobody else may mount it, and nobody has. */
static int open_device(struct opened *o, struct source_facts *f, const char *path, struct err *e)
{
    o->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_EXCL);
    f->is_exclusive = o->fd >= 0;
    if (o->fd < 0 && errno == EBUSY)
        o->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (o->fd < 0 && (errno == EACCES || errno == EPERM) && geteuid() == 0)
        return err_errno(e,
                         "%s cannot be opened, though this is root: a security module, a container "
                         "or the kernel forbids it",
                         path);
    if (o->fd < 0 && (errno == EACCES || errno == EPERM))
        return err_set(e, ERR_DENIED, "%s may be read by root only", path);
    return o->fd < 0 ? cannot("open", path, e) : 0;
}

/* Without changing its access time where the kernel allows that; a device's is that of its name. */
static int open_quietly(const char *path, int more)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | more;
    int fd = open(path, flags | O_NOATIME);

    return fd < 0 && errno == EPERM ? open(path, flags) : fd; /* of another owner */
}

static int open_file(struct opened *o, const char *path, struct err *e)
{
    o->fd = open_quietly(path, 0);
    return o->fd < 0 ? cannot("open", path, e) : 0;
}

/* What was looked at must be what was opened. */
static int is_same(int fd, const struct stat *before, const char *path, struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) || st.st_dev != before->st_dev || st.st_ino != before->st_ino)
        return err_set(e, ERR_CONFLICT, "%s was replaced while it was opened", path);
    return 0;
}

static int size_device(struct opened *o, struct source_facts *f, struct err *e)
{
    uint64_t size = 0;
    int logical = 0;

    if (ioctl(o->fd, BLKGETSIZE64, &size) || ioctl(o->fd, BLKSSZGET, &logical))
        return cannot("ask for the size of", f->path, e);
    if (size == 0)
        return err_set(e, ERR_NOTFOUND, "%s has no bytes: it died, or there is no medium in it",
                       f->path);
    f->size = size;
    f->logical_size = (uint32_t)logical;
    if (logical < FILE_SECTOR || logical > 32768 || logical & (logical - 1))
        return err_set(e, ERR_FORMAT, "%s says that a sector has %d bytes", f->path, logical);
    return 0;
}

/* Whoever reads it for an image writes nothing to it: that is no reason for --live. */
static int fail_held(const struct source_facts *f, const char *holders, struct err *e)
{
    if (strstr(holders, "calm-image, process"))
        return err_set(e, ERR_GATE,
                       "%s is being read for another image (%s), or a run of one that was ended "
                       "waits for a read of it that does not come back, and ends by itself with "
                       "that: try again then",
                       f->path, holders);
    return err_set(e, ERR_GATE,
                   "%s is in use (another program has it%s%s): it may change while it is read. End "
                   "that program, or take it as it runs: --live (the record will say so)",
                   f->path, holders[0] ? ": " : "", holders);
}

/* Who has a device that is not held for us alone, where nothing else says it. */
static void note_holders(struct source_facts *f, const char *holders)
{
    CLEANUP_BUF struct buf words = {0};

    buf_addf(&words, "another program has it%s%s", holders[0] ? ": " : "", holders);
    free(f->uses);
    f->uses = mem_strdup(buf_text(&words));
}

static int check_uses(struct source_facts *f, const struct stat *st, bool is_live, struct err *e)
{
    CLEANUP_BUF struct buf holders = {0};

    if (!(f->is_written_to || (f->is_device && !f->is_exclusive)) || (is_live && f->uses[0]))
        return 0;
    if (f->uses[0])
        return err_set(e, ERR_GATE,
                       "%s is in use (%s): it would change while it is read. Unmount it, or take "
                       "it as it runs: --live (the record will say so)",
                       f->path, f->uses);
    source_holders(st->st_rdev, &holders);
    if (!is_live)
        return fail_held(f, buf_text(&holders), e);
    note_holders(f, buf_text(&holders));
    return 0;
}

static void set_texts(struct source_facts *f, const char *path)
{
    char **const texts[] = {&f->vendor, &f->model, &f->serial, &f->wwn,
                            &f->uses,   &f->note,  &f->which};

    f->path = mem_strdup(path);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] = mem_strdup("");
}

static int open_as(struct opened *o, struct source_facts *f, const struct stat *st, bool is_live,
                   struct err *e)
{
    int rc = f->is_device ? open_device(o, f, f->path, e) : open_file(o, f->path, e);

    if (rc == 0)
        rc = is_same(o->fd, st, f->path, e);
    if (rc || !f->is_device) {
        f->size = (uint64_t)st->st_size;
        f->logical_size = FILE_SECTOR;
        return rc;
    }
    rc = size_device(o, f, e);
    if (rc == 0)
        device_facts(st->st_rdev, f);
    if (rc == 0)
        rc = device_uses(st->st_rdev, f, e);
    if (rc == 0)
        rc = check_uses(f, st, is_live, e);
    if (rc == 0)
        device_native_size(o->fd, f);
    return rc;
}

/* A device or a plain file, past its own descriptor. */
static int open_plain(struct source **out, struct source_facts *f, const struct stat *st,
                      bool is_live, struct err *e)
{
    struct opened *o = mem_new(struct opened);
    CLEANUP(source_closep) struct source *s = &o->source;
    int rc;

    o->fd = o->direct = -1;
    o->source.calls = &opened_calls;
    o->source.context = o;
    f->is_device = o->is_device = S_ISBLK(st->st_mode);
    rc = open_as(o, f, st, is_live, e);
    if (rc == 0 && !f->is_device)
        rc = file_look(&o->before, o->fd, e);
    if (rc)
        return rc;
    if (f->size == 0)
        return err_set(e, ERR_USAGE, "%s is empty: there is nothing to make an image of", f->path);
    /* A second descriptor; of a device it is not exclusive, which the first one is. */
    o->direct = open_quietly(f->path, O_DIRECT);
    if (o->direct >= 0 && is_same(o->direct, st, f->path, NULL)) {
        fd_close(o->direct);
        o->direct = -1;
    }
    (void)posix_fadvise(o->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* faster where it is heard */
    s->size = f->size;
    s->sector_size = f->logical_size;
    if (f->is_device)
        note_writes(o, &o->writes);
    if (f->is_device)
        source_find_which(s, st->st_rdev, f);
    else
        source_know_file(f, &o->before, 1, o->fd);
    *out = MOVE(s);
    return 0;
}

/* A part that is not the first would be taken for the whole. */
static int find_first(const char *path, struct buf *note, struct err *e)
{
    CLEANUP_BUF struct buf first = {0};

    if (!image_set_first(path, &first))
        return 0;
    if (file_is_there(buf_text(&first)))
        return err_set(
            e, ERR_USAGE,
            "%s is a later file of what begins with %s: name that one, and all are taken", path,
            buf_text(&first));
    buf_addf(note,
             "By its name it is a later file of what begins with %s, which is not there: the image "
             "lacks what was before it.",
             buf_text(&first));
    return 0;
}

/* One read tells what a file is: of a disk that dies, each may hang. The last bytes are read where
 * its name says that they may tell. */
struct ends {
    char head[VIRTUAL_DISK_HEAD_SIZE];
    char tail[VIRTUAL_DISK_TAIL_SIZE];
    size_t head_len, tail_len;
};

static void read_ends(struct ends *ends, const char *path, uint64_t size)
{
    CLEANUP_FD int fd = open_quietly(path, 0);
    ssize_t n = fd < 0 ? -1 : pread(fd, ends->head, sizeof(ends->head), 0);
    bool has_tail = size >= sizeof(ends->tail) && virtual_disk_has_tail(str_of(path));

    ends->head_len = n > 0 ? (size_t)n : 0;
    n = has_tail && n > 0
            ? pread(fd, ends->tail, sizeof(ends->tail), (off_t)(size - sizeof(ends->tail)))
            : -1;
    ends->tail_len = n > 0 ? (size_t)n : 0;
}

/* It is taken as the file that it is, and nobody is to think later that it is an image of the disk.
 */
static void note_container(const struct ends *ends, struct buf *note)
{
    const struct virtual_disk *d = virtual_disk_of((struct str){ends->head, ends->head_len},
                                                   (struct str){ends->tail, ends->tail_len});

    if (!d)
        return;
    buf_adds(note, note->len ? " " : "");
    virtual_disk_say(d, note);
    buf_adds(note, ". The image is of this file alone.");
}

static void add_note(struct source_facts *f, const struct buf *note)
{
    CLEANUP_BUF struct buf text = {0};

    if (!note->len)
        return;
    buf_addf(&text, "%s%s%s", f->note, f->note[0] ? " " : "", note->p);
    free(f->note);
    f->note = buf_take(&text);
}

int source_open(struct source **out, struct source_facts *facts, const char *path, unsigned how,
                struct err *e)
{
    CLEANUP(source_facts_release)
    struct source_facts f = {.keeps_off_ends = (how & SOURCE_KEEPS_OFF_ENDS) != 0};
    bool is_live = how & SOURCE_LIVE;
    CLEANUP_BUF struct buf note = {0};
    struct ends ends = {.head_len = 0};
    struct stat st;
    int rc = look(path, &st, e);

    if (rc)
        return rc;
    set_texts(&f, path);
    if (S_ISREG(st.st_mode))
        rc = file_uses(path, &st, &f, e);
    if (rc == 0 && S_ISREG(st.st_mode))
        rc = check_uses(&f, &st, is_live, e);
    if (rc == 0 && S_ISREG(st.st_mode))
        rc = find_first(path, &note, e);
    if (rc)
        return rc;
    if (S_ISREG(st.st_mode))
        read_ends(&ends, path, (uint64_t)st.st_size);
    if (S_ISREG(st.st_mode) && source_is_image(path, (struct str){ends.head, ends.head_len})) {
        rc = source_open_image(out, &f, path, e);
    } else {
        rc = open_plain(out, &f, &st, is_live, e);
        note_container(&ends, &note);
    }
    if (rc)
        return rc;
    add_note(&f, &note);
    *facts = f;
    f = (struct source_facts){0};
    return 0;
}

void source_open_gone(struct source **out, struct source_facts *facts, const char *path,
                      uint64_t size, uint32_t sector_size)
{
    struct source_facts f = {.size = size, .logical_size = sector_size, .is_gone = true};

    set_texts(&f, path);
    *facts = f;
    *out = source_gone(sector_size);
}
