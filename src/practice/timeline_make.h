/* timeline_make.h: what those share that make the timelines of evidence. */
#pragma once
#include "base/json.h"
#include "practice/disk_files.h"
#include "practice/progress.h"
#include "practice/timeline.h"
#include "practice/timeline_repeats.h"
#include "practice/timeline_sources.h"
#include "practice/timeline_zones.h"
#include "timeline/build.h"

struct making {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct view view;
    struct str zone;         /* that was named for all; empty: none was */
    struct zone_files zones; /* that sources may name; read before the first item is */
    struct hash zones_sum;
    bool is_again;
    bool is_named; /* the items were */
    struct progress progress;
    uint64_t size, size_before; /* bytes of what is read in this run, and of what was before now */
    uint64_t made, events, unparsed, notices, unknown, passed, left;
    struct repeats repeats; /* of the timelines that are there */
    uint64_t repeated;      /* sources whose events others have as well */
    struct json json;       /* begun with the first item that was left */
};

/* The case's folder, an item, and what its timeline is written to. */
struct work {
    struct making *m;
    const struct thing *item;
    struct buf folder, part, name;
    struct disk_files files; /* of an image */
    uint8_t stream_key[32];  /* of a bundle, where it is sealed */
    bool is_sealed;
    int in, out;
    struct hash evidence;
    struct segment_result result;
    struct timeline_zones zones;
    struct timeline_known known;
    struct timeline_span span;
    struct repeated repeated;
    bool is_unopened, is_unwritten; /* what failed: files of the image, the seal, or the timeline's
                                     * own */
    int64_t end_s; /* of its lines at the latest; INT64_MAX: it tells nothing that is not known */
};

/* Whether somebody may expect times in it: not in what this program makes of a host's state. */
bool timeline_is_log(const struct thing *item);
/* A line of an item that was read, with the first of what was cut or damaged. */
void timeline_tell(const struct work *w);
/* What ended an item leaves the others to be read; the exit status says that one was left. is_old:
 * it is not tried again. */
void timeline_tell_left(struct making *m, const struct thing *item, struct str why, int status,
                        bool is_old);
void timeline_conclude(struct making *m);
