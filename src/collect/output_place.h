/* output_place.h: on what a bundle's file lies: a disk of the host that is read, or something else.
 *
 * Internal to src/collect/. */
#pragma once
#include "collect/host.h"

enum output_place {
    OUTPUT_ELSEWHERE, /* a medium that can be taken out, a network, or what is not known */
    OUTPUT_ROOT,      /* the file system of / */
    OUTPUT_FSTAB,     /* a local one that this host mounts at each start, by /etc/fstab */
    OUTPUT_FIXED,     /* a disk that is no medium which can be taken out */
    OUTPUT_MEMORY,
};

/* Of the mount with that number in /proc/self/mountinfo. disk: its name, "sda3"; else empty. */
enum output_place output_place_of(struct host *h, uint64_t mount_id, struct buf *disk);
/* The number of the mount that a descriptor lies on; false where this kernel does not tell. */
bool output_mount_of(struct host *h, int fd, uint64_t *out);
