/* confined.h: the same as collect.h does with a document, but in a worker (sys/worker.h): for
 * documents that come from elsewhere. What the worker answers is checked like any foreign bytes. */
#pragma once
#include "collect/collect.h"

/* Errors as of the plain functions, and those of worker_run: ERR_TAMPER, ERR_DENIED, ERR_LIMIT,
 * ERR_IO. The callbacks run in this process. */
MUST_CHECK int collect_head_confined(struct str text, struct collect_head *out, struct err *e);
MUST_CHECK int collect_diff_confined(struct str before, struct str after, collect_changed *changed,
                                     void *context, struct err *e);
MUST_CHECK int collect_observe_confined(struct str text, collect_observed *observed, void *context,
                                        struct err *e);
