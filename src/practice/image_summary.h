/* image_summary.h: reads NAME.txt (doc/format/image.md section 6), which somebody may have
 * written by hand. */
#pragma once
#include "practice/image_helper.h"

/* Fills facts, results and files with what the helper says of an image, and what only the summary
 * has, as results: "summary-case", "summary-evidence", "summary-description", "program", "options".
 * The folders of files are those of then. Nothing of it is checked but its form. ERR_FORMAT. */
MUST_CHECK int image_summary_read(struct image_helper *h, struct str text, struct err *e);
