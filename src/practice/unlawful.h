/* unlawful.h: material that is unlawful to possess. */
#pragma once
#include "practice/evidence.h"

extern const struct kind unlawful_kind; /* "unlawful", u1 …: who, when, where */
extern const struct operation unlawful_found;
/* The numbered steps of the page "unlawful". */
void unlawful_steps(struct buf *out);
