/* imager_open.h: the source of an image, opened while somebody watches, or left for dead. */
#pragma once
#include "acquire/imager.h"

/* source_open in a thread of its own: a device may hang, and whoever asked need not. Progress is
 * told meanwhile. As source_open; ERR_CANCEL: control said so; ERR_IO: it did not come back within
 * the order's patience, and the process must end without waiting for it. */
MUST_CHECK int imager_open_source(const struct imager_order *order,
                                  const struct imager_watch *watch, struct acquire_control *control,
                                  const char *path, bool keeps_off_ends, struct source **out,
                                  struct source_facts *facts, struct err *e);

/* Once the source could not be opened (rc, *e) to go on with an image that was begun as b: 0: it is
 * not there, its end is accepted, and *out stands for it, with what was known of it; else rc, with
 * what there is to do. e is not NULL. */
MUST_CHECK int imager_open_gone(const struct imager_order *order, const char *path,
                                const struct acquire_begin *b, int rc, struct source **out,
                                struct source_facts *facts, struct err *e);

/* The order says that the source of an image that was begun as b, of which done bytes are there, is
 * gone for good: looks for it under its name. 0: it is not there, another one is, or it gives
 * nothing within the order's patience, and *out stands for it. ERR_CONFLICT: it is there, and gives
 * bytes; ERR_CANCEL; ERR_DENIED, ERR_FORMAT: nobody can tell. */
MUST_CHECK int imager_look_gone(const struct imager_order *order, const struct imager_watch *watch,
                                struct acquire_control *control, const char *path,
                                const struct acquire_begin *b, uint64_t done, struct source **out,
                                struct source_facts *facts, struct err *e);
