/* timeline_zones.h: which zones the sources of an item are read with, and their rules. */
#pragma once
#include "practice/timeline.h"
#include "practice/timeline_clock.h"
#include "timeline/build.h"

/* The file of a zone's rules; empty for UTC. ERR_USAGE: there is none of that name here. */
MUST_CHECK int timeline_zone(struct str name, struct buf *out, struct err *e);

/* The files of all zones that there are here, by their names, and the SHA-256 of what
 * sha256sum prints of them. */
void timeline_zones_all(struct zone_files *out, struct hash *sum);

/* The zones of an item, as people named them, with their rules. */
struct timeline_zones {
    struct clock_setting *clocks; /* owned; that of the whole first */
    struct buf rules[BUILD_SETTINGS_MOST + 1];
    struct build_setting settings[BUILD_SETTINGS_MOST];
    size_t setting_count;
    struct str name; /* of the whole: what a clock's record says, or was named, or held before */
    struct str base; /* the same without the clock's record */
    struct buf told; /* lines: what clocks' records say */
};
/* named is the zone that a person gave for all; empty: the one before, or UTC. ERR_USAGE,
 * ERR_LIMIT. Release it after an error, too. */
MUST_CHECK int timeline_zones_read(struct timeline_zones *z, const struct view *v,
                                   const struct thing *item, struct str named, struct err *e);
void timeline_zones_release(struct timeline_zones *z);
/* Whether a timeline was made with these. */
bool timeline_zones_are(const struct thing *timeline, const struct timeline_zones *z);
