/* json_known.h: objects of JSON whose members show together whose they are: Microsoft 365's audit,
 * documents of the Elastic Common Schema, access logs of web servers. */
#pragma once
#include "timeline/evtx_meanings.h"
#include "timeline/format.h"
#include "timeline/json_event.h"

/* Of a source; zero is a fine beginning. */
struct json_known_state {
    uint16_t ecs_names[FIELD_NAMES_MAX]; /* by number: what it becomes; 0: not known yet */
    struct evtx_meanings *meanings;      /* made at the first use */
};
void json_known_release(struct json_known_state *s);

/* Of an object; zero at its beginning. */
struct json_known {
    unsigned audit_seen;        /* members of Microsoft 365's audit, a bit each */
    unsigned ecs_seen, is_sure; /* those of documents of ECS, and of their beginning */
    bool has_timestamp;
    struct str request, method, target; /* of an access log */
};
void json_known_see(struct json_known *k, const struct json_value *v);
/* Whether it is a record of Microsoft 365's audit, whose CreationTime is UTC. */
bool json_is_audit(const struct json_known *k);
/* Of such a record: how it went; NULL: it does not say. */
const char *json_audit_outcome(struct str operation, struct str status);
/* e has all members as fields: gives them the names that they have then, and says what was done. */
void json_known_put(const struct json_known *k, struct json_known_state *s, struct reader *r,
                    struct event *e);
