/* file_change.h: puts one state of a file in the place of another, whole or not at all. */
#pragma once
#include "contain/file_state.h"

/* Makes what lies at to->path, which is from or already to, what to says. Killed anywhere, doing it
 * again, or the way back, is right. Of a state that was read from a host its times go back too, and
 * those of its folder where nothing else in it changed. id names hidden files beside it.
 * ERR_CONFLICT: it is neither, so that somebody else changed it; it is not touched. */
MUST_CHECK int file_change(const struct file_state *from, const struct file_state *to,
                           const struct id *id, struct err *e);

/* A change of a few lines in a file that others change too. */
struct file_edit {
    const struct file_state *before; /* its digest is enough */
    struct hash after;               /* of its bytes with the change */
    /* The change, or its undoing, in bytes that others may have changed: adds all of them to out.
     * Where it is not (or no longer) to be made, they are the same. ERR_CONFLICT: others have
     * changed those very lines. */
    int (*turn)(const void *context, bool is_undo, struct str now, struct buf *out, struct err *e);
    const void *context;
};

MUST_CHECK int file_edit_apply(const struct file_edit *edit, const struct id *id, struct err *e);
/* Where nobody else has changed it, all is what it was; else only those lines go back. */
MUST_CHECK int file_edit_undo(const struct file_edit *edit, const struct id *id, struct err *e);
/* ERR_GATE: the change is not in the file as it is now. */
MUST_CHECK int file_edit_check(const struct file_edit *edit, struct err *e);
