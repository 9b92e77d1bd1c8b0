/* snapshot_coverage.h: what a snapshot document says of what it could not see, read in a worker. */
#pragma once
#include "base/err.h"
#include "base/str.h"

/* Adds one line "SECTION: part" or "SECTION: none" for each section that was not seen whole, and
 * the number of all sections to *sections. fd: a descriptor of the document (its offset moves).
 * Errors as of worker_run. */
MUST_CHECK int snapshot_coverage(int fd, struct buf *out, uint64_t *sections, struct err *e);
