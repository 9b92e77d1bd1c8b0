/* proc.h: runs another program, without a shell, and takes what it prints. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct proc_result {
    int exit_status; /* 0 to 255; 128 + the signal's number where one ended it */
    bool was_cut;    /* it printed more than was wanted; the rest was read and dropped */
};

/* Runs argv[0], a path (no search), with the given arguments and nothing on standard input; its
 * standard output and error go to *output, at most most bytes. Its descriptors are those three
 * only. ERR_NOTFOUND, ERR_IO; ERR_LIMIT when it took longer than timeout_s and was ended. */
MUST_CHECK int proc_run(const char *const *argv, struct proc_result *result, struct buf *output,
                        size_t most, unsigned timeout_s, struct err *e);
