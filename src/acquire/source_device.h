/* source_device.h: what the kernel and a device itself say of it. Only source_open.c includes it.
 */
#pragma once
#include <sys/types.h>
#include "acquire/source_open.h"

/* Fills what sysfs knows of a block device: names, sizes, protection. */
void device_facts(dev_t device, struct source_facts *f);
/* Who uses it or a part of it: mounts, swap, holders. Fills uses and is_written_to. */
MUST_CHECK int device_uses(dev_t device, struct source_facts *f, struct err *e);
/* Asks an ATA device for its native size, and says in note what it cannot tell. */
void device_native_size(int fd, struct source_facts *f);
/* Sectors up to the native maximum address, from the sense data of READ NATIVE MAX ADDRESS EXT
 * (SAT-3, ATA Status Return descriptor); 0: it tells none. */
uint64_t ata_native_sectors(const uint8_t sense[32]);
