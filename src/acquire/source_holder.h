/* source_holder.h: which programs have a device open, as far as this user may see. */
#pragma once
#include <sys/types.h>
#include "base/str.h"

/* "calm-image, process 4711": the first few that have the device of that number open, this one left
 * out; nothing where none is seen. */
void source_holders(dev_t device, struct buf *out);
