/* others.h: the further formats of a source of lines, of those that the ones before decline
 * (doc/format/timeline.md section 2, "Several in one"). */
#pragma once
#include "timeline/score.h"

/* Behind out->format. */
void others_take(struct recognised *out, struct look *l);
/* What makes an event of any line that states a time is not before a format that knows some of them
 * for sure, but its other: the log of a relay, or two in one file. */
void others_put_surest_first(struct recognised *out, struct look *l, const struct score *surest);
/* Where no format knows most lines: several logs in one file, which have all lines between them. */
void others_find(struct recognised *out, struct look *l);
