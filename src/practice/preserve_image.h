/* preserve_image.h: the operation that makes disk images, and the record of each. */
#pragma once
#include "case/operation.h"

extern const struct kind
    acquisition_kind; /* "acquisition", im1 …: an image from its beginning to its end */
extern const struct operation preserve_image;
extern const struct operation preserve_images; /* which there are, and how to go on with one */
