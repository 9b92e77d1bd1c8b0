/* anchor.h: up to which record the trust given from outside makes a journal firm (section 8). */
#pragma once
#include "verify/journal.h"
#include "verify/verify.h"

/* Fills out->anchors and out->anchored_size. Returns -1 with out->finding where a root given from
 * outside is not this journal's. */
MUST_CHECK int anchor_find(const struct journal *j, struct hasher *h,
                           const struct trust_given *given, unsigned threads, struct verdict *out);
