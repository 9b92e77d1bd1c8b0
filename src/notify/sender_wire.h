/* sender_wire.h: what sender.c and calm-send agree on: messages over the socket at descriptor 0. */
#pragma once
#include "notify/post.h"

enum { SENDER_CONTROL_FD = 0, SENDER_NULL_FD = 1, SENDER_ERR_FD = 2, SENDER_NET_FD = 3 };

enum sender_kind {
    SENDER_ORDER = 1, /* post_write */
    SENDER_BEGINS,    /* from here on nobody can say that it did not arrive */
    SENDER_RESULT,    /* struct post_result */
    SENDER_SEALED,
    SENDER_FAILED, /* i32 code, sentence */
};

struct sender_head {
    uint32_t kind;
    uint32_t size;
};

MUST_CHECK int sender_put(int fd, enum sender_kind kind, struct str bytes, struct err *e);
/* Waits for a whole message until deadline_ms of monotonic_ms; 0: for ever. ERR_LIMIT: too late, or
 * larger than most; ERR_CANCEL: the other side has ended. */
MUST_CHECK int sender_take(int fd, enum sender_kind *kind, struct buf *bytes, size_t most,
                           int64_t deadline_ms, struct err *e);
