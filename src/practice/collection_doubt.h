/* collection_doubt.h: what speaks against a collection being of the system whose name it bears. */
#pragma once
#include "practice/collection.h"

/* Adds sentence parts, parted by "; ". system: the one it is taken for; NULL: a new one.
 * state_host: the name in its state. Machine ids are no secret: that they fit proves nothing. */
void collection_doubt(struct buf *out, const struct view *v, const struct collection_facts *f,
                      struct str state_host, const struct thing *system);
/* Another copy of the same collection, by the number that its collector drew; NULL for none. */
const struct thing *collection_copy(const struct view *v, const struct collection_facts *f);
/* How far the clock of the host was ahead when its collection came here, in seconds; 0 within ten
 * minutes, which says nothing. */
int64_t collection_ahead_s(const struct view *v, const struct collection_facts *f);
