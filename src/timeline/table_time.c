/* table_time.c: reads times of tables, of one cell or of two. */
#include "timeline/table_time.h"
#include <stdio.h>
#include "timeline/json_when.h"

/* "Nov 20, 2026 @ 10:00:01.123": Kibana's dateFormat, as it is shipped. */
static struct str without_at(char *room, size_t size, struct str text)
{
    const char *at = memmem(text.p, text.len, " @ ", 3);
    int len;

    if (!at || text.len >= size)
        return text;
    len = snprintf(room, size, "%.*s" STR_FMT, (int)(at - text.p), text.p,
                   STR_ARG(str_from(text, (size_t)(at - text.p) + 2)));
    return (struct str){room, (size_t)len};
}

bool table_time(struct str text, enum date_order order, struct stated *s)
{
    char room[TABLE_TIME_MOST];

    text = without_at(room, sizeof(room), str_trim(text));
    return json_time(text, s, NULL) || local_time(text, order, s);
}

bool table_is_full_time(struct str text)
{
    struct stated s;

    return text.len > 10 && memchr(text.p, ':', text.len) && table_time(text, ORDER_UNKNOWN, &s) &&
           s.year > 0 && stated_is_date(&s) && s.precision != TIME_DAY;
}

bool table_join(struct str date, struct str clock, char room[TABLE_TIME_MOST], struct str *out)
{
    int len = snprintf(room, TABLE_TIME_MOST, STR_FMT " " STR_FMT, STR_ARG(date), STR_ARG(clock));

    *out = (struct str){room, len > 0 && len < TABLE_TIME_MOST ? (size_t)len : 0};
    return date.len && clock.len && out->len;
}

bool table_is_full_pair(struct str date, struct str clock)
{
    char room[TABLE_TIME_MOST];
    struct str joined;

    return !memchr(date.p, ':', date.len) && table_join(date, clock, room, &joined) &&
           table_is_full_time(joined);
}
