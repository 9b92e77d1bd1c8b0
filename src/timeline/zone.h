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
int64_t zone_offset(const struct zone *z, int64_t clock, uint8_t *doubt);
/* The same at a moment. */
int64_t zone_offset_at(const struct zone *z, int64_t moment);
