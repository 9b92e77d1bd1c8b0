/* preserve_image.h: the operation that makes disk images, and the record of each. */
#pragma once
#include "case/operation.h"

extern const struct operation preserve_image;
extern const struct operation preserve_images; /* which there are, and how to go on with one */
