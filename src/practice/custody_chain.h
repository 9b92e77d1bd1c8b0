/* custody_chain.h: the rows of an item's chain of custody, from whatever records told them. */
#pragma once
#include "case/view.h"

/* What the record that made an item said of where it was put. The item's fields have what came
 * later. */
struct custody_taken {
    struct buf place, seal, to;
    struct utc when; /* as far as was said, else when it was recorded */
};
void custody_taken_release(struct custody_taken *t);
/* taken must be empty; what the viewer may not see, or was destroyed, stays so. ERR_IO. */
MUST_CHECK int custody_taken_read(struct custody_taken *taken, const struct view *v,
                                  const struct thing *item, struct err *e);

/* One row. The first is of the record that made the item, and has taken; at most one of the others
 * is set. All of it lives as long as the view and what was taken. */
struct custody_link {
    uint64_t seq;   /* of its record */
    struct str act; /* what was done, in words */
    const struct custody_taken *taken;
    const struct thing *custody;
    const struct thing *verification; /* it was hashed again */
    const struct thing *timeline;     /* its events were read, or were not */
};

/* The next record that says something of the item, from *seq on, in the order of the journal; start
 * with 0. False after the last. */
bool custody_next(const struct view *v, const struct thing *item, const struct custody_taken *taken,
                  uint64_t *seq, struct custody_link *out);
/* What a row says, by the name of a field of custody/1; empty where it says nothing of that. */
struct str custody_said(const struct custody_link *l, const char *field);

/* What is recorded before anything leaves says only what is to be (doc/format/package.md §4). */
enum custody_leaving { LEFT, LEFT_NOTHING, LEFT_UNKNOWN };
enum custody_leaving custody_leaving_of(const struct thing *custody);
/* Its act, where it is known that what was to leave left. */
struct str custody_left_words(const struct thing *custody);
/* left: what it is called where that left. */
struct str custody_leaving_words(enum custody_leaving leaving, struct str left);

/* Of rows that are no acts of custody/1: what is done, and where to. */
#define CUSTODY_EXAMINED "examined"
#define CUSTODY_UNLAWFUL "sealed: may be unlawful to possess"
#define CUSTODY_READ "read for the timeline: its events"
#define CUSTODY_TO_BE_READ "to be read for the timeline: its events"
/* Where an item is kept after an act, by where it was before. */
struct str custody_kept_after(struct str before, struct str act, struct str place);
