/* file_state.c: reads all that a file is. */
#include "contain/file_state.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/file_kind.h"
#include "sys/file.h"

enum {
    NAME_SIZE = 256,
    LINK_SIZE = 4096,
    LIST_SIZE = 65536,
    VALUE_SIZE = 65536,
    PROC_SIZE = 64,
    PASS_SIZE = 256 << 10
};

/* Root, or who owns it, reads without leaving a time. */
static int open_quietly(int at, const char *name, int how)
{
    int fd = openat(at, name, how | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);

    return fd < 0 && errno == EPERM ? openat(at, name, how | O_NOFOLLOW | O_CLOEXEC) : fd;
}

static int cannot_enter(struct str path, const char *part, struct err *e)
{
    if (errno == ENOTDIR || errno == ELOOP)
        return err_set(e, ERR_USAGE,
                       STR_FMT " leads through \"%s\", which is a symbolic link or no folder: name "
                               "the path that it leads to",
                       STR_ARG(path), part);
    return err_errno(e, "cannot enter \"%s\" on the way to " STR_FMT, part, STR_ARG(path));
}

int file_state_open_folder(struct str path, int *out, const char **name, struct err *e)
{
    CLEANUP_FD int at = open_quietly(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);
    const char *last = strrchr(path.p, '/') + 1;
    struct str rest = str_from(path, 1);

    while (rest.p < last) {
        struct str part = str_cut(&rest, '/');
        char text[NAME_SIZE];
        int next;

        if (part.len >= sizeof(text))
            return err_set(e, ERR_USAGE, "a name in " STR_FMT " is too long", STR_ARG(path));
        snprintf(text, sizeof(text), STR_FMT, STR_ARG(part));
        next = rest.p == last ? open_quietly(at, text, O_RDONLY | O_DIRECTORY)
                              : openat(at, text, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0)
            return cannot_enter(path, text, e);
        fd_close(at);
        at = next;
    }
    *name = last;
    *out = at;
    at = -1;
    return 0;
}

struct names {
    char **list;
    size_t count;
    size_t room;
};

static void names_release(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->list[i]);
    free(n->list);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void folderp(DIR **d)
{
    if (*d)
        closedir(*d);
}

/* Not what a change itself makes there: its hidden files, the hook for a restart, and the lock of
 * the accounts. */
static bool is_counted(const char *name, const char *own)
{
    struct str s = str_of(name);

    return strcmp(name, own) != 0 && !str_is(s, ".") && !str_is(s, "..") &&
           !str_starts(s, ".calm-") && !str_starts(s, "calm-contain") &&
           !str_is(s, "sysinit.target.wants") && !str_is(s, ".pwd.lock");
}

static int list_names(int folder, const char *own, struct names *n, struct err *e)
{
    int fd = open_quietly(folder, ".", O_RDONLY | O_DIRECTORY);
    CLEANUP(folderp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *item;

    if (!d)
        return err_errno(e, "cannot list the folder of \"%s\"", own);
    while ((item = readdir(d))) {
        if (!is_counted(item->d_name, own))
            continue;
        n->list = mem_grow(n->list, n->count, &n->room, sizeof(*n->list));
        n->list[n->count++] = mem_strdup(item->d_name);
    }
    return 0;
}

static int hash_names(int folder, const char *own, struct hash *out, struct err *e)
{
    CLEANUP(names_release) struct names n = {0};
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t bytes[64];
    int rc = list_names(folder, own, &n, e);

    if (rc)
        return rc;
    if (n.count)
        qsort(n.list, n.count, sizeof(*n.list), by_text);
    for (size_t i = 0; i < n.count; i++)
        digest_add(d, n.list[i], strlen(n.list[i]) + 1);
    digest_end(d, bytes);
    memcpy(out->b, bytes, sizeof(out->b));
    return 0;
}

static bool read_flags(int fd, uint32_t *out)
{
    int flags = 0;

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
        return false;
    *out = (uint32_t)flags;
    return true;
}

int file_folder_read(int folder, const char *name, struct file_folder *out, struct err *e)
{
    struct file_folder f = {0};
    struct stat st;
    int rc;

    if (fstat(folder, &st) < 0)
        return err_errno(e, "cannot look at the folder of \"%s\"", name);
    f.modified = st.st_mtim;
    f.has_flags = read_flags(folder, &f.flags);
    rc = hash_names(folder, name, &f.names, e);
    if (rc == 0)
        *out = f;
    return rc;
}

enum content { CONTENT_WHOLE, CONTENT_DIGEST, CONTENT_NONE };

struct reading {
    struct arena *arena;
    struct file_state *s;
    enum content wanted;
    int copy;             /* where the bytes go besides; -1: nowhere */
    int fd;               /* O_PATH */
    char proc[PROC_SIZE]; /* leads to it, be it a link */
    struct err *e;
};

static int cannot_read(const struct reading *r)
{
    return err_errno(r->e, "cannot read " STR_FMT, STR_ARG(r->s->path));
}

static int read_attribute(struct reading *r, const char *name)
{
    CLEANUP_FREE char *bytes = mem_alloc(VALUE_SIZE);
    struct file_attribute *a = &r->s->attributes[r->s->attribute_count];
    ssize_t n = getxattr(r->proc, name, bytes, VALUE_SIZE);

    if (n < 0)
        return cannot_read(r);
    a->name = str_of(arena_strdup(r->arena, name));
    a->value = (struct str){arena_dup(r->arena, bytes, (size_t)n), (size_t)n};
    r->s->attribute_count++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct file_attribute *x = a, *y = b;

    return str_cmp(x->name, y->name);
}

static int read_attributes(struct reading *r)
{
    CLEANUP_FREE char *list = mem_alloc(LIST_SIZE + 1);
    ssize_t n = listxattr(r->proc, list, LIST_SIZE);
    size_t count = 0;

    if (n < 0)
        return errno == ENOTSUP ? 0 : cannot_read(r);
    for (const char *at = list; at < list + n; at += strlen(at) + 1)
        count++;
    if (count > FILE_STATE_ATTRIBUTE_COUNT)
        return err_set(r->e, ERR_LIMIT, STR_FMT " has more than %d extended attributes",
                       STR_ARG(r->s->path), FILE_STATE_ATTRIBUTE_COUNT);
    r->s->attributes = arena_alloc(r->arena, (count + 1) * sizeof(*r->s->attributes));
    for (const char *at = list; at < list + n; at += strlen(at) + 1) {
        int rc = read_attribute(r, at);

        if (rc)
            return rc;
    }
    qsort(r->s->attributes, r->s->attribute_count, sizeof(*r->s->attributes), by_name);
    return 0;
}

static bool is_same_moment(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* As many bytes as it says that it has: one that grows is being changed. */
static int read_whole(struct reading *r, int fd, size_t size)
{
    char *bytes = arena_alloc(r->arena, size + 1);
    size_t at = 0;

    for (;;) {
        ssize_t n = read(fd, bytes + at, size - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cannot_read(r);
        if (n == 0)
            break;
        at += (size_t)n;
    }
    r->s->bytes = (struct str){bytes, at};
    r->s->size = at;
    r->s->digest = hash_bytes(bytes, at);
    r->s->has_bytes = true;
    return 0;
}

/* The bytes of one open file, to another one or not, and their digest. */
static int pass_bytes(int from, int to, uint64_t *size, struct hash *digest, struct str path,
                      struct err *e)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    CLEANUP_FREE char *bytes = mem_alloc(PASS_SIZE);
    uint8_t all[64];
    uint64_t count = 0;

    for (;;) {
        ssize_t n = read(from, bytes, PASS_SIZE);
        int rc;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "cannot read " STR_FMT, STR_ARG(path));
        if (n == 0)
            break;
        digest_add(d, bytes, (size_t)n);
        count += (uint64_t)n;
        rc = to < 0 ? 0 : file_write_fd(to, bytes, (size_t)n, "the copy", e);
        if (rc)
            return rc;
    }
    digest_end(d, all);
    memcpy(digest->b, all, sizeof(digest->b));
    *size = count;
    return 0;
}

int file_state_give_back(const struct file_state *s, int to, struct err *e)
{
    CLEANUP_FD int from = open(s->kept.p, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct hash digest;
    uint64_t size;
    int rc;

    if (from < 0)
        return err_errno(e, "cannot open " STR_FMT ", what was kept of " STR_FMT, STR_ARG(s->kept),
                         STR_ARG(s->path));
    rc = pass_bytes(from, to, &size, &digest, s->kept, e);
    if (rc == 0 && (size != s->size || !hash_eq(&digest, &s->digest)))
        rc = err_set(e, ERR_TAMPER,
                     "what was kept of " STR_FMT " is not what was taken: " STR_FMT
                     " was changed. Its bytes are in the case's evidence",
                     STR_ARG(s->path), STR_ARG(s->kept));
    return rc;
}

static int read_wanted(struct reading *r, int fd, const struct stat *before)
{
    r->s->size = (uint64_t)before->st_size;
    if (r->wanted == CONTENT_NONE)
        return 0;
    if (r->wanted == CONTENT_DIGEST)
        return pass_bytes(fd, r->copy, &r->s->size, &r->s->digest, r->s->path, r->e);
    if (before->st_size > FILE_STATE_SIZE)
        return err_set(r->e, ERR_LIMIT, STR_FMT " is larger than %d MiB, which cannot be kept here",
                       STR_ARG(r->s->path), FILE_STATE_SIZE >> 20);
    return read_whole(r, fd, (size_t)before->st_size);
}

static int read_bytes(struct reading *r, const struct stat *before)
{
    CLEANUP_FD int fd = open(r->proc, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOATIME);
    struct stat after;
    int rc;

    if (fd < 0)
        return cannot_read(r);
    rc = read_wanted(r, fd, before);
    if (rc)
        return rc;
    if (fstat(fd, &after) < 0)
        return cannot_read(r);
    if (!is_same_moment(before->st_ctim, after.st_ctim) || (uint64_t)after.st_size != r->s->size)
        return err_set(r->e, ERR_CONFLICT, STR_FMT " is being changed right now: try again",
                       STR_ARG(r->s->path));
    r->s->has_flags = read_flags(fd, &r->s->flags);
    return 0;
}

static int read_target(struct reading *r)
{
    char text[LINK_SIZE];
    ssize_t n = readlinkat(r->fd, "", text, sizeof(text));

    if (n < 0)
        return cannot_read(r);
    if ((size_t)n == sizeof(text))
        return err_set(r->e, ERR_LIMIT, STR_FMT " leads too far", STR_ARG(r->s->path));
    r->s->target = (struct str){arena_dup(r->arena, text, (size_t)n), (size_t)n};
    return 0;
}

static int read_all(struct reading *r)
{
    struct file_state *s = r->s;
    struct stat st;
    int rc;

    if (fstat(r->fd, &st) < 0)
        return cannot_read(r);
    if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
        return err_set(r->e, ERR_USAGE, STR_FMT " is a %s, and neither a file nor a link",
                       STR_ARG(s->path), file_kind(st.st_mode));
    s->kind = S_ISREG(st.st_mode) ? FILE_STATE_FILE : FILE_STATE_LINK;
    s->mode = st.st_mode & 07777;
    s->owner = st.st_uid;
    s->group = st.st_gid;
    s->links = st.st_nlink;
    s->accessed = st.st_atim;
    s->modified = st.st_mtim;
    rc = read_attributes(r);
    if (rc)
        return rc;
    return s->kind == FILE_STATE_FILE ? read_bytes(r, &st) : read_target(r);
}

/* The rest of *r is the caller's: how much of the content is wanted, and where a copy goes. */
static int read_at(struct reading *r, int folder, const char *name, struct str path,
                   struct file_state *out)
{
    CLEANUP_FD int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct file_state s = {.path = {arena_dup(r->arena, path.p, path.len), path.len}};
    int rc;

    r->s = &s;
    r->fd = fd;
    if (fd < 0 && errno != ENOENT)
        return cannot_read(r);
    snprintf(r->proc, sizeof(r->proc), "/proc/self/fd/%d", fd);
    rc = file_folder_read(folder, name, &s.folder, r->e);
    if (rc == 0 && fd >= 0)
        rc = read_all(r);
    if (rc == 0)
        *out = s;
    return rc;
}

int file_state_read_at(struct arena *a, int folder, const char *name, struct str path,
                       struct file_state *out, struct err *e)
{
    struct reading r = {.arena = a, .wanted = CONTENT_DIGEST, .copy = -1, .e = e};

    return read_at(&r, folder, name, path, out);
}

static int read_path(struct reading *r, struct str path, struct file_state *out)
{
    CLEANUP_FD int folder = -1;
    const char *name;
    int rc = file_state_open_folder(path, &folder, &name, r->e);

    return rc ? rc : read_at(r, folder, name, path, out);
}

int file_state_read(struct arena *a, struct str path, struct file_state *out, struct err *e)
{
    struct reading r = {.arena = a, .wanted = CONTENT_WHOLE, .copy = -1, .e = e};

    return read_path(&r, path, out);
}

int file_state_look(struct arena *a, struct str path, struct file_state *out, struct err *e)
{
    struct reading r = {.arena = a, .wanted = CONTENT_NONE, .copy = -1, .e = e};

    return read_path(&r, path, out);
}

int file_state_copy(struct arena *a, struct str path, int copy, struct file_state *out,
                    struct err *e)
{
    struct reading r = {.arena = a, .wanted = CONTENT_DIGEST, .copy = copy, .e = e};

    return read_path(&r, path, out);
}

struct file_state file_state_derive(const struct file_state *from, enum file_state_kind kind,
                                    struct str content)
{
    struct file_state s = *from;

    s.is_derived = true;
    s.kind = kind;
    if (kind == FILE_STATE_FILE) {
        s.bytes = content;
        s.digest = hash_bytes(content.p, content.len);
        s.has_bytes = true;
    }
    if (kind == FILE_STATE_LINK)
        s.target = content;
    return s;
}

static bool has_same_attributes(const struct file_state *a, const struct file_state *b)
{
    if (a->attribute_count != b->attribute_count)
        return false;
    for (size_t i = 0; i < a->attribute_count; i++)
        if (!str_eq(a->attributes[i].name, b->attributes[i].name) ||
            !str_eq(a->attributes[i].value, b->attributes[i].value))
            return false;
    return true;
}

bool file_state_is_same(const struct file_state *a, const struct file_state *b)
{
    bool is_derived = a->is_derived || b->is_derived;

    if (a->kind != b->kind)
        return false;
    if (a->kind == FILE_STATE_NONE)
        return true;
    if (a->kind == FILE_STATE_LINK && is_derived)
        return str_eq(a->target, b->target);
    return a->mode == b->mode && a->owner == b->owner && a->group == b->group &&
           (is_derived || is_same_moment(a->modified, b->modified)) && has_same_attributes(a, b) &&
           (a->kind == FILE_STATE_FILE ? hash_eq(&a->digest, &b->digest)
                                       : str_eq(a->target, b->target));
}
