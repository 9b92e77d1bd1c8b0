/* log.h: what a record says in words, for the log, the screens and the report. */
#pragma once
#include "practice/practice.h"

/* What sort of record it is: "problem raised", "sealed by a checkpoint". */
const char *log_words(const struct view *v, const struct record *r);
/* What it says: its text, or the title of the thing that it made or changed. ERR_IO. */
MUST_CHECK int log_text(const struct view *v, uint64_t seq, struct buf *out, struct err *e);
