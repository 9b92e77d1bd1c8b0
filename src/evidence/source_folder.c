/* source_folder.c: follows a folder down to the disks and files that it lies on. */
#include "evidence/source_folder.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "evidence/device_layers.h"
#include "base/mem.h"
#include "sys/file.h"

enum { TABLE_SIZE = 4 << 20 /* of mounts */ };

/* What must not be written to. */
struct spared {
    struct devices devices;
    struct stat file; /* a source that is a file, or what a loop device is over */
    bool has_file;
    unsigned depth;
    struct err *e;
};

/* Each returns 1: yes, 0: no, or an error. */
static int path_is_on(struct spared *s, const char *path);
static int device_is_on(struct spared *s, dev_t device);

static bool loop_file(const char *sys, struct buf *out)
{
    device_value(sys, "loop/backing_file", out);
    return out->len > 0;
}

/* Of a partition, or a loop device over a part of a disk, the whole disk counts: its free areas may
 * be evidence, too. */
static bool disk_of(dev_t partition, dev_t *out)
{
    char sys[PATH_MAX], mark[PATH_MAX + 16];

    if (!device_folder(partition, sys))
        return false;
    if (device_below_loop(sys, out))
        return true;
    snprintf(mark, sizeof(mark), "%s/partition", sys);
    if (!file_is_there(mark))
        return false;
    *strrchr(sys, '/') = 0;
    return device_of_folder(sys, out);
}

static int spare(struct spared *s, const char *source)
{
    CLEANUP_BUF struct buf below = {0};
    char sys[PATH_MAX];
    struct stat st;
    dev_t whole, next;

    if (stat(source, &st))
        return err_errno(s->e, "cannot look at %s", source);
    if (!S_ISBLK(st.st_mode)) {
        s->file = st;
        s->has_file = true;
        return 0;
    }
    whole = st.st_rdev;
    for (unsigned depth = 0; depth < DEVICE_DEPTH_MAX && disk_of(whole, &next); depth++)
        whole = next;
    devices_above(&s->devices, whole);
    if (s->devices.is_cut)
        return err_set(s->e, ERR_LIMIT, "more lies on %s than can be followed", source);
    s->has_file = device_folder(whole, sys) && loop_file(sys, &below) &&
                  stat(buf_text(&below), &s->file) == 0;
    return 0;
}

/* A file system with a number of its own names in its mount what it lies on: Btrfs one of its
 * devices, overlay the folder that takes what is written. */
static int mount_is_on(struct spared *s, struct str line)
{
    CLEANUP_BUF struct buf upper = {0};
    struct str options, whole = line;
    dev_t device;

    while (line.len && !str_is(str_field(&line), "-"))
        ;
    (void)str_field(&line);
    (void)str_field(&line);
    for (options = str_field(&line); options.len;) {
        struct str option = str_cut(&options, ',');

        if (str_take(&option, "upperdir="))
            mount_word(option, &upper);
    }
    /* One that another namespace mounted may lie where nothing of this one does. */
    if (upper.len && file_is_there(buf_text(&upper)))
        return path_is_on(s, buf_text(&upper));
    return mount_device(whole, &device) ? device_is_on(s, device) : 0;
}

/* Which mount a path lies in, as the table counts them; 0: the kernel does not say (before 5.8). */
static uint64_t mount_of(const char *path)
{
    struct statx st;

    if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) || !(st.stx_mask & STATX_MNT_ID))
        return 0;
    return st.stx_mnt_id;
}

/* A subvolume of a Btrfs has another number than its mount, so the number alone would not do. */
static bool is_line_of(struct str line, uint64_t mount, dev_t number)
{
    char wanted[32];
    uint64_t id;

    if (mount)
        return str_u64(str_field(&line), &id) && id == mount;
    snprintf(wanted, sizeof(wanted), "%u:%u", major(number), minor(number));
    (void)str_field(&line);
    (void)str_field(&line);
    return str_is(str_field(&line), wanted);
}

static int mounts_are_on(struct spared *s, const char *path, dev_t number)
{
    CLEANUP_BUF struct buf table = {0};
    uint64_t mount = mount_of(path);
    struct str rest;
    int is = file_read(&table, "/proc/self/mountinfo", TABLE_SIZE, s->e);

    for (rest = buf_str(&table); is == 0 && rest.len;) {
        struct str line = str_cut(&rest, '\n');

        if (is_line_of(line, mount, number))
            is = mount_is_on(s, line);
    }
    return is;
}

struct sinking {
    struct spared *s;
    int is;
};

static bool sink_one(void *context, dev_t device)
{
    struct sinking *k = context;

    k->is = device_is_on(k->s, device);
    return k->is == 0;
}

/* What a device in sysfs is made of. */
static int below_is_on(struct spared *s, dev_t device, const char *sys)
{
    CLEANUP_BUF struct buf file = {0};
    char slaves[PATH_MAX + 16];
    struct sinking k = {s, 0};
    dev_t disk;

    if (disk_of(device, &disk))
        return device_is_on(s, disk);
    if (loop_file(sys, &file))
        return path_is_on(s, buf_text(&file));
    snprintf(slaves, sizeof(slaves), "%s/slaves", sys);
    device_each(slaves, sink_one, &k);
    return k.is;
}

static int is_too_deep(struct spared *s)
{
    return s->depth == DEVICE_DEPTH_MAX
               ? err_set(s->e, ERR_LIMIT, "more layers than can be followed")
               : 0;
}

static int device_is_on(struct spared *s, dev_t device)
{
    char sys[PATH_MAX];
    int is;

    if (devices_have(&s->devices, device))
        return 1;
    is = is_too_deep(s);
    if (is || !device_folder(device, sys))
        return is;
    s->depth++;
    is = below_is_on(s, device, sys);
    s->depth--;
    return is;
}

static int path_is_on(struct spared *s, const char *path)
{
    char sys[PATH_MAX];
    struct stat st;
    int is;

    if (stat(path, &st))
        return err_errno(s->e, "cannot look at %s", path);
    if (s->has_file && st.st_dev == s->file.st_dev && st.st_ino == s->file.st_ino)
        return 1;
    if (device_folder(st.st_dev, sys))
        return device_is_on(s, st.st_dev);
    is = is_too_deep(s);
    if (is)
        return is;
    s->depth++;
    is = mounts_are_on(s, path, st.st_dev);
    s->depth--;
    return is;
}

int source_spares_folder(const char *source, const char *folder, struct err *e)
{
    struct spared s = {.e = e};
    int is = spare(&s, source);
    struct stat st;

    if (is)
        return is;
    if (stat(folder, &st))
        return err_errno(e, "cannot find %s", folder);
    is = path_is_on(&s, folder);
    if (is < 0)
        return err_wrap(e, is, "whether %s lies on %s is not known", folder, source);
    if (is)
        return err_set(e, ERR_USAGE,
                       "%s lies on %s itself: what is written there would go over deleted files of "
                       "it. Name a folder on another disk",
                       folder, source);
    return 0;
}
