/* custody.h: an item's chain of custody as a form, and items written out again. */
#pragma once
#include "case/operation.h"

extern const struct operation preserve_custody_form; /* calm preserve custody e3 */
extern const struct operation preserve_get;          /* calm preserve get e3 FILE */
