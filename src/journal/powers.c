/* powers.c: the holders of keys, and trust judged forward from record 0. */
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
    k->holders[k->holder_count] = (struct holder){.key = *key, .revoked_from = NEVER};
    k->table[slot_of(k, key)] = k->holder_count + 1;
    return k->holder_count++;
}

bool powers_is_recovery(const struct keyring *k, const struct key *key)
{
    return k->size && key_eq(key, &k->recovery);
}

uint64_t powers_revoked_from(const struct keyring *k, const struct key *key)
{
    const struct holder *h = find_holder(k, key);

    return h ? h->revoked_from : NEVER;
}

bool powers_was_enrolled(const struct keyring *k, const struct key *key)
{
    const struct holder *h = find_holder(k, key);

    return h && (h->was_enrolled || h->last_enrolment);
}

/* What the last trusted enrolment before seq gave. */
static enum key_power power_at(const struct keyring *k, const struct holder *h, uint64_t seq)
{
    size_t last = h->last_enrolment;

    while (last && k->events[last - 1].seq >= seq)
        last = k->events[last - 1].earlier;
    return last ? k->events[last - 1].power : POWER_NONE;
}

static bool is_key_record(enum record_kind kind)
{
    return kind == RECORD_ENROL || kind == RECORD_REVOKE;
}

static bool power_allows(enum key_power power, enum record_kind kind)
{
    switch (power) {
    case POWER_LEAD:
        return true;
    case POWER_MEMBER:
        return !is_key_record(kind) && kind != RECORD_HOLD;
    case POWER_LOG:
        return kind == RECORD_CHECKPOINT;
    default:
        return false;
    }
}

bool powers_trust(const struct keyring *k, const struct key *by, enum record_kind kind,
                  uint64_t seq)
{
    const struct holder *h;

    if (seq == 0)
        return true;
    if (powers_is_recovery(k, by))
        return is_key_record(kind);
    h = find_holder(k, by);
    return h && seq < h->revoked_from && power_allows(power_at(k, h, seq), kind);
}

bool keyring_trusts(const struct keyring *k, uint64_t seq, const struct key *by, struct str type)
{
    return powers_trust(k, by, record_kind_named(str_cut(&type, '/')), seq);
}

enum key_power keyring_power(const struct keyring *k, const struct key *key)
{
    const struct holder *h = find_holder(k, key);

    return !h || h->revoked_from != NEVER ? POWER_NONE : power_at(k, h, NEVER);
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

/* Where the last event with the same effect is kept. */
static size_t *last_like(struct keyring *k, const struct event *v)
{
    return v->kind == RECORD_HOLD ? &k->last_hold : &k->holders[v->key].last_enrolment;
}

/* Lets the event have its effect if it is trusted. Those before it are judged, those after not. */
static void judge(struct keyring *k, size_t number)
{
    struct event *v = &k->events[number];
    size_t *last = last_like(k, v);

    v->is_trusted = powers_trust(k, &k->holders[v->by].key, v->kind, v->seq);
    if (!v->is_trusted)
        return;
    v->earlier = *last;
    *last = number + 1;
}

/* Takes back all events from that place on, the last first, and judges them again in order. */
static void judge_anew(struct keyring *k, uint64_t from)
{
    size_t i = k->event_count;

    for (; i && k->events[i - 1].seq >= from; i--)
        if (k->events[i - 1].is_trusted)
            *last_like(k, &k->events[i - 1]) = k->events[i - 1].earlier;
    for (; i < k->event_count; i++)
        judge(k, i);
}

/* Is it trusted at its place? */
static bool add_event(struct keyring *k, const struct event *event)
{
    k->events = mem_grow(k->events, k->event_count, &k->event_room, sizeof(*k->events));
    k->events[k->event_count] = *event;
    k->holders[event->by].last_signed = event->seq;
    judge(k, k->event_count++);
    return k->events[k->event_count - 1].is_trusted;
}

void powers_enrol(struct keyring *k, uint64_t seq, const struct key *by, const struct key *key,
                  enum key_power power)
{
    struct event v = {.kind = RECORD_ENROL, .seq = seq, .power = power};

    v.by = add_holder(k, by);
    v.key = add_holder(k, key);
    if (add_event(k, &v))
        k->holders[v.key].was_enrolled = true;
}

void powers_hold(struct keyring *k, uint64_t seq, const struct key *by, bool is_set)
{
    struct event v = {.kind = RECORD_HOLD, .seq = seq, .is_set = is_set};

    v.by = add_holder(k, by);
    (void)add_event(k, &v);
}

void powers_revoke(struct keyring *k, const struct key *key, uint64_t from)
{
    struct holder *h = &k->holders[add_holder(k, key)];

    if (from >= h->revoked_from)
        return;
    h->revoked_from = from;
    if (h->last_signed >= from)
        judge_anew(k, from);
}
