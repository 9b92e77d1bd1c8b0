/* noticed_file.c: walks folders for files with the rights of others, folders that everyone may
 * write to, and folders whose link count says that they hold more folders than are listed. */
#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "collect/noticed.h"

enum { DEPTH = 64, FOUND_COUNT = 10000, SUSPECT_COUNT = 1000, XFS_MAGIC = 0x58465342 };
enum { TRIAGE_ENTRIES = 8000, FULL_ENTRIES = 4000000 }; /* of each root */

enum why { WHY_SETUID, WHY_CAPABILITIES, WHY_FOLDER, WHY_PROGRAM };

/* A file that has more rights than most. */
struct privileged {
    char *path; /* in the arena */
    unsigned mode;
    uint64_t uid;
    uint64_t gid;
    enum why why;
};

struct walk {
    struct collection *c;
    struct gather g;
    struct buf path; /* of the folder in hand, with a leading slash */
    uint64_t left;   /* entries of the root that may still be looked at */
    bool is_system;  /* below a root where everyone's right to write is unusual */
    struct privileged *found;
    size_t found_count;
    size_t found_room;
    char *suspects[SUSPECT_COUNT]; /* folders with more links than folders; in the arena */
    size_t suspect_count;
};

/* One folder's links against what is listed. */
struct folder_count {
    uint64_t links;
    uint64_t listed;
    bool is_counted; /* its file system keeps a link for each folder within */
};

/* On ext4 a folder with 65,000 folders and more has the link count 1 and says nothing any more;
 * btrfs and overlayfs never count. */
static void begin_count(struct folder_count *n, int fd, const struct stat *st)
{
    struct statfs fs;

    *n = (struct folder_count){.links = st->st_nlink};
    n->is_counted =
        st->st_nlink >= 2 && fstatfs(fd, &fs) == 0 &&
        (fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_MAGIC || fs.f_type == TMPFS_MAGIC);
}

static bool has_unlisted(const struct folder_count *n)
{
    return n->is_counted && n->links > n->listed + 2;
}

static void add_found(struct walk *w, const char *name, const struct stat *st, enum why why)
{
    char *path;

    if (w->found_count == FOUND_COUNT)
        return;
    path = name[0] ? arena_printf(w->g.arena, "%s/%s", w->path.p, name)
                   : arena_strdup(w->g.arena, w->path.p);
    w->found = mem_grow(w->found, w->found_count, &w->found_room, sizeof(*w->found));
    w->found[w->found_count++] = (struct privileged){
        .path = path,
        .mode = st->st_mode & 07777u,
        .uid = st->st_uid,
        .gid = st->st_gid,
        .why = why,
    };
}

/* getxattr takes no folder descriptor; a path by /proc leads through the one that is open. */
static bool has_capabilities(int folder, const char *name)
{
    CLEANUP_BUF struct buf path = {0};
    char value[64];

    buf_addf(&path, "/proc/self/fd/%d/%s", folder, name);
    return lgetxattr(buf_text(&path), "security.capability", value, sizeof(value)) > 0;
}

static void see_file(struct walk *w, int folder, const char *name)
{
    CLEANUP_BUF struct buf path = {0};
    struct stat st;

    if (host_has_slow(&w->g.host))
        buf_addf(&path, "%s/%s", w->path.p + 1, name);
    if (host_is_slow(&w->g.host, buf_str(&path)) ||
        fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 ||
        !S_ISREG(st.st_mode) || !(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
        return;
    if (st.st_mode & (S_ISUID | S_ISGID))
        add_found(w, name, &st, WHY_SETUID);
    else if (has_capabilities(folder, name))
        add_found(w, name, &st, WHY_CAPABILITIES);
    if (w->is_system && st.st_mode & S_IWOTH)
        add_found(w, name, &st, WHY_PROGRAM);
}

static void walk_folder(struct walk *w, int fd, unsigned depth);

static void walk_into(struct walk *w, int folder, const char *name, unsigned depth)
{
    size_t len = w->path.len;
    int fd = -ENOENT;

    buf_addf(&w->path, "/%s", name);
    /* /var/tmp was looked at before /var. */
    if (depth < DEPTH && !str_is(buf_str(&w->path), "/var/tmp") &&
        !gather_is_slow(&w->g, str_from(buf_str(&w->path), 1)))
        fd = host_open_in(&w->g.host, folder, name, O_RDONLY | O_DIRECTORY);
    if (fd == -EACCES || fd == -EPERM)
        collection_missing(w->c, buf_str(&w->path), -fd, "it cannot be looked into");
    if (fd >= 0)
        walk_folder(w, fd, depth + 1);
    w->path.len = len;
    w->path.p[len] = '\0';
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

static void see_folder(struct walk *w, const struct stat *st)
{
    if (w->is_system && st->st_mode & S_IWOTH && !(st->st_mode & S_ISVTX))
        add_found(w, "", st, WHY_FOLDER);
}

/* /proc and /sys are no folders of a disk. */
static bool is_made_up(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
           fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC ||
           fs.f_type == TRACEFS_MAGIC || fs.f_type == DEBUGFS_MAGIC;
}

/* Takes the descriptor over. */
static void walk_folder(struct walk *w, int fd, unsigned depth)
{
    struct folder_count n;
    struct stat st;
    DIR *dir = fstat(fd, &st) == 0 && !is_made_up(fd) ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!dir) {
        close(fd);
        return;
    }
    begin_count(&n, fd, &st);
    see_folder(w, &st);
    while ((entry = readdir(dir)) && w->left && !collection_is_stopped(w->c)) {
        bool is_within = is_folder(fd, entry);

        if (is_dots(entry->d_name))
            continue;
        w->left--;
        n.listed += is_within;
        if (is_within)
            walk_into(w, fd, entry->d_name, depth);
        else if (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN)
            see_file(w, fd, entry->d_name);
    }
    if (!entry && has_unlisted(&n) && w->suspect_count < SUSPECT_COUNT)
        w->suspects[w->suspect_count++] = arena_strdup(w->g.arena, w->path.p);
    closedir(dir);
}

/* Counts one folder anew. False where it is gone or agrees by now. */
static bool count_again(struct walk *w, const char *path, struct folder_count *n)
{
    int fd = host_open(&w->g.host, path + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    struct stat before;
    struct stat after;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    bool is_still;

    if (!dir || fstat(fd, &before) < 0) {
        collect_fd_close(&fd);
        return false;
    }
    begin_count(n, fd, &before);
    while ((entry = readdir(dir)))
        n->listed += !is_dots(entry->d_name) && is_folder(fd, entry);
    is_still = fstat(fd, &after) == 0 && after.st_nlink == before.st_nlink &&
               after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
               after.st_mtim.tv_nsec == before.st_mtim.tv_nsec;
    closedir(dir);
    return is_still && has_unlisted(n);
}

static void tell_suspects(struct walk *w)
{
    struct told told = {.code = "hidden-folder"};

    if (w->suspect_count)
        hidden_pause(w->c);
    for (size_t i = 0; i < w->suspect_count; i++) {
        CLEANUP_EVIDENCE struct evidence v = {0};
        struct folder_count n;

        if (!count_again(w, w->suspects[i], &n) || !told_one(&told))
            continue;
        put_bytes(evidence_begin(&v), "folder", str_of(w->suspects[i]));
        json_put_u64(&v.json, "links", n.links);
        json_put_u64(&v.json, "folders_listed", n.listed);
        collection_observe(w->c, told.code, evidence_end(&v),
                           "The folder %s holds %llu folders by its link count and lists %llu.",
                           w->suspects[i], (unsigned long long)(n.links - 2),
                           (unsigned long long)n.listed);
    }
    told_rest(w->c, &told, "folders list fewer folders than they hold");
}

static const struct {
    const char *code;
    const char *words; /* behind the path */
    const char *many;
    bool is_owned_usual; /* nothing to say where a package owns it */
} reasons[] = {
    [WHY_SETUID] = {"setuid-without-package",
                    "runs with the rights of another user or group and belongs to no package",
                    "files with the rights of others belong to no package", true},
    [WHY_CAPABILITIES] = {"capabilities-without-package",
                          "has capabilities and belongs to no package",
                          "files with capabilities belong to no package", true},
    [WHY_FOLDER] = {"world-writable-folder", "is a folder of the system that everyone may write to",
                    "folders of the system that everyone may write to", false},
    [WHY_PROGRAM] = {"world-writable-program", "is a program that everyone may write to",
                     "programs that everyone may write to", false},
};

static void tell_found(struct walk *w, struct told *told, const struct privileged *p,
                       const char *package)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    char mode[8];

    if (reasons[p->why].is_owned_usual && (!package || package[0]))
        return;
    if (!told_one(&told[p->why]))
        return;
    snprintf(mode, sizeof(mode), "%04o", p->mode);
    put_bytes(evidence_begin(&v), "path", str_of(p->path));
    json_put_text(&v.json, "mode", mode);
    json_put_u64(&v.json, "uid", p->uid);
    json_put_u64(&v.json, "gid", p->gid);
    put_package(&v.json, package);
    collection_observe(w->c, reasons[p->why].code, evidence_end(&v), "%s %s.", p->path,
                       reasons[p->why].words);
}

static void tell_all(struct walk *w)
{
    CLEANUP_FREE struct path_owner *owners = mem_array(w->found_count + 1, sizeof(*owners));
    struct told told[COUNT_OF(reasons)] = {0};

    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        told[i].code = reasons[i].code;
    for (size_t i = 0; i < w->found_count; i++)
        owners[i].path = str_of(w->found[i].path);
    find_owners(&w->g, owners, w->found_count);
    for (size_t i = 0; i < w->found_count; i++)
        tell_found(w, told, &w->found[i],
                   owner_of(owners, w->found_count, str_of(w->found[i].path)));
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        told_rest(w->c, &told[i], reasons[i].many);
}

static const struct {
    const char *path;
    bool is_system;
} roots[] = {
    {"bin", true},       {"sbin", true},      {"usr/bin", true},   {"usr/sbin", true},
    {"usr/local", true}, {"etc", true},       {"tmp", false},      {"var/tmp", false},
    {"dev", false},      {"run", false},      {"root", false},     {"usr/libexec", true},
    {"opt", true},       {"home", false},     {"lib", true},       {"usr/lib", true},
    {"lib64", true},     {"usr/lib64", true}, {"usr/lib32", true}, {"boot", true},
    {"var", false},      {"srv", false},
};

static void walk_root(struct walk *w, const char *path)
{
    int fd = host_open(&w->g.host, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

    buf_clear(&w->path);
    buf_addf(&w->path, "/%s", path);
    /* On a merged /usr the folders under / are links, and are not looked at twice. */
    if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP)
        collection_missing(w->c, buf_str(&w->path), -fd, "it cannot be looked into");
    if (fd >= 0)
        walk_folder(w, fd, 0);
}

void collection_noticed_files(struct collection *c)
{
    CLEANUP_FREE struct walk *w = mem_new(struct walk);
    bool is_full = c->options->profile == PROFILE_FULL;

    w->c = c;
    noticed_gather_begin(&w->g, c);
    gather_scan_mounts(&w->g);
    for (size_t i = 0; i < COUNT_OF(roots) && c->status == 0; i++) {
        w->left = is_full ? FULL_ENTRIES : TRIAGE_ENTRIES;
        w->is_system = roots[i].is_system;
        walk_root(w, roots[i].path);
        if (w->left == 0)
            collection_missing(
                c, buf_str(&w->path), 0,
                "rights and link counts: of what lies here %d files were looked at%s",
                is_full ? FULL_ENTRIES : TRIAGE_ENTRIES,
                is_full ? "" : " (the full profile goes on)");
    }
    tell_suspects(w);
    tell_all(w);
    buf_release(&w->path);
    free(w->found);
    free(w->g.slow_mounts);
    noticed_gather_end(&w->g, c);
}
