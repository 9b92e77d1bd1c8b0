/* stop_moment.h: how far apart changes on several hosts began, by this machine's clock alone. */
#pragma once
#include "base/str.h"

/* One host's change; microseconds of CLOCK_MONOTONIC here. */
struct stop_moment {
    bool is_measured;
    int64_t first_us; /* it began not before this */
    int64_t last_us;  /* and not after this */
};
/* lines: the answer to go, with "moment WAITED DONE" in microseconds, which the host says. The
 * order was given at asked_us and answered at answered_us. What cannot be is not measured. */
struct stop_moment stop_moment_read(struct str lines, int64_t asked_us, int64_t answered_us);

struct stop_spread {
    int64_t about_us; /* between the middles of the first and the last */
    int64_t most_us;  /* not more than this lay between them */
};
/* False: fewer than two were measured. */
bool stop_spread_of(const struct stop_moment *moments, size_t count, struct stop_spread *out);
