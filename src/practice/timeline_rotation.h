/* timeline_rotation.h: logs that were rotated, as items of evidence: auth.log, auth.log.1,
 * auth.log.2.gz are one log (doc/format/timeline.md section 2). */
#pragma once
#include "practice/practice.h"

/* For qsort of items: by how old their names say that they are, then by their numbers. */
int rotation_newest_first(const void *a, const void *b);
/* When the lines of an item ended at the latest, by the first line of the next newer log that has a
 * timeline; INT64_MAX: nothing is known. */
MUST_CHECK int rotation_end(const struct view *v, const struct thing *item, const char *case_folder,
                            int64_t *out_s, struct err *e);
