/* suggest.h: what somebody may have meant by a mistyped word. */
#pragma once
#include "base/str.h"

/* The number of letters to change, add, drop or swap (optimal string alignment). */
size_t suggest_distance(struct str a, struct str b);
/* Keeps the nearest candidate: start with best NULL; a candidate further than a third of its
 * letters is none. */
struct suggestion {
    struct str word;
    const char *best;
    size_t distance;
};
void suggest_try(struct suggestion *s, const char *candidate);
