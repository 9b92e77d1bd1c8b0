/* package_forms.h: holds the sender's forms of custody against the record, inside the worker that
 * package_hold.h starts. */
#pragma once
#include "practice/custody_facts.h"
#include "practice/package_items_read.h"

enum {
    FORM_SIZE_MAX = 8 << 20,    /* of one that is compared */
    FORMS_SIZE_MAX = 256 << 20, /* of all of them */
    FORM_HEAD_MAX = 96
};

/* A form is not as they are written, so nobody can tell what it shows; or a row of it says
 * otherwise than its record, or is of none, or it lacks rows of its item. record: of the row or the
 * item; NULL where there is none. A non-zero return ends it and is returned. */
enum form_wrong { FORM_IS_OTHER, FORM_SAYS_OTHER };
typedef int form_differs(void *context, enum form_wrong wrong, struct str name,
                         const struct hold_record *record, struct err *e);

/* How many forms were compared, and on how many of them something stands that was compared with
 * nothing, since nothing that is told says it. */
struct forms_compared {
    uint64_t forms;
    uint64_t free[CUSTODY_FACT_COUNT]; /* by what of custody_facts */
    uint64_t free_signers;             /* who somebody is whose key signed a row */
    uint64_t free_checks;              /* the commands that check the item's bytes */
};

/* fd: for each form a line "NAME SIZE", and its bytes. Compared are the heads and all cells of all
 * rows, the facts above them, and behind them breaks, signers, the record's case, size and root,
 * and the commands, as far as the openings tell what the records say. ERR_FORMAT: fd is otherwise;
 * ERR_IO. */
MUST_CHECK int forms_compare(struct hold_items *h, int fd, form_differs *tell, void *context,
                             struct forms_compared *out, struct err *e);
