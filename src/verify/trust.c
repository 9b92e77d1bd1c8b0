/* trust.c: folds enrolments, revocations and holds, and undoes what untrusted records had done. */
#include "verify/trust.h"

#include <stdlib.h>
#include <string.h>

/* A key loses trust from a place on. */
struct lowering {
    uint32_t key;
    uint32_t from;
};

struct lowerings {
    struct lowering *items;
    size_t count;
    size_t room;
};

void trust_init(struct trust *t, size_t key_count)
{
    memset(t, 0, sizeof *t);
    t->keys = mem_get(key_count, sizeof *t->keys);
    t->key_count = key_count;
    t->recovery = NO_NUMBER;
    for (size_t k = 0; k < key_count; k++)
        t->keys[k].from = t->keys[k].first = NEVER;
}

void trust_release(struct trust *t)
{
    free(t->keys);
    free(t->events);
}

static void lower_later(struct lowerings *todo, uint32_t key, uint32_t from)
{
    mem_reserve(&todo->items, &todo->room, todo->count + 1, sizeof *todo->items);
    todo->items[todo->count++] = (struct lowering){key, from};
}

/* An enrolment loses trust. Its key keeps what the last of its others gave, if there is one. */
static void enrolment_falls(struct trust *t, struct event *e, struct lowerings *todo)
{
    struct trusted_key *k = &t->keys[e->key];

    e->fallen = true;
    k->count--;
    while (k->top != 0 && t->events[k->top - 1].fallen)
        k->top = t->events[k->top - 1].below;
    k->power = k->top != 0 ? t->events[k->top - 1].power : POWER_NONE;
    if (k->count == 0)
        lower_later(todo, e->key, k->first);
}

/* Takes trust from a key's records at `from` and later, and so forth along what it enrolled. */
static void trust_lower(struct trust *t, uint32_t key, uint32_t from)
{
    struct lowerings todo = {.items = NULL};

    lower_later(&todo, key, from);
    while (todo.count > 0) {
        struct lowering now = todo.items[--todo.count];
        struct trusted_key *k = &t->keys[now.key];

        if (now.from >= k->from)
            continue;
        k->from = now.from;
        while (k->signed_last != 0 && t->events[k->signed_last - 1].place >= now.from) {
            struct event *e = &t->events[k->signed_last - 1];

            k->signed_last = e->earlier;
            enrolment_falls(t, e, &todo);
        }
    }
    free(todo.items);
}

/* Counts an enrolment, the event of that number, as one that stands. */
static void trust_enrol(struct trust *t, size_t number)
{
    struct event *e = &t->events[number];
    struct trusted_key *by = &t->keys[e->by];
    struct trusted_key *k = &t->keys[e->key];

    e->fallen = false;
    e->earlier = by->signed_last;
    by->signed_last = (uint32_t)number + 1;
    e->below = k->top;
    k->top = (uint32_t)number + 1;
    k->power = e->power;
    k->count++;
    if (k->first == NEVER)
        k->first = e->place;
}

/* Judges all events again: what falls is the least that has to, in whatever order it is found. */
static void trust_judge_again(struct trust *t)
{
    for (size_t k = 0; k < t->key_count; k++)
        t->keys[k] = (struct trusted_key){.from = NEVER, .first = NEVER};
    for (size_t i = 0; i < t->count; i++)
        if (t->events[i].kind == EVENT_ENROL)
            trust_enrol(t, i);
    for (size_t i = 0; i < t->count; i++)
        if (t->events[i].kind == EVENT_REVOKE)
            trust_lower(t, t->events[i].key, t->events[i].from);
}

void trust_apply(struct trust *t, const struct event *event)
{
    const struct trusted_key *k = &t->keys[event->key];
    bool revives = event->kind == EVENT_ENROL && k->count == 0 && k->first != NEVER;

    mem_reserve(&t->events, &t->room, t->count + 1, sizeof *t->events);
    t->events[t->count++] = *event;
    if (revives) /* of a merge only: all had fallen, and now there is one */
        trust_judge_again(t);
    else if (event->kind == EVENT_ENROL)
        trust_enrol(t, t->count - 1);
    else if (event->kind == EVENT_REVOKE)
        trust_lower(t, event->key, event->from);
}

/* The number of the first event at that place or behind it. */
static size_t event_at(const struct trust *t, uint32_t place)
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
    return low;
}

void trust_replay(struct trust *t, const struct trust *other, uint32_t place)
{
    trust_init(t, other->key_count);
    t->recovery = other->recovery;
    t->count = event_at(other, place);
    mem_reserve(&t->events, &t->room, t->count, sizeof *t->events);
    if (t->count > 0)
        memcpy(t->events, other->events, t->count * sizeof *t->events);
    trust_judge_again(t);
}

bool trust_is_revoked(const struct trust *t, uint32_t key)
{
    return t->keys[key].from != NEVER;
}

bool trust_was_enrolled(const struct trust *t, uint32_t key)
{
    return t->keys[key].first != NEVER;
}

bool trust_holds(const struct trust *t, uint32_t key, uint32_t place)
{
    return place < t->keys[key].from;
}

bool trust_hold_in_force(const struct trust *t)
{
    for (size_t i = t->count; i-- > 0;)
        if (t->events[i].kind == EVENT_HOLD && trust_holds(t, t->events[i].by, t->events[i].place))
            return t->events[i].hold;
    return false;
}
