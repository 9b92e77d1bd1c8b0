/* noticed_package.c: programs that run and belong to no package, and files that differ from what
 * their package holds (dpkg, apk). */
#include <unistd.h>
#include "collect/noticed.h"

enum { LIST_COUNT = 100000, LIST_SIZE = 32 << 20, SUM_DIGITS = 32, PACKAGE_MOST = 5 };

/* How a package database says what a file holds. */
struct sum_kind {
    enum digest_kind digest;
    size_t size;
    const char *name; /* of the members of the evidence */
    const char *name_of_package;
    bool has_links; /* of a link, what it says is summed */
};
static const struct sum_kind dpkg_sums = {DIGEST_MD5, 16, "md5", "md5_of_package", false};
static const struct sum_kind apk_sums = {DIGEST_SHA1, 20, "sha1", "sha1_of_package", true};

/* One file of a package. */
struct packed {
    struct str path; /* without leading slash */
    struct str package;
    const uint8_t *sum;
};

/* A file that another package took the place of (dpkg-divert(1)). */
struct diversion {
    struct str path; /* without leading slash, as lists of packages say it */
    struct str to;   /* where the package's own file lies then */
    struct str by;   /* the package whose file stays where it is */
};

struct checking {
    struct collection *c;
    struct programs programs;
    struct buf text; /* of the diversions */
    struct diversion *diversions;
    size_t diversion_count;
    size_t diversion_room;
    char *step;
    const struct sum_kind *kind;
    struct told told;
    unsigned of_package; /* told of the package in hand */
    uint64_t unsaid;     /* differences past those that are told of one package */
    uint64_t unreadable;
};

enum { STEP_SIZE = 256 << 10 };

/* Lines come by three: the path, where it lies now, the package. */
static void read_diversions(struct checking *k)
{
    struct diversion d;
    struct str text;

    if (host_read(&k->c->host, "var/lib/dpkg/diversions", &k->text, LIST_SIZE) < 0)
        return;
    text = buf_str(&k->text);
    while (take_line(&text, &d.path) && take_line(&text, &d.to) && take_line(&text, &d.by)) {
        d.path = str_from(d.path, 1);
        d.to = str_from(d.to, 1);
        k->diversions =
            mem_grow(k->diversions, k->diversion_count, &k->diversion_room, sizeof(*k->diversions));
        k->diversions[k->diversion_count++] = d;
    }
}

static struct str place_of(const struct checking *k, struct str path, struct str package)
{
    for (size_t i = 0; i < k->diversion_count; i++)
        if (str_eq(k->diversions[i].path, path) && !str_eq(k->diversions[i].by, package))
            return k->diversions[i].to;
    return path;
}

/* 0, or a negative errno. */
static int sum_fd(struct checking *k, int fd, uint8_t sum[64])
{
    CLEANUP(digest_freep) struct digest *d = digest_new(k->kind->digest);
    ssize_t n;

    while ((n = read(fd, k->step, STEP_SIZE)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (collection_is_stopped(k->c))
            return -ECANCELED;
        collection_pace(k->c, (size_t)n);
        digest_add(d, k->step, (size_t)n);
    }
    digest_end(d, sum);
    return 0;
}

/* sum: NULL where no file lies there any more, but a link or something else. */
static void tell_sum(struct checking *k, const struct packed *p, const uint8_t *sum)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    CLEANUP_BUF struct buf whole = {0};

    /* A program that updates itself would else leave no room for other packages. */
    if (k->of_package++ >= PACKAGE_MOST || !told_one(&k->told)) {
        k->unsaid++;
        return;
    }
    buf_addc(&whole, '/');
    buf_addstr(&whole, p->path);
    put_bytes(evidence_begin(&v), "path", buf_str(&whole));
    put_bytes(&v.json, "package", p->package);
    json_put_hex(&v.json, k->kind->name_of_package, p->sum, k->kind->size);
    if (sum)
        json_put_hex(&v.json, k->kind->name, sum, k->kind->size);
    collection_observe(k->c, k->told.code, evidence_end(&v),
                       STR_FMT " differs from what the package " STR_FMT " holds.",
                       STR_ARG(buf_str(&whole)), STR_ARG(p->package));
}

/* What is executed, or loaded into programs and the kernel. */
static bool is_code(struct str path, mode_t mode)
{
    return mode & (S_IXUSR | S_IXGRP | S_IXOTH) || str_ends(path, ".ko") ||
           memmem(path.p, path.len, ".so", 3) || memmem(path.p, path.len, ".ko.", 4);
}

enum { PLACE_UNWANTED = 1, PLACE_OTHER = 2 }; /* no code; no file */

static int sum_link(struct checking *k, const char *place, uint8_t sum[64])
{
    CLEANUP(digest_freep) struct digest *d = digest_new(k->kind->digest);
    CLEANUP_BUF struct buf target = {0};
    int code = host_link(&k->c->host, place, &target);

    if (code < 0)
        return code;
    digest_add(d, target.p, target.len);
    digest_end(d, sum);
    return 0;
}

/* 0 and the sum, or PLACE_…, or a negative errno.
 * Never opens a FIFO or a device that stands in the file's place. */
static int sum_place(struct checking *k, const char *place, struct str path, uint8_t sum[64])
{
    CLEANUP_HOST_FD int seen = host_open(&k->c->host, place, O_PATH | O_NOFOLLOW);
    CLEANUP_HOST_FD int fd = -1;
    struct stat st;

    if (seen < 0)
        return seen;
    if (fstat(seen, &st) < 0)
        return -errno;
    if (S_ISLNK(st.st_mode) && k->kind->has_links)
        return sum_link(k, place, sum);
    if (!S_ISREG(st.st_mode))
        return PLACE_OTHER;
    if (!is_code(path, st.st_mode))
        return PLACE_UNWANTED;
    fd = host_open(&k->c->host, place, O_RDONLY | O_NOFOLLOW);
    return fd < 0 ? fd : sum_fd(k, fd, sum);
}

/* A file that is not there was left out on purpose more often than not, and is no difference. */
static void check_file(struct checking *k, const struct packed *p)
{
    CLEANUP_BUF struct buf place = {0};
    uint8_t sum[64];
    int code;

    buf_addstr(&place, place_of(k, p->path, p->package));
    if (memchr(place.p ? place.p : "", '\0', place.len))
        return;
    code = sum_place(k, buf_text(&place), p->path, sum);
    if (code < 0 && code != -ENOENT && code != -ENOTDIR && code != -ECANCELED)
        k->unreadable++;
    else if (code == PLACE_OTHER)
        tell_sum(k, p, NULL);
    else if (code == 0 && memcmp(sum, p->sum, k->kind->size) != 0)
        tell_sum(k, p, sum);
}

/* With a merged /usr one file has two names, and packages use either. */
static struct str without_usr(struct str path)
{
    static const char *const merged[] = {"usr/bin/", "usr/sbin/", "usr/lib"};

    for (size_t i = 0; i < COUNT_OF(merged); i++)
        if (str_starts(path, merged[i]))
            return str_from(path, strlen("usr/"));
    return path;
}

static bool is_running(const struct checking *k, struct str path)
{
    size_t low = 0;
    size_t high = k->programs.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(k->programs.list[middle].path, path);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* By its last component: what those who break in replace most, to hide or to come back. */
static bool is_often_replaced(struct str path)
{
    static const char *const names[] = {
        "bash", "dash",  "ls",     "ps",   "ss",   "netstat", "top",      "find",
        "lsof", "login", "su",     "sudo", "sshd", "ssh",     "passwd",   "crontab",
        "cron", "kmod",  "ip",     "w",    "who",  "last",    "pgrep",    "kill",
        "dpkg", "mount", "md5sum", "curl", "wget", "systemd", "ifconfig", "crond"};
    static const char *const starts[] = {"pam_",      "libpam",     "libc.so", "ld-linux",
                                         "libcrypto", "libselinux", "liblzma", "libkeyutils"};
    const char *slash = memrchr(path.p, '/', path.len);
    struct str name = slash ? str_from(path, (size_t)(slash + 1 - path.p)) : path;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(name, names[i]))
            return true;
    for (size_t i = 0; i < COUNT_OF(starts); i++)
        if (str_starts(name, starts[i]) && memmem(path.p, path.len, "lib", 3))
            return true;
    return false;
}

static bool is_program_folder(struct str path)
{
    static const char *const folders[] = {"bin/",      "sbin/",   "lib",          "usr/bin/",
                                          "usr/sbin/", "usr/lib", "usr/libexec/", "boot/"};

    for (size_t i = 0; i < COUNT_OF(folders); i++)
        if (str_starts(path, folders[i]))
            return true;
    return false;
}

/* The full profile looks at all that is executed or loaded, triage at what runs. */
static bool is_wanted(struct checking *k, struct str path)
{
    CLEANUP_BUF struct buf name = {0};

    if (is_program_folder(path) &&
        (k->c->options->profile == PROFILE_FULL || is_often_replaced(path)))
        return true;
    buf_addc(&name, '/');
    buf_addstr(&name, path);
    if (is_running(k, buf_str(&name)))
        return true;
    buf_clear(&name);
    buf_adds(&name, str_eq(without_usr(path), path) ? "/usr/" : "/");
    buf_addstr(&name, without_usr(path));
    return is_running(k, buf_str(&name));
}

/* deb-md5sums: "SUM  PATH". */
static void check_list(struct checking *k, struct str text, struct str package)
{
    struct str line;
    uint8_t sum[SUM_DIGITS / 2];

    k->of_package = 0;
    while (k->c->status == 0 && !collection_is_stopped(k->c) && take_line(&text, &line)) {
        struct packed p = {str_from(line, SUM_DIGITS + 2), package, sum};

        if (p.path.len && is_wanted(k, p.path) &&
            hex_read(sum, sizeof(sum), str_head(line, SUM_DIGITS)))
            check_file(k, &p);
    }
}

/* apk's "installed": lines KEY:VALUE, an empty one between packages. P is the package, F a folder,
 * R a file in it, and the Z that follows it "Q1" and the base64 of its SHA-1. */
struct apk_reading {
    struct buf package;
    struct buf folder;
    struct buf path;
};

static void read_apk_line(struct checking *k, struct apk_reading *r, struct str line)
{
    struct str value = str_from(line, 2);
    CLEANUP_BUF struct buf sum = {0};

    if (str_starts(line, "P:")) {
        k->of_package = 0;
        buf_clear(&r->package);
        buf_addstr(&r->package, value);
    } else if (str_starts(line, "F:")) {
        buf_clear(&r->folder);
        buf_addstr(&r->folder, value);
    } else if (str_starts(line, "R:")) {
        buf_clear(&r->path);
        buf_addf(&r->path, STR_FMT "%s", STR_ARG(buf_str(&r->folder)), r->folder.len ? "/" : "");
        buf_addstr(&r->path, value);
    } else if (str_starts(line, "Z:Q1") && base64_read(&sum, str_from(value, 2)) &&
               sum.len == apk_sums.size && is_wanted(k, buf_str(&r->path))) {
        check_file(k, &(struct packed){buf_str(&r->path), buf_str(&r->package), (uint8_t *)sum.p});
    }
}

/* False where there is no such database. */
static bool check_apk(struct checking *k)
{
    static const char *const places[] = {"lib/apk/db/installed", "usr/lib/apk/db/installed"};
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    struct apk_reading r = {0};
    struct str line;
    int code = -ENOENT;

    for (size_t i = 0; i < COUNT_OF(places) && code < 0; i++)
        code = live_file_open(&f, k->c, places[i]);
    if (code < 0)
        return false;
    k->kind = &apk_sums;
    while (!k->c->status && !collection_is_stopped(k->c) && live_file_line(&f, &line))
        read_apk_line(k, &r, line);
    buf_release(&r.package);
    buf_release(&r.folder);
    buf_release(&r.path);
    return true;
}

static void tell_unsaid(struct checking *k)
{
    CLEANUP_EVIDENCE struct evidence v = {0};

    if (k->unsaid == 0)
        return;
    json_put_u64(evidence_begin(&v), "count", k->unsaid);
    collection_observe(k->c, k->told.code, evidence_end(&v),
                       "%llu more files differ from what their package holds.",
                       (unsigned long long)k->unsaid);
}

/* False where there is no such database. */
static bool check_dpkg(struct checking *k)
{
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf path = {0};
    int code = host_names(&k->c->host, "var/lib/dpkg/info", &names, LIST_COUNT);

    if (code < 0 && code != -EFBIG && code != -ENOENT)
        collection_missing(k->c, STR("/var/lib/dpkg/info"), -code,
                           "files cannot be compared with their packages");
    k->kind = &dpkg_sums;
    read_diversions(k);
    for (size_t i = 0; i < names.count && !collection_is_stopped(k->c); i++) {
        struct str rest = str_of(names.list[i]);

        if (!str_ends(rest, ".md5sums"))
            continue;
        buf_clear(&path);
        buf_addf(&path, "var/lib/dpkg/info/%s", names.list[i]);
        buf_clear(&text);
        if (host_read(&k->c->host, buf_text(&path), &text, LIST_SIZE) < 0)
            continue;
        rest.len -= strlen(".md5sums");
        check_list(k, buf_str(&text), str_cut(&rest, ':'));
    }
    return code != -ENOENT;
}

/* Those that are not read: they lie in databases of programs that are large themselves. */
static bool say_other_databases(struct checking *k)
{
    static const struct {
        const char *path;
        const char *name;
    } others[] = {
        {"var/lib/rpm/rpmdb.sqlite", "rpm"},         {"var/lib/rpm/Packages", "rpm"},
        {"var/lib/rpm/Packages.db", "rpm"},          {"usr/lib/sysimage/rpm/rpmdb.sqlite", "rpm"},
        {"usr/lib/sysimage/rpm/Packages.db", "rpm"}, {"var/lib/pacman/local", "pacman"},
        {"usr/lib/pacman/local", "pacman"}};
    CLEANUP_BUF struct buf what = {0};
    struct stat st;
    bool is_there = false;

    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (host_stat(&k->c->host, others[i].path, &st) < 0)
            continue;
        is_there = true;
        buf_clear(&what);
        buf_addf(&what, "/%s", others[i].path);
        collection_missing(
            k->c, buf_str(&what), 0,
            "the database of %s is not read here: no file was compared with what its "
            "package holds; the profile full takes the database itself, so that "
            "this can be done elsewhere",
            others[i].name);
    }
    return is_there;
}

static void check_sums(struct checking *k)
{
    bool is_compared = check_dpkg(k);

    is_compared |= check_apk(k);
    if (!say_other_databases(k) && !is_compared)
        collection_missing(k->c, STR("packages"), 0,
                           "no database of packages that is known lies on this host: no file was "
                           "compared with what its package holds");
    if (k->unreadable)
        collection_missing(k->c, STR("packages"), 0,
                           "%llu files cannot be read to be compared with their packages",
                           (unsigned long long)k->unreadable);
    tell_unsaid(k);
}

static void tell_foreign(struct checking *k, const struct program *p, struct told *told)
{
    CLEANUP_EVIDENCE struct evidence v = {0};

    if (!told_one(told))
        return;
    put_bytes(evidence_begin(&v), "program", p->path);
    programs_put_pids(&v.json, p, &k->c->processes);
    collection_observe(k->c, told->code, evidence_end(&v),
                       STR_FMT " runs (%zu process%s) and belongs to no package.", STR_ARG(p->path),
                       p->count, p->count == 1 ? "" : "es");
}

static void notice_foreign(struct checking *k)
{
    size_t count = k->programs.count;
    CLEANUP_FREE struct path_owner *owners = mem_array(count + 1, sizeof(*owners));
    struct told told = {.code = "program-without-package"};
    struct gather g;

    noticed_gather_begin(&g, k->c);
    for (size_t i = 0; i < count; i++)
        owners[i].path = k->programs.list[i].path;
    find_owners(&g, owners, count);
    for (size_t i = 0; i < count; i++) {
        const char *package = owner_of(owners, count, k->programs.list[i].path);

        if (package && !package[0] && !str_starts(k->programs.list[i].path, "/memfd:"))
            tell_foreign(k, &k->programs.list[i], &told);
    }
    if (count && !owners[0].package)
        collection_missing(k->c, STR("packages"), 0,
                           "there is no database of dpkg: which package a program belongs to");
    told_rest(k->c, &told, "programs run and belong to no package");
    noticed_gather_end(&g, k->c);
}

void collection_noticed_packages(struct collection *c)
{
    CLEANUP_FREE char *step = mem_alloc(STEP_SIZE);
    struct checking k = {.c = c, .step = step, .told.code = "package-file-changed"};

    programs_find(&k.programs, &c->processes);
    notice_foreign(&k);
    check_sums(&k);
    programs_release(&k.programs);
    buf_release(&k.text);
    free(k.diversions);
}
