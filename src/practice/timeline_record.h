/* timeline_record.h: what is on record of a timeline. */
#pragma once
#include "practice/practice.h"
#include "practice/timeline_repeats.h"
#include "practice/timeline_sources.h"
#include "practice/timeline_zones.h"
#include "timeline/build.h"

struct timeline_made {
    const struct thing *item;
    const struct segment_result *result;
    const struct timeline_zones *zones;
    const struct hash *zone_files; /* SHA-256 of the rules of all zones that sources may name */
    struct str file;               /* its name */
    int64_t end_s;                 /* of its lines, by another log; INT64_MAX: nothing is known */
    const struct repeated *repeated;
    uint64_t notices;   /* of what was cut, damaged or not read */
    struct str remarks; /* the first of them, lines */
    const struct timeline_span *span;
};
/* All values are borrowed until the draft is done. */
void timeline_draft(struct decision *d, struct draft *dr, const struct timeline_made *w);
