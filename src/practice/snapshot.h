/* snapshot.h: recorded states of systems: what snapshot.c and snapshot_read.c share. */
#pragma once
#include "practice/practice.h"

extern const struct operation snapshot_diff;    /* the difference of two, in words */
extern const struct operation snapshot_observe; /* what may be noticed in one */

/* The newest state of a system, other than one (NULL: any); NULL when there is none. */
const struct thing *snapshot_newest(const struct view *v, const struct thing *system,
                                    const struct thing *but);

/* When a state or a collection was taken by its system's clock, and not after it came here: a clock
 * that runs ahead makes nothing newer than it is. False where that is not known. */
bool snapshot_taken(const struct view *v, const struct thing *t, struct utc *out);

/* "2026-11-25 04:12:09 (03:12:09 UTC)", for titles; taken: zero where it is not said. */
void snapshot_add_taken(struct buf *title, struct utc taken);

/* A state to be recorded; texts are copied. */
struct snapshot_facts {
    struct str title;
    struct id system;
    struct id evidence; /* of the document */
    struct utc taken;   /* zero where the document does not say */
    struct str host;
    uint64_t lines;
    uint64_t sections;
    struct str unread; /* lines "SECTION: part" */
    const char *how;   /* "taken" or "imported" */
};
/* Drafts its record, with what the operation's input says of one. */
struct draft *snapshot_draft(struct decision *d, const struct snapshot_facts *f);

/* The document of a state, hashed again by the store as it is opened. ERR_NOTFOUND, ERR_DENIED. */
MUST_CHECK int snapshot_load(const struct view *v, const struct thing *snapshot, struct buf *out,
                             struct err *e);

struct observations;
/* What the rules notice in a state's document (observations.h), with its system and evidence. */
MUST_CHECK int snapshot_observations(const struct view *v, const struct thing *snapshot,
                                     struct observations *o, struct err *e);
