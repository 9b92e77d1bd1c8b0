/* source.h: where an image is taken from, as a table of functions: a device, a file, the parts of a
 * raw image, an E01, or what a test makes up. Nothing here can write. */
#pragma once
#include <stdatomic.h>
#include "acquire/fault_map.h"
#include "base/digests.h"

struct source;
struct source_calls {
    /* Reads at most size bytes at off; off is a multiple of the sector size, bytes is aligned to
     * 4,096. by_sector: past the cache, so that a failure costs no more than what was asked for.
     * Returns how many came, fewer than size also where more would follow; 0 at the end. ERR_IO:
     * the device could not read there; ERR_NOTFOUND: the source is gone; ERR_FORMAT: what holds it
     * is damaged there. */
    int64_t (*read)(struct source *s, uint64_t off, void *bytes, size_t size, bool by_sector,
                    struct err *e);
    int64_t (*now_ms)(struct source *s); /* of a clock that is never set; NULL: the machine's */
    /* Marks AREA_BAD which bytes of a range that read gave as zeros are none of the source, because
     * an image has no others there. NULL: there are none. ERR_LIMIT as fault_map_set. */
    int (*mark_lost)(struct source *s, uint64_t off, uint64_t size, struct fault_map *map,
                     struct err *e);
    /* Finds out what mark_lost tells of all before until, which another process read. */
    int (*find_lost)(struct source *s, uint64_t until, struct err *e);
    /* Says how it changed since it was opened, a clause; nothing where it did not. NULL: nobody can
     * tell. */
    void (*changed)(struct source *s, struct buf *out);
    /* Of a source that states hashes of its bytes: whether they are those of what was read, a
     * clause; nothing where it is of a kind that states none. True: they are others. NULL: it is of
     * such a kind. */
    bool (*contradicts)(struct source *s, const struct digests_result *read, struct buf *out);
    /* Of a source that is an image: where its files are damaged, also where no byte of it is lost
     * by that, a clause; nothing where they are sound. NULL: it is none. */
    void (*damage)(struct source *s, struct buf *out);
    void (*close)(struct source *s); /* may be NULL */
};

/* What another thread may look at while a source is read. */
struct source_watch {
    _Atomic uint64_t since_ms; /* of the read in flight (CLOCK_MONOTONIC); 0: there is none */
    _Atomic uint64_t spent_ms; /* in reads that came back */
    _Atomic uint64_t off;      /* of the last read, bytes */
    _Atomic uint64_t length;
};

/* The first read that failed since one came back: where the source may have gone. */
struct source_failing {
    bool has_answered; /* a read came back, any time */
    bool is_failing;
    uint64_t off;
    uint64_t size;
};

struct source {
    const struct source_calls *calls;
    uint64_t size;        /* bytes */
    uint32_t sector_size; /* the smallest that can be read by itself, bytes */
    void *context;
    struct source_watch *watch; /* borrowed; NULL: nobody looks */
    struct source_failing failing;
};

/* Whether reads fail, and a read there would be too far from them to count with them. */
bool source_fails_elsewhere(const struct source *s, uint64_t off, uint64_t size);
int64_t source_read(struct source *s, uint64_t off, void *bytes, size_t size, bool by_sector,
                    struct err *e);
int source_mark_lost(struct source *s, uint64_t off, uint64_t size, struct fault_map *map,
                     struct err *e);
void source_changed(struct source *s, struct buf *out);
bool source_contradicts(struct source *s, const struct digests_result *read, struct buf *out);
void source_damage(struct source *s, struct buf *out);
int64_t source_now_ms(struct source *s);
/* One that is gone for good: it has no byte any more. The caller owns it. */
struct source *source_gone(uint32_t sector_size);
void source_close(struct source *s); /* NULL is fine */
DEFINE_CLEANUP(struct source *, source_close)
