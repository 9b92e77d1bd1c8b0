/* opening.h: beginning a case, and what to do before there is one. */
#pragma once
#include "practice/practice.h"

void opening_first_minutes(struct buf *out);
extern const struct operation opening_open;
