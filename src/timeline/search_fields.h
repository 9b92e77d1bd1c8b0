/* search_fields.h: which fields that a query names no event has. */
#pragma once
#include "sys/worker.h"
#include "timeline/query.h"
#include "timeline/segment_read.h"

/* Sends SEARCH_NO_FIELD for each, from what the directories say of blocks. */
MUST_CHECK int search_tell_fields(struct worker_channel *channel, const struct query *q,
                                  struct segment_file *const *files, size_t count, struct err *e);
