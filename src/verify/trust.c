/* trust.c: judges enrolments and holds forward, by the revocations known so far. */
#include "verify/trust.h"

#include <stdlib.h>
#include <string.h>

void trust_init(struct trust *t, size_t key_count)
{
    memset(t, 0, sizeof *t);
    t->keys = mem_get(key_count, sizeof *t->keys);
    t->key_count = key_count;
    t->recovery = NO_NUMBER;
    for (size_t k = 0; k < key_count; k++)
        t->keys[k].from = NEVER;
}

void trust_release(struct trust *t)
{
    for (size_t k = 0; k < t->key_count; k++)
        free(t->keys[k].enrolments);
    free(t->keys);
    free(t->events);
}

static bool power_suffices(enum power power, enum type type)
{
    switch (power) {
    case POWER_LEAD:
        return true;
    case POWER_MEMBER:
        return type != TYPE_ENROL && type != TYPE_REVOKE && type != TYPE_HOLD;
    case POWER_LOG:
        return type == TYPE_CHECKPOINT;
    default:
        return false;
    }
}

enum power trust_power(const struct trust *t, uint32_t key, uint32_t place)
{
    const struct trusted_key *k = &t->keys[key];
    size_t low = 0;
    size_t high = k->count;

    while (low < high) { /* for the number of its enrolments before the place */
        size_t middle = low + (high - low) / 2;

        if (t->events[k->enrolments[middle]].place < place)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t gives = low > 0 ? t->events[k->enrolments[low - 1]].gives : 0;
    return gives != 0 ? (enum power)t->events[gives - 1].power : POWER_NONE;
}

bool trust_holds(const struct trust *t, uint32_t key, uint32_t place, enum type type)
{
    if (place == 0)
        return true; /* case/1, which gives the first power */
    if (key == t->recovery)
        return type == TYPE_ENROL || type == TYPE_REVOKE;
    return place < t->keys[key].from && power_suffices(trust_power(t, key, place), type);
}

/* Judges one enrolment, by what stands before. `number` enrolments of its key do. */
static bool judge_enrolment(struct trust *t, uint32_t event, size_t number)
{
    struct event *e = &t->events[event];
    const uint32_t *before = t->keys[e->key].enrolments;
    bool trusted = trust_holds(t, e->by, e->place, TYPE_ENROL);

    e->gives = number > 0 ? t->events[before[number - 1]].gives : 0;
    if (trusted)
        e->gives = event + 1;
    return trusted;
}

/* Judges every enrolment again, with all revocations that are known by now. */
static void judge_again(struct trust *t)
{
    CLEANUP(mem_drop) uint32_t *met = mem_get(t->key_count, sizeof *met); /* of each key */

    for (size_t i = 0; i < t->count; i++)
        if (t->events[i].kind == EVENT_ENROL)
            (void)judge_enrolment(t, (uint32_t)i, met[t->events[i].key]++);
}

/* Adds an event. Returns true where it takes trust from an enrolment. */
static bool add_event(struct trust *t, const struct event *event)
{
    struct trusted_key *k = &t->keys[event->key];

    mem_reserve(&t->events, &t->room, t->count + 1, sizeof *t->events);
    t->events[t->count++] = *event;
    if (event->kind == EVENT_ENROL) {
        mem_reserve(&k->enrolments, &k->room, k->count + 1, sizeof *k->enrolments);
        k->enrolments[k->count++] = (uint32_t)t->count - 1;
        t->keys[event->by].last_signed = event->place + 1;
    }
    if (event->kind != EVENT_REVOKE || event->from >= k->from)
        return false;
    k->from = event->from;
    return k->last_signed > k->from;
}

void trust_apply(struct trust *t, const struct event *event)
{
    bool falls = add_event(t, event);

    if (falls)
        judge_again(t);
    if (event->kind == EVENT_ENROL)
        t->events[t->count - 1].was_trusted =
            judge_enrolment(t, (uint32_t)t->count - 1, t->keys[event->key].count - 1);
}

void trust_replay(struct trust *t, const struct trust *other, uint32_t place)
{
    trust_init(t, other->key_count);
    t->recovery = other->recovery;
    for (size_t i = 0; i < other->count && other->events[i].place < place; i++)
        (void)add_event(t, &other->events[i]);
    judge_again(t);
}

bool trust_is_revoked(const struct trust *t, uint32_t key)
{
    return t->keys[key].from != NEVER;
}

bool trust_was_enrolled(const struct trust *t, uint32_t key)
{
    const struct trusted_key *k = &t->keys[key];

    for (size_t i = k->count; i-- > 0;)
        if (t->events[k->enrolments[i]].was_trusted || t->events[k->enrolments[i]].gives != 0)
            return true;
    return false;
}

bool trust_hold_in_force(const struct trust *t)
{
    for (size_t i = t->count; i-- > 0;) {
        const struct event *e = &t->events[i];

        if (e->kind == EVENT_HOLD && trust_holds(t, e->by, e->place, TYPE_HOLD))
            return e->hold;
    }
    return false;
}
