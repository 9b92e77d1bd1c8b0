/* date_order.h: whether day or month stands first in dates of numbers with slashes, by what the
 * lines of a source show together (doc/format/timeline.md section 2). */
#pragma once
#include "timeline/when.h"

enum date_order {
    ORDER_UNKNOWN,
    ORDER_DAY_FIRST,
    ORDER_MONTH_FIRST,
    ORDER_BOTH, /* lines show one and the other: each its own alone, where it shows one */
};

struct date_order_vote {
    unsigned lines, shown[2]; /* by a number over 12: day first, month first */
    unsigned near[2];         /* steps to another date that are short by one order alone */
    uint32_t hours;           /* of lines that show none: bits */
    int64_t last[2];          /* of these the one before, by either order */
    bool has_last;
    int64_t written_s; /* when the source was; 0: it is not known */
};
/* The time of a line by either order; of one that it cannot have no date. */
void date_order_add(struct date_order_vote *v, const struct stated *day_first,
                    const struct stated *month_first);
/* The same of a line that begins with such a date, also in a bracket; of another one nothing. */
void date_order_see(struct date_order_vote *v, struct str line);
/* Takes off what stands in front of a date of numbers: a bracket, "[Nest] 7  - " of NestJS, "L " of
 * game servers. */
void date_order_front(struct str *line);
/* is_own: no text that somebody wrote stands where the dates were found. */
enum date_order date_order_end(const struct date_order_vote *v, bool is_own);
