/* dialogue.h: talks with another program over its standard input and output: bytes out, bytes
 * back. Its standard error is ours, so that it can ask the person (sudo). */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct dialogue;

/* argv[0] is a path or a name that is looked for where proc_capture looks. ERR_NOTFOUND, ERR_IO. */
MUST_CHECK int dialogue_start(struct dialogue **out, const char *const *argv, struct err *e);
/* The same, and what it says on standard error goes nowhere. */
MUST_CHECK int dialogue_start_silent(struct dialogue **out, const char *const *argv, struct err *e);
/* Ends its input and waits for its end, at most 10 s; then it is ended, and where it hangs in the
 * kernel a second later it is left to end when that lets it. Returns its exit status, 128 and the
 * signal's number where one ended it. */
int dialogue_end(struct dialogue *d);
/* The same for one that has said its last word: it has a second. NULL is fine. */
void dialogue_leave(struct dialogue *d);
void dialogue_close(struct dialogue *d); /* dialogue_end, forgetting the status; NULL is fine */
DEFINE_CLEANUP(struct dialogue *, dialogue_close)

/* ERR_IO where it does not listen any more. */
MUST_CHECK int dialogue_send(struct dialogue *d, struct str bytes, struct err *e);
int dialogue_fd(const struct dialogue *d); /* readable when dialogue_take has something */
/* Adds what it has said to out; nothing where there is nothing yet. ERR_IO: it ended. */
MUST_CHECK int dialogue_take(struct dialogue *d, struct buf *out, struct err *e);
