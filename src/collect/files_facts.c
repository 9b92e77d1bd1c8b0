/* files_facts.c: what a file system tells of one file: times, owner, flags, attributes. */
#include <sys/sysmacros.h>
#include "base/file_kind.h"
#include "collect/files.h"

/* The kernel notes the access to a link as it would note that of a file, and can be asked not to
 * only for a whole mount. */
int file_link(struct host *host, int fd, struct buf *out)
{
    struct stat before;
    struct stat after;
    bool is_known = !host->is_quiet && fstat(fd, &before) == 0;
    int code = host_link_in(fd, "", out);

    if (is_known && fstat(fd, &after) == 0)
        host->atime_misses += before.st_atim.tv_sec != after.st_atim.tv_sec ||
                              before.st_atim.tv_nsec != after.st_atim.tv_nsec;
    return code;
}

int files_facts_read(struct file_facts *f, struct host *host, int fd, enum file_flags how)
{
    int code = file_facts_read(f, fd, how);

    return code == 0 && S_ISLNK(f->st.st_mode) ? file_link(host, fd, &f->target) : code;
}

/* Times that no calendar of four-digit years holds are told in seconds. */
static void put_time(struct json *j, const char *name, const struct statx_timestamp *t)
{
    const int64_t first = -62167219200; /* 0000-01-01 */
    const int64_t last = 253402300799;  /* 9999-12-31 */
    CLEANUP_BUF struct buf other = {0};

    if (t->tv_sec >= first && t->tv_sec <= last) {
        json_put_utc(j, name, (struct utc){.sec = t->tv_sec, .ns = t->tv_nsec});
        return;
    }
    buf_addf(&other, "%s_s", name);
    put_i64(j, buf_text(&other), t->tv_sec);
}

static void put_device(struct json *j, const char *name, unsigned major, unsigned minor)
{
    char text[32];

    snprintf(text, sizeof(text), "%u:%u", major, minor);
    json_put_text(j, name, text);
}

void file_facts_put(struct json *j, struct str path, const struct file_facts *f)
{
    const struct statx *x = &f->x;
    char mode[8];

    snprintf(mode, sizeof(mode), "%04o", x->stx_mode & 07777u);
    put_bytes(j, "path", path);
    json_put_text(j, "kind", file_kind(x->stx_mode));
    json_put_text(j, "mode", mode);
    json_put_u64(j, "uid", x->stx_uid);
    json_put_u64(j, "gid", x->stx_gid);
    json_put_u64(j, "size", x->stx_size);
    json_put_u64(j, "blocks", x->stx_blocks);
    json_put_u64(j, "inode", x->stx_ino);
    put_device(j, "device", x->stx_dev_major, x->stx_dev_minor);
    json_put_u64(j, "links", x->stx_nlink);
    put_time(j, "accessed", &x->stx_atime);
    put_time(j, "modified", &x->stx_mtime);
    put_time(j, "changed", &x->stx_ctime);
    if (x->stx_mask & STATX_BTIME)
        put_time(j, "created", &x->stx_btime);
    if (S_ISCHR(x->stx_mode) || S_ISBLK(x->stx_mode))
        put_device(j, "number", x->stx_rdev_major, x->stx_rdev_minor);
    if (S_ISLNK(x->stx_mode))
        put_bytes(j, "target", buf_str(&f->target));
    file_facts_put_more(j, f);
}
