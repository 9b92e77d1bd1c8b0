/* out_file.h: a file that gets its name only when it is whole. */
#pragma once
#include "base/err.h"
#include "base/str.h"

/* Zero-initialise but for fd, which begins as -1. */
struct out_file {
    struct buf folder;
    struct buf part; /* the path that it has meanwhile, hidden, beside its place */
    int fd;
};
/* ERR_USAGE when path exists: nothing is overwritten. Only the owner may read it. */
MUST_CHECK int out_file_begin(struct out_file *f, const char *path, struct err *e);
/* Makes the bytes durable. */
MUST_CHECK int out_file_sync(const struct out_file *f, const char *path, struct err *e);
/* ERR_USAGE: a path (of what need not be there yet) lies in the folder of the case, which has its
 * own order, and is copied and handed on. case_folder may be NULL. */
MUST_CHECK int out_spares_case(const char *case_folder, const char *path, struct err *e);
MUST_CHECK int out_file_end(struct out_file *f, const char *path, struct err *e);
void out_file_release(struct out_file *f); /* removes what did not get its name */
