/* contain_helper.h: calm-contain as calm talks with it: orders out, answers back
 * (doc/format/containment.md section 3). */
#pragma once
#include "base/hash.h"
#include "base/str.h"
#include "base/err.h"
#include "practice/contain_far.h"

struct contain_helper;

/* Starts the program that lies beside this one: as it is where this process may change the host,
 * else through sudo, which asks on the terminal; to look only, through sudo where that asks for
 * nothing, else as it is. ERR_NOTFOUND: it is not there, or sudo is not; ERR_IO. */
MUST_CHECK int contain_helper_open(struct contain_helper **out, bool only_looks, struct err *e);
void contain_helper_close(struct contain_helper *h); /* NULL is fine */
DEFINE_CLEANUP(struct contain_helper *, contain_helper_close)

/* The same on another host, over SSH. It is not there yet when this returns: what goes wrong with
 * the connection is told by the first answer. */
MUST_CHECK int contain_helper_open_far(struct contain_helper **out, const struct reach *reach,
                                       const struct far_place *place, struct err *e);

/* No plan there may cut off the server that the case in this folder lies on (NULL: none): here what
 * this machine needs of it; on another host what others need, where it is that server. Where its
 * address is not known, its name is added to unknown. */
MUST_CHECK int contain_helper_guard_case(struct contain_helper *h, const char *case_folder,
                                         struct buf *unknown, struct err *e);

/* Gives an order, with the plan behind it where the order takes one, and adds the lines of the
 * answer to *lines, each with its end. The helper's own code and sentence where it says no. Where
 * it is lost (contain_helper_is_lost), what it did meanwhile is unknown. Lines are UTF-8 without
 * control characters, whoever sent them. */
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

/* Several at once: orders are given to each, then all answers are waited for. */
enum { CONTAIN_HELPER_COUNT = 64 };
/* Nothing is given to one that is lost. */
void contain_helper_give(struct contain_helper *h, const char *order, struct str plan);
void contain_helper_give_prepare(struct contain_helper *h, struct str plan);
void contain_helper_give_go(struct contain_helper *h, const struct id *id, uint64_t delay_ms);
/* The orders that follow may take hours: a large file is copied. */
void contain_helper_be_patient(struct contain_helper *h, bool is_long);
/* Until all have answered or are lost; at until_ms (CLOCK_MONOTONIC; 0: no moment of its own) those
 * that have not are. */
void contain_helper_wait(struct contain_helper *const *all, size_t count, int64_t until_ms);
/* The last answer, as contain_helper_ask gives it. */
MUST_CHECK int contain_helper_answer(const struct contain_helper *h, struct buf *lines,
                                     struct err *e);
struct str contain_helper_before(const struct contain_helper *h); /* of the last prepare, fetch */
bool contain_helper_is_lost(const struct contain_helper *h);
/* When the last order was given and its answer was here, microseconds of CLOCK_MONOTONIC. */
void contain_helper_times(const struct contain_helper *h, int64_t *asked_us, int64_t *answered_us);
