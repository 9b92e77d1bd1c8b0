/* run.h: runs another program of this host, without a shell. */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum { RUN_OUTPUT_SIZE = 65536 };

/* argv[0] is a path. Its standard output and error go to *output, at most RUN_OUTPUT_SIZE bytes. It
 * gets no input and nothing of our environment. ERR_NOTFOUND, ERR_IO; ERR_LIMIT when it took longer
 * than timeout_s and was ended. */
MUST_CHECK int run_program(const char *const *argv, unsigned timeout_s, int *exit_status,
                           struct buf *output, struct err *e);
