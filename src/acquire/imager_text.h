/* imager_text.h: what was done, in words: NAME.txt (doc/format/image.md section 6). */
#pragma once
#include "acquire/imager.h"

void imager_files(const struct imager_report *r, struct acquisition *image, struct buf *out);
void imager_text(const struct imager_report *r, struct acquisition *image,
                 const struct imager_order *order, struct buf *out);
