/* stop_preview.h: what a plan would do, in words, for the screen and for the record. */
#pragma once
#include "contain/plan.h"
#include "practice/practice.h"

/* lines: the helper's answer to a preview (doc/format/containment.md section 3.1); measured: what
 * the rule would have done to what was recorded. Adds at most some 16 KiB of text, "NAME: WORDS" a
 * line. */
void stop_preview_words(struct str lines, const struct plan *p, struct str measured,
                        struct buf *out);
/* Shows such words as rows; older ones, which are one line, as a paragraph. */
struct screen;
void stop_preview_rows(struct screen *screen, struct str words);
/* The screen: what it will do, what it keeps, ends and breaks, what to do next. */
void stop_preview_show(const struct view *v, const struct thing *action, const struct plan *p,
                       struct str lines, struct answer *a);
