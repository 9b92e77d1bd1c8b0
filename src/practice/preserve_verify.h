/* preserve_verify.h: the operation that hashes items of evidence again, and its record. */
#pragma once
#include "case/operation.h"
#include "practice/evidence_check.h"

extern const struct kind
    verification_kind; /* "verification", ev… : that items were hashed again, with the result */
extern const struct operation preserve_verify;
enum verification_word {
    VERIFIED_ALTERED,
    VERIFIED_NOT_ALL,
    VERIFIED_MISSING,
    VERIFIED_UNREADABLE,
    VERIFIED_SAME,
    VERIFICATION_WORDS_COUNT
};
extern const char *const verification_all_words[VERIFICATION_WORDS_COUNT];
/* What a verification found of an item that it names, one of these. */
struct str verification_words(const struct view *v, const struct thing *verification,
                              const struct thing *item);
/* What the last verification of each item found, by the item's number, of the arena; count has how
 * many, with number 0, which is none. ITEM_UNCHECKED where it was never hashed again. */
const enum item_state *verification_states(const struct view *v, struct arena *arena,
                                           size_t *count);
