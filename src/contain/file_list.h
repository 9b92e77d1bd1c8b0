/* file_list.h: files that an action takes away, whole: what quarantine, keys and job share. Their
 * states stand in `before` one behind another. */
#pragma once
#include "contain/plan.h"

/* "file PATH gone", and what should be known first. Nothing where nothing lies there. */
MUST_CHECK int file_list_preview(struct str path, struct buf *out, struct err *e);
/* Adds its state; nothing where nothing lies there. */
MUST_CHECK int file_list_save(struct str path, struct buf *before, struct err *e);
MUST_CHECK int file_list_apply(const struct plan *p, struct str before, struct err *e);
/* ERR_GATE: one of them is there. */
MUST_CHECK int file_list_check(const struct plan *p, struct str before, struct buf *saw,
                               struct err *e);
/* Goes on after one that cannot be put back, and returns the first error. */
MUST_CHECK int file_list_undo(const struct plan *p, struct str before, struct err *e);
