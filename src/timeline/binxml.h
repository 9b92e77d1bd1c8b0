/* binxml.h: binary XML of Windows event logs (MS-EVEN6 §2.2.12), read straight into the fields of
 * an event. What a template says is found out once for each chunk; a record then only brings its
 * values. */
#pragma once
#include "timeline/event.h"

struct binxml;
struct binxml *binxml_new(struct field_names *names);
void binxml_free(struct binxml *x); /* NULL is fine */
DEFINE_CLEANUP(struct binxml *, binxml_free)
/* The chunk of 64 KiB in which all that follows lies; it is borrowed. */
void binxml_chunk(struct binxml *x, struct str chunk);
/* Fills e from the bytes from and before to of the chunk. False: they are damaged, and e has what
 * came before that. */
bool binxml_record(struct binxml *x, size_t from, size_t to, struct event *e);
