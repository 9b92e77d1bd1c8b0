/* tree.c: walks the configuration files without following links, and tells of files with
 * privileges.
 */
#include <sys/sysmacros.h>
#include <unistd.h>
#include "collect/rights.h"

struct walk {
    struct gather *g;
    struct buf path; /* of what is visited, with a leading slash */
    uint64_t left;   /* entries that may still be looked at */
    bool is_over;    /* a person ended it, and that is said */
};

static const char *kind_name(mode_t mode)
{
    return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "folder" : S_ISLNK(mode) ? "link" : "other";
}

static void put_hash(struct gather *g, struct json *j, const char *path, int folder,
                     const char *name)
{
    CLEANUP_HOST_FD int fd = host_open_in(&g->host, folder, name, O_RDONLY);
    struct hash hash;
    int code = fd < 0 ? fd : hash_fd(fd, &hash);

    if (code == 0)
        json_put_hex(j, "sha256", hash.b, sizeof(hash.b));
    else
        json_put_text(j, "sha256", NULL);
    if (code == -EFBIG)
        doc_gap(&g->doc, "%s: it is too big to be hashed", path);
    else if (code < 0)
        doc_gap_errno(&g->doc, code, "%s", path);
}

static void put_file(struct gather *g, struct json *j, const char *path, int folder,
                     const char *name, const struct stat *st)
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
    if (S_ISREG(st->st_mode) && g->with_hashes)
        put_hash(g, j, path, folder, name);
    buf_clear(&text);
    if (S_ISLNK(st->st_mode) && host_link_in(folder, name, &text) == 0)
        put_bytes(j, "target", buf_str(&text));
}

static void add_config(struct walk *w, int folder, const char *name, const struct stat *st)
{
    struct json *j = doc_row_begin(&w->g->doc, buf_str(&w->path));

    put_file(w->g, j, w->path.p, folder, name, st);
    doc_row_end(&w->g->doc);
}

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
    add_config(w, folder, name, &st);
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
    struct walk w = {.g = g, .left = GATHER_NAME_COUNT};
    int code = walk_root(&w, "etc");

    buf_release(&w.path);
    if (!doc_source(&g->doc, code, "etc"))
        return;
    say_access_times(g);
}

static void put_reasons(struct json *j, const struct rights_file *f)
{
    json_name(j, "why");
    json_array_begin(j);
    if (S_ISREG(f->st.st_mode) && (f->st.st_mode & S_ISUID))
        json_text(j, "setuid");
    if (S_ISREG(f->st.st_mode) && (f->st.st_mode & S_ISGID))
        json_text(j, "setgid");
    if (f->has_capabilities)
        json_text(j, "capabilities");
    if (rights_is_world_writable(&f->st))
        json_text(j, "world-writable");
    json_array_end(j);
}

static void add_privileged(struct gather *g, const struct rights_file *f, const char *package)
{
    CLEANUP_HOST_FD int folder = -1;
    char *slash = strrchr(f->path, '/');
    struct json *j;
    CLEANUP_BUF struct buf parent = {0};

    buf_add(&parent, f->path + 1, slash > f->path ? (size_t)(slash - f->path - 1) : 0);
    folder = host_open(&g->host, buf_text(&parent), O_RDONLY | O_DIRECTORY);
    j = doc_row_begin(&g->doc, str_of(f->path));
    put_file(g, j, f->path, folder, slash + 1, &f->st);
    put_reasons(j, f);
    put_package(j, package);
    doc_row_end(&g->doc);
}

static void add_all_privileged(struct gather *g, const struct rights *r)
{
    CLEANUP_FREE struct path_owner *owners = mem_array(r->file_count + 1, sizeof(*owners));
    size_t count = 0;

    for (size_t i = 0; i < r->file_count; i++)
        if (r->files[i].root->is_program)
            owners[count++].path = str_of(r->files[i].path);
    find_owners(g, owners, count);
    for (size_t i = 0; i < r->file_count; i++)
        if (r->files[i].root->is_program)
            add_privileged(g, &r->files[i], owner_of(owners, count, str_of(r->files[i].path)));
}

static void add_gaps(struct gather *g, const struct rights *r)
{
    for (size_t i = 0; i < r->gap_count; i++) {
        const struct rights_gap *gap = &r->gaps[i];

        if (gap->root->is_program && gap->code == -EREMOTE)
            doc_gap(&g->doc, "%s lies on a network or user-space file system and is not read",
                    gap->path);
        else if (gap->root->is_program)
            doc_gap_errno(&g->doc, gap->code, "%s", gap->path);
    }
    if (r->is_stopped)
        doc_gap(&g->doc, "a person ended the collection before all was looked at");
    if (r->file_count == RIGHTS_FILE_COUNT)
        doc_gap(&g->doc, "more than %d files with rights: the rest is not told", RIGHTS_FILE_COUNT);
}

void gather_privileged(struct gather *g)
{
    CLEANUP(rights_freep) struct rights *own = g->rights ? NULL : rights_new();
    const struct rights *r = g->rights ? g->rights : own;

    for (const struct rights_root *root = rights_programs; own && root->path; root++)
        if (!rights_walk(own, g, rights_programs, root, GATHER_NAME_COUNT))
            doc_gap(&g->doc, "/%s: more than %d files: the rest is not looked at", root->path,
                    GATHER_NAME_COUNT);
    add_gaps(g, r);
    add_all_privileged(g, r);
    say_access_times(g);
}
