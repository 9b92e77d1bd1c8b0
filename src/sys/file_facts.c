/* file_facts.c: asks a file system for what it tells of one file: times, flags, attributes. */
#include "sys/file_facts.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/mem.h"
#include "sys/file.h"

enum { PROC_PATH_SIZE = 40 };

static const char *proc_path(char out[PROC_PATH_SIZE], int fd)
{
    snprintf(out, PROC_PATH_SIZE, "/proc/self/fd/%d", fd);
    return out;
}

int file_reopen(int fd, int flags, uint64_t *misses)
{
    enum { ALWAYS = O_CLOEXEC | O_NONBLOCK | O_NOCTTY };
    char path[PROC_PATH_SIZE];
    struct stat before;
    struct stat after;
    int out = open(proc_path(path, fd), flags | ALWAYS | O_NOATIME);

    if (out < 0 && errno == EPERM) {
        out = open(path, flags | ALWAYS);
        if (out >= 0 && misses)
            ++*misses;
    }
    if (out < 0)
        return -errno;
    if (fstat(fd, &before) == 0 && fstat(out, &after) == 0 && before.st_dev == after.st_dev &&
        before.st_ino == after.st_ino)
        return out;
    close(out); /* whoever put something over /proc does not lead us elsewhere */
    return -ESTALE;
}

static struct timespec time_of(const struct statx_timestamp *t)
{
    return (struct timespec){.tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec};
}

static void fill_stat(struct file_facts *f)
{
    const struct statx *x = &f->x;

    f->st = (struct stat){.st_dev = makedev(x->stx_dev_major, x->stx_dev_minor),
                          .st_ino = x->stx_ino,
                          .st_mode = x->stx_mode,
                          .st_nlink = x->stx_nlink,
                          .st_uid = x->stx_uid,
                          .st_gid = x->stx_gid,
                          .st_rdev = makedev(x->stx_rdev_major, x->stx_rdev_minor),
                          .st_size = (off_t)x->stx_size,
                          .st_blocks = (blkcnt_t)x->stx_blocks,
                          .st_atim = time_of(&x->stx_atime),
                          .st_mtim = time_of(&x->stx_mtime),
                          .st_ctim = time_of(&x->stx_ctime)};
}

/* The magic link stands for the inode itself, also where that is a link. */
static void read_attributes(struct file_facts *f, int fd)
{
    char path[PROC_PATH_SIZE];
    ssize_t size = listxattr(proc_path(path, fd), NULL, 0);
    CLEANUP_FREE char *names = NULL;
    size_t used = 0;

    if (size <= 0 || size > FACTS_XATTR_SIZE) {
        f->is_cut = size > FACTS_XATTR_SIZE;
        return;
    }
    names = mem_alloc((size_t)size);
    size = listxattr(path, names, (size_t)size);
    buf_room(&f->texts, 2 * FACTS_XATTR_SIZE); /* so that the slices stay where they are */
    for (ssize_t at = 0; at < size;) {
        const char *name = names + at;
        size_t len = strnlen(name, (size_t)(size - at)) + 1;
        size_t room = FACTS_XATTR_SIZE - used;
        ssize_t n = getxattr(path, name, NULL, 0);

        at += (ssize_t)len;
        if (at > size || n < 0)
            continue; /* it went away, or is only for others */
        f->is_cut |= len + (size_t)n > room || f->attribute_count == FACTS_XATTR_COUNT;
        if (f->is_cut)
            return;
        struct file_attribute *a = &f->attributes[f->attribute_count];
        char *where = buf_room(&f->texts, len + (size_t)n + 1);
        memcpy(where, name, len);
        n = n ? getxattr(path, name, where + len, (size_t)n) : 0;
        if (n < 0)
            continue;
        *a = (struct file_attribute){where, {where + len, (size_t)n}};
        f->texts.len += len + (size_t)n;
        used += len + (size_t)n;
        f->attribute_count++;
    }
}

/* Most file systems tell the two that keep a file from being changed with its times. */
static bool has_told_flags(struct file_facts *f)
{
    const uint64_t both = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;

    f->flags = (f->x.stx_attributes & STATX_ATTR_IMMUTABLE ? FS_IMMUTABLE_FL : 0) |
               (f->x.stx_attributes & STATX_ATTR_APPEND ? FS_APPEND_FL : 0);
    return (f->x.stx_attributes_mask & both) == both;
}

/* What was opened for its path alone must be opened once more. */
static void read_flags(struct file_facts *f, int fd)
{
    CLEANUP_FD int in = -1;
    int flags = 0;

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0) {
        in = errno == EBADF ? file_reopen(fd, O_RDONLY, NULL) : -1;
        if (in < 0 || ioctl(in, FS_IOC_GETFLAGS, &flags) < 0)
            return;
    }
    f->flags = (unsigned)flags;
    f->has_flags = true;
}

int file_facts_read(struct file_facts *f, int fd, enum file_flags how)
{
    buf_clear(&f->target);
    buf_clear(&f->texts);
    f->attribute_count = 0;
    f->is_cut = f->has_flags = false;
    if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, &f->x) < 0)
        return -errno;
    fill_stat(f);
    read_attributes(f, fd);
    if ((!has_told_flags(f) || how == FILE_FLAGS_ALL) &&
        (S_ISREG(f->st.st_mode) || S_ISDIR(f->st.st_mode)))
        read_flags(f, fd);
    return 0;
}

void file_facts_release(struct file_facts *f)
{
    buf_release(&f->target);
    buf_release(&f->texts);
}

static uint32_t take_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_set(struct json *j, const char *name, uint64_t set)
{
    char text[24];

    snprintf(text, sizeof(text), "%016llx", (unsigned long long)set);
    json_put_text(j, name, text);
}

/* struct vfs_cap_data of linux/capability.h, revisions 1 to 3. */
static void put_capabilities(struct json *j, struct str value)
{
    enum { MAGIC = 4, PAIR = 8 };
    const uint8_t *p = (const uint8_t *)value.p;
    uint32_t revision = value.len >= MAGIC ? take_u32(p) >> 24 : 0;
    size_t pairs = revision == 1 ? 1 : 2;
    uint64_t permitted = 0;
    uint64_t inheritable = 0;

    if (revision < 1 || revision > 3 ||
        value.len != MAGIC + PAIR * pairs + (revision == 3 ? sizeof(uint32_t) : 0))
        return;
    for (size_t i = 0; i < pairs; i++) {
        permitted |= (uint64_t)take_u32(p + MAGIC + PAIR * i) << (32 * i);
        inheritable |= (uint64_t)take_u32(p + MAGIC + PAIR * i + 4) << (32 * i);
    }
    put_set(j, "permitted", permitted);
    put_set(j, "inheritable", inheritable);
    json_put_bool(j, "effective", take_u32(p) & 1);
    if (revision == 3)
        json_put_u64(j, "root_uid", take_u32(p + value.len - sizeof(uint32_t)));
}

static const char *acl_word(unsigned tag, bool *has_id)
{
    static const struct {
        unsigned tag;
        bool has_id;
        const char *word;
    } words[] = {{1, false, "user:"}, {2, true, "user:"},   {4, false, "group:"},
                 {8, true, "group:"}, {16, false, "mask:"}, {32, false, "other:"}};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (words[i].tag != tag)
            continue;
        *has_id = words[i].has_id;
        return words[i].word;
    }
    return NULL;
}

/* struct posix_acl_xattr_header and its entries, version 2; in the words of acl(5). */
bool file_acl_text(struct buf *out, struct str value)
{
    enum { HEADER = 4, ENTRY = 8, VERSION = 2 };
    const uint8_t *p = (const uint8_t *)value.p;

    if (value.len < HEADER || value.len % ENTRY != HEADER || take_u32(p) != VERSION)
        return false;
    for (size_t at = HEADER; at < value.len; at += ENTRY) {
        unsigned tag = take_u32(p + at) & 0xffff;
        unsigned rights = take_u32(p + at) >> 16;
        bool has_id = false;
        const char *word = acl_word(tag, &has_id);

        if (!word)
            return false;
        if (out->len)
            buf_addc(out, ',');
        buf_adds(out, word);
        if (has_id)
            buf_add_u64(out, take_u32(p + at + 4));
        buf_addf(out, ":%c%c%c", rights & 4 ? 'r' : '-', rights & 2 ? 'w' : '-',
                 rights & 1 ? 'x' : '-');
    }
    return true;
}

static void put_acl(struct json *j, const char *name, struct str value)
{
    CLEANUP_BUF struct buf text = {0};

    if (file_acl_text(&text, value))
        json_put_str(j, name, buf_str(&text));
}

/* Names are of any bytes, and = ends one. */
static void add_name(struct buf *out, const char *name)
{
    for (const char *p = name; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if (c >= 0x20 && c < 0x7f && c != '=' && c != '\\')
            buf_addc(out, *p);
        else
            buf_addf(out, "\\x%02x", c);
    }
    buf_addc(out, '=');
}

static void put_attributes(struct json *j, const struct file_facts *f)
{
    CLEANUP_BUF struct buf one = {0};

    json_name(j, "xattrs");
    json_array_begin(j);
    for (size_t i = 0; i < f->attribute_count; i++) {
        const struct file_attribute *a = &f->attributes[i];

        buf_clear(&one);
        add_name(&one, a->name);
        hex_add(&one, a->value.p, a->value.len);
        json_str(j, buf_str(&one));
    }
    json_array_end(j);
    for (size_t i = 0; i < f->attribute_count; i++) {
        const struct file_attribute *a = &f->attributes[i];

        if (strcmp(a->name, "security.capability") == 0)
            put_capabilities(j, a->value);
        else if (strcmp(a->name, "system.posix_acl_access") == 0)
            put_acl(j, "acl", a->value);
        else if (strcmp(a->name, "system.posix_acl_default") == 0)
            put_acl(j, "default_acl", a->value);
    }
}

static void put_flags(struct json *j, const struct file_facts *f)
{
    char text[24];

    snprintf(text, sizeof(text), "%08llx", (unsigned long long)f->flags);
    if (f->has_flags)
        json_put_text(j, "flags", text);
    if (f->flags & FS_IMMUTABLE_FL)
        json_put_bool(j, "immutable", true);
    if (f->flags & FS_APPEND_FL)
        json_put_bool(j, "append_only", true);
}

void file_facts_put_more(struct json *j, const struct file_facts *f)
{
    if (f->attribute_count)
        put_attributes(j, f);
    put_flags(j, f);
}
