/* disk_wish.h: what a person wants of a disk, from the fields of calm preserve read. */
#pragma once
#include "case/operation.h"
#include "evidence/disk.h"

/* ERR_USAGE: fields that say nothing together. The texts are those of the input. */
MUST_CHECK int disk_wish_read(struct disk_wish *w, const struct operation *op,
                              const struct input *in, struct err *e);
