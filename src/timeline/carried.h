/* carried.h: the line of one program within that of another, which carries it: what a container
 * wrote, in the log of its runtime (doc/format/timeline.md section 1, "What containers write"). */
#pragma once
#include "timeline/format.h"

/* What of the line agrees with what the carrier says of it. */
struct carried_signs {
    bool is_host; /* it names the carrier's host */
    bool is_time; /* it states the carrier's time, as far as year and zone are known */
};

/* Reads a text without line end as a line of the first format that knows it, whose fields are put
 * in front of those that e has. e keeps its time, and the text becomes its message. False: none
 * does, and e is as it was. *signs, which may be NULL, is set only where one does. */
bool carried_understand(struct reader *r, struct event *e, struct str text,
                        struct carried_signs *signs);
/* The same of an event whose line a runtime wrote, once it is whole: format.whole. */
void carried_end_event(struct reader *r, struct event *e);
/* What a reader keeps for that; NULL is fine. */
void carried_free(struct carried *c);

/* Of format_json: the state with which lines need state no time. */
void json_begin_carried(void *state);
