/* delivery.c: delays of messages behind heads. */
#include "timeline/delivery.h"
#include <stdlib.h>

enum {
    QUARTER_S = 900,
    SAME_S = 5, /* so far one delay may be from itself */
    ON_S = 60,  /* behind which a clock has gone on */
    LEAST = 3,
    AHEAD_ONE_IN = 4, /* what was delivered late is not ahead */
};

bool delivery_is_of_zones(int64_t apart_s)
{
    int64_t rest = llabs(apart_s) % QUARTER_S;

    return rest <= DELIVERY_ALIKE_S || QUARTER_S - rest <= DELIVERY_ALIKE_S;
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
    for (size_t i = 0; i < d->count; i++) {
        if (llabs(d->of[i].late_s - late_s) > SAME_S)
            continue;
        /* Where the heads stand still the delay would be another one by now. */
        if (own_s - d->of[i].own_s >= ON_S) {
            d->steady++;
            d->clock_s = late_s;
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

enum delivery_is delivery_end(const struct delivery *d)
{
    if (d->late == 0)
        return DELIVERY_NONE;
    if (d->moved >= LEAST && d->moved > d->steady && !is_ahead(d))
        return DELIVERY_SHOWN;
    return d->steady >= LEAST && d->steady >= d->moved ? DELIVERY_CLOCK : DELIVERY_UNSHOWN;
}
