/* value_words.h: words of a text, as a search of the full text finds them. */
#pragma once
#include "base/str.h"

/* Whether the text is in it, letters alike, and neither begins nor ends within a word: words are
 * letters, digits, _ and what is not ASCII. text is in small letters and not empty. */
bool value_has_words(struct str value, struct str text);
/* Whether this address is in it, and not as a part of a longer one. text as above. */
bool value_has_address(struct str value, struct str text);
/* Whether one of its words is as the pattern has it. */
bool value_has_word_as(struct str value, struct str pattern,
                       bool (*fits)(struct str word, struct str pattern));
