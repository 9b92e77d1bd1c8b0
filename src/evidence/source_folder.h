/* source_folder.h: whether a folder lies on a source, so that what is written there would go over
 * what is to be preserved. */
#pragma once
#include "base/err.h"

/* The one check before anything is written into a folder: it must not lie on the source's own disk,
 * on what is mounted of it, nor on a loop device over it, through however many layers. ERR_USAGE:
 * it does, or that cannot be told; else as stat(). */
MUST_CHECK int source_spares_folder(const char *source, const char *folder, struct err *e);
