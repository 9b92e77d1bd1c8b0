/* custody.h: an item's chain of custody as a form, and items written out again. */
#pragma once
#include "case/operation.h"
#include "render/doc.h"

/* The form, as a document. check: commands that check its bytes where the form lies; empty: as they
 * lie in the case's folder. */
struct doc *custody_form(const struct view *v, struct arena *arena, const struct thing *item,
                         struct str check);
/* The item that a record is about, or whose chain it belongs to, a change of either too; NULL. */
const struct thing *custody_item(const struct view *v, const struct record *r);

extern const struct operation preserve_custody_form; /* calm preserve custody e3 */
extern const struct operation preserve_get;          /* calm preserve get e3 FILE */
