/* learn.h: lessons that greet the next case. */
#pragma once
#include "practice/practice.h"

/* Writes the open lessons of this case to lessons.txt in the state folder, beside those of other
 * cases, where calm open reads them. Does nothing where there is no state folder. */
MUST_CHECK int learn_keep(const struct view *v, const struct surroundings *around, struct err *e);
