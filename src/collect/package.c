/* package.c: installed packages, and which of them owns a file (dpkg). */
#include "collect/gather.h"

enum { LIST_COUNT = 100000, LIST_SIZE = 32 << 20 };

struct package {
    struct str name, architecture, version, status;
};

static void add_package(struct gather *g, const struct package *p)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    if (p->name.len == 0 || str_ends(p->status, "not-installed"))
        return;
    buf_addstr(&key, p->name);
    buf_addc(&key, ':');
    buf_addstr(&key, p->architecture);
    j = doc_row_begin(&g->doc, buf_str(&key));
    put_bytes(j, "name", p->name);
    put_bytes(j, "architecture", p->architecture);
    put_some(j, "version", p->version);
    put_bytes(j, "status", p->status);
    doc_row_end(&g->doc);
}

/* deb822(5): paragraphs of "Name: value"; lines that go on start with a space. */
static void add_packages(struct gather *g, struct str text)
{
    struct package p = {0};
    struct str line;

    while (take_line(&text, &line)) {
        struct str name;

        if (line.len == 0) {
            add_package(g, &p);
            p = (struct package){0};
            continue;
        }
        if (line.p[0] == ' ' || line.p[0] == '\t')
            continue;
        name = str_cut(&line, ':');
        if (str_is(name, "Package"))
            p.name = str_trim(line);
        else if (str_is(name, "Architecture"))
            p.architecture = str_trim(line);
        else if (str_is(name, "Version"))
            p.version = str_trim(line);
        else if (str_is(name, "Status"))
            p.status = str_trim(line);
    }
    add_package(g, &p);
}

static bool is_there(struct gather *g, const char *path)
{
    struct stat st;

    return host_stat(&g->host, path, &st) == 0;
}

void gather_packages(struct gather *g)
{
    static const struct {
        const char *path, *name;
    } others[] = {{"var/lib/rpm", "RPM"},          {"usr/lib/sysimage/rpm", "RPM"},
                  {"lib/apk/db/installed", "apk"}, {"var/lib/pacman/local", "pacman"},
                  {"var/lib/snapd/snaps", "snap"}, {"var/lib/flatpak/app", "flatpak"}};
    CLEANUP_BUF struct buf buf = {0};

    if (gather_file(g, "var/lib/dpkg/status", &buf))
        add_packages(g, buf_str(&buf));
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (!is_there(g, others[i].path))
            continue;
        doc_gap(&g->doc, "the %s database in /%s is not read", others[i].name, others[i].path);
        if (buf.len == 0)
            doc_seen(&g->doc, SEEN_NONE);
    }
}

static int by_path(const void *a, const void *b)
{
    const struct path_owner *x = a;
    const struct path_owner *y = b;

    return str_cmp(x->path, y->path);
}

/* With a merged /usr, /bin/x and /usr/bin/x are one file, and lists use either name. */
static struct str without_usr(struct str path)
{
    static const char *const merged[] = {"/usr/bin/",   "/usr/sbin/",  "/usr/lib/",
                                         "/usr/lib32/", "/usr/lib64/", "/usr/libx32/"};

    for (size_t i = 0; i < COUNT_OF(merged); i++)
        if (str_starts(path, merged[i]))
            return str_from(path, strlen("/usr"));
    return path;
}

struct owner_search {
    struct path_owner *sorted; /* by the path that lists are compared with */
    size_t count;
    bool is_merged;
};

static void match_list(struct owner_search *s, struct str text, const char *package)
{
    struct path_owner wanted = {0};

    while (take_line(&text, &wanted.path)) {
        struct path_owner *found;

        if (s->is_merged)
            wanted.path = without_usr(wanted.path);
        found = bsearch(&wanted, s->sorted, s->count, sizeof(*s->sorted), by_path);
        if (found && (!found->package || !found->package[0]))
            found->package = package;
    }
}

/* "libc6:amd64.list" belongs to libc6. */
static char *package_of_list(struct arena *arena, const char *file)
{
    struct str rest = str_of(file);
    struct str name;

    rest.len -= strlen(".list");
    name = str_cut(&rest, ':');
    return arena_dup(arena, name.p, name.len);
}

static void match_lists(struct gather *g, struct owner_search *s, const struct names *names)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf path = {0};

    for (size_t i = 0; i < names->count; i++) {
        if (!str_ends(str_of(names->list[i]), ".list"))
            continue;
        buf_clear(&path);
        buf_addf(&path, "var/lib/dpkg/info/%s", names->list[i]);
        buf_clear(&text);
        if (host_read(&g->host, buf_text(&path), &text, LIST_SIZE) == 0)
            match_list(s, buf_str(&text), package_of_list(g->arena, names->list[i]));
    }
}

const char *owner_of(const struct path_owner *items, size_t count, struct str path)
{
    struct path_owner wanted = {.path = path};
    const struct path_owner *found =
        count && path.len ? bsearch(&wanted, items, count, sizeof(*items), by_path) : NULL;

    return found ? found->package : "";
}

void find_owners(struct gather *g, struct path_owner *items, size_t count)
{
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_FREE struct path_owner *sorted = mem_array(count, sizeof(*sorted));
    struct stat bin = {0};
    struct owner_search s = {.sorted = sorted, .count = count};
    int code = host_names(&g->host, "var/lib/dpkg/info", &names, LIST_COUNT);

    if (count == 0)
        return;
    qsort(items, count, sizeof(*items), by_path);
    s.is_merged = host_stat(&g->host, "bin", &bin) == 0 && S_ISLNK(bin.st_mode);
    for (size_t i = 0; i < count; i++) {
        items[i].package = code == 0 ? "" : NULL;
        sorted[i] = items[i];
        if (s.is_merged)
            sorted[i].path = without_usr(sorted[i].path);
    }
    if (code < 0)
        return;
    qsort(sorted, count, sizeof(*sorted), by_path);
    match_lists(g, &s, &names);
    for (size_t i = 0; i < count; i++)
        items[i].package =
            owner_of(sorted, count, s.is_merged ? without_usr(items[i].path) : items[i].path);
}
