/* powers.c: the holders of keys, and revocations with all that follows from them. */
#include "journal/powers.h"
#include "base/mem.h"

struct keyring *keyring_new(void)
{
    return mem_new(struct keyring);
}

void keyring_free(struct keyring *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < k->request_count; i++)
        free(k->requests[i].names);
    merges_release(&k->merges);
    free(k->holders);
    free(k->table);
    free(k->events);
    free(k->requests);
    free(k->approvals);
    free(k);
}

static size_t slot_of(const struct keyring *k, const struct key *key)
{
    size_t slot;

    memcpy(&slot, key->b, sizeof(slot));
    for (slot &= k->table_size - 1; k->table[slot]; slot = (slot + 1) & (k->table_size - 1))
        if (key_eq(&k->holders[k->table[slot] - 1].key, key))
            break;
    return slot;
}

static struct holder *find_holder(const struct keyring *k, const struct key *key)
{
    size_t number = k->table_size ? k->table[slot_of(k, key)] : 0;

    return number ? &k->holders[number - 1] : NULL;
}

static void grow_table(struct keyring *k)
{
    free(k->table);
    k->table_size = k->table_size ? k->table_size * 2 : 64;
    k->table = mem_array(k->table_size, sizeof(*k->table));
    for (size_t i = 0; i < k->holder_count; i++)
        k->table[slot_of(k, &k->holders[i].key)] = i + 1;
}

/* The number of the holder with that key; a new one has no power. */
static size_t add_holder(struct keyring *k, const struct key *key)
{
    const struct holder *found = find_holder(k, key);

    if (found)
        return (size_t)(found - k->holders);
    if (k->holder_count * 2 >= k->table_size)
        grow_table(k);
    k->holders = mem_grow(k->holders, k->holder_count, &k->holder_room, sizeof(*k->holders));
    k->holders[k->holder_count] =
        (struct holder){.key = *key, .revoked_from = NEVER, .first_enrolled = NEVER};
    k->table[slot_of(k, key)] = k->holder_count + 1;
    return k->holder_count++;
}

bool powers_is_recovery(const struct keyring *k, const struct key *key)
{
    return k->size && key_eq(key, &k->recovery);
}

bool powers_is_revoked(const struct keyring *k, const struct key *key)
{
    const struct holder *h = find_holder(k, key);

    return h && h->revoked_from != NEVER;
}

bool powers_was_enrolled(const struct keyring *k, const struct key *key)
{
    const struct holder *h = find_holder(k, key);

    return h && h->first_enrolled != NEVER;
}

enum key_power keyring_power(const struct keyring *k, const struct key *key)
{
    const struct holder *h = find_holder(k, key);

    if (!h || h->revoked_from != NEVER || !h->last_enrolment)
        return POWER_NONE;
    return k->events[h->last_enrolment - 1].power;
}

uint64_t keyring_revoked_from(const struct keyring *k, const struct key *key)
{
    const struct holder *h = find_holder(k, key);

    return h ? h->revoked_from : NEVER;
}

bool keyring_legal_hold(const struct keyring *k)
{
    return k->last_hold && k->events[k->last_hold - 1].is_set;
}

const struct key *keyring_recovery(const struct keyring *k)
{
    return k->size ? &k->recovery : NULL;
}

bool keyring_expects_merged(const struct keyring *k)
{
    return k->merged_left > 0;
}

static void lower(uint64_t *from, uint64_t to)
{
    if (to < *from)
        *from = to;
}

/* Past the events that have fallen away. */
static size_t last_that_stands(const struct keyring *k, size_t last)
{
    while (last && k->events[last - 1].has_fallen)
        last = k->events[last - 1].earlier_effect;
    return last;
}

/* Takes its effect from an event. True where the key that it enrolled has no enrolment left, and so
 * is revoked from its first on. */
static bool fell_with_key(struct keyring *k, struct event *v)
{
    struct holder *h;

    v->has_fallen = true;
    if (v->kind == EVENT_HOLD) {
        k->last_hold = last_that_stands(k, k->last_hold);
        return false;
    }
    h = &k->holders[v->key];
    h->last_enrolment = last_that_stands(k, h->last_enrolment);
    if (--h->enrolment_count)
        return false;
    lower(&h->revoked_from, h->first_enrolled);
    return true;
}

/* Lets a revocation have its effect: what the key signed from that place on falls away, and with it
 * the keys that nothing else holds up, and so forth. Each event falls once. */
static void strike(struct keyring *k, const struct event *revocation)
{
    CLEANUP_FREE size_t *waiting = NULL; /* holders whose events are still to fall */
    size_t count = 0;
    size_t room = 0;

    lower(&k->holders[revocation->key].revoked_from, revocation->from);
    waiting = mem_grow(waiting, count, &room, sizeof(*waiting));
    waiting[count++] = revocation->key;
    while (count) {
        struct holder *h = &k->holders[waiting[--count]];

        while (h->last_signed && k->events[h->last_signed - 1].seq >= h->revoked_from) {
            struct event *v = &k->events[h->last_signed - 1];

            h->last_signed = v->earlier_by;
            if (!fell_with_key(k, v))
                continue;
            waiting = mem_grow(waiting, count, &room, sizeof(*waiting));
            waiting[count++] = v->key;
        }
    }
}

/* Lets an enrolment or a hold have its effect. */
static void link_event(struct keyring *k, size_t number)
{
    struct event *v = &k->events[number];
    struct holder *by = &k->holders[v->by];
    struct holder *key = &k->holders[v->key];
    size_t *last = v->kind == EVENT_HOLD ? &k->last_hold : &key->last_enrolment;

    v->has_fallen = false;
    v->earlier_by = by->last_signed;
    by->last_signed = number + 1;
    v->earlier_effect = *last;
    *last = number + 1;
    if (v->kind == EVENT_HOLD)
        return;
    lower(&key->first_enrolled, v->seq);
    key->enrolment_count++;
}

/* All from the beginning; the order in which revocations are taken changes nothing. */
static void judge_anew(struct keyring *k)
{
    k->last_hold = 0;
    for (size_t i = 0; i < k->holder_count; i++)
        k->holders[i] = (struct holder){
            .key = k->holders[i].key, .revoked_from = NEVER, .first_enrolled = NEVER};
    for (size_t i = 0; i < k->event_count; i++)
        if (k->events[i].kind != EVENT_REVOKE)
            link_event(k, i);
    for (size_t i = 0; i < k->event_count; i++)
        if (k->events[i].kind == EVENT_REVOKE)
            strike(k, &k->events[i]);
}

/* Had all its enrolments fallen away? Then what fell with them is back. */
static bool is_held_up_again(const struct keyring *k, const struct event *v)
{
    const struct holder *h = &k->holders[v->key];

    return v->kind == EVENT_ENROL && h->first_enrolled != NEVER && !h->enrolment_count;
}

static void add_event(struct keyring *k, const struct event *event)
{
    k->events = mem_grow(k->events, k->event_count, &k->event_room, sizeof(*k->events));
    k->events[k->event_count++] = *event;
    if (event->kind == EVENT_REVOKE)
        strike(k, event);
    else if (is_held_up_again(k, event)) /* by a merged enrol/1, which is rare */
        judge_anew(k);
    else
        link_event(k, k->event_count - 1);
}

void powers_enrol(struct keyring *k, uint64_t seq, const struct key *by, const struct key *key,
                  enum key_power power)
{
    struct event v = {.kind = EVENT_ENROL, .seq = seq, .power = power};

    v.by = add_holder(k, by);
    v.key = add_holder(k, key);
    add_event(k, &v);
}

void powers_revoke(struct keyring *k, uint64_t seq, const struct key *by, const struct key *key,
                   uint64_t from)
{
    struct event v = {.kind = EVENT_REVOKE, .seq = seq, .from = from};

    v.by = add_holder(k, by);
    v.key = add_holder(k, key);
    add_event(k, &v);
}

void powers_hold(struct keyring *k, uint64_t seq, const struct key *by, bool is_set)
{
    struct event v = {.kind = EVENT_HOLD, .seq = seq, .is_set = is_set};

    v.by = add_holder(k, by);
    add_event(k, &v);
}
