/* source_file.c: looks for block devices over a file, and at its times. */
#include "acquire/source_file.h"
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include "evidence/device_layers.h"
#include "acquire/source_device.h"
#include "base/hash.h"
#include "base/mem.h"
#include "sys/file.h"

enum { TABLE_SIZE = 4 << 20 /* of mounts */ };

/* A file, and the file system that it lies on: MAJOR:MINOR, as the table of mounts counts them. */
struct looked_for {
    struct stat st;
    struct buf mounts;
    struct str file_system;
};

static bool is_at_or_below(struct str path, struct str folder)
{
    if (folder.len > 1 && path.len > folder.len && path.p[folder.len] != '/')
        return false;
    return str_starts(path, "/") && path.len >= folder.len &&
           memcmp(path.p, folder.p, folder.len) == 0;
}

/* By the table of mounts alone: a look at the path may hang. Of two mounts at one place the later
 * one is seen. */
static struct str file_system_of(struct str table, struct str path)
{
    struct str found = STR("");
    size_t longest = 0;

    while (table.len) {
        struct str line = str_cut(&table, '\n'), number;
        CLEANUP_BUF struct buf place = {0};

        (void)str_field(&line);
        (void)str_field(&line);
        number = str_field(&line);
        (void)str_field(&line);
        mount_word(str_field(&line), &place);
        if (place.len && place.len >= longest && is_at_or_below(path, buf_str(&place))) {
            longest = place.len;
            found = number;
        }
    }
    return found;
}

/* folder: of a device in sysfs. What lies on other file systems is nothing to this source, and one
 * that hangs must not keep it from being read. */
static bool is_over(const char *folder, const struct looked_for *l)
{
    CLEANUP_BUF struct buf backing = {0};
    struct stat st;

    device_value(folder, "loop/backing_file", &backing);
    return backing.len &&
           str_eq(file_system_of(buf_str(&l->mounts), buf_str(&backing)), l->file_system) &&
           stat(buf_text(&backing), &st) == 0 && st.st_dev == l->st.st_dev &&
           st.st_ino == l->st.st_ino;
}

static int devices_over(const struct looked_for *l, struct source_facts *f, struct err *e)
{
    static const char blocks[] = "/sys/block";
    DIR *dir = opendir(blocks);
    struct dirent *entry;
    int rc = 0;

    while (rc == 0 && dir && (entry = readdir(dir))) {
        char folder[sizeof(blocks) + 1 + sizeof(entry->d_name)];
        dev_t device;

        snprintf(folder, sizeof(folder), "%s/%s", blocks, entry->d_name);
        if (is_over(folder, l) && device_of_folder(folder, &device))
            rc = device_uses(device, f, e);
    }
    if (dir)
        closedir(dir);
    return rc;
}

int file_uses(const char *path, const struct stat *file, struct source_facts *f, struct err *e)
{
    struct looked_for l = {.st = *file};
    CLEANUP_FREE char *whole = realpath(path, NULL);
    int rc = whole ? file_read(&l.mounts, "/proc/self/mountinfo", TABLE_SIZE, e)
                   : err_errno(e, "cannot find %s", path);

    if (rc == 0) {
        l.file_system = file_system_of(buf_str(&l.mounts), str_of(whole));
        rc = devices_over(&l, f, e);
    }
    buf_release(&l.mounts);
    return rc;
}

static int see(struct statx *out, int fd)
{
    return statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS | STATX_BTIME, out);
}

int file_look(struct statx *out, int fd, struct err *e)
{
    /* Looked at first: who writes behind that is seen, or is read. */
    if (see(out, fd))
        return err_errno(e, "cannot look at it");
    (void)sync_file_range(fd, 0, 0,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                              SYNC_FILE_RANGE_WAIT_AFTER); /* where its file system knows that */
    return 0;
}

static bool is_same_time(struct statx_timestamp a, struct statx_timestamp b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

void file_change(const struct statx *before, int fd, struct buf *out)
{
    struct statx now;

    if (see(&now, fd))
        buf_adds(out, "it cannot be looked at any more");
    else if (now.stx_size != before->stx_size)
        buf_addf(out, "%llu bytes before, %llu after", (unsigned long long)before->stx_size,
                 (unsigned long long)now.stx_size);
    else if (!is_same_time(now.stx_mtime, before->stx_mtime) ||
             !is_same_time(now.stx_ctime, before->stx_ctime))
        buf_adds(out, "it was written to, or its entry was changed");
}

static bool is_one_of(int fd, const uint32_t *kinds, size_t count)
{
    struct statfs fs;

    if (fstatfs(fd, &fs))
        return true; /* nobody can tell */
    for (size_t i = 0; i < count; i++)
        if ((uint32_t)fs.f_type == kinds[i])
            return true;
    return false;
}

bool file_tells_mappings(int fd)
{
    static const uint32_t silent[] = {TMPFS_MAGIC,      RAMFS_MAGIC,      HUGETLBFS_MAGIC,
                                      NFS_SUPER_MAGIC,  FUSE_SUPER_MAGIC, V9FS_MAGIC,
                                      SMB2_SUPER_MAGIC, CIFS_SUPER_MAGIC};

    return !is_one_of(fd, silent, COUNT_OF(silent));
}

bool file_is_touched_by_reading(int fd)
{
    struct statvfs fs;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || flags & O_NOATIME)
        return false;
    return fstatvfs(fd, &fs) || !(fs.f_flag & (ST_NOATIME | ST_RDONLY));
}

/* Whether a file has the same number when its file system is mounted again. */
static bool has_lasting_number(int fd)
{
    static const uint32_t others[] = {MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC, FUSE_SUPER_MAGIC,
                                      SMB2_SUPER_MAGIC,  CIFS_SUPER_MAGIC,  V9FS_MAGIC};

    return !is_one_of(fd, others, COUNT_OF(others));
}

static void add_file_system(int fd, struct buf *out)
{
    struct statfs fs;
    uint32_t id[2];

    if (fstatfs(fd, &fs))
        return;
    _Static_assert(sizeof(id) == sizeof(fs.f_fsid), "statfs(2)");
    memcpy(id, &fs.f_fsid, sizeof(id));
    if (id[0] || id[1])
        buf_addf(out, "; fs %08x%08x", id[0], id[1]);
}

static void add_time(struct buf *out, const char *word, struct statx_timestamp t)
{
    buf_addf(out, "%s%lld.%09u", word, (long long)t.tv_sec, t.tv_nsec);
}

static void add_sum(struct buf *out, const char *word, const struct buf *text)
{
    struct hash sum = hash_bytes(buf_text(text), text->len);

    buf_adds(out, word);
    hex_add(out, sum.b, sizeof(sum.b) / 2);
}

/* Of several files what each of them says, as one. */
static void add_each(const struct statx *files, size_t count, struct buf *out)
{
    CLEANUP_BUF struct buf written = {0};
    CLEANUP_BUF struct buf touched = {0};

    for (size_t i = 0; i < count; i++) {
        buf_addf(&written, "%llu", (unsigned long long)files[i].stx_size);
        add_time(&written, " ", files[i].stx_mtime);
        buf_addc(&written, '\n');
        add_time(&touched, "", files[i].stx_ctime);
        buf_addc(&touched, '\n');
    }
    add_sum(out, "; parts ", &written);
    add_sum(out, "; changed ", &touched);
}

void file_identity(const struct statx *files, size_t count, int fd, struct buf *out)
{
    const struct statx *f = files;

    if (has_lasting_number(fd))
        buf_addf(out, "file %llu", (unsigned long long)f->stx_ino);
    else
        buf_adds(out, "file -");
    buf_addf(out, " on %llu", (unsigned long long)makedev(f->stx_dev_major, f->stx_dev_minor));
    add_file_system(fd, out);
    add_time(out, "; modified ", f->stx_mtime);
    if (f->stx_mask & STATX_BTIME)
        add_time(out, "; born ", f->stx_btime);
    if (count > 1)
        add_each(files, count, out);
    else
        add_time(out, "; changed ", f->stx_ctime);
}
