/* trust.c: folds enrolments, revocations and holds, and undoes what untrusted records had done. */
#include "verify/trust.h"

#include <stdlib.h>
#include <string.h>

struct lowering {
    uint32_t key;
    uint32_t from;
};

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
    free(t->keys);
    free(t->events);
}

/* Takes trust from a key's records at `from` and later, and so from the keys that it enrolled
 * there, and so forth. Returns true where that takes trust from a revocation that was in force,
 * other than that at `except`. */
static bool trust_lower(struct trust *t, uint32_t key, uint32_t from, uint32_t except)
{
    CLEANUP(mem_drop) struct lowering *todo = NULL;
    size_t room = 0;
    size_t count = 1;
    bool undone = false;

    mem_reserve(&todo, &room, 1, sizeof *todo);
    todo[0] = (struct lowering){key, from};
    while (count > 0) {
        struct lowering now = todo[--count];
        struct trusted_key *k = &t->keys[now.key];

        if (now.from >= k->from)
            continue;
        k->from = now.from;
        while (k->latest != 0 && t->events[k->latest - 1].place >= now.from) {
            const struct event *e = &t->events[k->latest - 1];

            if (e->kind == EVENT_ENROL) {
                mem_reserve(&todo, &room, count + 1, sizeof *todo);
                todo[count++] = (struct lowering){e->key, e->place};
            }
            undone |= e->kind == EVENT_REVOKE && e->in_force && e->place != except;
            k->latest = e->earlier;
        }
    }
    return undone;
}

/* Judges every revocation again, the latest first: one is in force unless a later one that is in
 * force took trust from it. */
static void trust_judge_again(struct trust *t)
{
    for (size_t k = 0; k < t->key_count; k++) {
        t->keys[k].from = NEVER;
        t->keys[k].latest = 0;
    }
    for (size_t i = 0; i < t->count; i++) {
        struct event *e = &t->events[i];

        e->earlier = t->keys[e->by].latest;
        t->keys[e->by].latest = (uint32_t)i + 1;
    }
    for (size_t i = t->count; i-- > 0;) {
        struct event *e = &t->events[i];

        if (e->kind != EVENT_REVOKE)
            continue;
        e->in_force = trust_holds(t, e->by, e->place);
        if (e->in_force)
            (void)trust_lower(t, e->key, e->from, e->place);
    }
}

void trust_apply(struct trust *t, const struct event *event)
{
    struct trusted_key *by = &t->keys[event->by];
    struct event *e = NULL;

    mem_reserve(&t->events, &t->room, t->count + 1, sizeof *t->events);
    e = &t->events[t->count++];
    *e = *event;
    e->earlier = by->latest;
    by->latest = (uint32_t)t->count;
    if (e->kind == EVENT_ENROL)
        t->keys[e->key].power = e->power;
    if (e->kind != EVENT_REVOKE)
        return;
    e->in_force = true;
    if (trust_lower(t, e->key, e->from, e->place))
        trust_judge_again(t);
}

void trust_replay(struct trust *t, const struct trust *other, uint32_t place)
{
    trust_init(t, other->key_count);
    t->recovery = other->recovery;
    for (size_t i = 0; i < other->count && other->events[i].place < place; i++)
        trust_apply(t, &other->events[i]);
}

bool trust_is_revoked(const struct trust *t, uint32_t key)
{
    return t->keys[key].from != NEVER;
}

bool trust_holds(const struct trust *t, uint32_t key, uint32_t place)
{
    return place < t->keys[key].from;
}

bool trust_revocation_stands(const struct trust *t, uint32_t place)
{
    size_t low = 0;
    size_t high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->events[middle].place < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->count && t->events[low].place == place && t->events[low].kind == EVENT_REVOKE &&
           t->events[low].in_force;
}

bool trust_hold_in_force(const struct trust *t)
{
    for (size_t i = t->count; i-- > 0;)
        if (t->events[i].kind == EVENT_HOLD && trust_holds(t, t->events[i].by, t->events[i].place))
            return t->events[i].hold;
    return false;
}
