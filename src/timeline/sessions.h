/* sessions.h: addresses that a program logs once, where a connection begins, and that its later
 * lines on that connection do not repeat (doc/format/timeline.md section 1). */
#pragma once
#include "timeline/event.h"

/* So many bytes before a line at most lies the one that has its address, so that a part of a source
 * finds what the whole does. */
enum { SESSIONS_WINDOW = 64 << 10 };

struct sessions;
struct sessions *sessions_new(struct field_names *names);
void sessions_free(struct sessions *s); /* NULL is fine */
/* Learns from the event of a line that begins at e->at, or gives it the address that it lacks.
 * Lines come in order. */
void sessions_see(struct sessions *s, struct event *e);
