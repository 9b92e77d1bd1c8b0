/* tree.c: walks folders without following links: configuration files, and files with privileges. */
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "collect/gather.h"

struct walk;
typedef void walk_visit(struct walk *w, int folder, const char *name, const struct stat *st);

struct walk {
    struct gather *g;
    struct buf path; /* of what is visited, with a leading slash */
    walk_visit *visit;
    uint64_t left; /* entries that may still be looked at */
    void *context;
    bool is_over; /* a person ended it, and that is said */
};

static void walk_folder(struct walk *w, int fd, unsigned depth);

static void walk_into(struct walk *w, int folder, const char *name, unsigned depth)
{
    int fd;

    fd = host_open_in(&w->g->host, folder, name, O_RDONLY | O_DIRECTORY);
    if (fd < 0 && fd != -ENOENT)
        doc_gap_errno(&w->g->doc, fd, "%s", w->path.p);
    if (fd >= 0)
        walk_folder(w, fd, depth + 1);
}

static void walk_entry(struct walk *w, int folder, const char *name, unsigned depth)
{
    struct stat st;

    if (host_is_slow(&w->g->host, str_from(buf_str(&w->path), 1))) {
        doc_gap(&w->g->doc, "%s lies on a network or user-space file system and is not read",
                w->path.p);
        return;
    }
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) {
        if (errno != ENOENT)
            doc_gap_errno(&w->g->doc, -errno, "%s", w->path.p);
        return;
    }
    w->visit(w, folder, name, &st);
    if (S_ISDIR(st.st_mode))
        walk_into(w, folder, name, depth);
}

static bool is_over(struct walk *w)
{
    if (!w->is_over && gather_is_stopped(w->g)) {
        w->is_over = true;
        doc_gap(&w->g->doc, "a person ended the collection before all was looked at");
    }
    return w->is_over;
}

/* Takes the descriptor over. */
static void walk_folder(struct walk *w, int fd, unsigned depth)
{
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_HOST_FD int folder = dup(fd);
    size_t len = w->path.len;
    int code = folder < 0 ? -errno : 0;

    if (depth > GATHER_DEPTH || code < 0) {
        doc_gap(&w->g->doc, "%s: too deep", w->path.p);
        close(fd);
        return;
    }
    code = host_names_fd(fd, &names, GATHER_NAME_COUNT);
    if (code < 0)
        doc_gap_errno(&w->g->doc, code, "%s", w->path.p);
    for (size_t i = 0; i < names.count; i++) {
        if (is_over(w))
            return;
        if (w->left == 0) {
            doc_gap(&w->g->doc, "more than %d files: the rest is not looked at", GATHER_NAME_COUNT);
            return;
        }
        w->left--;
        buf_addf(&w->path, "/%s", names.list[i]);
        walk_entry(w, folder, names.list[i], depth);
        w->path.len = len;
        w->path.p[len] = '\0';
    }
}

static int walk_root(struct walk *w, const char *path)
{
    int fd = host_open(&w->g->host, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

    if (fd < 0)
        return fd;
    buf_clear(&w->path);
    buf_addf(&w->path, "/%s", path);
    walk_folder(w, fd, 0);
    return 0;
}

static const char *kind_name(mode_t mode)
{
    return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "folder" : S_ISLNK(mode) ? "link" : "other";
}

static void put_hash(struct walk *w, struct json *j, int folder, const char *name)
{
    CLEANUP_HOST_FD int fd = host_open_in(&w->g->host, folder, name, O_RDONLY);
    struct hash hash;
    int code = fd < 0 ? fd : hash_fd(fd, &hash);

    if (code == 0)
        json_put_hex(j, "sha256", hash.b, sizeof(hash.b));
    else
        json_put_text(j, "sha256", NULL);
    if (code == -EFBIG)
        doc_gap(&w->g->doc, "%s: it is too big to be hashed", w->path.p);
    else if (code < 0)
        doc_gap_errno(&w->g->doc, code, "%s", w->path.p);
}

static void put_file(struct walk *w, struct json *j, int folder, const char *name,
                     const struct stat *st)
{
    CLEANUP_BUF struct buf text = {0};

    json_put_text(j, "kind", kind_name(st->st_mode));
    if (S_ISREG(st->st_mode))
        json_put_u64(j, "size", (uint64_t)st->st_size);
    buf_addf(&text, "%04o", st->st_mode & 07777u);
    json_put_str(j, "mode", buf_str(&text));
    json_put_u64(j, "uid", st->st_uid);
    json_put_u64(j, "gid", st->st_gid);
    if (st->st_mtim.tv_sec >= 0 && st->st_mtim.tv_sec < (int64_t)1 << 36)
        json_put_utc(j, "modified",
                     (struct utc){.sec = st->st_mtim.tv_sec, .ns = (uint32_t)st->st_mtim.tv_nsec});
    if (S_ISREG(st->st_mode) && w->g->with_hashes)
        put_hash(w, j, folder, name);
    buf_clear(&text);
    if (S_ISLNK(st->st_mode) && host_link_in(folder, name, &text) == 0)
        put_bytes(j, "target", buf_str(&text));
}

static void visit_config(struct walk *w, int folder, const char *name, const struct stat *st)
{
    struct json *j = doc_row_begin(&w->g->doc, buf_str(&w->path));

    put_file(w, j, folder, name, st);
    doc_row_end(&w->g->doc);
}

static void say_access_times(struct gather *g)
{
    if (g->host.atime_misses)
        doc_note(&g->doc,
                 "access times of up to %llu files may have changed by reading them: only their "
                 "owner may read without that",
                 (unsigned long long)g->host.atime_misses);
    g->host.atime_misses = 0;
}

void gather_config(struct gather *g)
{
    struct walk w = {.g = g, .visit = visit_config, .left = GATHER_NAME_COUNT};
    int code = walk_root(&w, "etc");

    buf_release(&w.path);
    if (!doc_source(&g->doc, code, "etc"))
        return;
    say_access_times(g);
}

/* A file of the walk that has privileges. */
struct privileged {
    char *path;
    struct stat st;
    bool has_capabilities;
};

struct privileged_list {
    struct privileged *list;
    size_t count;
    size_t room;
    struct buf proc; /* path of an open folder, for the extended attributes */
};

static bool has_capabilities(int folder, const char *name)
{
    char path[64];
    char value[64];

    /* getxattr takes no folder descriptor; a path by /proc leads through the one that is open. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", folder);
    CLEANUP_BUF struct buf whole = {0};
    buf_addf(&whole, "%s/%s", path, name);
    return lgetxattr(buf_text(&whole), "security.capability", value, sizeof(value)) > 0;
}

/* A sticky folder as /tmp is meant to be written by all; the mode of a link means nothing. */
static bool is_world_writable(const struct stat *st)
{
    return (st->st_mode & S_IWOTH) && !S_ISLNK(st->st_mode) &&
           !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX));
}

static void visit_privileged(struct walk *w, int folder, const char *name, const struct stat *st)
{
    struct privileged_list *l = w->context;
    bool is_set = S_ISREG(st->st_mode) && (st->st_mode & (S_ISUID | S_ISGID));
    bool capable = S_ISREG(st->st_mode) && (st->st_mode & 0111) && has_capabilities(folder, name);

    if (!is_set && !capable && !is_world_writable(st))
        return;
    l->list = mem_grow(l->list, l->count, &l->room, sizeof(*l->list));
    l->list[l->count++] =
        (struct privileged){.path = arena_dup(w->g->arena, w->path.p, w->path.len),
                            .st = *st,
                            .has_capabilities = capable};
}

static void put_reasons(struct json *j, const struct privileged *p)
{
    json_name(j, "why");
    json_array_begin(j);
    if (S_ISREG(p->st.st_mode) && (p->st.st_mode & S_ISUID))
        json_text(j, "setuid");
    if (S_ISREG(p->st.st_mode) && (p->st.st_mode & S_ISGID))
        json_text(j, "setgid");
    if (p->has_capabilities)
        json_text(j, "capabilities");
    if (is_world_writable(&p->st))
        json_text(j, "world-writable");
    json_array_end(j);
}

static void add_privileged(struct walk *w, const struct privileged *p, const char *package)
{
    CLEANUP_HOST_FD int folder = -1;
    char *slash = strrchr(p->path, '/');
    struct json *j;
    CLEANUP_BUF struct buf parent = {0};

    buf_clear(&w->path);
    buf_adds(&w->path, p->path);
    buf_add(&parent, p->path + 1, slash > p->path ? (size_t)(slash - p->path - 1) : 0);
    folder = host_open(&w->g->host, buf_text(&parent), O_RDONLY | O_DIRECTORY);
    j = doc_row_begin(&w->g->doc, str_of(p->path));
    put_file(w, j, folder, slash + 1, &p->st);
    put_reasons(j, p);
    put_package(j, package);
    doc_row_end(&w->g->doc);
}

static void add_all_privileged(struct walk *w, struct privileged_list *l)
{
    CLEANUP_FREE struct path_owner *owners = mem_array(l->count, sizeof(*owners));

    for (size_t i = 0; i < l->count; i++)
        owners[i].path = str_of(l->list[i].path);
    find_owners(w->g, owners, l->count);
    for (size_t i = 0; i < l->count; i++)
        add_privileged(w, &l->list[i], owner_of(owners, l->count, str_of(l->list[i].path)));
}

void gather_privileged(struct gather *g)
{
    static const char *const roots[] = {
        "bin",      "sbin",    "lib",       "lib32",     "lib64",       "libexec",  "usr/bin",
        "usr/sbin", "usr/lib", "usr/lib32", "usr/lib64", "usr/libexec", "usr/local"};
    struct privileged_list list = {0};
    struct walk w = {
        .g = g, .visit = visit_privileged, .left = GATHER_NAME_COUNT, .context = &list};

    for (size_t i = 0; i < COUNT_OF(roots) && !is_over(&w); i++) {
        int code = walk_root(&w, roots[i]);

        /* On a merged /usr the folders under / are links, which are not followed. */
        if (code < 0 && code != -ENOENT && code != -ENOTDIR && code != -ELOOP)
            doc_gap_errno(&g->doc, code, "/%s", roots[i]);
    }
    add_all_privileged(&w, &list);
    say_access_times(g);
    buf_release(&w.path);
    free(list.list);
}
