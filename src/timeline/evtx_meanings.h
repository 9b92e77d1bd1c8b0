/* evtx_meanings.h: what well-known events of Windows mean: what was done, by whom, from where. */
#pragma once
#include "timeline/event.h"

struct evtx_meanings;
struct evtx_meanings *evtx_meanings_new(struct field_names *names);
void evtx_meanings_free(struct evtx_meanings *m); /* NULL is fine */
struct reader;
/* Adds to an event that has its provider, code and data; an outcome that it has counts. */
void evtx_understand(const struct evtx_meanings *m, struct reader *r, struct event *e);
