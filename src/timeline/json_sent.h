/* json_sent.h: objects of JSON that collectors of logs made of what they were sent: GELF, and lines
 * that Loki gives back. */
#pragma once
#include "timeline/format.h"
#include "timeline/json_event.h"

/* Of an object; zero at its beginning. */
struct json_sent {
    bool has_version, has_host, has_text; /* of GELF 1.0 or 1.1 */
    bool has_line, has_labels, has_other; /* of Loki's */
};
void json_sent_see(struct json_sent *s, uint16_t number, const struct json_value *v);
/* The name that a member has without the mark of GELF's additional fields ("_user"), once its
 * version was seen. */
struct str json_sent_name(const struct json_sent *s, struct str name);
/* e has all members as fields: gives them the names and the meaning that they have there. True: the
 * text is a line that another program wrote, whole. */
bool json_sent_put(const struct json_sent *s, struct reader *r, struct event *e);
