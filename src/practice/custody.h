/* custody.h: an item's chain of custody as a form, and items written out again. */
#pragma once
#include "case/operation.h"
#include "render/doc.h"

/* The form, as a document of the arena. check: commands that check its bytes where the form lies;
 * empty: as they lie in the case's folder. In a package the row of its own export is the last, and
 * true where it is read. ERR_IO: the case could not be read. */
MUST_CHECK int custody_form(struct doc **out, const struct view *v, struct arena *arena,
                            const struct thing *item, struct str check, bool is_in_package,
                            struct err *e);
/* Where the item is kept as its chain says, in words or a folder; empty where it was handed over,
 * given back or destroyed since, and nobody said to where. The files of an image may be looked for
 * elsewhere. */
struct str custody_kept_now(const struct view *v, const struct thing *item);
/* The item that a record is about, or whose chain it belongs to, a change of either too; NULL. */
const struct thing *custody_item(const struct view *v, const struct record *r);

/* Gives a record the item's own label and compartment where the input names none: whoever sees the
 * item sees what became of it, and nobody else does. */
void custody_label(struct decision *d, struct draft *dr, const struct thing *item);
/* Drafts that an item leaves with an export. to and place live as long as the decision. */
/* Before the place, where no byte of the item is handed out. */
#define CUSTODY_FORM_ALONE "its form alone, in "
struct draft *custody_draft_export(struct decision *d, const struct thing *item, struct str to,
                                   struct str place);
/* The whole path of what may be named from where one stands, spelled as paths are on record. */
void custody_add_path(struct buf *out, const char *path);
/* "WHAT: PATH on HOST", with the whole path. */
struct str custody_place(struct decision *d, const char *what, const char *path);

extern const struct operation preserve_custody_form; /* calm preserve custody e3 */
extern const struct operation preserve_get;          /* calm preserve get e3 FILE */
