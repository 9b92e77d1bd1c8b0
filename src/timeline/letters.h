/* letters.h: capital and small letters of UTF-8 are alike. */
#pragma once
#include "base/str.h"

/* The small letter of a character, where both have as many bytes: of Latin (to U+0233, and U+1E00
 * to U+1EFF), Greek, Cyrillic, Armenian and full-width letters; else the character. */
uint32_t letter_small(uint32_t c);
/* Adds the text in small letters: as many bytes. What is no UTF-8 stays. */
void letters_small(struct buf *out, struct str text);
