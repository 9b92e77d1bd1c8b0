/* report_build.h: a report as the text of its three files. */
#pragma once
#include "practice/report_make.h"

enum tlp report_label(const struct thing *report); /* what its readers may see */
/* What a report's record holds, with the signatures of those who drafted, reviewed and approved it.
 * Slices live as long as the state and the arena. */
void report_choose(struct session *s, const struct view *v, const struct thing *report,
                   struct arena *arena, struct report_choice *out);

struct report_texts {
    struct buf html, markdown, json;
};
void report_texts_release(struct report_texts *t);

/* Makes the report that the choice describes from what the view may see at the choice's label, in
 * its compartment and the team's. The root and size in it are those of the state. */
MUST_CHECK int report_build(struct session *s, const struct view *v,
                            const struct report_choice *choice, struct report_texts *out,
                            struct err *e);
