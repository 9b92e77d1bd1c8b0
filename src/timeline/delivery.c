/* delivery.c: delays of messages behind heads. */
#include "timeline/delivery.h"
#include <stdlib.h>

enum {
    QUARTER_S = 900,
    SAME_S = 5,    /* so far one delay may be from itself, */
    RUN_S = 15,    /* and in lines that follow one another */
    ON_S = 60,     /* behind which a clock has gone on */
    APART_S = 900, /* that a wrong clock may go on being wrong by more, or less */
    LEAST = 3,
    AHEAD_ONE_IN = 4, /* what was delivered late is not ahead */
};

bool delivery_is_of_zones(int64_t apart_s)
{
    int64_t rest = llabs(apart_s) % QUARTER_S;

    return rest <= DELIVERY_ALIKE_S || QUARTER_S - rest <= DELIVERY_ALIKE_S;
}

bool delivery_is_of_clock(const int64_t *clocks_s, int64_t late_s)
{
    for (size_t i = 0; i < DELIVERY_CLOCKS && clocks_s[i]; i++)
        if (llabs(late_s - clocks_s[i]) <= APART_S)
            return true;
    return false;
}

/* Of more than there is place for the last ones are forgotten. */
static void put_clock(struct delivery *d, int64_t late_s)
{
    size_t i = 0;

    if (delivery_is_of_clock(d->clocks_s, late_s))
        return;
    while (i < DELIVERY_CLOCKS - 1 && d->clocks_s[i])
        i++;
    d->clocks_s[i] = late_s;
}

/* A clock that is set is wrong by one amount for a while, and then by another. Of what is fetched
 * regularly the same delays come again, but not one behind the other. */
static void add_to_run(struct delivery *d, int64_t own_s, int64_t late_s)
{
    bool goes_on = llabs(late_s - d->run.late_s) <= RUN_S;

    if (goes_on && own_s - d->run.own_s < ON_S)
        return;
    if (goes_on)
        put_clock(d, late_s);
    d->run.late_s = late_s;
    d->run.own_s = own_s;
}

void delivery_add(struct delivery *d, int64_t own_s, int64_t head_s, bool head_has_zone)
{
    int64_t late_s = head_s - own_s;

    d->in_time += llabs(late_s) <= DELIVERY_ALIKE_S;
    if (head_has_zone ? llabs(late_s) <= DELIVERY_ALIKE_S : delivery_is_of_zones(late_s))
        return;
    d->late++;
    d->ahead += late_s < 0;
    d->is_of_one_zone = d->is_of_one_zone || head_has_zone;
    add_to_run(d, own_s, late_s);
    for (size_t i = 0; i < d->count; i++) {
        if (llabs(d->of[i].late_s - late_s) > SAME_S)
            continue;
        /* Where the heads stand still the delay would be another one by now. */
        if (own_s - d->of[i].own_s >= ON_S) {
            d->steady++;
            d->last_s = late_s;
            d->of[i].late_s = late_s;
            d->of[i].own_s = own_s;
        }
        return;
    }
    d->moved += d->count > 0;
    d->of[d->next].late_s = late_s;
    d->of[d->next].own_s = own_s;
    d->next = (d->next + 1) % DELIVERY_SLOTS;
    d->count += d->count < DELIVERY_SLOTS;
}

/* Heads without a zone may be of one that is behind, unless others show that it is that of the
 * messages. */
static bool is_ahead(const struct delivery *d)
{
    return (d->is_of_one_zone || d->in_time >= LEAST) && d->ahead * AHEAD_ONE_IN > d->late;
}

enum delivery_is delivery_end(struct delivery *d)
{
    if (d->late == 0)
        return DELIVERY_NONE;
    if (d->moved >= LEAST && d->moved > d->steady && !is_ahead(d))
        return DELIVERY_SHOWN;
    if (d->steady < LEAST || d->steady < d->moved)
        return DELIVERY_UNSHOWN;
    put_clock(d, d->last_s);
    return DELIVERY_CLOCK;
}
