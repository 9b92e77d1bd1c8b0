/* proc.h: runs another program, without a shell, and takes what it prints. */
#pragma once
#include <sys/types.h>
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

struct proc_limits {
    unsigned wall_s; /* 0: 60. At its end the program gets SIGTERM, 2 s later SIGKILL */
    size_t output;   /* bytes kept of each output; 0: 1 MiB. The rest is read and dropped */
};

struct proc_capture {
    int status;    /* exit status; 128 + the signal's number where one ended it */
    int signal;    /* 0, or the signal that ended it */
    bool was_late; /* the time limit ended it */
    bool was_cut;  /* an output was longer than is kept */
    struct buf out;
    struct buf err;
};
void proc_capture_release(struct proc_capture *c);
#define CLEANUP_PROC CLEANUP(proc_capture_release)

/* The same with a standard input, both outputs apart, and a search: a name without a slash is
 * looked for in /usr/sbin, /usr/bin, /sbin and /bin, never in $PATH. It inherits the environment.
 * Processes that it leaves behind are not waited for. What goes wrong in the program itself,
 * lateness too, is no error here: look at *out, which the caller zero-initialises. ERR_NOTFOUND,
 * ERR_IO. */
MUST_CHECK int proc_capture(const char *const *argv, struct str in,
                            const struct proc_limits *limits, struct proc_capture *out,
                            struct err *e);

/* Starts a program with these three descriptors and no other, searched for in the same way; the
 * caller waits for it. ERR_NOTFOUND, ERR_IO. */
MUST_CHECK int proc_start(const char *const *argv, const int fds[3], pid_t *pid, struct err *e);
/* What a program prints, piece by piece, as it comes. Non-zero ends the program. */
typedef int proc_take(void *context, struct str bytes, struct err *e);
/* As proc_capture without an input, with its standard output handed on instead of kept: *out has
 * the standard error. What take returned is returned, after the program has ended. */
MUST_CHECK int proc_stream(const char *const *argv, const struct proc_limits *limits,
                           proc_take *take, void *context, struct proc_capture *out, struct err *e);
