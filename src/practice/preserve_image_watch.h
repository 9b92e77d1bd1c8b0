/* preserve_image_watch.h: what a person sees, and is asked, while an image is made. context is a
 * struct imaging. */
#pragma once
#include "practice/image_record.h"

/* As image_watcher_calls have them. */
int preserve_image_show(void *context, const struct image_progress *p, struct err *e);
int preserve_image_room(void *context, const char *folder, const char *why, char **other,
                        struct err *e);
/* Says where the folder has less room than the source is large. */
void preserve_image_say_room(const struct imaging *g);
/* The whole path of a folder that an image may go to. ERR_NOTFOUND, ERR_USAGE, ERR_DENIED. */
MUST_CHECK int preserve_image_place(const struct imaging *g, struct str given, struct buf *out,
                                    struct err *e);
