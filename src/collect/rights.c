/* rights.c: the walk for what has more rights than most. */
#include "collect/rights.h"
#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { DEPTH = 64, XFS_MAGIC = 0x58465342 };

struct walk {
    struct rights *r;
    struct gather *g;
    const struct rights_root *first; /* of the array that the root stands in */
    const struct rights_root *root;
    struct buf path; /* of the folder in hand, with a leading slash */
    uint64_t left;   /* entries that may still be looked at */
};

/* On a merged /usr those under / are links, and are not followed. */
const struct rights_root rights_programs[] = {
    {"bin", true, true},       {"sbin", true, true},
    {"lib", true, true},       {"lib32", true, true},
    {"lib64", true, true},     {"libexec", true, true},
    {"usr/bin", true, true},   {"usr/sbin", true, true},
    {"usr/lib", true, true},   {"usr/lib32", true, true},
    {"usr/lib64", true, true}, {"usr/libexec", true, true},
    {"usr/local", true, true}, {.path = NULL},
};

struct rights *rights_new(void)
{
    struct rights *r = mem_new(struct rights);

    r->arena = arena_new();
    return r;
}

void rights_free(struct rights *r)
{
    if (!r)
        return;
    arena_free(r->arena);
    free(r->files);
    free(r->gaps);
    free(r);
}

bool rights_is_world_writable(const struct stat *st)
{
    /* A sticky folder as /tmp is meant to be written by all; the mode of a link means nothing. */
    return (st->st_mode & S_IWOTH) && !S_ISLNK(st->st_mode) &&
           !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX));
}

/* name: NULL for the folder in hand itself. */
static char *path_of(struct walk *w, const char *name)
{
    return name ? arena_printf(w->r->arena, "%s/%s", w->path.p, name)
                : arena_strdup(w->r->arena, w->path.p);
}

static void add_gap(struct walk *w, const char *name, int code)
{
    struct rights *r = w->r;

    if (code == -ENOENT || r->gap_count == RIGHTS_GAP_COUNT)
        return;
    r->gaps = mem_grow(r->gaps, r->gap_count, &r->gap_room, sizeof(*r->gaps));
    r->gaps[r->gap_count++] = (struct rights_gap){w->root, path_of(w, name), code};
}

/* getxattr takes no folder descriptor; a path by /proc leads through the one that is open. */
static bool has_capabilities(int folder, const char *name)
{
    CLEANUP_BUF struct buf path = {0};
    char value[64];

    buf_addf(&path, "/proc/self/fd/%d/%s", folder, name);
    return lgetxattr(buf_text(&path), "security.capability", value, sizeof(value)) > 0;
}

/* folder, name: of a file; name is NULL for the folder in hand itself. */
static void see(struct walk *w, int folder, const char *name, const struct stat *st)
{
    struct rights *r = w->r;
    bool is_run = S_ISREG(st->st_mode) && (st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH));
    bool is_set = S_ISREG(st->st_mode) && (st->st_mode & (S_ISUID | S_ISGID));
    bool is_capable = is_run && has_capabilities(folder, name);

    if (!is_set && !is_capable && !(w->root->is_system && rights_is_world_writable(st)))
        return;
    if (r->file_count == RIGHTS_FILE_COUNT)
        return;
    r->files = mem_grow(r->files, r->file_count, &r->file_room, sizeof(*r->files));
    r->files[r->file_count++] = (struct rights_file){w->root, path_of(w, name), *st, is_capable};
}

static bool is_slow(struct walk *w, const char *name)
{
    CLEANUP_BUF struct buf path = {0};

    if (!host_has_slow(&w->g->host) && w->g->slow_mount_count == 0)
        return false;
    buf_addf(&path, "%s/%s", w->path.p + 1, name);
    return gather_is_slow(w->g, buf_str(&path));
}

static void see_file(struct walk *w, int folder, const char *name)
{
    struct stat st;

    if (is_slow(w, name))
        add_gap(w, name, -EREMOTE);
    else if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
        add_gap(w, name, -errno);
    else
        see(w, folder, name, &st);
}

/* On ext4 a folder with 65,000 folders and more has the link count 1 and says nothing any more;
 * btrfs and overlayfs never count. */
static bool is_counted(int fd, const struct stat *st)
{
    struct statfs fs;

    return st->st_nlink >= 2 && fstatfs(fd, &fs) == 0 &&
           (fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_MAGIC || fs.f_type == TMPFS_MAGIC);
}

static bool has_unlisted(const struct rights_count *n)
{
    return n->links > n->listed + 2;
}

static bool is_folder(int folder, const struct dirent *entry)
{
    struct stat st;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0 &&
           S_ISDIR(st.st_mode);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Was it walked as a root of its own, as /var/tmp before /var? */
static bool is_other_root(const struct walk *w)
{
    for (const struct rights_root *root = w->first; root < w->root; root++)
        if (str_is(str_from(buf_str(&w->path), 1), root->path))
            return true;
    return false;
}

static void walk_folder(struct walk *w, int fd, unsigned depth);

static void walk_into(struct walk *w, int folder, const char *name, unsigned depth)
{
    size_t len = w->path.len;
    bool slow = is_slow(w, name);
    int fd;

    buf_addf(&w->path, "/%s", name);
    fd = is_other_root(w) ? -ENOENT
         : slow           ? -EREMOTE
         : depth == DEPTH ? -ELOOP
                          : host_open_in(&w->g->host, folder, name, O_RDONLY | O_DIRECTORY);
    if (fd >= 0)
        walk_folder(w, fd, depth + 1);
    else
        add_gap(w, NULL, fd);
    w->path.len = len;
    w->path.p[len] = '\0';
}

static bool may_look(struct walk *w)
{
    w->r->is_stopped |= gather_is_stopped(w->g);
    return w->left && !w->r->is_stopped;
}

/* Takes the descriptor over. */
static void walk_folder(struct walk *w, int fd, unsigned depth)
{
    struct rights_count n = {0};
    struct stat st;
    DIR *dir = fstat(fd, &st) == 0 && !host_is_made_up(fd) ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!dir) {
        close(fd);
        return;
    }
    see(w, fd, NULL, &st);
    n.links = st.st_nlink;
    while ((errno = 0, entry = readdir(dir)) && may_look(w)) {
        bool is_within = is_folder(fd, entry);

        if (is_dots(entry->d_name))
            continue;
        w->left--;
        n.listed += is_within;
        if (is_within)
            walk_into(w, fd, entry->d_name, depth);
        else if (entry->d_type != DT_LNK)
            see_file(w, fd, entry->d_name);
    }
    if (!entry && errno)
        add_gap(w, NULL, -errno);
    else if (!entry && has_unlisted(&n) && is_counted(fd, &st) &&
             w->r->suspect_count < RIGHTS_SUSPECT_COUNT)
        w->r->suspects[w->r->suspect_count++] = path_of(w, NULL);
    closedir(dir);
}

bool rights_walk(struct rights *r, struct gather *g, const struct rights_root *first,
                 const struct rights_root *root, uint64_t most)
{
    struct walk w = {.r = r, .g = g, .first = first, .root = root, .left = most};
    int fd = host_open(&g->host, root->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

    buf_addf(&w.path, "/%s", root->path);
    if (fd >= 0)
        walk_folder(&w, fd, 0);
    else if (fd != -ENOTDIR && fd != -ELOOP)
        add_gap(&w, NULL, fd);
    buf_release(&w.path);
    return w.left || r->is_stopped;
}

bool rights_count_again(struct gather *g, const char *path, struct rights_count *out)
{
    int fd = host_open(&g->host, path + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    struct stat before;
    struct stat after;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    bool is_still;

    *out = (struct rights_count){0};
    if (!dir || fstat(fd, &before) < 0) {
        if (dir)
            closedir(dir);
        else
            collect_fd_close(&fd);
        return false;
    }
    out->links = before.st_nlink;
    while ((entry = readdir(dir)))
        out->listed += !is_dots(entry->d_name) && is_folder(fd, entry);
    is_still = fstat(fd, &after) == 0 && after.st_nlink == before.st_nlink &&
               after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
               after.st_mtim.tv_nsec == before.st_mtim.tv_nsec && is_counted(fd, &before);
    closedir(dir);
    return is_still && has_unlisted(out);
}
