/* search_count.h: inside a worker: how many events were found, when, and with which values. */
#pragma once
#include "timeline/query.h"
#include "timeline/search_wire.h"

/* Values of one field, by their hash. */
struct counted_values {
    struct counted *slots; /* NULL: none yet */
    uint32_t *used;        /* which of them, in the order in which they came */
    size_t count, room;
};
struct search_counts {
    struct search_value sum, beside;
    int64_t first_slot_ns, slot_ns; /* as the task has them, or as they were chosen */
    uint64_t slots[SEARCH_SLOTS_MOST];
    struct counted_values values[SEARCH_FIELDS_MOST];
    size_t value_size; /* bytes of all of them */
};
void search_counts_release(struct search_counts *c);

/* Rows of a block that were found. */
struct search_counting {
    const struct search_task *task;
    struct str fields;       /* of SEARCH_VALUES */
    struct str source, item; /* their names */
    struct block *block;
    const struct rows *rows;
    const struct rows *beside; /* rows of the query beside; NULL: there is none */
    const int64_t *times;      /* of all rows, corrected */
    struct rows timeless;      /* filled by search_count, */
    struct str field;          /* and of each field of them */
    size_t number;
};
/* ERR_LIMIT: too many different values; ERR_FORMAT. */
MUST_CHECK int search_count(struct search_counts *c, struct search_counting *of, struct err *e);
/* Sends the values and the sum. */
MUST_CHECK int search_counts_send(const struct search_counts *c, const struct search_task *task,
                                  struct worker_channel *channel, struct err *e);
