/* stop_begin_tell.h: plans that are carried out together, as they stand, and what is said of them.
 */
#pragma once
#include "practice/stop_moment.h"
#include "practice/stop_plan.h"
#include "practice/stop_way.h"

enum begin_result {
    BEGIN_LEFT_OUT, /* could not be prepared: nothing was changed */
    BEGIN_IN_EFFECT,
    BEGIN_FAILED,  /* and what was changed was put back there */
    BEGIN_UNKNOWN, /* the host did not answer */
};

/* One plan. */
struct begin_part {
    struct id id; /* of the action */
    unsigned number;
    bool is_far;
    struct stop_plan plan;
    struct contain_helper *helper;
    bool is_out; /* takes no part any more; why says why */
    struct err why;
    bool has_intent;  /* on record, and neither begun nor ended there yet */
    int64_t round_us; /* to the host and back; 0: not measured */
    enum begin_result result;
    struct buf seen; /* what the host saw, as words */
    struct stop_moment moment;
};

struct beginning {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct stop_ways ways;
    struct begin_part *parts;
    size_t count;
    bool leaves_failed; /* begins without those that cannot */
};

int64_t begin_now_us(void); /* CLOCK_MONOTONIC */
/* What came of all; sets the exit status where not all are in effect. */
void begin_tell(const struct beginning *b, struct answer *a);
