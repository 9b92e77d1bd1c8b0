/* sources.h: what the file of a timeline says of the sources of its item
 * (doc/format/timeline.md section 3.2), read in a worker. */
#pragma once
#include "base/hash.h"
#include "timeline/format.h"
#include "timeline/source_head.h"

/* All text is hostile. */
struct source_told {
    struct str name;
    struct str format; /* "-": not recognised */
    struct str remark; /* what is known against it */
    uint64_t size;
    struct reader_counts counts; /* empty lines and comments are counted as empty */
    uint64_t notices;            /* events that no line is */
    bool has_events;
    bool has_times;            /* one of them at least */
    int64_t first_ns, last_ns; /* of those with a time */
    struct hash digest;        /* of its events */
    struct source_head head;
};
typedef int source_take(void *context, const struct source_told *source, struct err *e);

/* Each source in its order; what take returns ends it. directory: SHA-256 of the file's directory.
 * ERR_TAMPER, ERR_FORMAT, ERR_LIMIT as worker_run. */
MUST_CHECK int timeline_sources(int file, const struct hash *directory, source_take *take,
                                void *context, struct err *e);
