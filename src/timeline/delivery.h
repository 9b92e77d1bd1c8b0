/* delivery.h: whether messages that state when they were, earlier than the head of their line, were
 * delivered late, or a clock is wrong: by what the lines of a source show together
 * (doc/format/timeline.md section 2, "Appliances"). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DELIVERY_ALIKE_S = 120, /* so far two clocks of one moment may be apart */
    DELIVERY_SLOTS = 8,
    DELIVERY_CLOCKS = 8,
};
enum delivery_is {
    DELIVERY_NONE,    /* no line is so */
    DELIVERY_SHOWN,   /* by another delay in each: they were delivered late */
    DELIVERY_CLOCK,   /* by an amount that goes on with the lines, or some, one behind another: a
                         clock is wrong, and may have been set */
    DELIVERY_UNSHOWN, /* either */
    DELIVERY_COUNT_,
};
struct delivery {
    struct {
        int64_t late_s, own_s;
    } of[DELIVERY_SLOTS]; /* delays that were met */
    size_t count, next;
    unsigned in_time, late, ahead, steady, moved;
    bool is_of_one_zone; /* heads state theirs, too */
    int64_t last_s;      /* the delay that went on last */
    struct {
        int64_t late_s, own_s;
    } run;                             /* lines of one delay with none of another between */
    int64_t clocks_s[DELIVERY_CLOCKS]; /* delays that went on in runs; the first 0 ends them */
};
/* A message of that time behind a head of that one; where the head states no zone its time is as if
 * it were UTC. */
void delivery_add(struct delivery *d, int64_t own_s, int64_t head_s, bool head_has_zone);
/* Of a wrong clock clocks_s is then by what it is behind, at one time or another. */
enum delivery_is delivery_end(struct delivery *d);
/* Whether that is, to a quarter of an hour, one of DELIVERY_CLOCKS; the first 0 ends them. */
bool delivery_is_of_clock(const int64_t *clocks_s, int64_t late_s);
/* Whether that is what zones of a clock and another are apart, to two minutes. */
bool delivery_is_of_zones(int64_t apart_s);
