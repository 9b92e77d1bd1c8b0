/* custody_break.h: where an item's chain does not hold together: who gives it is not who had it, or
 * its seal is another one and no row says that it was opened or sealed. */
#pragma once
#include "practice/custody_chain.h"

/* What an act says, in the order in which acts are said to have been. */
struct custody_act {
    struct utc said;
    uint64_t seq; /* of its record; UINT64_MAX: it is not recorded yet */
    struct str act, from, to, seal;
};
struct custody_break {
    uint64_t seq;      /* of the act */
    struct str holder; /* who had it before, where another gives it; empty: nobody else does */
    struct str from;   /* who gives it */
    struct str seal;   /* another one than before, or than none */
    struct str before; /* empty: it was opened */
};
struct custody_breaks {
    struct custody_break *list;
    size_t count;
    size_t room;
};
void custody_breaks_release(struct custody_breaks *b);

/* Of the acts on record, and one more that may be there (or NULL). Strings are of the view, of
 * taken and of more. */
void custody_breaks_find(struct custody_breaks *out, const struct view *v, const struct thing *item,
                         const struct custody_taken *taken, const struct custody_act *more);
/* Of those acts, which are put in order. Strings are theirs. */
void custody_breaks_follow(struct custody_breaks *out, struct custody_act *acts, size_t count);
/* As a form tells of one, which is in that row. */
void custody_break_say(struct buf *out, const struct custody_break *b, uint64_t row);
/* What stands before them, and what behind their table, or behind them. */
#define CUSTODY_BREAKS                                                                             \
    "Where the chain does not hold together, in the order of the times that were said:"
#define CUSTODY_CLOCKS "The clock of the machine when each was recorded, as the record says: "
