/* stop_where.h: how stopping the incident stands, and what of it runs against a deadline. */
#pragma once
#include "practice/practice.h"

/* A line for each emergency that is in effect: which system is cut off, and how that ends; and for
 * each that is kept in a file, since it could not be put on record. */
void stop_show_emergency(const struct view *v, struct answer *a);
void stop_where(const struct view *v, struct practice_status *out);
/* Lines "a3 isolate web1 goes back in 3 min unless confirmed: calm stop confirm a3", the first to
 * go back first; returns how many. */
size_t stop_deadline_lines(const struct view *v, struct buf *out);
