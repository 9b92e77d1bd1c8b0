/* source_device.c: what sysfs, the mount table and a device's own answers tell of a block device.
 */
#include "acquire/source_device.h"
#include <dirent.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "evidence/device_layers.h"
#include "base/mem.h"
#include "sys/file.h"

enum {
    VALUE_SIZE = 4096,
    TABLE_SIZE = 4 << 20, /* of mounts */
};

static void set(char **field, struct str value)
{
    free(*field);
    *field = mem_dup(value.p, value.len);
}

static void add_use(struct source_facts *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_use(struct source_facts *f, const char *fmt, ...)
{
    CLEANUP_BUF struct buf text = {0};
    va_list ap;

    buf_adds(&text, f->uses);
    if (text.len)
        buf_adds(&text, "; ");
    va_start(ap, fmt);
    buf_addv(&text, fmt, ap);
    va_end(ap);
    set(&f->uses, buf_str(&text));
}

static void take_value(const char *folder, const char *name, char **field)
{
    CLEANUP_BUF struct buf value = {0};

    device_value(folder, name, &value);
    if (value.len && !(*field)[0])
        set(field, buf_str(&value));
}

static uint64_t read_number(const char *folder, const char *name)
{
    CLEANUP_BUF struct buf value = {0};
    uint64_t n = 0;

    device_value(folder, name, &value);
    return str_u64(buf_str(&value), &n) ? n : 0;
}

/* SPC-4 7.8.15, the unit serial number: four bytes of head, then ASCII. */
static void take_page80(const char *folder, struct source_facts *f)
{
    CLEANUP_BUF struct buf page = {0};
    char path[PATH_MAX + 64];
    struct str text;

    if (f->serial[0] ||
        snprintf(path, sizeof(path), "%s/device/vpd_pg80", folder) >= (int)sizeof(path) ||
        file_read(&page, path, VALUE_SIZE, NULL) || page.len < 4)
        return;
    text = str_trim(str_head(str_from(buf_str(&page), 4), (uint8_t)page.p[3]));
    if (!str_has_utf8_error(text))
        set(&f->serial, text);
}

void device_facts(dev_t device, struct source_facts *f)
{
    char folder[PATH_MAX];
    char path[PATH_MAX + 64];

    if (!device_folder(device, folder))
        return;
    f->is_read_only = read_number(folder, "ro") != 0;
    snprintf(path, sizeof(path), "%s/partition", folder);
    f->is_whole_device = !file_is_there(path);
    if (!f->is_whole_device)
        *strrchr(folder, '/') = 0; /* the disk that it is a part of says the rest */
    f->is_removable = read_number(folder, "removable") != 0;
    f->physical_size = (uint32_t)read_number(folder, "queue/physical_block_size");
    take_value(folder, "device/vendor", &f->vendor);
    take_value(folder, "device/model", &f->model);
    take_value(folder, "device/name", &f->model); /* of a card */
    take_value(folder, "device/serial", &f->serial);
    take_value(folder, "serial", &f->serial); /* of a virtual disk */
    take_page80(folder, f);
    take_value(folder, "device/wwid", &f->wwn);
    take_value(folder, "wwid", &f->wwn);
    take_value(folder, "loop/backing_file", &f->model);
    take_value(folder, "dm/name", &f->model);
    take_value(folder, "dm/uuid", &f->serial);
    take_value(folder, "md/uuid", &f->serial);
}

/* Of one line of /proc/self/mountinfo (proc(5)). A Btrfs has a number of its own, and names one of
 * its devices. */
static void take_mount(const struct devices *d, struct str line, struct source_facts *f)
{
    struct str number, rest, place, options;
    uint64_t major_number, minor_number;
    dev_t device;
    bool is;

    (void)str_field(&line);
    (void)str_field(&line);
    rest = str_field(&line);
    number = str_cut(&rest, ':');
    (void)str_field(&line);
    place = str_field(&line);
    options = str_field(&line);
    is = str_u64(number, &major_number) && str_u64(rest, &minor_number) &&
         devices_have(d, makedev((unsigned)major_number, (unsigned)minor_number));
    if (!is && !(mount_device(line, &device) && devices_have(d, device)))
        return;
    if (str_is(str_cut(&options, ','), "rw")) {
        f->is_written_to = true;
        add_use(f, "mounted for writing on " STR_FMT, STR_ARG(place));
    } else {
        add_use(f, "mounted for reading on " STR_FMT, STR_ARG(place));
    }
}

static int take_mounts(const struct devices *d, struct source_facts *f, struct err *e)
{
    CLEANUP_BUF struct buf table = {0};
    struct str rest;
    int rc = file_read(&table, "/proc/self/mountinfo", TABLE_SIZE, e);

    for (rest = buf_str(&table); rc == 0 && rest.len;)
        take_mount(d, str_cut(&rest, '\n'), f);
    return rc;
}

static void take_swaps(const struct devices *d, struct source_facts *f)
{
    CLEANUP_BUF struct buf table = {0};
    struct str rest;

    if (file_read(&table, "/proc/swaps", TABLE_SIZE, NULL))
        return;
    for (rest = buf_str(&table); rest.len;) {
        struct str line = str_cut(&rest, '\n'), name = str_field(&line);
        CLEANUP_BUF struct buf path = {0};
        struct stat st;

        /* A swap file is no device, and may lie where a look at it hangs. */
        if (!str_starts(name, "/dev/"))
            continue;
        buf_addstr(&path, name);
        if (stat(buf_text(&path), &st) || !S_ISBLK(st.st_mode) || !devices_have(d, st.st_rdev))
            continue;
        f->is_written_to = true;
        add_use(f, "swap on " STR_FMT, STR_ARG(name));
    }
}

static void take_holders(const struct devices *d, struct source_facts *f)
{
    for (size_t i = 0; i < d->count; i++) {
        char folder[PATH_MAX], holders[PATH_MAX + 16];
        struct dirent *entry;
        DIR *dir;

        if (!device_folder(d->all[i], folder))
            continue;
        snprintf(holders, sizeof(holders), "%s/holders", folder);
        dir = opendir(holders);
        while (dir && (entry = readdir(dir)))
            if (entry->d_name[0] != '.') {
                f->is_written_to = true;
                add_use(f, "held by %s", entry->d_name);
            }
        if (dir)
            closedir(dir);
    }
}

int device_uses(dev_t device, struct source_facts *f, struct err *e)
{
    struct devices d = {.count = 0};
    int rc;

    devices_above(&d, device);
    rc = take_mounts(&d, f, e);
    take_swaps(&d, f);
    take_holders(&d, f);
    if (rc == 0 && d.is_cut)
        return err_set(e, ERR_LIMIT, "more lies on this device than can be followed");
    return rc;
}
