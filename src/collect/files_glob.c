/* files_glob.c: finds what matches a path, following links inside the root and entering no file
 * system that may not answer. */
#include <unistd.h>
#include "collect/files.h"

struct glob {
    struct files *f;
    struct buf path; /* where we are, without a leading slash and without links */
    files_found *found;
    void *context;
    const char *pattern;
    uint64_t left; /* entries that may still be looked at */
    uint64_t most;
    unsigned levels; /* folders within folders */
    unsigned links;  /* followed on the way here */
    bool follows;
    bool is_over;
};

enum { LEVEL_COUNT = 200 };

static void glob_step(struct glob *g, int folder, struct str rest);

void files_escape(struct buf *out, struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        bool is_special = path.p[i] && strchr("*?[", path.p[i]);

        if (is_special)
            buf_addc(out, '[');
        buf_addc(out, path.p[i]);
        if (is_special)
            buf_addc(out, ']');
    }
}

static void cut_path(struct glob *g, size_t len)
{
    g->path.len = len;
    if (g->path.p)
        g->path.p[len] = '\0';
}

static struct str without_slashes(struct str s)
{
    while (s.len && s.p[0] == '/')
        s = str_from(s, 1);
    return s;
}

static bool is_over(struct glob *g)
{
    g->is_over |= g->f->c->status || collection_is_stopped(g->f->c);
    return g->is_over;
}

/* False where no more entries may be looked at; that is said once. */
static bool may_look(struct glob *g)
{
    if (is_over(g))
        return false;
    if (g->left == 0) {
        collection_missing(g->f->c, str_of(g->pattern), 0,
                           "more than %llu entries: the rest is not looked at",
                           (unsigned long long)g->most);
        g->is_over = true;
        return false;
    }
    g->left--;
    return true;
}

/* Puts the name behind the path and opens what is there; negative where it is not to be looked at,
 * and says why, unless that was said. */
static int enter(struct glob *g, int folder, const char *name, struct stat *st, bool says)
{
    int fd;

    if (g->path.len)
        buf_addc(&g->path, '/');
    buf_adds(&g->path, name);
    if (g->path.len > FILES_PATH_SIZE) {
        files_missing(g->f, g->path.p, -ENAMETOOLONG, "its path is too long");
        return -1;
    }
    if (gather_is_slow(&g->f->places, buf_str(&g->path))) {
        if (files_is_first(g->f, g->path.p))
            files_missing(g->f, g->path.p, 0,
                          "it lies on a network or user-space file system, which may never answer");
        return -1;
    }
    fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, st) == 0)
        return fd;
    if (errno != ENOTDIR && says)
        files_missing(g->f, g->path.p, -errno, "it cannot be looked at");
    if (fd >= 0)
        close(fd);
    return -1;
}

static void tell(struct glob *g, int fd, const struct stat *st)
{
    g->is_over |= !g->found(g->context, buf_text(&g->path), fd, st);
}

/* Goes on where a link leads: its text, then what is left of the pattern. */
static void follow(struct glob *g, int folder, int link, struct str rest, size_t parent)
{
    CLEANUP_BUF struct buf target = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf back = {0};

    if (file_link(&g->f->c->host, link, &target) < 0 || target.len == 0)
        return;
    if (g->links >= FILES_LINK_COUNT) {
        files_missing(g->f, g->path.p, -ELOOP, "too many links lead to one another");
        return;
    }
    files_escape(&text, buf_str(&target));
    if (rest.len)
        buf_addf(&text, "/%.*s", (int)rest.len, rest.p);
    buf_addstr(&back, buf_str(&g->path));
    cut_path(g, target.p[0] == '/' ? 0 : parent);
    g->links++;
    glob_step(g, target.p[0] == '/' ? g->f->places.host.root : folder, buf_str(&text));
    g->links--;
    buf_clear(&g->path);
    buf_addstr(&g->path, buf_str(&back));
}

static void glob_child(struct glob *g, int folder, const char *name, struct str rest)
{
    size_t parent = g->path.len;
    struct stat st;
    CLEANUP_HOST_FD int fd = -1;

    if (!may_look(g))
        return;
    fd = enter(g, folder, name, &st, true);
    if (fd >= 0 && rest.len == 0)
        tell(g, fd, &st);
    if (fd >= 0 && S_ISLNK(st.st_mode) && (rest.len || g->follows))
        follow(g, folder, fd, rest, parent);
    else if (fd >= 0 && S_ISDIR(st.st_mode) && rest.len)
        glob_step(g, fd, rest);
    cut_path(g, parent);
}

static DIR *open_folder(struct glob *g, int folder)
{
    int fd = host_open_in(&g->f->c->host, folder, ".", O_RDONLY | O_DIRECTORY);
    DIR *dir;

    if (fd < 0) {
        if (fd != -ENOTDIR)
            files_missing(g->f, buf_text(&g->path), fd, "the folder cannot be listed");
        return NULL;
    }
    dir = fdopendir(fd);
    if (!dir)
        close(fd);
    return dir;
}

/* The next name but . and ..; NULL at the end. */
static const struct dirent *next_name(struct glob *g, DIR *dir)
{
    const struct dirent *d;

    while (errno = 0, (d = readdir(dir)))
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            return d;
    if (errno)
        files_missing(g->f, buf_text(&g->path), -errno, "the folder cannot be listed to its end");
    return NULL;
}

static void glob_names(struct glob *g, int folder, struct str component, struct str rest)
{
    DIR *dir = open_folder(g, folder);
    const struct dirent *d;

    while (dir && !is_over(g) && (d = next_name(g, dir)))
        if (artifact_name_matches(component, str_of(d->d_name)))
            glob_child(g, folder, d->d_name, rest);
    if (dir)
        closedir(dir);
}

static void glob_deep(struct glob *g, int folder, struct str rest, unsigned levels);

static bool is_other_made_up(int folder, int child, const struct stat *st)
{
    struct stat around;

    return fstat(folder, &around) == 0 && around.st_dev != st->st_dev && host_is_made_up(child) &&
           !host_is_made_up(folder);
}

static void say_made_up(struct glob *g)
{
    if (files_is_first(g->f, g->path.p))
        files_missing(g->f, g->path.p, 0, "the kernel makes it up; it is not walked");
}

/* Goes into a folder; what it is itself was told before. */
static void deep_enter(struct glob *g, int folder, const char *name, struct str rest,
                       unsigned levels)
{
    size_t parent = g->path.len;
    struct stat st;
    CLEANUP_HOST_FD int fd = -1;

    if (rest.len && !may_look(g))
        return;
    fd = enter(g, folder, name, &st, rest.len > 0);
    if (fd >= 0 && S_ISDIR(st.st_mode)) {
        if (is_other_made_up(folder, fd, &st))
            say_made_up(g);
        else
            glob_deep(g, fd, rest, levels - 1);
    }
    cut_path(g, parent);
}

/* What lies in the folder and below; where a rest follows, it is looked for in each folder. All of
 * one folder is told before what is below, so that a big folder deep down hides nothing above. */
static void glob_deep(struct glob *g, int folder, struct str rest, unsigned levels)
{
    const struct dirent *d;
    DIR *dir;

    if (rest.len)
        glob_step(g, folder, rest);
    dir = levels ? open_folder(g, folder) : NULL;
    while (dir && rest.len == 0 && !is_over(g) && (d = next_name(g, dir)))
        glob_child(g, folder, d->d_name, rest);
    if (dir)
        rewinddir(dir);
    while (dir && (rest.len || levels > 1) && !is_over(g) && (d = next_name(g, dir)))
        if (d->d_type == DT_DIR || d->d_type == DT_UNKNOWN)
            deep_enter(g, folder, d->d_name, rest, levels);
    if (dir)
        closedir(dir);
}

static void glob_parent(struct glob *g, struct str rest)
{
    CLEANUP_BUF struct buf back = {0};
    CLEANUP_HOST_FD int fd = -1;
    char *slash = g->path.len ? strrchr(g->path.p, '/') : NULL;

    buf_addstr(&back, buf_str(&g->path));
    cut_path(g, slash ? (size_t)(slash - g->path.p) : 0);
    fd = host_open(&g->f->c->host, g->path.len ? g->path.p : ".", O_PATH | O_DIRECTORY);
    if (fd >= 0)
        glob_step(g, fd, rest);
    buf_clear(&g->path);
    buf_addstr(&g->path, buf_str(&back));
}

static void glob_component(struct glob *g, int folder, struct str component, struct str rest)
{
    CLEANUP_BUF struct buf name = {0};
    unsigned levels;

    buf_addstr(&name, component);
    if (artifact_is_recursive(component, &levels))
        glob_deep(g, folder, rest, levels);
    else if (artifact_is_pattern(component))
        glob_names(g, folder, component, rest);
    else
        glob_child(g, folder, buf_text(&name), rest);
}

static void glob_step(struct glob *g, int folder, struct str rest)
{
    struct str component;

    rest = without_slashes(rest);
    component = str_cut(&rest, '/');
    rest = without_slashes(rest);
    if (component.len == 0 || is_over(g))
        return;
    if (g->levels >= LEVEL_COUNT) {
        files_missing(g->f, buf_text(&g->path), -ELOOP, "it lies too deep");
        return;
    }
    g->levels++;
    if (str_is(component, "."))
        glob_step(g, folder, rest);
    else if (str_is(component, ".."))
        glob_parent(g, rest);
    else
        glob_component(g, folder, component, rest);
    g->levels--;
}

void files_glob(struct files *f, const char *pattern, uint64_t most, bool follows,
                files_found *found, void *context)
{
    struct glob g = {.f = f,
                     .found = found,
                     .context = context,
                     .pattern = pattern,
                     .left = most,
                     .most = most,
                     .follows = follows};

    glob_step(&g, f->places.host.root, str_of(pattern));
    buf_release(&g.path);
}
