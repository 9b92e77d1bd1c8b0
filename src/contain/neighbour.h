/* neighbour.h: whom a plan's responders are reached through. */
#pragma once
#include "contain/filter_table.h"

/* Fills the neighbours of out: an address that is on a link, or each gateway that packets to it may
 * go over, with its hardware address where the kernel knows it. Of one that there is no way to (the
 * network may not be up yet) it is everybody of that family. ERR_IO. */
MUST_CHECK int neighbours_find(const struct plan *p, struct filter_plan *out, struct err *e);
