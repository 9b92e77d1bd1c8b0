/* custody_check.h: the end of a form of custody: which record it is of, and how both are checked.
 */
#pragma once
#include "case/view.h"
#include "render/doc.h"

/* A line for a shell that compares a file with a SHA-256, in two or three lines that it joins. */
void custody_check_line(struct buf *out, const struct hash *sum, struct str name);
/* Case, number of records and root, as of now. */
void custody_add_record(const struct view *v, struct doc *d);
/* How to check it. check: lines that compare its bytes where the form lies; empty: as they lie in
 * the case's folder, or in that of an image. */
void custody_add_checking(const struct view *v, struct doc *d, const struct thing *item,
                          struct str check, bool is_in_package);
