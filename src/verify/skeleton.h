/* skeleton.h: the lines of a journal, read, hashed, and their signatures checked, on every core. */
#pragma once
#include "verify/finding.h"
#include "verify/ids.h"
#include "verify/line.h"
#include "verify/parallel.h"

/* What is wrong with a record as far as its own line and its neighbours tell. */
enum record_flag {
    RECORD_SIG_BAD = 1 << 0,    /* the statement's signature */
    RECORD_PROOF_BAD = 1 << 1,  /* enrol/1: proof; checkpoint/1: sig */
    RECORD_PUBLIC_BAD = 1 << 2, /* members of public */
    RECORD_SEQ_BAD = 1 << 3,
    RECORD_PREV_BAD = 1 << 4,
    RECORD_CASE_BAD = 1 << 5,
    RECORD_SEEN_BAD = 1 << 6,   /* as a record in its own place in this file */
    RECORD_LATER = 1 << 7,      /* epoch or a version from a later time */
    RECORD_CLOCK_BACK = 1 << 8, /* logged before its neighbour: no fault */
};

struct record {
    uint64_t off; /* of its line in the file */
    uint32_t len; /* without LF */
    uint32_t key; /* number of its signer's key; set by skeleton_number_keys() */
    uint8_t id[ID_LEN];
    uint16_t tail, seen, by, public, fields, refs; /* offsets in the line, see struct line */
    uint16_t field_count;
    uint16_t ref_count;
    uint16_t flags;
    uint8_t type; /* enum type */
};

struct skeleton {
    struct slice text;
    struct record *records;
    uint8_t (*leaves)[HASH_LEN];
    uint32_t count;
    uint8_t name[HASH_LEN]; /* the case: the leaf hash of record 0 */
    struct ids ids;         /* id to record; of a repeated id the first */
    struct keys keys;       /* every key that signs or is named */
    uint64_t field_total;
    uint64_t clock_back_total;
};

/* Reads every line of text, which outlives *s. Returns 0 with all lines spelled right and of this
 * time; records may carry flags. Or -1: malformed or from a later time, and *f says where. Release
 * in either case. */
MUST_CHECK int skeleton_read(struct skeleton *s, struct slice text, unsigned threads,
                             struct finding *f);
void skeleton_release(struct skeleton *s);

struct slice skeleton_line(const struct skeleton *s, uint32_t record);
/* A cursor into the line of a record, at one of its offsets. */
struct cursor skeleton_at(const struct skeleton *s, uint32_t record, uint16_t offset);
