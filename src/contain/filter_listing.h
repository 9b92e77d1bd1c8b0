/* filter_listing.h: a table of ours in the packet filter as the kernel holds it: every chain with
 * its hook, priority, policy and rules, and every set. Two looks at the same give the same bytes,
 * whatever was counted between. */
#pragma once
#include "base/err.h"
#include "base/str.h"

/* Adds its lines, sorted (doc/format/containment.md section 4); none where there is no such table.
 * ERR_DENIED, ERR_IO. */
MUST_CHECK int filter_listing_read(const char *table, struct buf *out, struct err *e);
/* Is what a plan needs of the table as it was? mark: what the names of its own chains and sets end
 * with; those of other plans are theirs. What hung on an interface that is gone is gone with it.
 * ERR_GATE, with the first that differs named. */
MUST_CHECK int filter_listing_compare(struct str was, struct str now, struct str mark,
                                      struct err *e);
