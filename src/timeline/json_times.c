/* json_times.c: which of several times of a line of JSON is the event's, and what the others are:
 * members of an object have no order (RFC 8259 section 4). */
#include "timeline/json_times.h"
#include <stdio.h>
#include "timeline/json_when.h"

void json_times_see(struct json_times *t, struct str name, struct str value)
{
    if (t->count == JSON_TIMES_MOST || name.len > JSON_TIME_NAME_SIZE || value.len == 0)
        return;
    memcpy(t->of[t->count].name, name.p, name.len);
    t->of[t->count].name_len = name.len;
    t->of[t->count++].value = value;
}

/* To the second; one without a zone is the same as none with one. */
static bool is_same(const struct stated *a, const struct stated *b)
{
    return a->has_zone == b->has_zone && !a->zone && !b->zone && stated_is_date(a) &&
           stated_is_date(b) && stated_seconds(a) - a->zone_s == stated_seconds(b) - b->zone_s;
}

static struct str name_at(const struct json_times *t, size_t i)
{
    return (struct str){t->of[i].name, t->of[i].name_len};
}

/* "json.timestamp" */
static uint16_t field_of(struct reader *r, struct str name)
{
    char whole[JSON_TIME_NAME_SIZE + 8];
    int len = snprintf(whole, sizeof(whole), "json." STR_FMT, STR_ARG(name));

    return field_number(r->names, (struct str){whole, (size_t)len});
}

void json_times_tell(const struct json_times *t, struct reader *r, struct event *e,
                     const struct stated *time, struct str told)
{
    size_t others = 0, own = t->count;

    for (size_t i = 0; i < t->count && t->count > 1; i++) {
        struct str value = t->of[i].value, name = name_at(t, i);
        struct stated s;

        if (str_eq(value, told)) {
            own = i < own ? i : own;
            continue;
        }
        if (json_time(value, &s, NULL) && is_same(&s, time))
            continue;
        others++;
        event_put(e, field_of(r, name), value);
    }
    if (others && own < t->count)
        event_put(e, field_number(r->names, STR("event.time_member")),
                  event_keep(e, name_at(t, own)));
}
