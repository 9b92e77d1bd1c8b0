/* pump.h: moves a source's bytes through hashing and packing into an image: who reads calls
 * pump_room and pump_put; threads hash in order, pack side by side, and one takes the blocks in
 * order to write them. All buffers are there before it starts, so a slow writer holds up who reads.
 */
#pragma once
#include "acquire/pack.h"
#include "base/digests.h"
#include "base/err.h"

enum {
    PUMP_BLOCK = 1 << 20,
    PUMP_SLOTS = 32,
    PUMP_CHUNKS = PUMP_BLOCK / CHUNK_SIZE,
};

/* A block as it is taken. */
struct pump_block {
    uint64_t off;         /* in what goes through, bytes */
    const uint8_t *bytes; /* as they came */
    size_t size;
    size_t chunk_count; /* 0: nothing was asked to be packed */
    const uint8_t *packed[PUMP_CHUNKS];
    uint32_t packed_size[PUMP_CHUNKS];
    bool is_packed[PUMP_CHUNKS]; /* else as they are, with a sum behind */
    bool is_zero;
};

struct pump_plan {
    bool packs;
    enum pack_level level;
    unsigned slots;          /* blocks in the ring, PUMP_SLOTS at most; 0: so many */
    unsigned packers;        /* threads; 0: as many as there are processors */
    uint64_t from;           /* bytes that went through another time: the first block's place */
    uint64_t exact_size;     /* where the source ends; what is put behind is padding */
    struct digests *digests; /* borrowed; those of all before from were added */
    struct buf *pieces;      /* borrowed; as digests_add fills it; NULL: nothing is hashed */
    /* Called after each block was hashed, by one thread; may empty pieces. NULL: not called. */
    int (*hashed)(void *context, struct buf *pieces, struct err *e);
    /* Called by one thread, in order. Non-zero ends the work and is returned by the others. */
    int (*take)(void *context, const struct pump_block *block, struct err *e);
    /* Called by the same thread where nothing came to be taken for idle_ms. NULL: not called. */
    int (*idle)(void *context, struct err *e);
    unsigned idle_ms;
    void *context;
};

struct pump;
MUST_CHECK int pump_new(struct pump **out, const struct pump_plan *plan, struct err *e);
/* Waits for what was put to be dropped or taken by the threads, which end. */
void pump_free(struct pump *p); /* NULL is fine */
DEFINE_CLEANUP(struct pump *, pump_free)

/* Where the next PUMP_BLOCK bytes can be put, aligned to 4,096; waits for room. */
MUST_CHECK int pump_room(struct pump *p, uint8_t **bytes, struct err *e);
/* size bytes are there, at most PUMP_BLOCK; whole chunks, but for the last time. */
void pump_put(struct pump *p, size_t size);
/* Waits until all that was put has been taken and hashed. */
MUST_CHECK int pump_drain(struct pump *p, struct err *e);
/* Waits until what lies before off, which was put, is hashed. Who takes may call it. */
MUST_CHECK int pump_hashed(struct pump *p, uint64_t off, struct err *e);
/* Of the source without padding; after pump_drain of the last block. */
void pump_exact(const struct pump *p, struct digests_result *out);
