/* json_event.h: what the formats of JSON lines share: an object's members as an event's fields. */
#pragma once
#include "timeline/format.h"
#include "timeline/json_flat.h"
#include "timeline/json_when.h"
#include "timeline/members.h"

/* Sees each value before it becomes a field (number). True: it is done with. The name is valid
 * during the call. */
typedef bool json_own(void *context, struct reader *r, struct event *e, uint16_t number,
                      const struct json_value *v);

struct json_event {
    struct members *members;
    const struct member_table *table;
    bool bytes_as_text; /* as json_flat has it */
    json_own *own;      /* NULL: the format has nothing of its own to do */
    void *context;      /* for own, and for inner */
    /* The name that a member has without what it lies in. NULL: each is as it is. */
    struct str (*inner)(void *context, struct str name);
    struct str time;   /* out: the value of the first member that is the time */
    bool time_is_text; /* out: not a number */
    struct str date;   /* out: the value of the first member "date", which is a field, too */
    bool has_all;      /* out: all that the object says became fields */
};
/* The line is one object, whose members are put into e. False: it is none. */
bool json_event(struct json_event *j, struct reader *r, struct str line, struct event *e);
/* The line is the message, unless a member was it and nothing is left out. */
void json_message(const struct json_event *j, struct str line, struct event *e);
