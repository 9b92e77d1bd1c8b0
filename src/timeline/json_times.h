/* json_times.h: members with usual names for a time, of which a line has several. */
#pragma once
#include "timeline/format.h"

enum { JSON_TIMES_MOST = 8, JSON_TIME_NAME_SIZE = 24 };
/* Of a line. Zero-initialise. */
struct json_times {
    struct {
        char name[JSON_TIME_NAME_SIZE];
        size_t name_len;
        struct str value;
    } of[JSON_TIMES_MOST];
    size_t count;
};
void json_times_see(struct json_times *t, struct str name, struct str value);
/* The event is at that time, which was told so: others that are not the same, to the second, become
 * fields of their own, and event.time_member names the one that is. */
void json_times_tell(const struct json_times *t, struct reader *r, struct event *e,
                     const struct stated *time, struct str told);
