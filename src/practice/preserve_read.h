/* preserve_read.h: the operation that reads disk images. */
#pragma once
#include "case/operation.h"

extern const struct operation preserve_read; /* calm preserve read e3 */
