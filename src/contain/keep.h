/* keep.h: a copy of what has no room in the state before: made while nobody waits for the ledger,
 * and moved into the change's folder when that is prepared. */
#pragma once
#include "contain/ledger.h"

struct keep {
    int fd; /* the copy, locked, so that nobody clears it away; -1: there is none */
    char from[512];
    char to[512];
};

/* Has the plan's action copy what it will take away, and adds the state to before. The caller must
 * not hold the ledger. */
MUST_CHECK int keep_make(struct keep *k, const char *folder, const struct plan *p,
                         struct buf *before, struct err *e);
/* Under the ledger's lock, before the change gets its state. */
MUST_CHECK int keep_place(struct keep *k, struct ledger *l, const struct plan *p, struct err *e);
void keep_release(struct keep *k); /* removes a copy that was not placed */
#define CLEANUP_KEEP CLEANUP(keep_release)
