/* output_place.c: on what a bundle's file lies, by the mounts and what the kernel says of the
 * disk. */
#include "collect/output_place.h"
#include <errno.h>
#include "collect/gather.h"

enum { MOUNTS_SIZE = 4 << 20, DISK_DEPTH = 8, DISK_COUNT = 64 };

/* proc(5), mountinfo: id parent major:minor root point options fields… - type source options. */
struct mount {
    struct str device;
    struct str point; /* with its escapes, as fstab has them too */
    struct str type;
    struct str source;
};

static bool find_mount(struct str text, uint64_t id, struct mount *out)
{
    struct str line;

    while (take_line(&text, &line)) {
        uint64_t number;
        struct str field;

        if (!str_u64(str_field(&line), &number) || number != id)
            continue;
        (void)str_field(&line);
        out->device = str_field(&line);
        (void)str_field(&line);
        out->point = str_field(&line);
        do
            field = str_field(&line);
        while (field.len && !str_is(field, "-"));
        out->type = str_field(&line);
        out->source = str_field(&line);
        return out->type.len > 0;
    }
    return false;
}

/* One line of fstab(5): source point type options … */
static bool mounts_at_start(struct str line, struct str point)
{
    struct str options;

    if (str_starts(str_field(&line), "#") || !str_eq(str_field(&line), point))
        return false;
    (void)str_field(&line);
    options = str_field(&line);
    while (options.len)
        if (str_is(str_cut(&options, ','), "noauto"))
            return false;
    return true;
}

static bool is_in_fstab(struct host *h, struct str point)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    struct str line;

    (void)host_read(h, "etc/fstab", &text, GATHER_FILE_SIZE);
    rest = buf_str(&text);
    while (take_line(&rest, &line))
        if (mounts_at_start(line, point))
            return true;
    return false;
}

/* Many disks in a USB case say that they are fixed; what they hang on tells more. */
static bool hangs_outside(struct str path)
{
    static const char *const ways[] = {"/usb", "/firewire", "/mmc_host/"};

    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (memmem(path.p, path.len, ways[i], strlen(ways[i])))
            return true;
    return false;
}

static bool is_one(struct host *h, const char *folder, const char *file)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf line = {0};

    buf_addf(&path, "%s/%s", folder, file);
    return str_is(host_line(h, buf_text(&path), &line), "1");
}

static bool can_be_taken_out(struct host *h, const char *folder, unsigned depth);

/* What lies on several disks, or within an encrypted one, is on the host where one of them is. */
static bool all_can_be_taken_out(struct host *h, const char *folder, unsigned depth, bool *has_any)
{
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/slaves", folder);
    (void)host_names(h, buf_text(&path), &names, DISK_COUNT);
    *has_any = names.count > 0;
    for (size_t i = 0; i < names.count; i++) {
        buf_clear(&path);
        buf_addf(&path, "sys/class/block/%s", names.list[i]);
        if (depth == 0 || !can_be_taken_out(h, buf_text(&path), depth - 1))
            return false;
    }
    return true;
}

/* A partition has what is said of its disk in the folder above. */
static bool can_be_taken_out(struct host *h, const char *folder, unsigned depth)
{
    CLEANUP_BUF struct buf link = {0};
    bool has_any;
    bool is_out = all_can_be_taken_out(h, folder, depth, &has_any);

    if (has_any)
        return is_out;
    return is_one(h, folder, "removable") || is_one(h, folder, "../removable") ||
           (host_link(h, folder, &link) == 0 && hangs_outside(buf_str(&link)));
}

/* "8:3", or the name of a file in /dev where the kernel gives no number of a disk (btrfs, ZFS). */
static bool find_disk(struct host *h, const struct mount *m, struct buf *folder, struct buf *name)
{
    CLEANUP_BUF struct buf link = {0};
    struct str source = m->source;

    buf_addf(folder, "sys/dev/block/" STR_FMT, STR_ARG(m->device));
    if (host_link(h, buf_text(folder), &link) < 0) {
        if (!str_starts(source, "/dev/"))
            return false;
        source = str_from(source, strlen("/dev/"));
        buf_clear(folder);
        buf_addf(folder, "sys/class/block/" STR_FMT, STR_ARG(source));
        if (host_link(h, buf_text(folder), &link) < 0)
            return false;
    }
    source = buf_str(&link);
    for (struct str part; source.len;) {
        part = str_cut(&source, '/');
        if (source.len == 0)
            buf_addstr(name, part);
    }
    return true;
}

enum output_place output_place_of(struct host *h, uint64_t mount_id, struct buf *disk)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf folder = {0};
    struct mount m;

    (void)host_read(h, "proc/self/mountinfo", &text, MOUNTS_SIZE);
    if (!find_mount(buf_str(&text), mount_id, &m))
        return OUTPUT_ELSEWHERE;
    if (str_is(m.type, "tmpfs") || str_is(m.type, "ramfs"))
        return OUTPUT_MEMORY;
    if (str_is(m.point, "/"))
        return OUTPUT_ROOT;
    if (!find_disk(h, &m, &folder, disk))
        return OUTPUT_ELSEWHERE;
    if (is_in_fstab(h, m.point))
        return OUTPUT_FSTAB;
    return can_be_taken_out(h, buf_text(&folder), DISK_DEPTH) ? OUTPUT_ELSEWHERE : OUTPUT_FIXED;
}

/* proc_pid_fdinfo(5): "mnt_id:	28". */
bool output_mount_of(struct host *h, int fd, uint64_t *out)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    struct str line;

    buf_addf(&path, "proc/self/fdinfo/%d", fd);
    (void)host_read(h, buf_text(&path), &text, GATHER_SMALL_SIZE);
    rest = buf_str(&text);
    while (take_line(&rest, &line))
        if (str_starts(line, "mnt_id:"))
            return str_u64(str_trim(str_from(line, strlen("mnt_id:"))), out);
    return false;
}
