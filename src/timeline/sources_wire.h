/* sources_wire.h: the messages of the worker that reads the directory of a timeline. */
#pragma once
#include "sys/worker.h"
#include "timeline/format.h"
#include "timeline/source_head.h"

enum sources_message {
    SOURCES_ROW = 1, /* struct sources_row, name, format, remark */
};
struct sources_row {
    uint64_t size, notices;
    struct reader_counts counts;
    int64_t first_ns, last_ns;
    uint32_t name_size, format_size, remark_size;
    uint32_t has_events, has_times;
    uint32_t unused;
    struct hash digest;
    struct source_head head;
};

/* Runs in the worker: its input is the file of a timeline, its argument the SHA-256 of the
 * directory. */
worker_job timeline_sources_job;
