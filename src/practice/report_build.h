/* report_build.h: a report as the text of its three files. */
#pragma once
#include "practice/report_make.h"

struct report_texts {
    struct buf html, markdown, json;
};
void report_texts_release(struct report_texts *t);

/* Makes the report that the choice describes from what the view may see at the choice's label. The
 * root and size in it are those of the state. */
MUST_CHECK int report_build(struct session *s, const struct view *v,
                            const struct report_choice *choice, struct report_texts *out,
                            struct err *e);
