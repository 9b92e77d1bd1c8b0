/* local_when.h: dates and clock times as systems spell them for people, in the order of their
 * locale. */
#pragma once
#include "timeline/when.h"

enum date_order {
    ORDER_UNKNOWN,
    ORDER_DAY_FIRST,
    ORDER_MONTH_FIRST,
    ORDER_BOTH, /* what was seen contradicts itself */
};

/* All of the text is numbers of a date and a clock time: "11/20/2026 9:00:01 AM", "20.11.2026
 * 09:00:01", "2026/11/20 9:00". A year of four digits stands first or last. With dots or dashes the
 * day is before the month (CLDR), with slashes where the order says so, or the numbers themselves;
 * else it is no date (stated_is_date). It states no zone. */
bool local_time(struct str text, enum date_order order, struct stated *out);
/* What such a text shows, beside what others did. */
enum date_order local_order(struct str text, enum date_order before);
