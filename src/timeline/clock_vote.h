/* clock_vote.h: whether AM and PM behind the times of a source are part of them: by what its lines
 * show together. */
#pragma once
#include "timeline/when.h"

struct clock_vote {
    uint64_t am, pm;
    uint64_t out;         /* of them, behind hours that no clock of twelve has */
    uint64_t differing;   /* of them, with another hour by each of the two clocks */
    uint64_t bare;        /* of them, behind a date with the year first */
    uint64_t plain;       /* without either, */
    uint64_t plain_out;   /* at such hours */
    uint64_t steps[2][2]; /* back and forward by more than a minute, by a clock of 24 hours and by
                             one of twelve */
    int64_t last[2];      /* the time of the line before, likewise */
    bool has_last;
};
void clock_vote_add(struct clock_vote *v, const struct stated *s);
struct clock_verdict {
    enum when_clock clock;
    bool is_doubtful;
};
struct clock_verdict clock_vote_end(const struct clock_vote *v);
