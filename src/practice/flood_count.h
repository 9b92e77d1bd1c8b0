/* flood_count.h: has a worker count a log, and reads what it says. */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum { FLOOD_ROWS = 80, FLOOD_NUMBERS = 8, FLOOD_COUNTS = 10 };

struct flood_row {
    struct str what; /* "source", "prefix", "agent", "path", "user", "guessed", "block", "limit" */
    struct str name; /* an address or a network; of words the text */
    uint64_t numbers[FLOOD_NUMBERS]; /* as flood_tell says */
};

struct flood_report {
    struct buf lines;
    struct buf addresses; /* that the rule to block would name, a line each */
    bool has_no_begin;
    uint64_t counts[FLOOD_COUNTS]; /* by FLOOD_AT_… */
    int64_t first;
    int64_t begin;
    int64_t last;
    struct flood_row rows[FLOOD_ROWS];
    size_t row_count;
    struct buf texts[FLOOD_ROWS]; /* of words, from hex */
};
enum {
    FLOOD_AT_REQUESTS,
    FLOOD_AT_TRIED,
    FLOOD_AT_UNREAD,
    FLOOD_AT_UNCOUNTED,
    FLOOD_AT_SOURCES,
    FLOOD_AT_FLOOD,
    FLOOD_AT_GOOD,
    FLOOD_AT_USUAL,
    FLOOD_AT_SINCE,
    FLOOD_AT_IS_ATTEMPTS,
};
enum {
    FLOOD_RULE_NETWORKS,
    FLOOD_RULE_RATE,
    FLOOD_RULE_BURST,
    FLOOD_RULE_PREFIX4,
    FLOOD_RULE_PREFIX6,
    FLOOD_RULE_FLOOD_DROPPED,
    FLOOD_RULE_GOOD_DROPPED,
    FLOOD_RULE_IS_BEST,
};

void flood_report_release(struct flood_report *r);
bool flood_row_is_rule(const struct flood_row *r);
/* begin: seconds since 1970, or INT64_MIN where it is to be found. ERR_TAMPER: a worker that says
 * what it cannot. */
MUST_CHECK int flood_count(int fd, struct str name, int64_t begin, struct flood_report *out,
                           struct err *e);
