/* verify.h: asks calm-verify, a program that shares no code with this one, whether a journal is
 * what was written. */
#pragma once
#include "practice/practice.h"

enum {
    VERDICT_VERIFIED = 0,
    VERDICT_TAMPERED = 1,
    VERDICT_NOT_ANCHORED = 2,
    VERDICT_MALFORMED = 3,
    VERDICT_UNCHECKED = 4
};

/* Runs calm-verify on a skeleton, with further arguments (NULL-ended; NULL for none). Its words go
 * to *words, its status to *verdict. ERR_NOTFOUND where the program is not beside this one; ERR_IO.
 */
MUST_CHECK int verify_file(const char *skeleton, const char *const *more, int *verdict,
                           struct buf *words, struct err *e);

/* A root as it is printed, in two lines; behind the first stands what parts them: "\n       ". */
void verify_root(struct buf *out, const struct hash *root, const char *between);
/* The command that checks a journal against a printed root, in two lines that a shell joins. folder
 * stands before the program, and may be empty. */
void verify_command(struct buf *out, const char *folder, uint64_t size, const struct hash *root,
                    const char *path);
