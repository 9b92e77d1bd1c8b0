/* words.h: says in words what a line of a snapshot is about, and what changed between two. */
#pragma once
#include "collect/reader.h"

enum { WORDS_VALUE_SIZE = 200, WORDS_KEY_SIZE = 400 }; /* bytes within a sentence */

/* "TCP 0.0.0.0:4444 by pid 812 (/tmp/.x, deleted)". */
void words_thing(struct buf *out, const struct item *item, const struct members *m);
/* Adds what differs, "; " between: "mode 0644 → 0666; its content changed". False, and nothing is
 * added, when only noise differs. */
bool words_changes(struct buf *out, const struct item *item, const struct members *before,
                   const struct members *after);
/* Whether this thing comes and goes by itself and is not worth a word. */
bool words_is_noise(const struct item *item, const struct members *m);
