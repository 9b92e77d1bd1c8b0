/* bundle_read.h: what a bundle holds (doc/format/bundle.md): its chain checked, its seal opened,
 * its members told, all inside a worker.
 *
 * The bundle is hostile and so is all that is told of it: names are bytes, shown through a sink.
 * They are relative and have no component "..", but what lies on this machine may still lead them
 * elsewhere. */
#pragma once
#include "base/hash.h"
#include "evidence/archive.h"

enum { BUNDLE_BOX_COUNT = 16, BUNDLE_BOX_SIZE = 80 };

enum bundle_state {
    BUNDLE_WHOLE,
    BUNDLE_CUT,     /* it ends before its end */
    BUNDLE_ALTERED, /* other bytes than were written, or more */
    BUNDLE_UNSOUND, /* as it was written, but it holds what no bundle does */
    BUNDLE_STATE_COUNT_,
};
const char *bundle_state_name(enum bundle_state s); /* "whole" … */

struct bundle_summary {
    enum bundle_state state;
    uint64_t pieces;   /* that are good */
    uint64_t good;     /* bytes of their frames and links; unsealed: good up to this byte */
    uint64_t bytes;    /* of the archive in them */
    uint64_t members;  /* that are whole in them */
    struct hash link;  /* the last good one */
    struct hash input; /* of all bytes of the file, as they were read for this; bundle_read alone */
    bool is_linked;    /* a link of a bundle was met, whether it is good or not */
    char why[256];     /* it is not whole, a sentence part; else empty */
};

/* One box of a sealed bundle: the stream's key, sealed to an X25519 key. */
struct bundle_box {
    uint8_t key[32];
    uint8_t box[BUNDLE_BOX_SIZE];
};

struct bundle_receiver {
    const struct archived_receiver *members; /* NULL: nobody. The last one may have no end. */
    /* The good pieces with their links, in order, as `zstd` opens them. NULL: nobody. A piece comes
     * after its members' parts. */
    int (*frames)(void *context, struct str bytes, struct err *e);
    void *context;
};

/* Whether the bytes begin as those of a sealed bundle do. ERR_IO. */
MUST_CHECK int bundle_is_sealed(int fd, bool *out, struct err *e);
/* The boxes, at most BUNDLE_BOX_COUNT. ERR_FORMAT: not sealed, or damaged; ERR_NEWER; and as
 * worker_run. */
MUST_CHECK int bundle_boxes(int fd, const char *name, struct bundle_box *out, size_t *count,
                            struct err *e);
/* Reads a bundle from the start of a file (the descriptor is borrowed; its offset may move).
 * stream_key: what a box holds, or NULL for one that is not sealed. 0 also where it is cut, altered
 * or unsound: what was received up to there stands. ERR_FORMAT: not one good piece; ERR_LIMIT,
 * ERR_TAMPER, ERR_IO, ERR_DENIED as worker_run. */
MUST_CHECK int bundle_read(int fd, const char *name, const uint8_t stream_key[32],
                           const struct bundle_receiver *to, struct bundle_summary *out,
                           struct err *e);
