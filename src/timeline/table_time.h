/* table_time.h: times as tables have them, whichever way they are spelled. */
#pragma once
#include "timeline/local_when.h"

enum { TABLE_TIME_MOST = 64 };

/* As json_time and local_time have it, and Kibana's "Nov 20, 2026 @ 10:00:01.123". */
bool table_time(struct str text, enum date_order order, struct stated *s);
/* A day with its clock in full, and no number. */
bool table_is_full_time(struct str text);
/* "2026-11-25" and "03:12:09" of columns that are called so (QNAP's QuLog), in room. False: one is
 * empty, or both are too long. */
bool table_join(struct str date, struct str clock, char room[TABLE_TIME_MOST], struct str *out);
bool table_is_full_pair(struct str date, struct str clock);
