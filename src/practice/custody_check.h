/* custody_check.h: the end of a form of custody: which record it is of, and how both are checked.
 */
#pragma once
#include "case/view.h"
#include "render/doc.h"

/* A line for a shell that compares a file with a SHA-256, in two or three lines that it joins. */
void custody_check_line(struct buf *out, const struct hash *sum, struct str name);
/* Lines that compare an item's files in their folder, or its bytes in that of the case. */
void custody_check_kept(struct buf *out, struct str files, struct str sha256);
/* The command that checks the record where a package was opened. */
void custody_check_chain(struct buf *out, uint64_t size, const struct hash *root);
#define CUSTODY_CHECKING "How to check this"
#define CUSTODY_MOMENT "The record of the case at this moment"
/* Case, number of records and root, as of now. */
void custody_add_record(const struct view *v, struct doc *d);
/* How to check it. check: lines that compare its bytes where the form lies; empty: as they lie in
 * the case's folder, or in that of an image. */
void custody_add_checking(const struct view *v, struct doc *d, const struct thing *item,
                          struct str check, bool is_in_package);
