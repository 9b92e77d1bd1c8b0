/* json_people.h: who acted, in JSON that no other format knows, and what only looks like HTTP. */
#pragma once
#include "timeline/json_event.h"

struct json_people {
    bool has_actor, has_user; /* the line has a member of that name */
};
/* Takes a member that would become user.name; false: it does. Where a line has an "actor", "user"
 * is whom it was done to (GitHub's audit log). */
bool json_people_take(struct json_people *p, struct reader *r, struct event *e,
                      const struct json_value *v);
/* Likewise http.response.status_code: many programs call a state of their own so. */
bool json_status_take(struct reader *r, struct event *e, const struct json_value *v);
