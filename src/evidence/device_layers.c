/* device_layers.c: follows block devices through sysfs. */
#include "evidence/device_layers.h"
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "sys/file.h"

enum { VALUE_SIZE = 4096 };

void mount_word(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '\\' && s.len - i >= 4) {
            buf_addc(out, (char)((s.p[i + 1] - '0') << 6 | (s.p[i + 2] - '0') << 3 |
                                 (s.p[i + 3] - '0')));
            i += 3;
        } else {
            buf_addc(out, s.p[i]);
        }
    }
}

bool mount_device(struct str line, dev_t *out)
{
    CLEANUP_BUF struct buf from = {0};
    struct stat st;

    while (line.len && !str_is(str_field(&line), "-"))
        ;
    (void)str_field(&line);
    mount_word(str_field(&line), &from);
    if (!from.len || stat(buf_text(&from), &st) || !S_ISBLK(st.st_mode))
        return false;
    *out = st.st_rdev;
    return true;
}

bool device_folder(dev_t device, char out[PATH_MAX])
{
    char link[64];

    snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(device), minor(device));
    return realpath(link, out) != NULL;
}

void device_value(const char *folder, const char *name, struct buf *out)
{
    char path[PATH_MAX + 64];
    struct str value;

    buf_clear(out);
    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
        file_read(out, path, VALUE_SIZE, NULL))
        return;
    value = str_trim(buf_str(out));
    memmove(out->p, value.p, value.len);
    out->p[value.len] = 0;
    out->len = value.len;
}

bool devices_have(const struct devices *d, dev_t device)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->all[i] == device)
            return true;
    return false;
}

bool device_of_folder(const char *folder, dev_t *out)
{
    CLEANUP_BUF struct buf value = {0};
    uint64_t major_number, minor_number;
    struct str rest, head;

    device_value(folder, "dev", &value);
    rest = buf_str(&value);
    head = str_cut(&rest, ':');
    if (!str_u64(head, &major_number) || !str_u64(rest, &minor_number))
        return false;
    *out = makedev((unsigned)major_number, (unsigned)minor_number);
    return true;
}

void device_each(const char *folder, bool (*each)(void *context, dev_t device), void *context)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool goes_on = true;
    dev_t device;

    while (dir && goes_on && (entry = readdir(dir))) {
        char path[PATH_MAX + 300];

        if (entry->d_name[0] == '.' ||
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path))
            continue;
        if (device_of_folder(path, &device))
            goes_on = each(context, device);
    }
    if (dir)
        closedir(dir);
}

struct rising {
    struct devices *d;
    unsigned depth;
};

struct member {
    dev_t device;
    bool is;
};

static bool look(void *context, dev_t device)
{
    struct member *m = context;

    m->is |= device == m->device;
    return !m->is;
}

static bool add(void *context, dev_t device);

/* Each Btrfs that the kernel knows has a folder with its devices; none of them holds another. */
static void add_btrfs(struct rising *r, dev_t device)
{
    static const char all[] = "/sys/fs/btrfs";
    DIR *dir = opendir(all);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        char folder[sizeof(all) + sizeof(entry->d_name) + 16];
        struct member m = {device, false};

        if (entry->d_name[0] == '.')
            continue;
        snprintf(folder, sizeof(folder), "%s/%s/devices", all, entry->d_name);
        device_each(folder, look, &m);
        if (m.is)
            device_each(folder, add, r);
    }
    if (dir)
        closedir(dir);
}

/* By its name alone: a path of any other loop device may lie on what does not answer. */
bool device_below_loop(const char *folder, dev_t *out)
{
    static const char blocks[] = "/sys/class/block/";
    CLEANUP_BUF struct buf backing = {0};
    CLEANUP_BUF struct buf path = {0};
    struct str name;

    device_value(folder, "loop/backing_file", &backing);
    name = buf_str(&backing);
    if (!str_take(&name, "/dev/"))
        return false;
    buf_adds(&path, blocks);
    for (size_t i = 0; i < name.len; i++)
        buf_addc(&path, name.p[i] == '/' ? '!' : name.p[i]); /* as sysfs spells cciss/c0d0 */
    return device_of_folder(buf_text(&path), out);
}

/* The kernel has no folder of who holds it for a loop device over another device. */
static void add_loops(struct rising *r, dev_t device)
{
    static const char blocks[] = "/sys/block";
    DIR *dir = opendir(blocks);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        char folder[sizeof(blocks) + 1 + sizeof(entry->d_name)];
        dev_t below, loop;

        snprintf(folder, sizeof(folder), "%s/%s", blocks, entry->d_name);
        if (entry->d_name[0] != '.' && device_below_loop(folder, &below) && below == device &&
            device_of_folder(folder, &loop))
            (void)add(r, loop);
    }
    if (dir)
        closedir(dir);
}

static bool add(void *context, dev_t device)
{
    struct rising *r = context;
    char folder[PATH_MAX], holders[PATH_MAX + 16];

    if (devices_have(r->d, device))
        return true;
    if (r->depth > DEVICE_DEPTH_MAX || r->d->count == DEVICES_MAX) {
        r->d->is_cut = true;
        return false;
    }
    r->d->all[r->d->count++] = device;
    if (!device_folder(device, folder))
        return true;
    snprintf(holders, sizeof(holders), "%s/holders", folder);
    r->depth++;
    device_each(folder, add, r);
    device_each(holders, add, r);
    add_btrfs(r, device);
    add_loops(r, device);
    r->depth--;
    return true;
}

void devices_above(struct devices *d, dev_t device)
{
    struct rising r = {d, 0};

    (void)add(&r, device);
}
