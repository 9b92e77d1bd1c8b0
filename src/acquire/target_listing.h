/* target_listing.h: whether a record can name all files of an image (doc/format/evidence.md section
 * 4, `files`). */
#pragma once
#include "acquire/target_files.h"

/* How many files a record can name beside those that are there, where the others may lie in the
 * folder of files or in other ("": none), a whole path. */
uint64_t target_listing_room(const struct target_files *files, const char *other);

/* Whether it can name those of an image of size bytes in segments of that size (0: one file), of
 * which files has none yet. ERR_USAGE, with the smallest segment that does. */
MUST_CHECK int target_listing_begin(const struct target_files *files, const char *other,
                                    uint64_t size, uint64_t segment, struct err *e);

/* Whether it can still, where all that are missing may lie in other, too. ERR_LIMIT. */
MUST_CHECK int target_listing_takes(const struct target_files *files, const char *other,
                                    uint64_t size, uint64_t segment, struct err *e);
