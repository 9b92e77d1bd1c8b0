/* image_reading.h: one worker's part in reading a disk image, as the program's side keeps it. For
 * image_read.c and image_hash.c. */
#pragma once
#include "evidence/image_wire.h"

struct image_reading {
    const struct image_receiver *to;
    struct image_task task;
    struct image_facts facts;
    bool has_facts;
    uint64_t off; /* where on the disk the next bytes belong */
    uint64_t problem_count;
    struct buf *pieces; /* where they go */
};

struct image_reading image_reading_of(const struct image_input *input,
                                      const struct image_receiver *to, enum image_task_kind kind,
                                      uint64_t from, uint64_t behind);
/* For a worker that does the reading's task; what it sends goes to receive. input and r are
 * borrowed. */
struct worker_order image_order_of(const struct image_input *input, const struct image_reading *r,
                                   worker_receive *receive, void *context);
/* What a message of such a worker means: checked, and passed to r->to. */
MUST_CHECK int image_take(struct image_reading *r, uint32_t kind, struct str body, struct err *e);
/* What a worker is told to have done that sent what cannot be. */
int image_unsound(struct err *e);
