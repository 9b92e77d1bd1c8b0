/* journal.h: a journal under judgement: that of the file, or a copy built again from a merge
 * (section 10). Every record of a copy is a statement that stands in the file, so a copy is a list
 * of record numbers. */
#pragma once
#include "verify/public.h"
#include "verify/skeleton.h"
#include "verify/tree.h"
#include "verify/trust.h"

#define MERGE_DEPTH_MAX 16
#define NO_PLACE UINT32_MAX

/* A revocation as a copy sees it, for the journal that the copy is merged into. */
struct carried {
    uint32_t record; /* of the file */
    uint32_t from;
};

/* A merge in its own place, and how many records follow it as merged. */
struct window {
    uint32_t place;
    uint32_t count;
};

struct journal {
    const struct skeleton *skel;
    struct journal *parent; /* NULL for the file's; outlives this one */
    unsigned depth;
    uint32_t fork;      /* places below it are the parent's */
    uint32_t size;      /* places */
    uint32_t *map;      /* of a copy: place - fork to record of the file */
    uint32_t *place_of; /* of a copy: record of the file to place, where map agrees */
    struct tree tree;
    struct trust trust;
    struct carried *carried; /* in the order of places */
    size_t carried_count;
    size_t carried_room;
    struct window *windows; /* in the order of places */
    size_t window_count;
    size_t window_room;
};

/* The file's own journal. Its tree has every line. */
void journal_open(struct journal *j, const struct skeleton *skel, struct hasher *h);
/* A copy that shares its first `fork` places with the parent and has `size`; map is still to be
 * filled, place_of is for the checker's copies of that depth. */
void journal_open_copy(struct journal *j, struct journal *parent, uint32_t fork, uint32_t size,
                       uint32_t *place_of);
void journal_release(struct journal *j);

/* The record of the file that stands at a place. */
uint32_t journal_record(const struct journal *j, uint32_t place);
/* The place of a record of the file, or NO_PLACE where the journal does not have it. */
uint32_t journal_place(const struct journal *j, uint32_t record);
/* The place of the record with that id, as the 32 digits of text say, or NO_PLACE. */
uint32_t journal_find(const struct journal *j, struct slice id);
/* Whether the record at a place is trusted, by the state up to which the journal was judged. */
bool journal_trusts(const struct journal *j, uint32_t place);
void journal_add_window(struct journal *j, uint32_t place, uint64_t count);
/* The merge, in what a copy shares with its parent, whose merged records reach into the copy's own
 * places; or NO_PLACE. */
uint32_t journal_open_window(const struct journal *j);

/* Reads `public` of the record at a place, which is known to be readable. */
MUST_CHECK int journal_public(const struct journal *j, uint32_t place, struct public *out);
