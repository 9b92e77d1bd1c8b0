/* json_own.h: members of JSON that mean something whatever program wrote them. */
#pragma once
#include "timeline/format.h"
#include "timeline/json_event.h"

/* As it is, under its own name ("json.status"): what it says is not certain. */
void json_put_as_own(struct reader *r, struct event *e, const struct json_value *v);
/* A level by its name; a number stays under its own name. */
void json_put_level(struct reader *r, struct event *e, const struct json_value *v);
/* An address of the source or the destination, with its port where that stands behind it; false: it
 * is none. */
bool json_put_address(struct event *e, bool is_source, struct str text);
/* An address of the source or the destination, with its port where that stands behind it. */
void json_put_end(struct reader *r, struct event *e, bool is_source, const struct json_value *v);
/* A member of a line of mongod or mongos; false: it is as those of others. */
bool json_take_mongod(struct reader *r, struct event *e, const struct json_value *v);
