/* regex_dfa.h: extended regular expressions of ASCII, matched in one pass over a text's bytes: a
 * deterministic automaton that is made as it is needed (Thompson's construction). What POSIX's
 * regcomp understands and this does not is left to that. */
#pragma once
#include <stdbool.h>
#include "base/compiler.h"
#include "base/str.h"

struct regex_dfa;
/* Letters are alike. The expression has passed regcomp. NULL: it has something that is not done
 * here: a byte over 0x7F, a back-reference, an edge of words, "[=a=]", "[.a.]", a range in which
 * letters of one case alone would be, or it is too large. */
struct regex_dfa *regex_dfa_new(struct str expression);
void regex_dfa_free(struct regex_dfa *d); /* NULL is fine */
DEFINE_CLEANUP(struct regex_dfa *, regex_dfa_free)
/* Whether it fits any part of a text, which is ASCII without NUL; of each. Several go on at once,
 * so that no step of one waits for the step before it. */
void regex_dfa_fits(struct regex_dfa *d, const struct str *texts, size_t count, uint8_t *is_true);
