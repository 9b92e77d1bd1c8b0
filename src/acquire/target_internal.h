/* target_internal.h: what target_files.c and target_place.c share. */
#pragma once
#include "acquire/target_files.h"

/* Opens the last file in a folder, by number; straight as in target_files. On error both are
 * closed. */
MUST_CHECK int target_open_in(const struct target_files *f, unsigned folder, int flags, int *fd,
                              int *straight, struct err *e);
/* As target_open_in of a file that must not be there; its name is durable. On error it is not
 * there. */
MUST_CHECK int target_make_in(const struct target_files *f, unsigned folder, int *fd, int *straight,
                              struct err *e);
void target_close_last(struct target_files *f);
/* A call that writes begins and ends; between them the target is what is waited for. */
void target_busy(const struct target_files *f, bool is_busy);
MUST_CHECK int target_sync(const struct target_files *f, int fd, struct err *e);

/* target_place.c. The last file goes on in another folder, or in the same: there is room now.
 * *asks: it could not, for a reason that lies in that folder, and nothing has changed. */
MUST_CHECK int target_move_last(struct target_files *f, const char *folder, bool *asks,
                                struct err *e);
