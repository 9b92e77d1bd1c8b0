/* case_server.c: finds the server that a folder lies on. */
#include "practice/case_server.h"
#include <dirent.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/file.h"
#include "sys/in_time.h"

enum {
    DEPTH_MOST = 4,
    MOUNTS_SIZE = 16 << 20,
    PART_SIZE = 4096,
    ISCSI_PORT = 3260,
    WAIT_MS = 1500
};

struct mount {
    struct str device; /* "8:1" */
    char root[PART_SIZE];
    char point[PART_SIZE];
    struct str type;
    char source[PART_SIZE];
    struct str options; /* of the file system itself */
};

struct finding {
    const struct case_server_source *source;
    struct case_server *out;
    int depth;
};

void case_server_release(struct case_server *c)
{
    buf_release(&c->unknown);
}

/* "\040" is a blank, as in all lists of mounts. */
static bool unescape(struct str text, char out[PART_SIZE])
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (n + 1 == PART_SIZE)
            return false;
        if (text.p[i] == '\\' && i + 3 < text.len) {
            out[n++] = (char)((text.p[i + 1] - '0') * 64 + (text.p[i + 2] - '0') * 8 +
                              (text.p[i + 3] - '0'));
            i += 3;
        } else {
            out[n++] = text.p[i];
        }
    }
    out[n] = '\0';
    return true;
}

static bool read_mount(struct str line, struct mount *out)
{
    struct str root, point, source;

    str_cut(&line, ' '); /* its number */
    str_cut(&line, ' '); /* its parent's */
    out->device = str_cut(&line, ' ');
    root = str_cut(&line, ' ');
    point = str_cut(&line, ' ');
    while (line.len && !str_is(str_cut(&line, ' '), "-"))
        ;
    out->type = str_cut(&line, ' ');
    source = str_cut(&line, ' ');
    out->options = line;
    return out->type.len && unescape(root, out->root) && unescape(point, out->point) &&
           unescape(source, out->source);
}

static bool lies_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    if (strcmp(folder, "/") == 0)
        return path[0] == '/';
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* The one that is met last on the way to path: the deepest, and of two at one place the later. */
static bool find_mount(struct str lines, const char *path, struct mount *out)
{
    struct mount *m = mem_new(struct mount);
    bool is_found = false;

    while (lines.len) {
        if (!read_mount(str_cut(&lines, '\n'), m) || !lies_in(path, m->point) ||
            (is_found && strlen(m->point) < strlen(out->point)))
            continue;
        *out = *m;
        is_found = true;
    }
    free(m);
    return is_found;
}

/* The value of "name=value" among options that commas part. */
static struct str option(struct str options, const char *name)
{
    while (options.len) {
        struct str value = str_cut(&options, ',');

        if (str_is(str_cut(&value, '='), name))
            return value;
    }
    return STR("");
}

static void add(struct finding *f, const struct net *n, uint16_t port)
{
    struct endpoint at = {.net = *n};

    if (port) {
        at.protocol = IPPROTO_TCP;
        at.port_first = at.port_last = port;
        at.way = ENDPOINT_OUT;
    }
    if (f->out->count < CASE_SERVER_COUNT)
        f->out->at[f->out->count++] = at;
}

/* An address, or a name that is looked up as the mount's own program did. */
static void add_host(struct finding *f, struct str host, uint16_t port)
{
    struct net found[CASE_SERVER_COUNT];
    char name[NI_MAXHOST];
    size_t count = 1;

    if (str_starts(host, "[") && str_ends(host, "]"))
        host = (struct str){host.p + 1, host.len - 2};
    host = str_cut(&host, '%');
    if (!host.len || host.len >= sizeof(name))
        return;
    snprintf(name, sizeof(name), STR_FMT, STR_ARG(host));
    if (net_read(host, &found[0], NULL))
        count = f->source->resolve(name, found, COUNT_OF(found));
    for (size_t i = 0; i < count; i++)
        add(f, &found[i], port);
    if (!count && !f->out->unknown.len)
        buf_adds(&f->out->unknown, name);
}

static uint16_t port_of(const struct mount *m, uint16_t otherwise)
{
    uint64_t port;

    return str_u64(option(m->options, "port"), &port) && port && port <= UINT16_MAX ? (uint16_t)port
                                                                                    : otherwise;
}

/* "ana@files:/cases", "[2001:db8::7]:/cases": what stands before the path, which may have an @ too.
 */
static struct str host_of(const char *source)
{
    const char *path = strstr(source, ":/"), *at;
    struct str host = str_of(source);

    if (!path && !str_ends(host, ":"))
        return STR("");
    host = str_head(host, path ? (size_t)(path - source) : host.len - 1);
    at = host.len ? memchr(host.p, '@', host.len) : NULL;
    return at ? str_from(host, (size_t)(at - host.p) + 1) : host;
}

/* The kernel keeps the address that it uses; where it lies elsewhere, the source tells. */
static void by_address(struct finding *f, const struct mount *m, uint16_t port)
{
    struct str address = option(m->options, "addr");

    add_host(f, address.len ? address : host_of(m->source), port_of(m, port));
}

static void by_nfs(struct finding *f, const struct mount *m)
{
    by_address(f, m, 2049);
}

static void by_cifs(struct finding *f, const struct mount *m)
{
    by_address(f, m, 445);
}

static void by_9p(struct finding *f, const struct mount *m)
{
    if (str_is(option(m->options, "trans"), "tcp"))
        add_host(f, str_of(m->source), port_of(m, 564));
}

/* Its program may use any port. */
static void by_fuse(struct finding *f, const struct mount *m)
{
    add_host(f, host_of(m->source), 0);
}

/* "10.1.0.5:6789,10.1.0.6:6789:/path"; monitors tell of further servers. */
static void by_ceph(struct finding *f, const struct mount *m)
{
    struct str list = str_of(m->source);

    while (list.len) {
        struct str one = str_cut(&list, ','), host = str_cut(&one, ':');

        add_host(f, host, 0);
    }
}

static void find(struct finding *f, const char *path);

static void by_overlay(struct finding *f, const struct mount *m)
{
    char upper[PART_SIZE];

    if (unescape(option(m->options, "upperdir"), upper) && upper[0] == '/')
        find(f, upper);
}

static const struct {
    const char *type; /* what the type begins with */
    void (*find)(struct finding *f, const struct mount *m);
} known[] = {{"nfs", by_nfs},    {"cifs", by_cifs}, {"smb", by_cifs},       {"9p", by_9p},
             {"fuse.", by_fuse}, {"ceph", by_ceph}, {"overlay", by_overlay}};

static bool read_text(const char *path, struct buf *out)
{
    return file_read(out, path, PART_SIZE, NULL) == 0;
}

/* ".../host3/session1/target3:0:0/..." is a disk that iSCSI brings; its connection has the address.
 */
static void by_iscsi(struct finding *f, const char *device)
{
    const char *session = strstr(device, "/session");
    CLEANUP_BUF struct buf address = {0};
    CLEANUP_BUF struct buf port = {0};
    char path[PART_SIZE];
    uint64_t n = ISCSI_PORT;
    unsigned number;

    if (!session || sscanf(session, "/session%u/", &number) != 1)
        return;
    snprintf(path, sizeof(path), "%s/class/iscsi_connection/connection%u:0/persistent_address",
             f->source->sys, number);
    if (!read_text(path, &address))
        return;
    snprintf(path, sizeof(path), "%s/class/iscsi_connection/connection%u:0/persistent_port",
             f->source->sys, number);
    if (read_text(path, &port))
        (void)str_u64(str_trim(buf_str(&port)), &n);
    add_host(f, str_trim(buf_str(&address)), (uint16_t)n);
}

static void by_device(struct finding *f, const char *folder, int depth);

static void folderp(DIR **d)
{
    if (*d)
        closedir(*d);
}

/* What it is made of: parts of a RAID, of LVM, of an encrypted disk. */
static void by_slaves(struct finding *f, const char *folder, int depth)
{
    char path[PART_SIZE];
    struct dirent *item;
    int n = snprintf(path, sizeof(path), "%s/slaves", folder);
    CLEANUP(folderp) DIR *d = n > 0 && n < PART_SIZE ? opendir(path) : NULL;

    while (d && (item = readdir(d))) {
        if (item->d_name[0] == '.')
            continue;
        n = snprintf(path, sizeof(path), "%s/slaves/%s", folder, item->d_name);
        if (n > 0 && n < PART_SIZE)
            by_device(f, path, depth + 1);
    }
}

/* A block device as /sys has it: brought by iSCSI, lying in a file, or made of others. */
static void by_device(struct finding *f, const char *folder, int depth)
{
    CLEANUP_FREE char *real = realpath(folder, NULL);
    CLEANUP_BUF struct buf file = {0};
    char path[PART_SIZE], named[PART_SIZE];
    int n;

    if (!real || depth > DEPTH_MOST)
        return;
    by_iscsi(f, real);
    by_slaves(f, real, depth);
    n = snprintf(path, sizeof(path), "%s/loop/backing_file", real);
    if (n > 0 && n < PART_SIZE && read_text(path, &file) &&
        unescape(str_trim(buf_str(&file)), named))
        find(f, named);
}

/* Some file systems have a number of their own, and name their disk. */
static void by_disk(struct finding *f, const struct mount *m)
{
    char path[PART_SIZE];
    struct stat st;
    int n;

    if (strncmp(m->source, "/dev/", 5) == 0 && stat(m->source, &st) == 0 && S_ISBLK(st.st_mode))
        n = snprintf(path, sizeof(path), "%s/dev/block/%u:%u", f->source->sys, major(st.st_rdev),
                     minor(st.st_rdev));
    else
        n = snprintf(path, sizeof(path), "%s/dev/block/" STR_FMT, f->source->sys,
                     STR_ARG(m->device));
    if (n > 0 && n < PART_SIZE)
        by_device(f, path, 0);
}

static void find(struct finding *f, const char *path)
{
    CLEANUP_FREE struct mount *m = mem_new(struct mount);

    if (f->depth == DEPTH_MOST || !find_mount(f->source->mountinfo, path, m))
        return;
    f->depth++;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_starts(m->type, known[i].type)) {
            known[i].find(f, m);
            return;
        }
    by_disk(f, m);
}

void case_server_find(const struct case_server_source *source, const char *path,
                      struct case_server *out)
{
    struct finding f = {.source = source, .out = out};

    find(&f, path);
}

/* A name that is looked up. */
struct lookup {
    char *name;
    struct net found[CASE_SERVER_COUNT];
    size_t count;
};

static void look_up(void *context)
{
    struct lookup *l = context;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;

    if (getaddrinfo(l->name, NULL, &hints, &list))
        return;
    for (const struct addrinfo *at = list; at && l->count < COUNT_OF(l->found); at = at->ai_next) {
        char text[NI_MAXHOST];
        struct str plain;

        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST))
            continue;
        plain = str_of(text);
        l->count += net_read(str_cut(&plain, '%'), &l->found[l->count], NULL) == 0;
    }
    freeaddrinfo(list);
}

static void lookup_drop(void *context)
{
    struct lookup *l = context;

    free(l->name);
    free(l);
}

static size_t resolve(const char *name, struct net *out, size_t room)
{
    struct lookup *l = mem_new(struct lookup);
    size_t count;

    l->name = mem_strdup(name);
    if (!in_time(look_up, l, lookup_drop, WAIT_MS))
        return 0;
    count = l->count < room ? l->count : room;
    memcpy(out, l->found, count * sizeof(out[0]));
    lookup_drop(l);
    return count;
}

/* The path as it is written, from the root: where its medium does not answer. */
static char *as_written(const char *folder)
{
    CLEANUP_FREE char *here = folder[0] == '/' ? NULL : getcwd(NULL, 0);
    struct buf path = {0};

    if (here)
        buf_addf(&path, "%s/", here);
    buf_adds(&path, folder);
    return buf_take(&path);
}

void case_server_of(const char *folder, struct case_server *out)
{
    struct case_server_source source = {.sys = "/sys", .resolve = resolve};
    CLEANUP_FREE char *path = NULL;
    CLEANUP_BUF struct buf mounts = {0};
    bool is_late;

    path = realpath_in_time(folder, WAIT_MS, &is_late);
    if (is_late)
        path = as_written(folder);
    if (!path || file_read(&mounts, "/proc/self/mountinfo", MOUNTS_SIZE, NULL))
        return;
    source.mountinfo = buf_str(&mounts);
    case_server_find(&source, path, out);
}
