/* image_made_begun.h: whether an image that calm-image finished without the case began in it. */
#pragma once
#include "practice/image_record.h"

/* The acquisition that was begun in this case under that name, as the summary in g->helper says,
 * and did not end in it; NULL: none was. Borrowed from the view. */
const struct thing *image_made_begun(const struct imaging *g, const struct view *v,
                                     struct str name);
/* Adds a path as a summary or a record spells it; one of a version that spelled it as it is, so. */
void image_made_path(struct str said, struct buf *out);
