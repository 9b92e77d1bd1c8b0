/* target_internal.h: what target_files.c, target_place.c and target_own.c share. */
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
/* The path of the last file, were it in that folder. */
void target_path_in(const struct target_files *f, unsigned folder, struct buf *out);
void target_close_last(struct target_files *f);
/* A call that writes begins and ends; between them the target is what is waited for. */
void target_busy(const struct target_files *f, bool is_busy);
MUST_CHECK int target_sync(const struct target_files *f, int fd, struct err *e);

/* target_place.c. The last file goes on in another folder, or in the same: there is room now.
 * *asks: it could not, for a reason that lies in that folder, and nothing has changed. */
MUST_CHECK int target_move_last(struct target_files *f, const char *folder, bool *asks,
                                struct err *e);

/* target_claim.c. The folder is the image's own from now on: what is found there later is known to
 * be. *is_made: it was not before. ERR_USAGE: it holds something under the image's name. */
MUST_CHECK int target_claim(struct target_files *f, unsigned folder, bool *is_made, struct err *e);
/* As far as it says that a folder is the image's. *has: there is one; *is_ours. */
MUST_CHECK int target_read_claim(const struct target_files *f, unsigned folder, bool *has,
                                 bool *is_ours, struct err *e);
void target_claims_release(struct target_files *f);
int target_drop_claim(const struct target_files *f, unsigned folder, struct err *e);
/* target_begun.c: of the first file, while no state tells of it. */
enum target_begun {
    TARGET_BEGUN,       /* it holds what the image was to write, or nothing yet */
    TARGET_BEGUN_MORE,  /* a later state has more */
    TARGET_BEGUN_OTHER, /* it is not the image's */
};
/* Errors: ERR_IO. */
MUST_CHECK int target_look_begun(const struct target_ahead *ahead, int fd, const char *path,
                                 enum target_begun *out, struct err *e);
/* What was begun is used again, or where it lies elsewhere removed: the state on disk knows it. */
MUST_CHECK int target_empty_begun(struct target_files *f, const struct target_ahead *ahead,
                                  struct err *e);
/* target_own.c. The number of the folder that this is, however it is spelled; folder_count: it is
 * new. */
unsigned target_find_folder(const struct target_files *f, const char *folder);
/* What are several folders by their paths, and one by what they are, is one from now on. */
void target_fold(struct target_files *f);
/* A new hidden file, opened; *path gets where. The caller closes and removes it. */
MUST_CHECK int target_hidden(const char *folder, struct buf *path, struct err *e);
/* Removes the very file that is held. ERR_CONFLICT: another one is there now. */
int target_remove_held(int fd, const char *path, struct err *e);
