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

    take_field(&line);
    take_field(&line);
    m->device = take_field(&line);
    m->root = take_field(&line);
    m->point = take_field(&line);
    m->options = take_field(&line);
    while ((field = take_field(&line)).len && !str_is(field, "-"))
        ;
    m->type = take_field(&line);
    m->source = take_field(&line);
    m->super_options = take_field(&line);
    return m->type.len > 0;
}

/* Space, tab, newline and backslash are written as a backslash and three octal digits. */
static struct str unescape(struct str text, struct buf *out)
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

/* A file system that may ask a server or another process, and so may never answer. */
static bool is_slow_type(struct str type)
{
    static const char *const slow[] = {
        "nfs",  "nfs4", "cifs",  "smb3",   "smbfs",     "afs",    "9p",     "ceph",    "ncpfs",
        "coda", "gfs2", "ocfs2", "lustre", "glusterfs", "autofs", "beegfs", "virtiofs"};

    for (size_t i = 0; i < COUNT_OF(slow); i++)
        if (str_is(type, slow[i]))
            return true;
    return str_starts(type, "fuse") && !str_is(type, "fusectl");
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

        if (!read_mount(line, &m) || !is_slow_type(m.type))
            continue;
        unescape(m.point, &point);
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

    put_some(j, name, unescape(value, &text));
}

/* The options that fstab(5) gives for a mount point. */
static struct str fstab_options(struct str fstab, struct str point)
{
    CLEANUP_BUF struct buf text = {0};
    struct str line;

    while (take_line(&fstab, &line)) {
        struct str source = take_field(&line);
        struct str target = take_field(&line);

        if (source.len == 0 || source.p[0] == '#' || !str_eq(unescape(target, &text), point))
            continue;
        take_field(&line);
        return take_field(&line);
    }
    return (struct str){"", 0};
}

static void add_mount(struct gather *g, const struct mount_line *m, struct str fstab)
{
    CLEANUP_BUF struct buf point = {0};
    struct json *j;

    unescape(m->point, &point);
    j = doc_row(&g->doc, buf_str(&point));
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

    if (!gather_file(g, "proc/self/mountinfo", &buf))
        return;
    (void)gather_file_if_any(g, "etc/fstab", &fstab);
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
    j = doc_row(&g->doc, point);
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

/* Whether a later line mounts over the same point, which is then what statvfs would tell of. */
static bool is_covered(struct str rest, struct str point)
{
    struct str line;

    while (take_line(&rest, &line)) {
        struct mount_line m = {0};

        if (read_mount(line, &m) && str_eq(m.point, point))
            return true;
    }
    return false;
}

/* One mount of each device is enough; bind mounts would repeat it. */
static bool is_first_of_device(struct str all, struct str device, struct str point)
{
    struct str line;

    while (take_line(&all, &line)) {
        struct mount_line m = {0};

        if (read_mount(line, &m) && str_eq(m.device, device))
            return str_eq(m.point, point);
    }
    return true;
}

void gather_filesystems(struct gather *g)
{
    enum { MOUNT_COUNT = 2000 };
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_BUF struct buf point = {0};
    struct str text;
    struct str line;
    size_t count = 0;

    if (!g->host.is_live) {
        doc_gap(&g->doc, "free space: this is a copied tree, not the running host");
        doc_seen(&g->doc, SEEN_NONE);
        return;
    }
    if (!gather_file(g, "proc/self/mountinfo", &buf))
        return;
    text = buf_str(&buf);
    while (take_line(&text, &line)) {
        struct mount_line m = {0};

        if (!read_mount(line, &m) || is_covered(text, m.point) ||
            !is_first_of_device(buf_str(&buf), m.device, m.point))
            continue;
        unescape(m.point, &point);
        if (is_slow_type(m.type))
            doc_note(&g->doc, STR_FMT " (" STR_FMT ") is not asked: a dead server would hold us up",
                     STR_ARG(buf_str(&point)), STR_ARG(m.type));
        else if (++count <= MOUNT_COUNT)
            add_filesystem(g, buf_str(&point), &m);
        else
            doc_gap(&g->doc, "more than %d file systems", MOUNT_COUNT);
    }
}
