/* timeline_show.h: events on a screen and as JSON. */
#pragma once
#include "practice/timeline.h"
#include "render/screen.h"

enum { EVENT_CALL_SIZE = 40 };
/* "e3.500": the event of that number, from 0, of an item's timeline. */
void event_call(char out[EVENT_CALL_SIZE], const struct thing *item, uint64_t event);
struct utc event_utc(int64_t ns);

/* What it says in a line: who spoke, and what; of what has no text, what it is about. */
void event_words(struct buf *out, const struct search_event *event);
/* The same for a row that has the time in front: of a request who, what and the answer, of another
 * text what stands behind its own time. */
void event_row_words(struct buf *out, const struct search_event *event);

/* Events one after another, with a heading for each day. */
struct event_show {
    struct screen *screen;
    const struct thing *const *items; /* by search_event.file */
    const struct search_item *told;   /* by search_event.file: what is marked; NULL: nothing */
    bool with_fields;
    uint64_t shown;
    int64_t day;
    char offset[8];  /* of this machine's zone then */
    bool has_local;  /* this machine's zone is another than UTC, and is shown, too */
    uint16_t doubts; /* of what was shown */
};
void event_show(struct event_show *k, const struct search_event *event);
/* What the marks of doubt stand for. */
void event_explain(const struct event_show *k);
/* The fields that a query names and no event has: in the answer, and where that is JSON beside it.
 */
void no_fields_say(struct answer *a, const struct search_result *r);
/* The member no_fields of an object: nothing where there are none. */
void no_fields_json(struct json *j, const struct search_result *r);
/* When the first and the last of them were, where one has a time. */
void span_json(struct json *j, const struct search_value *span);
void event_json(struct json *j, const struct thing *const *items, const struct search_event *event);
