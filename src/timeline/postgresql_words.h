/* postgresql_words.h: PostgreSQL writes the names of levels in the language of its messages
 * (lc_messages), and those of what it adds to a message ("DETAIL", "STATEMENT"). */
#pragma once
#include "base/str.h"

/* Its name in English; the word itself where it is no level's. */
struct str postgresql_level(struct str word);
/* The field of what is added; NULL: the word names none. */
const char *postgresql_addition(struct str word);
/* Whether such a word ends the text, and is no end of a longer one: *found is it, of the text. */
bool postgresql_ends_with_word(struct str text, struct str *found);
