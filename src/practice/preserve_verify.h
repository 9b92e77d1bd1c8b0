/* preserve_verify.h: the operation that hashes items of evidence again, and its record. */
#pragma once
#include "case/operation.h"

extern const struct kind
    verification_kind; /* "verification", ev… : that items were hashed again, with the result */
extern const struct operation preserve_verify;
/* What a verification found of an item that it names. */
struct str verification_words(const struct view *v, const struct thing *verification,
                              const struct thing *item);
