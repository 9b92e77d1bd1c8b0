/* timeline_around.h: what was just before an event of the timelines, and just after. */
#pragma once
#include "timeline/search.h"

struct around {
    struct search_order order; /* all timelines that are looked through */
    uint32_t file;             /* the event: of the order's files, its number from 0, its time */
    uint64_t event;
    int64_t ns;
    int64_t within_ns; /* before it, and after it */
    uint64_t most;     /* events before it, and after it: the nearest */
    bool has_more_before, has_more_after;
};
/* The event is among those that are received, in the order of time. Says whether there are more
 * within that time. Errors as timeline_search. */
MUST_CHECK int timeline_around(struct around *w, const struct search_receiver *to, struct err *e);
