/* timeline_sources.h: the sources of an item: what they are, what their lines came to, and what is
 * known against them. */
#pragma once
#include "base/hash.h"
#include "case/operation.h"

extern const struct operation analyse_sources; /* lists them */

enum { KNOWN_KEPT = 20, KNOWN_LINE_SIZE = 400 };
/* What was cut, damaged or not read of an item. */
struct timeline_known {
    uint64_t notices;
    struct buf remarks; /* the first KNOWN_KEPT, lines: source, a colon, what is known against it */
};
/* When its first and its last event were, of those that have a time. */
struct timeline_span {
    bool has_times;
    int64_t first_ns, last_ns;
};
/* Asks the file of a timeline; *out is empty before. */
MUST_CHECK int timeline_span_read(const char *path, const struct hash *directory,
                                  struct timeline_span *out, struct err *e);
/* Asks the file of a timeline; *out is empty before, and the caller's to release. */
MUST_CHECK int timeline_known_read(const char *path, const struct hash *directory,
                                   struct timeline_known *out, struct err *e);
