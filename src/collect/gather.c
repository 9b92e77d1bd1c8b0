/* gather.c: helpers that the functions filling the sections share. */
#include "collect/gather.h"
#include "collect/net.h"
#include <unistd.h>

bool take_line(struct str *text, struct str *line)
{
    if (text->len == 0)
        return false;
    *line = str_cut(text, '\n');
    return true;
}

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 99;
}

bool read_u64_base(struct str text, unsigned base, uint64_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = digit_value(text.p[i]);

        if (digit >= base || __builtin_mul_overflow(n, (uint64_t)base, &n) ||
            __builtin_add_overflow(n, (uint64_t)digit, &n))
            return false;
    }
    *out = n;
    return text.len > 0;
}

bool gather_file_if_any(struct gather *g, const char *path, struct buf *out)
{
    int code = host_read(&g->host, path, out, GATHER_FILE_SIZE);

    if (code < 0 && code != -ENOENT && code != -ENOTDIR)
        doc_gap_errno(&g->doc, code, "/%s", path);
    return code == 0 || code == -EFBIG;
}

bool gather_file(struct gather *g, const char *path, struct buf *out)
{
    return doc_source(&g->doc, host_read(&g->host, path, out, GATHER_FILE_SIZE), path);
}

int hash_fd(int fd, struct hash *out)
{
    enum { STEP = 256 * 1024 };
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    CLEANUP_FREE char *step = mem_alloc(STEP);
    uint8_t bytes[64];
    uint64_t total = 0;
    ssize_t n;

    while ((n = read(fd, step, STEP)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        total += (uint64_t)n;
        if (total > GATHER_HASH_SIZE)
            return -EFBIG;
        digest_add(d, step, (size_t)n);
    }
    digest_end(d, bytes);
    memcpy(out->b, bytes, sizeof(out->b));
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct id_name *x = a;
    const struct id_name *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

/* Keeps the first line of each number, as the C library answers. */
static void settle_users(struct id_name *users, size_t *count)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++)
        if (kept == 0 || users[kept - 1].id != users[i].id)
            users[kept++] = users[i];
    *count = kept;
}

/* Insertion keeps equal numbers in the order of the file, which qsort does not promise. */
static void sort_users(struct id_name *users, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct id_name one = users[i];
        size_t at = i;

        while (at && users[at - 1].id > one.id) {
            users[at] = users[at - 1];
            at--;
        }
        users[at] = one;
    }
}

void gather_scan_users(struct gather *g)
{
    enum { USER_COUNT = 20000 };
    CLEANUP_BUF struct buf buf = {0};
    int code = host_read(&g->host, "etc/passwd", &buf, GATHER_FILE_SIZE);
    struct str text = buf_str(&buf);
    struct str line;
    size_t room = 0;

    if (code < 0 && code != -EFBIG)
        return;
    while (g->user_count < USER_COUNT && take_line(&text, &line)) {
        struct str name = str_cut(&line, ':');
        uint64_t uid;

        str_cut(&line, ':');
        if (!str_u64(str_cut(&line, ':'), &uid))
            continue;
        g->users = mem_grow(g->users, g->user_count, &room, sizeof(*g->users));
        g->users[g->user_count++] =
            (struct id_name){.id = uid, .name = arena_dup(g->arena, name.p, name.len)};
    }
    sort_users(g->users, g->user_count);
    settle_users(g->users, &g->user_count);
}

struct str gather_user(const struct gather *g, uint64_t uid)
{
    const struct id_name wanted = {.id = uid};
    const struct id_name *found =
        g->user_count ? bsearch(&wanted, g->users, g->user_count, sizeof(*g->users), by_id) : NULL;

    return found ? str_of(found->name) : (struct str){"", 0};
}

void gather_put_user(const struct gather *g, struct json *j, uint64_t uid)
{
    put_some(j, "user", gather_user(g, uid));
}

void gather_add_interface(struct gather *g, uint64_t index, struct str name)
{
    g->interfaces =
        mem_grow(g->interfaces, g->interface_count, &g->interface_room, sizeof(*g->interfaces));
    g->interfaces[g->interface_count++] =
        (struct id_name){.id = index, .name = arena_dup(g->arena, name.p, name.len)};
}

static void scan_interface_files(struct gather *g)
{
    enum { INTERFACE_COUNT = 20000 };
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf path = {0};

    (void)host_names(&g->host, "sys/class/net", &names, INTERFACE_COUNT);
    for (size_t i = 0; i < names.count; i++) {
        uint64_t index;

        buf_clear(&path);
        buf_addf(&path, "sys/class/net/%s/ifindex", names.list[i]);
        if (host_u64(&g->host, buf_text(&path), &index))
            gather_add_interface(g, index, str_of(names.list[i]));
    }
}

void gather_scan_interfaces(struct gather *g)
{
    /* A container's /sys may show the interfaces of another network namespace. */
    if (!net_scan_interfaces(g))
        scan_interface_files(g);
    if (g->interface_count)
        qsort(g->interfaces, g->interface_count, sizeof(*g->interfaces), by_id);
}

const char *gather_interface(const struct gather *g, uint64_t index, struct buf *buf)
{
    const struct id_name wanted = {.id = index};
    const struct id_name *found =
        g->interface_count
            ? bsearch(&wanted, g->interfaces, g->interface_count, sizeof(wanted), by_id)
            : NULL;

    if (found)
        return found->name;
    buf_clear(buf);
    buf_addf(buf, "#%llu", (unsigned long long)index);
    return buf_text(buf);
}

bool gather_is_slow(const struct gather *g, struct str path)
{
    for (size_t i = 0; i < g->slow_mount_count; i++) {
        struct str point = str_of(g->slow_mounts[i].name);

        if (str_starts(path, g->slow_mounts[i].name) &&
            (path.len == point.len || path.p[point.len] == '/' || point.len == 0))
            return true;
    }
    return host_is_slow(&g->host, path);
}

void put_package(struct json *j, const char *package)
{
    json_put_text(j, "package", package);
}
