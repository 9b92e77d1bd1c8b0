/* pty.h: runs a command or the user's shell before the user's eyes, and records what it shows. What
 * the user types is never recorded (only its echo is, which programs switch off for passwords). */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "base/utc.h"

struct pty_result {
    int status; /* exit status; 128 and the number where a signal ended it */
    int signal; /* 0, or the signal that ended it */
    struct utc began;
    uint64_t lasted_ms;
    uint64_t size; /* bytes of the recording */
    /* code 0: all was recorded. ERR_LIMIT: the recording was ended at its limit; ERR_FULL, ERR_IO:
     * it could not be written. The command went on all the same. */
    struct err recording;
};

/* Runs argv (NULL at the end; NULL: $SHELL, else /bin/sh), found by $PATH, and records its output
 * to fd (borrowed) as asciicast v2, at most so many bytes.
 *
 * On a terminal (standard input and output) it runs under a pseudo-terminal: the user's is in raw
 * mode meanwhile and is set back on every way out; a changed window size is handed on and recorded.
 * Otherwise ("run -- CMD" in a script) the command has the standard input as it is, its two outputs
 * are passed through, and both are recorded in the order in which they came.
 *
 * ERR_NOTFOUND: no such program. ERR_CANCEL: SIGTERM, SIGHUP, or on a terminal SIGINT or SIGQUIT
 * came from outside or the terminal went away; the command got SIGHUP, and *out is assigned in this
 * case too. ERR_IO. Blocks signals of the calling thread while it runs: for single-threaded use. */
MUST_CHECK int pty_run(const char *const *argv, int fd, uint64_t most, struct pty_result *out,
                       struct err *e);
