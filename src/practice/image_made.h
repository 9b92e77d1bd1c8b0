/* image_made.h: an image that calm-image made, or finished, without the case, put on record. */
#pragma once
#include "practice/image_record.h"

/* The input's "made" names its NAME.txt; its other files lie beside it, or in the folders of
 * "also". Each is hashed and compared with it, and all that the image holds; nothing is moved, and
 * nothing goes on record where something differs. ERR_FORMAT, ERR_NOTFOUND, ERR_TAMPER, ERR_USAGE:
 * it is on the register already; ERR_DENIED: sealed; ERR_CANCEL. */
MUST_CHECK int image_made_take(struct imaging *g, struct err *e);
