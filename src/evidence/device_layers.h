/* device_layers.h: which block devices lie above others, as sysfs has it: partitions of a disk,
 * what holds one, and the other devices of a Btrfs. Only the files that look at a source include
 * it. */
#pragma once
#include <limits.h>
#include <sys/types.h>
#include "base/err.h"
#include "base/str.h"

enum { DEVICE_DEPTH_MAX = 16, DEVICES_MAX = 512 };

struct devices {
    dev_t all[DEVICES_MAX];
    size_t count;
    bool is_cut; /* there are more */
};

/* Adds a device and all above it: its partitions, who holds one of them, loop devices over it, and
 * with a device of a Btrfs the others: its mount names one of them, and it is written to all. */
void devices_above(struct devices *d, dev_t device);
bool devices_have(const struct devices *d, dev_t device);
/* Spaces and the like stand as \040 in the table of mounts (proc(5)). */
void mount_word(struct str s, struct buf *out);
/* The device that a line of /proc/self/mountinfo, or what is left of one, names as what is mounted
 * (behind " - TYPE "); false: it names none. */
bool mount_device(struct str line, dev_t *out);
/* The folder of a device in sysfs; false: there is none. */
bool device_folder(dev_t device, char out[PATH_MAX]);
/* A file of such a folder, trimmed; empty where there is none. */
void device_value(const char *folder, const char *name, struct buf *out);
/* Which device a folder in sysfs is of. */
bool device_of_folder(const char *folder, dev_t *out);
/* The device that a loop device lies on, by its folder; false: it lies on a file, or is none. What
 * is not in /dev is not looked at: it may hang. */
bool device_below_loop(const char *folder, dev_t *out);
/* Each device that is a folder of that one: partitions, holders, slaves. each returns false where
 * it wants no more. */
void device_each(const char *folder, bool (*each)(void *context, dev_t device), void *context);
