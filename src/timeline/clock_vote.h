/* clock_vote.h: whether AM and PM, and signed numbers, behind the times of a source are part of
 * them: by what its lines show together. */
#pragma once
#include "timeline/manner.h"

enum { CLOCK_VOTE_OFFSETS = 3 }; /* so many are told apart */
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
    /* Of lines with a signed number of four digits behind the time: */
    int offsets[CLOCK_VOTE_OFFSETS]; /* the different ones, */
    size_t offset_count;
    uint64_t offset_steps[2][2]; /* back and forward without them, and by them */
    int64_t offset_last[2];
};
void clock_vote_add(struct clock_vote *v, const struct stated *s);
struct clock_verdict {
    enum when_clock clock;
    bool is_doubtful;
};
struct clock_verdict clock_vote_end(const struct clock_vote *v);
enum manner_offsets clock_vote_offsets(const struct clock_vote *v);
