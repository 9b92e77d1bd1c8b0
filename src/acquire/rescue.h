/* rescue.h: reads what a failing source still gives: easy areas first, the sectors of bad ones
 * after, retries last (doc/format/image.md section 5). */
#pragma once
#include "acquire/fault_map.h"
#include "acquire/source.h"
#include "acquire/traps.h"

enum {
    RESCUE_BLOCK = 1 << 20,
    RESCUE_MEMORY_ALIGN = 4096,
    RESCUE_DOUBTFUL = 64, /* reads that may fail in a row before it is asked whether any succeeds */
};

enum rescue_pass {
    RESCUE_COPY,  /* forward, stretches behind failures left out */
    RESCUE_LEFT,  /* what was left out, backward */
    RESCUE_SWEEP, /* what is left of that, nothing left out */
    RESCUE_TRIM,  /* the ends of bad areas */
    RESCUE_SCRAPE,
    RESCUE_RETRY,
    RESCUE_TRAPS, /* where it went away before, with the retries of that */
    RESCUE_PASS_COUNT_,
};

/* What a read that failed made of a range: a source that is gone fails as a bad sector does. */
struct doubt {
    uint64_t off, size;
    enum area_state before, now;
};

struct rescue {
    struct source *source;
    struct fault_map *map;
    uint64_t from;  /* multiples of the sector size, or the source's end */
    uint64_t until; /* comes down to where a source ended, with accepts_end; it was: */
    uint64_t end;
    unsigned retries;
    unsigned slow_ms;      /* a read that takes longer is like a failure for what follows it */
    uint64_t skip_max;     /* bytes left out behind a failure, at most; 0: nothing is */
    bool accepts_end;      /* what is behind the end is left unread */
    bool leaves_silent;    /* where nothing was read yet, and nothing comes from places all over */
    size_t block;          /* read at once where all is well; at most RESCUE_BLOCK */
    void *bytes;           /* block, aligned to RESCUE_MEMORY_ALIGN */
    enum rescue_pass pass; /* where it is */
    unsigned try;          /* of RESCUE_RETRY, from 1; at first so many were made */
    unsigned tried;        /* of the retries, as a whole; where it went away before: */
    unsigned tried_there;
    uint64_t at;     /* where it reads */
    unsigned failed; /* reads in a row */
    bool has_good;
    uint64_t good;             /* a sector that was read last */
    const struct traps *traps; /* no other pass reads there; NULL: there are none */
    bool leaves_traps;         /* they are left unread */
    /* What was marked since the source was known to answer. */
    struct doubt doubtful[2 * RESCUE_DOUBTFUL];
    size_t doubtful_count;
    /* Takes bytes that were read. */
    int (*take)(void *context, uint64_t off, const void *bytes, size_t size, struct err *e);
    /* Told of what is not asked for (again) where it went away; NULL: nobody is. */
    void (*left)(void *context, uint64_t off, uint64_t size);
    /* Called before each read with how much it is; non-zero ends the work and is returned. */
    int (*go_on)(void *context, size_t size, struct err *e);
    void *context;
};

/* Whether what was read before can still be read, in one of several places, since one of them may
 * have become bad itself. Where nothing was read yet it is said to, but with leaves_silent. Needs
 * source, map and bytes. */
bool rescue_answers(struct rescue *r);
/* One read of what was read before: where it comes nothing is in doubt any more. */
bool rescue_doubt_settle(struct rescue *r);
/* What is in doubt is as it was before, or again as it was found: between the two nothing may be
 * read. ERR_LIMIT. */
MUST_CHECK int rescue_doubt_off(struct rescue *r, struct err *e);
MUST_CHECK int rescue_doubt_on(struct rescue *r, struct err *e);
/* Reads until each byte of the range is AREA_READ, AREA_BAD or AREA_LEFT, and what is AREA_BAD had
 * its retries. It can be called again with a map that was left in the middle: however it ends,
 * nothing that is in doubt is left in it: at a stop it is asked once. What take and go_on return;
 * ERR_NOTFOUND: the source is gone, or ends before its size; ERR_IO: it answers no read any more,
 * not even of what was read before, and what failed meanwhile is left to be read; or not one sector
 * of the whole was read, and all of it is left; ERR_LIMIT as fault_map_set. */
MUST_CHECK int rescue_run(struct rescue *r, struct err *e);
