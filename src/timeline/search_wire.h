/* search_wire.h: the messages between the program and the workers that search. */
#pragma once
#include "sys/worker.h"
#include "timeline/block_read.h"

enum search_kind {
    SEARCH_ROWS,   /* events, in the order of time */
    SEARCH_COUNT,  /* how many, and when: slots of a histogram */
    SEARCH_VALUES, /* the values of a field, and how often each is there */
};

enum {
    SEARCH_SLOTS_MOST = 4096,
    SEARCH_VALUES_MOST = 1 << 20,
    SEARCH_VALUES_SIZE = 512 << 20, /* bytes of them */
    SEARCH_FIELDS_MOST = 8,         /* whose values are counted at once */
    SEARCH_FILES_MOST = 1024,
    SEARCH_ROW_MOST = 48 << 20, /* bytes of a row; an event may have 36 MiB of values */
};

#define SEARCH_ALL UINT64_MAX
struct search_task {
    uint32_t kind;
    uint32_t share, shares; /* which blocks are this worker's */
    uint32_t slot_count;
    int64_t from_ns, to_ns; /* both within */
    int64_t first_slot_ns;  /* of the histogram: where its first slot begins */
    int64_t slot_ns;        /* 0: as fine as slot_count of them hold all blocks, search_slots.h */
    uint64_t most;          /* rows; 0: all */
    uint64_t only;          /* this event of the file alone; SEARCH_ALL: any */
    uint32_t is_backward;   /* the latest first */
    uint32_t field_size;
    uint32_t time_count; /* times that the query names */
    uint32_t has_items;  /* what records say of the files is there */
    uint32_t query_size, unused;
    /* Then the SHA-256 of each file's directory, what records say of the files (search_about.h),
     * the first and last nanosecond of each time, the fields' names, the query, and
     * another one beside it, or nothing. */
};

enum search_message {
    SEARCH_ROW = 1, /* struct search_row, source, state, then of each field: name size u16, value
                       size u32, name, value; or the last piece of that */
    SEARCH_PIECE,   /* of a row: more of it follows in the next message */
    SEARCH_SUM,   /* struct search_value, another one of the query beside, i64 where the first slot
                     begins, i64 their width,   then u64 for each slot; last */
    SEARCH_VALUE, /* struct search_value, the field's number u64, the value */
    SEARCH_NO_FIELD, /* a field of the query that no event has, NUL, one that is alike; the first */
};

struct search_row {
    int64_t ns;
    uint64_t event; /* of the item, from 0 */
    uint64_t at, line;
    uint32_t file; /* of the inputs */
    uint32_t source_size, state_size, fields_size;
};
/* Of the events that it is true of, whether they were sent or not; or of those with a value. */
struct search_value {
    uint64_t count;
    uint64_t timeless;         /* of them: their source states no time, and none was before it */
    int64_t first_ns, last_ns; /* of the others; 0 where there are none */
};
/* Adds what another one says. */
void search_value_add(struct search_value *to, const struct search_value *more);

/* ERR_LIMIT: the values take more than SEARCH_VALUES_SIZE. */
int search_too_large(struct err *e);

/* Runs in the worker: the inputs are the files of timelines. */
worker_job timeline_search_job;
