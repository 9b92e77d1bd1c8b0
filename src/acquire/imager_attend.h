/* imager_attend.h: looks at the thread that makes an image, until it ends or has to be left alone.
 */
#pragma once
#include "acquire/imager.h"

/* Tells progress meanwhile; size is that of the source. 0: *has_ended was set. Else the thread was
 * told to stop, and may hang all the same: ERR_IO: a read or write does not come back, or hardly
 * anything comes, for the order's patience; ERR_CANCEL: somebody asked for an end, and a read does
 * not come back. *is_of_source: it is the source that keeps it. e is not NULL. */
MUST_CHECK int imager_attend(const struct imager_order *order, const struct imager_watch *watch,
                             struct acquire_control *control, uint64_t size,
                             const _Atomic bool *has_ended, bool *is_of_source, struct err *e);
