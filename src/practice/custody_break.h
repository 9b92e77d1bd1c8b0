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
