/* decoded.h: a source of text in UTF-16 as UTF-8, for formats that are no lines: bytes at any place
 * of the UTF-8, and where they are in the source. */
#pragma once
#include "timeline/format.h"

struct decoded;
/* From now on r's bytes are UTF-8. */
struct decoded *decoded_begin(struct reader *r);
/* They are as they were. */
void decoded_end(struct decoded *d, struct reader *r);
/* The place in the source of a byte of the UTF-8. */
MUST_CHECK int decoded_place(struct decoded *d, uint64_t at, uint64_t *place, struct err *e);
/* Whether the source ends with half a unit; behind its end. */
bool decoded_has_rest(const struct decoded *d, uint64_t *place);
