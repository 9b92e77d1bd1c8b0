/* preserve_image_tell.h: what is told of an image that is whole. */
#pragma once
#include "case/operation.h"
#include "practice/image_helper.h"

/* number is that of its acquisition (im1), item that on the register (e1). */
void preserve_image_tell(const struct image_helper *h, unsigned number, unsigned item,
                         struct answer *a);
