/* secret.h: passphrases that people choose, or have made for them. */
#pragma once
#include "practice/practice.h"

/* Asks twice on the terminal (term_read_secret). The caller wipes *out. ERR_USAGE: shorter than so
 * many bytes, or the two are not the same. */
MUST_CHECK int secret_ask_twice(struct buf *out, size_t least, struct err *e);

/* A passphrase of five groups (doc/format/package.md 2), which the caller wipes. */
void secret_make(struct buf *out);
/* What is wrong with a group of such a passphrase: its number from 1, or 0 where each fits, or
 * where it is none of these. */
unsigned secret_mistyped(struct str passphrase);
