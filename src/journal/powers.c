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
    k->holders[k->holder_count] = (struct holder){*key, POWER_NONE, NEVER};
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

enum key_power powers_enrolled(const struct keyring *k, const struct key *key)
{
    const struct holder *h = find_holder(k, key);

    return h ? h->power : POWER_NONE;
}

enum key_power keyring_power(const struct keyring *k, const struct key *key)
{
    return powers_is_revoked(k, key) ? POWER_NONE : powers_enrolled(k, key);
}

uint64_t keyring_revoked_from(const struct keyring *k, const struct key *key)
{
    const struct holder *h = find_holder(k, key);

    return h ? h->revoked_from : NEVER;
}

bool keyring_legal_hold(const struct keyring *k)
{
    return k->legal_hold;
}

const struct key *keyring_recovery(const struct keyring *k)
{
    return k->size ? &k->recovery : NULL;
}

bool keyring_expects_merged(const struct keyring *k)
{
    return k->merged_left > 0;
}

static bool event_is_trusted(const struct keyring *k, const struct event *v)
{
    return k->holders[v->by].revoked_from > v->seq;
}

static void lower(uint64_t *from, uint64_t to)
{
    if (to < *from)
        *from = to;
}

/* Lets a revocation stand, and revokes what the key enrolled since, and so forth. One pass is
 * enough: what a key enrolled stands after the place from which the key is revoked. */
static void revoke(struct keyring *k, struct event *revocation)
{
    revocation->stands = true;
    lower(&k->holders[revocation->key].revoked_from, revocation->from);
    for (size_t i = 0; i < k->event_count; i++)
        if (k->events[i].kind == EVENT_ENROL && !event_is_trusted(k, &k->events[i]))
            lower(&k->holders[k->events[i].key].revoked_from, k->events[i].seq);
}

static void apply_event(struct keyring *k, const struct event *v)
{
    if (v->kind == EVENT_ENROL)
        k->holders[v->key].power = v->power;
    else if (v->kind == EVENT_HOLD)
        k->legal_hold = v->is_set;
}

static void apply_trusted_events(struct keyring *k)
{
    for (size_t i = 0; i < k->holder_count; i++)
        k->holders[i].power = POWER_NONE;
    k->legal_hold = false;
    for (size_t i = 0; i < k->event_count; i++)
        if (event_is_trusted(k, &k->events[i]))
            apply_event(k, &k->events[i]);
}

/* Judges all revocations anew. The last one stands, whatever it does to the key that signed it;
 * going back from it, one that a later one made untrusted has no effect. */
static void judge_revocations(struct keyring *k)
{
    for (size_t i = 0; i < k->holder_count; i++)
        k->holders[i].revoked_from = NEVER;
    for (size_t i = k->event_count; i-- > 0;) {
        struct event *v = &k->events[i];

        v->stands = false;
        if (v->kind == EVENT_REVOKE && event_is_trusted(k, v))
            revoke(k, v);
    }
}

static bool any_revocation_fell(const struct keyring *k)
{
    for (size_t i = 0; i + 1 < k->event_count; i++)
        if (k->events[i].stands && !event_is_trusted(k, &k->events[i]))
            return true;
    return false;
}

static void add_event(struct keyring *k, const struct event *event)
{
    struct event *v;

    k->events = mem_grow(k->events, k->event_count, &k->event_room, sizeof(*k->events));
    v = &k->events[k->event_count++];
    *v = *event;
    if (v->kind != EVENT_REVOKE) {
        apply_event(k, v);
        return;
    }
    revoke(k, v);
    if (any_revocation_fell(k)) /* rare, and then all must be looked at again */
        judge_revocations(k);
    apply_trusted_events(k);
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
