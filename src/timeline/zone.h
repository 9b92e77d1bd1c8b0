/* zone.h: the rules of a time zone, as its file (TZif, RFC 8536) has them. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct zone;
/* bytes are those of the file, which may be hostile. One that counts leap seconds is refused.
 * ERR_FORMAT. */
MUST_CHECK int zone_read(struct zone **out, struct str bytes, struct err *e);
void zone_free(struct zone *z); /* NULL is fine */
DEFINE_CLEANUP(struct zone *, zone_free)
/* Seconds east of UTC at a clock time of this zone, given as seconds since 1970 as if it were UTC.
 * Where that time happened twice, the first; where it did not happen, what held before: DOUBT_TWICE
 * or DOUBT_GAP is added to *doubt. NULL is UTC. */
int64_t zone_offset(const struct zone *z, int64_t clock, uint16_t *doubt);
/* Where clocks were put back, as summer time ends: what they showed happened twice. */
struct zone_fold {
    int64_t at;   /* the moment */
    int64_t from; /* the clock time that they were put back to, seconds as above */
    int64_t size; /* seconds from there on that happened twice */
};
/* Whether a clock time is one of them. */
bool zone_fold_find(const struct zone *z, int64_t clock, struct zone_fold *out);
enum { ZONE_FOLD_NEAR_S = 60 };
/* Hours of a date in which, in any year, such times are or ZONE_FOLD_NEAR_S of them: bit 0 is that
 * from 00:00. */
uint32_t zone_fold_hours(const struct zone *z, int month, int day);
/* The same at a moment. */
int64_t zone_offset_at(const struct zone *z, int64_t moment);
