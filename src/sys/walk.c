/* walk.c: lists and opens files below some names, without changing them. */
#include "sys/walk.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/file_kind.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum { RETRY_COUNT = 8, ALWAYS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW };

void walk_init(struct walk *t)
{
    *t = (struct walk){.arena = arena_new(), .limit = WALK_ENTRY_COUNT};
}

void walk_release(struct walk *t)
{
    for (size_t i = 0; i < t->root_count; i++)
        fd_close(t->roots[i].fd);
    free(t->entries);
    arena_free(t->arena);
}

void walk_avoid(struct walk *t, const char *folder, const char *why)
{
    struct stat st;

    if (stat(folder, &st) != 0)
        return;
    t->avoid_device = st.st_dev;
    t->avoid_inode = st.st_ino;
    t->avoid_why = why;
}

/* Below a folder no link is followed at all, so that a folder swapped for a link while we look
 * leads nowhere. Kernels before 5.6 protect the last part of the path only. */
static int open_below(int root, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)flags,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    int fd = -1;

    for (int i = 0; i < RETRY_COUNT; i++) {
        fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    if (fd < 0 && errno == ENOSYS)
        fd = openat(root, path, flags);
    return fd;
}

/* Where an entry lies: a folder's descriptor and a path from it. */
static int place_of(const struct walk *t, const struct walk_entry *entry, const char **path)
{
    const struct walk_root *root = &t->roots[entry->root];

    if (entry->is_named || root->fd < 0) {
        *path = entry->path;
        return AT_FDCWD;
    }
    *path = entry->path + root->path_len;
    *path += **path == '/';
    return root->fd;
}

static int open_entry(const struct walk *t, const struct walk_entry *entry, int flags)
{
    const char *path;
    int root = place_of(t, entry, &path);

    return root == AT_FDCWD ? openat(root, path, flags) : open_below(root, path, flags);
}

/* Only the owner of a file and root may leave its access time as it is. */
static int open_quietly(const struct walk *t, const struct walk_entry *entry, int flags,
                        bool *keeps_time)
{
    int fd = open_entry(t, entry, flags | O_NOATIME);

    *keeps_time = fd >= 0;
    if (fd < 0 && errno == EPERM)
        fd = open_entry(t, entry, flags);
    return fd;
}

int walk_open(const struct walk *t, const struct walk_entry *entry, int *out, bool *keeps_time,
              struct err *e)
{
    CLEANUP_FD int fd = open_quietly(t, entry, ALWAYS, keeps_time);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return err_errno(e, "cannot open %s", entry->path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is no file any more", entry->path);
    *out = fd;
    fd = -1;
    return 0;
}

int walk_look(const struct walk *t, const struct walk_entry *entry, int *out, struct err *e)
{
    CLEANUP_FD int fd = open_entry(t, entry, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return err_errno(e, "cannot look at %s", entry->path);
    if (st.st_dev != entry->st.st_dev || st.st_ino != entry->st.st_ino)
        return err_set(e, ERR_USAGE, "%s is another one now", entry->path);
    *out = fd;
    fd = -1;
    return 0;
}

static const char *trouble_errno(struct walk *t, const char *doing)
{
    return arena_printf(t->arena, "cannot %s: %s", doing, strerror(errno));
}

static struct walk_entry *add_entry(struct walk *t, const char *path, uint32_t root)
{
    t->entries = mem_grow(t->entries, t->count, &t->room, sizeof(t->entries[0]));
    t->entries[t->count] = (struct walk_entry){.path = path, .root = root};
    return &t->entries[t->count++];
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* A link's target is as long as it is, whatever its size says. The kernel has no way to read it
 * that keeps its access time. */
static void read_target(struct walk *t, int folder, const char *name, struct walk_entry *entry)
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(folder, name, target, sizeof(target));
    struct stat after;

    if (len < 0)
        return;
    entry->target = arena_dup(t->arena, target, (size_t)len);
    entry->is_touched = fstatat(folder, name, &after, AT_SYMLINK_NOFOLLOW) == 0 &&
                        !is_same_time(after.st_atim, entry->st.st_atim);
}

static const char *trouble_of(const struct walk *t, const struct walk_entry *entry,
                              const struct stat *top)
{
    const struct stat *st = &entry->st;

    if (S_ISFIFO(st->st_mode))
        return "it is a FIFO, which holds nothing by itself and is not opened";
    if (S_ISSOCK(st->st_mode))
        return "it is a socket, which holds nothing by itself and is not opened";
    if (S_ISCHR(st->st_mode))
        return "it is a device, and opening one may change it";
    if (S_ISBLK(st->st_mode))
        return "it is a disk or partition; take it as an image";
    if (S_ISDIR(st->st_mode) && t->avoid_why && st->st_dev == t->avoid_device &&
        st->st_ino == t->avoid_inode)
        return t->avoid_why;
    if (S_ISDIR(st->st_mode) && st->st_dev != top->st_dev)
        return "another file system is mounted here; name it to take it";
    return NULL;
}

static void pass_over(struct walk_entry *entry, const char *trouble)
{
    entry->trouble = trouble;
    entry->is_passed = trouble != NULL;
}

static int add_child(struct walk *t, const struct walk_entry *folder, int fd, const char *name,
                     const struct stat *top, struct err *e)
{
    const char *slash = folder->path[1] ? "/" : "";
    const char *path = arena_printf(t->arena, "%s%s%s", folder->path, slash, name);
    struct walk_entry *entry;

    if (t->count >= t->limit)
        return err_set(e, ERR_LIMIT,
                       "there are more than %zu names below %.*s: take it in parts, or take an "
                       "image of the disk",
                       t->limit, (int)t->roots[folder->root].path_len, folder->path);
    entry = add_entry(t, path, folder->root);
    if (fstatat(fd, name, &entry->st, AT_SYMLINK_NOFOLLOW) != 0)
        entry->trouble = trouble_errno(t, "be looked at");
    else
        pass_over(entry, trouble_of(t, entry, top));
    if (S_ISLNK(entry->st.st_mode)) {
        read_target(t, fd, name, entry);
        if (!entry->target)
            entry->trouble = trouble_errno(t, "be read");
    }
    return 0;
}

static int list_names(struct walk *t, size_t at, DIR *d, const struct stat *top, struct err *e)
{
    struct dirent *name;
    int rc = 0;

    errno = 0;
    while (rc == 0 && (name = readdir(d))) {
        struct walk_entry folder = t->entries[at]; /* the array may move */

        if (strcmp(name->d_name, ".") != 0 && strcmp(name->d_name, "..") != 0)
            rc = add_child(t, &folder, dirfd(d), name->d_name, top, e);
        errno = 0;
    }
    if (rc == 0 && errno)
        t->entries[at].trouble = trouble_errno(t, "be listed to its end");
    return rc;
}

/* Adds what one folder holds. */
static int list_folder(struct walk *t, size_t at, const struct stat *top, struct err *e)
{
    bool keeps_time;
    int fd = open_quietly(t, &t->entries[at], ALWAYS | O_DIRECTORY, &keeps_time);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    int rc;

    if (!d) {
        t->entries[at].trouble = trouble_errno(t, "be listed");
        fd_close(fd);
        return 0;
    }
    rc = list_names(t, at, d, top, e);
    closedir(d);
    return rc;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct walk_entry *)a)->path, ((const struct walk_entry *)b)->path);
}

static int add_below(struct walk *t, size_t first, struct err *e)
{
    struct stat top = t->entries[first].st;
    int rc = 0;

    for (size_t i = first; rc == 0 && i < t->count; i++) {
        if (!S_ISDIR(t->entries[i].st.st_mode) || t->entries[i].trouble)
            continue;
        rc = interrupt_came() ? err_set(e, ERR_CANCEL, "stopped at your request")
                              : list_folder(t, i, &top, e);
    }
    qsort(t->entries + first, t->count - first, sizeof(t->entries[0]), compare_entries);
    return rc;
}

/* The name as it is seen from the top: links of the folders above are resolved, the last part is
 * not. */
static const char *whole_path(struct walk *t, const char *path)
{
    size_t len = strlen(path);
    CLEANUP_FREE char *copy = mem_dup(path, len);
    CLEANUP_FREE char *folder = NULL;
    const char *name;
    char *slash;

    while (len > 1 && copy[len - 1] == '/')
        copy[--len] = '\0';
    slash = strrchr(copy, '/');
    name = slash ? slash + 1 : copy;
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        folder = realpath(copy, NULL);
        return folder ? arena_strdup(t->arena, folder) : NULL;
    }
    name = arena_strdup(t->arena, name);
    if (slash)
        slash[slash == copy] = '\0';
    folder = realpath(slash ? copy : ".", NULL);
    if (!folder)
        return NULL;
    return arena_printf(t->arena, "%s%s%s", folder, folder[1] ? "/" : "", name);
}

static int add_root(struct walk *t, const char *path, struct walk_entry *entry, struct err *e)
{
    struct walk_root *root = &t->roots[t->root_count];

    entry->is_named = true;
    if (S_ISLNK(entry->st.st_mode))
        read_target(t, AT_FDCWD, entry->path, entry);
    pass_over(entry, trouble_of(t, entry, &entry->st));
    *root = (struct walk_root){.fd = -1, .path_len = strlen(entry->path)};
    if (root->path_len == 1)
        root->path_len = 0; /* "/" */
    t->root_count++;
    if (!S_ISDIR(entry->st.st_mode) || entry->trouble)
        return 0;
    root->fd = open(entry->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return root->fd < 0 ? err_errno(e, "cannot open the folder %s", path)
                        : add_below(t, t->count - 1, e);
}

int walk_add(struct walk *t, const char *path, struct err *e)
{
    const char *whole = whole_path(t, path);
    struct stat st;

    if (t->root_count == WALK_ROOT_COUNT)
        return err_set(e, ERR_LIMIT, "at most %d names can be given at once; name their folder",
                       (int)WALK_ROOT_COUNT);
    if (t->count >= t->limit)
        return err_set(e, ERR_LIMIT, "more than %zu names; take them in parts", t->limit);
    if (!whole || fstatat(AT_FDCWD, whole, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return err_errno(e, "cannot look at %s", path);
    add_entry(t, whole, (uint32_t)t->root_count)->st = st;
    return add_root(t, path, &t->entries[t->count - 1], e);
}

void walk_add_name(struct walk *t, const char *path)
{
    struct walk_entry *entry = add_entry(t, arena_strdup(t->arena, path), 0);

    entry->is_named = true;
    if (fstatat(AT_FDCWD, entry->path, &entry->st, AT_SYMLINK_NOFOLLOW) != 0)
        entry->trouble = trouble_errno(t, "be looked at");
    else
        pass_over(entry, trouble_of(t, entry, &entry->st));
}

int walk_open_named(const char *path, const char *wanted, int *fd, bool *keeps_time,
                    struct stat *st, struct err *e)
{
    CLEANUP(walk_release) struct walk w;
    int rc;

    walk_init(&w);
    rc = walk_add(&w, path, e);
    if (rc)
        return rc;
    if (!S_ISREG(w.entries[0].st.st_mode))
        return err_set(e, ERR_USAGE, "%s is a %s, not %s", path, file_kind(w.entries[0].st.st_mode),
                       wanted);
    *st = w.entries[0].st;
    return walk_open(&w, &w.entries[0], fd, keeps_time, e);
}
