/* verify.h: one journal, what lies beside it, and the verdict. */
#pragma once
#include "verify/finding.h"
#include "verify/hash.h"
#include "verify/stamp.h"

/* A file beside the journal. */
struct beside {
    const char *name; /* as the person gave it */
    struct slice bytes;
};

/* Trust from outside, named by the person who runs the checker, and files that go with it. */
struct trust_given {
    bool has_root;
    uint64_t root_size;
    uint8_t root[HASH_LEN];
    uint8_t (*witnesses)[KEY_LEN];
    size_t witness_count;
    const struct stamp_trust *authorities; /* NULL where none was given */
    struct beside *notes;
    size_t note_count;
    struct beside *tokens;
    size_t token_count;
};

struct verify_request {
    struct slice journal;
    const struct beside *openings; /* NULL where none was given */
    const struct trust_given *trust;
    unsigned threads;
};

enum anchor_source { SOURCE_ROOT, SOURCE_WITNESS, SOURCE_STAMP, SOURCE_COUNT };

/* The furthest anchor of one source. */
struct anchored {
    uint64_t size;  /* records anchored; 0 where there is none */
    time_t seconds; /* when the time stamp or the cosignature was made; 0 where none says so */
    char by[160];   /* witness's key, or authority's name; may hold hostile bytes */
};

#define REMARKS_MAX 8

struct verdict {
    enum status status;
    struct finding finding; /* of the statuses 1, 3 and 4 */
    bool judged;            /* what follows is known */
    uint64_t records;
    uint8_t name[HASH_LEN]; /* the case */
    struct anchored anchors[SOURCE_COUNT];
    uint64_t anchored_size; /* the largest of them */
    uint64_t matching;
    uint64_t withheld;
    uint64_t redacted;
    uint64_t untrusted;
    uint64_t clock_back; /* records logged before their neighbour */
    char remarks[REMARKS_MAX][256];
    size_t remark_count;
};

/* Never fails: what cannot be checked is a verdict too. */
void verify_journal(const struct verify_request *request, struct verdict *out);

void verdict_remark(struct verdict *v, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
