/* package_values.h: which values of the record go into a package (doc/format/package.md §3). */
#pragma once
#include "case/view.h"

/* An enum clear_wish for each record of the case: all of what is about these items, and who the
 * people are whose keys signed a row of their chains. The caller frees it. */
uint8_t *package_values_choose(const struct view *v, const struct id *items, size_t count);
