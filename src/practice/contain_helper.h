/* contain_helper.h: calm-contain as calm talks with it: orders out, answers back
 * (doc/format/containment.md section 3). */
#pragma once
#include "base/hash.h"
#include "base/str.h"
#include "base/err.h"

struct contain_helper;

/* Starts the program that lies beside this one: as it is where this process may change the host,
 * else through sudo, which asks on the terminal; to look only, through sudo where that asks for
 * nothing, else as it is. ERR_NOTFOUND: it is not there, or sudo is not; ERR_IO. */
MUST_CHECK int contain_helper_open(struct contain_helper **out, bool only_looks, struct err *e);
void contain_helper_close(struct contain_helper *h); /* NULL is fine */
DEFINE_CLEANUP(struct contain_helper *, contain_helper_close)

/* Gives an order, with the plan behind it where the order takes one, and adds the lines of the
 * answer to *lines, each with its end. The helper's own code and sentence where it says no; ERR_IO
 * where it ended: what it did meanwhile is unknown then. */
MUST_CHECK int contain_helper_ask(struct contain_helper *h, const char *order, struct str plan,
                                  struct buf *lines, struct err *e);
/* prepare: *before gets the state that the plan will change. */
MUST_CHECK int contain_helper_prepare(struct contain_helper *h, struct str plan, struct buf *before,
                                      struct err *e);
/* The connections over which the person works, an endpoint a line: as the helper sees them, and as
 * SSH tells where a program between (tmux, screen) hides them. */
MUST_CHECK int contain_helper_sessions(struct contain_helper *h, struct buf *lines, struct err *e);
/* An order about one change: "go", "confirm", "undo", "check", "forget". */
MUST_CHECK int contain_helper_about(struct contain_helper *h, const char *order,
                                    const struct id *id, struct buf *lines, struct err *e);
