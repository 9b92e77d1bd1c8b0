/* source_device.h: what the kernel and a device itself say of it. Only source_open.c includes it.
 */
#pragma once
#include <sys/types.h>
#include "acquire/source_open.h"

/* Fills what sysfs knows of a block device: names, sizes, protection. */
void device_facts(dev_t device, struct source_facts *f);
/* Who uses it or a part of it: mounts, swap, holders. Fills uses and is_written_to. */
MUST_CHECK int device_uses(dev_t device, struct source_facts *f, struct err *e);
