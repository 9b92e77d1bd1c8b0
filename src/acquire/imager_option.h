/* imager_option.h: what an image is ordered with, one table for calm-image's command line and for
 * the lines that calm gives it. */
#pragma once
#include "acquire/imager.h"

/* Sets one by its name without dashes; value is borrowed, and NULL for one that takes none.
 * ERR_USAGE. */
MUST_CHECK int imager_option_set(struct imager_order *o, const char *name, const char *value,
                                 struct err *e);
bool imager_option_takes_value(const char *name);
bool imager_option_is_there(const char *name);
void imager_option_defaults(struct imager_order *o);
void imager_option_help(struct buf *out);
/* What holds together: a source or a part, a folder for a new one. ERR_USAGE. */
MUST_CHECK int imager_option_check(const struct imager_order *o, struct err *e);
