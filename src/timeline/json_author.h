/* json_author.h: whose the text of an object of JSON is: the program's that wrote the object, or
 * another's, whose lines it sends on (doc/format/timeline.md section 1, "What containers write").
 */
#pragma once
#include "timeline/carried.h"
#include "timeline/json_event.h"

/* Of an object; zero at its beginning. */
struct json_author {
    bool is_logger;              /* members that programs' own loggers write */
    bool is_service;             /* it names a service or a part of a program */
    bool sends_on;               /* members that shippers add, and the runtimes of containers */
    bool is_raw;                 /* Splunk's, which keeps lines as they were */
    bool has_version, has_place; /* what is Logstash's only together */
    bool has_more;               /* members of which nothing is known */
};
void json_author_see(struct json_author *a, uint16_t number, const struct json_value *v);

enum json_text {
    TEXT_IS_OWN,    /* what it has of others is quoted */
    TEXT_IS_UNSURE, /* the source as a whole tells */
    TEXT_IS_OTHERS,
};
enum json_text json_author_text(const struct json_author *a, const struct event *e);

/* Of a source: whether nearly all of its objects carry lines that agree with them. */
struct json_sender {
    bool is_known, agrees;
    bool is_looking; /* this state is of a look alone */
    unsigned objects, agreeing;
    unsigned alike; /* have a line as a known program writes it, whether it agrees or not */
};
/* Adds an object with its text. */
void json_sender_add(struct json_sender *s, struct reader *r, struct event *e, bool may_carry);
/* Asks format_json, with this state, of what stands at the beginning of the source. */
void json_sender_look(struct reader *r, void *state);
bool json_sender_says_so(const struct json_sender *s);
/* Whether it does not, though more than half of them, and eight at least, have such lines. */
bool json_sender_is_left(const struct json_sender *s);
/* Of format_json: whether most objects at the beginning of the source, of how many, have such a
 * line that was not read as one, since nothing shows that it was sent on. */
bool json_left_as_text(const struct reader *r, unsigned *alike, unsigned *objects);
