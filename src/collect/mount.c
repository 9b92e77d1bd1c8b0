/* mount.c: mounts, and how full the file systems behind them are. */
#include <sys/statvfs.h>
#include <unistd.h>
#include "collect/gather.h"

/* proc(5), mountinfo: id parent major:minor root point options fields… - type source options. */
struct mount_line {
    struct str device, root, point, options, type, source, super_options;
};

static bool read_mount(struct str line, struct mount_line *m)
{
    struct str field;

    str_field(&line);
    str_field(&line);
    m->device = str_field(&line);
    m->root = str_field(&line);
    m->point = str_field(&line);
    m->options = str_field(&line);
    while ((field = str_field(&line)).len && !str_is(field, "-"))
        ;
    m->type = str_field(&line);
    m->source = str_field(&line);
    m->super_options = str_field(&line);
    return m->type.len > 0;
}

/* Space, tab, newline and backslash are written as a backslash and three octal digits. */
struct str mount_unescape(struct str text, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < text.len; i++) {
        uint64_t c;

        if (text.p[i] == '\\' && i + 3 < text.len &&
            read_u64_base((struct str){text.p + i + 1, 3}, 8, &c) && c < 256) {
            buf_addc(out, (char)c);
            i += 3;
        } else {
            buf_addc(out, text.p[i]);
        }
    }
    return buf_str(out);
}

void gather_scan_mounts(struct gather *g)
{
    enum { SLOW_COUNT = 10000 };
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_BUF struct buf point = {0};
    int code = host_read(&g->host, "proc/self/mountinfo", &buf, GATHER_FILE_SIZE);
    struct str text = buf_str(&buf);
    struct str line;
    size_t room = 0;

    if (code < 0 && code != -EFBIG)
        return;
    while (g->slow_mount_count < SLOW_COUNT && take_line(&text, &line)) {
        struct mount_line m = {0};

        if (!read_mount(line, &m) || !host_is_slow_type(m.type))
            continue;
        mount_unescape(m.point, &point);
        if (point.len < 2) /* a root file system of this kind must be read all the same */
            continue;
        g->slow_mounts =
            mem_grow(g->slow_mounts, g->slow_mount_count, &room, sizeof(*g->slow_mounts));
        g->slow_mounts[g->slow_mount_count++] =
            (struct id_name){.name = arena_strdup(g->arena, buf_text(&point) + 1)};
    }
}

static void put_unescaped(struct json *j, const char *name, struct str value)
{
    CLEANUP_BUF struct buf text = {0};

    put_some(j, name, mount_unescape(value, &text));
}

/* The options that fstab(5) gives for a mount point. */
static struct str fstab_options(struct str fstab, struct str point)
{
    CLEANUP_BUF struct buf text = {0};
    struct str line;

    while (take_line(&fstab, &line)) {
        struct str source = str_field(&line);
        struct str target = str_field(&line);

        if (source.len == 0 || source.p[0] == '#' || !str_eq(mount_unescape(target, &text), point))
            continue;
        str_field(&line);
        return str_field(&line);
    }
    return (struct str){"", 0};
}

static void add_mount(struct gather *g, const struct mount_line *m, struct str fstab)
{
    CLEANUP_BUF struct buf point = {0};
    struct json *j;

    mount_unescape(m->point, &point);
    j = doc_row_begin(&g->doc, buf_str(&point));
    put_bytes(j, "point", buf_str(&point));
    put_unescaped(j, "source", m->source);
    put_unescaped(j, "type", m->type);
    put_unescaped(j, "root", m->root);
    put_unescaped(j, "options", m->options);
    put_unescaped(j, "super_options", m->super_options);
    put_some(j, "fstab", fstab_options(fstab, buf_str(&point)));
    doc_row_end(&g->doc);
}

void gather_mounts(struct gather *g)
{
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_BUF struct buf fstab = {0};
    struct str text;
    struct str line;
    int code;

    if (!gather_file(g, "proc/self/mountinfo", &buf))
        return;
    code = host_read(&g->host, "etc/fstab", &fstab, GATHER_SMALL_SIZE);
    if (code < 0 && code != -ENOENT)
        doc_gap_errno(&g->doc, code, "/etc/fstab");
    text = buf_str(&buf);
    while (take_line(&text, &line)) {
        struct mount_line m = {0};

        if (read_mount(line, &m))
            add_mount(g, &m, buf_str(&fstab));
    }
}

/* As df(1): of what ordinary users may have, rounded up. */
static uint64_t used_percent(const struct statvfs *s)
{
    uint64_t used = s->f_blocks - s->f_bfree;
    uint64_t all = used + s->f_bavail;

    if (all == 0 || used > UINT64_MAX / 200)
        return 0;
    return (used * 100 + all - 1) / all;
}

static void add_filesystem(struct gather *g, struct str point, const struct mount_line *m)
{
    struct statvfs s;
    struct json *j;
    CLEANUP_BUF struct buf path = {0};

    buf_addstr(&path, point);
    if (statvfs(buf_text(&path), &s) < 0) {
        doc_gap_errno(&g->doc, -errno, STR_FMT, STR_ARG(point));
        return;
    }
    if (s.f_blocks == 0) /* proc, sysfs and their like hold no data */
        return;
    j = doc_row_begin(&g->doc, point);
    put_bytes(j, "point", point);
    put_unescaped(j, "type", m->type);
    json_put_u64(j, "size", s.f_blocks * s.f_frsize);
    json_put_u64(j, "free", s.f_bfree * s.f_frsize);
    json_put_u64(j, "available", s.f_bavail * s.f_frsize);
    json_put_u64(j, "used_percent", used_percent(&s));
    json_put_u64(j, "inodes", s.f_files);
    json_put_u64(j, "inodes_free", s.f_ffree);
    json_put_bool(j, "read_only", s.f_flag & ST_RDONLY);
    doc_row_end(&g->doc);
}

struct mount_table {
    struct mount_line *list; /* in the order of the file */
    size_t count;
    size_t room;
};

static int compare_points(const void *a, const void *b, void *context)
{
    const struct mount_table *t = context;
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    int order = str_cmp(t->list[x].point, t->list[y].point);

    return order ? order : x > y ? -1 : x < y;
}

static int compare_devices(const void *a, const void *b, void *context)
{
    const struct mount_table *t = context;
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    int order = str_cmp(t->list[x].device, t->list[y].device);

    return order ? order : x < y ? -1 : x > y;
}

static void read_table(struct mount_table *t, struct str text)
{
    struct str line;

    while (take_line(&text, &line)) {
        struct mount_line m = {0};

        if (!read_mount(line, &m))
            continue;
        t->list = mem_grow(t->list, t->count, &t->room, sizeof(*t->list));
        t->list[t->count++] = m;
    }
}

/* A later mount over the same point hides the ones before, and statvfs then tells of it; of the
 * mounts of one device the first is enough. */
static void index_table(struct mount_table *t, bool *wanted)
{
    CLEANUP_FREE size_t *order = mem_array(t->count, sizeof(*order));

    for (size_t i = 0; i < t->count; i++)
        order[i] = i;
    qsort_r(order, t->count, sizeof(*order), compare_points, t);
    for (size_t i = 0; i < t->count; i++)
        wanted[order[i]] = i == 0 || !str_eq(t->list[order[i]].point, t->list[order[i - 1]].point);
    qsort_r(order, t->count, sizeof(*order), compare_devices, t);
    for (size_t i = 1, kept = 0; i < t->count; i++) {
        bool same = str_eq(t->list[order[i]].device, t->list[order[kept]].device);

        if (same && wanted[order[kept]])
            wanted[order[i]] = false;
        else
            kept = i;
    }
}

static void add_filesystems(struct gather *g, const struct mount_table *t, const bool *wanted)
{
    enum { MOUNT_COUNT = 2000 };
    CLEANUP_BUF struct buf point = {0};
    size_t count = 0;

    for (size_t i = 0; i < t->count; i++) {
        const struct mount_line *m = &t->list[i];

        if (!wanted[i])
            continue;
        mount_unescape(m->point, &point);
        if (host_is_slow_type(m->type) || host_is_slow(&g->host, str_from(buf_str(&point), 1)))
            doc_note(&g->doc, STR_FMT " (" STR_FMT ") is not asked: a dead server would hold us up",
                     STR_ARG(buf_str(&point)), STR_ARG(m->type));
        else if (++count <= MOUNT_COUNT)
            add_filesystem(g, buf_str(&point), m);
        else
            doc_gap(&g->doc, "more than %d file systems", MOUNT_COUNT);
    }
}

void gather_filesystems(struct gather *g)
{
    CLEANUP_BUF struct buf buf = {0};
    struct mount_table t = {0};

    if (!g->host.is_live) {
        doc_gap(&g->doc, "free space: this is a copied tree, not the running host");
        doc_seen(&g->doc, SEEN_NONE);
        return;
    }
    if (!gather_file(g, "proc/self/mountinfo", &buf))
        return;
    read_table(&t, buf_str(&buf));
    if (t.count) {
        CLEANUP_FREE bool *wanted = mem_array(t.count, sizeof(*wanted));

        index_table(&t, wanted);
        add_filesystems(g, &t, wanted);
    }
    free(t.list);
}
