/* send.h: sends a bundle over TCP, and goes on where a connection was lost (doc/format/bundle.md
 * section 4).
 *
 * What the receiver has not confirmed is kept, at most SENDER_KEPT_SIZE; when that is full,
 * sender_write waits. One thread. */
#pragma once
#include "base/address.h"
#include "base/hash.h"

enum { SENDER_KEPT_SIZE = 8 << 20, SENDER_TOKEN_SIZE = 64, SENDER_PATIENCE_S = 600 };

/* By this a sender proves, in a later connection, that a bundle is its own; and by its name the
 * receiver tells bundles apart. Drawn at random for each, and nobody else has it. */
struct sender_key {
    uint8_t secret[64];   /* an Ed25519 key pair, as libsodium keeps it */
    struct id collection; /* the first 16 bytes of the hash of its public half */
};
void sender_key_make(struct sender_key *out);
/* The line that answers "prove NONCE", with its LF (section 4.1). */
enum { SENDER_NONCE_SIZE = 32 };
void sender_proof(struct buf *out, const struct sender_key *key,
                  const uint8_t nonce[SENDER_NONCE_SIZE], const char *token);

struct sender_options {
    struct address to;
    const char *token;     /* what the receiver printed: 1 to 64 of A-Z a-z 0-9 - */
    struct sender_key key; /* of the bundle */
    int64_t patience_s;    /* for how long a lost connection is tried again */
    /* Is told, as parts of a sentence, that a connection was lost or came back. NULL is fine. */
    void (*told)(void *context, const char *words);
    void *context;
};

struct sender;
/* Connects; a receiver that is not there, does not take the token or refuses the bundle is an error
 * at once: ERR_IO, ERR_DENIED, ERR_LIMIT. One that says "wait" is asked again. The options are
 * copied, but not the token's text. */
MUST_CHECK int sender_open(struct sender **out, const struct sender_options *options,
                           struct err *e);
/* To be the write of a struct bundle_output. ERR_IO: the connection did not come back in time.
 * ERR_LIMIT: the receiver refuses more of it, and why. */
MUST_CHECK int sender_write(void *sender, const void *bytes, size_t size, struct err *e);
/* Waits until the receiver says that it has all, durably. ERR_IO, ERR_TAMPER: what it has is not
 * what was sent. */
MUST_CHECK int sender_end(struct sender *s, struct err *e);
void sender_close(struct sender *s); /* NULL is fine */
DEFINE_CLEANUP(struct sender *, sender_close)
