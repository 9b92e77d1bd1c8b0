/* imager_back.h: an image that was just written is read back from the disk, and compared. */
#pragma once
#include "acquire/imager.h"

/* Reads image and what lies beside it back, in a thread of its own; progress is told meanwhile.
 * Sets report->back and its times, or back_failed. 0: it is what was written; ERR_TAMPER: it, or a
 * file beside it, is not; ERR_FORMAT; ERR_CANCEL: control said so; ERR_IO, ERR_LIMIT. e is not
 * NULL.
 */
MUST_CHECK int imager_back(struct acquisition *image, const struct imager_watch *watch,
                           struct acquire_control *control, struct imager_report *report,
                           struct err *e);

/* Whether reading back that came to rc has been decided: else it can be tried again. */
bool imager_back_is_over(int rc);
