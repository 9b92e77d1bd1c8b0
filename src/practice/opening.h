/* opening.h: beginning a case, and what to do before there is one. */
#pragma once
#include "practice/practice.h"

void opening_first_minutes(struct buf *out);
/* Makes it the case of the commands that come. */
MUST_CHECK int opening_choose(const struct surroundings *around, const char *path, struct err *e);
/* Says so where the next command would take another case all the same. */
void opening_warn(const char *path, struct answer *a);
extern const struct operation opening_open;
