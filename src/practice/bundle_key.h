/* bundle_key.h: the keys to which bundles of a case are sealed (doc/format/bundle.md 3). */
#pragma once
#include "case/session.h"

/* The public key of a compartment's newest key, which a collector is given. ERR_DENIED, ERR_TAMPER
 * as state_seal_key. */
MUST_CHECK int bundle_case_key(const struct state *s, struct str scope, uint8_t out[32],
                               struct err *e);
/* The text of a file that calm-collect reads. whom: for people, one line. */
void bundle_recipient_text(struct buf *out, const uint8_t key[32], struct str whom);
/* Finds the stream's key of a sealed bundle, with what this person holds; the caller wipes it.
 * ERR_DENIED: it is sealed to none of their keys. And as bundle_boxes. */
MUST_CHECK int bundle_stream_key(struct session *s, int fd, const char *name, uint8_t out[32],
                                 struct err *e);
