/* send.h: sends a bundle over TCP, and goes on where a connection was lost (doc/format/bundle.md
 * section 4).
 *
 * What the receiver has not confirmed is kept, at most SENDER_KEPT_SIZE; when that is full,
 * sender_write waits. One thread. */
#pragma once
#include "base/address.h"
#include "base/hash.h"

enum { SENDER_KEPT_SIZE = 8 << 20, SENDER_TOKEN_SIZE = 64, SENDER_PATIENCE_S = 600 };

struct sender_options {
    struct address to;
    const char *token;    /* what the receiver printed: 1 to 64 of A-Z a-z 0-9 - */
    struct id collection; /* drawn at random; the receiver tells bundles apart by it */
    int64_t patience_s;   /* for how long a lost connection is tried again */
    /* Is told, as parts of a sentence, that a connection was lost or came back. NULL is fine. */
    void (*told)(void *context, const char *words);
    void *context;
};

struct sender;
/* Connects; a receiver that is not there or does not take the token is an error at once: ERR_IO,
 * ERR_DENIED. The options are copied, but not the token's text. */
MUST_CHECK int sender_open(struct sender **out, const struct sender_options *options,
                           struct err *e);
/* To be the write of a struct bundle_output. ERR_IO: the connection did not come back in time. */
MUST_CHECK int sender_write(void *sender, const void *bytes, size_t size, struct err *e);
/* Waits until the receiver says that it has all, durably. ERR_IO, ERR_TAMPER: what it has is not
 * what was sent. */
MUST_CHECK int sender_end(struct sender *s, struct err *e);
void sender_close(struct sender *s); /* NULL is fine */
DEFINE_CLEANUP(struct sender *, sender_close)
