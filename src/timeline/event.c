/* event.c: events as formats fill them, and the names of their fields. */
#include "timeline/event.h"
#include <stdio.h>
#include "base/keyed.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "timeline/value_test.h"

enum { SLOT_COUNT = 4 * FIELD_NAMES_MAX };
_Static_assert((int)EVENT_FIELDS_KEPT >= (int)FIELD_KNOWN_COUNT_, "each known field fits once");

const char *const event_precision_names[TIME_COUNT_] = {"none", "ns", "100ns", "us", "ms",
                                                        "s",    "2s", "min",   "day"};
const char *const event_meaning_names[MEANING_COUNT_] = {
#define MEANING(id, name) [MEANING_##id] = (name),
#include "timeline/meanings.def"
#undef MEANING
};

static const char *const known_names[FIELD_KNOWN_COUNT_] = {
#define FIELD(id, name) [FIELD_##id] = (name),
#include "timeline/fields.def"
#undef FIELD
};

struct field_names {
    struct arena *arena;
    struct keyed key; /* evidence says how fields are called */
    struct str names[FIELD_NAMES_MAX];
    uint16_t ranks[FIELD_NAMES_MAX]; /* by number */
    uint16_t order[FIELD_NAMES_MAX]; /* numbers, by rank */
    size_t count;
    uint16_t slots[SLOT_COUNT]; /* number + 1; 0: free */
};

uint64_t field_hash(const struct field_names *n, struct str name)
{
    return keyed_hash(&n->key, name);
}

/* Where a name is, or would be. */
static size_t slot_of(const struct field_names *n, struct str name)
{
    size_t at = field_hash(n, name) % SLOT_COUNT;

    while (n->slots[at] && !str_eq(n->names[n->slots[at] - 1], name))
        at = (at + 1) % SLOT_COUNT;
    return at;
}

/* How many names stand before it in the order of bytes. */
static size_t rank_of(const struct field_names *n, struct str name)
{
    size_t low = 0, high = n->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (str_cmp(n->names[n->order[middle]], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_name(struct field_names *n, size_t slot, struct str name)
{
    size_t rank = rank_of(n, name);

    for (size_t i = n->count; i > rank; i--) {
        n->order[i] = n->order[i - 1];
        n->ranks[n->order[i]]++;
    }
    n->order[rank] = (uint16_t)n->count;
    n->ranks[n->count] = (uint16_t)rank;
    n->names[n->count] = name;
    n->slots[slot] = (uint16_t)++n->count;
}

struct field_names *field_names_new(void)
{
    struct field_names *n = mem_new(struct field_names);

    n->arena = arena_new();
    random_bytes(&n->key, sizeof(n->key));
    for (size_t i = 0; i < FIELD_KNOWN_COUNT_; i++) {
        struct str name = str_of(known_names[i]);

        add_name(n, slot_of(n, name), name);
    }
    return n;
}

void field_names_free(struct field_names *n)
{
    if (!n)
        return;
    arena_free(n->arena);
    free(n);
}

uint16_t field_number(struct field_names *n, struct str name)
{
    size_t slot = slot_of(n, name);

    if (n->slots[slot])
        return (uint16_t)(n->slots[slot] - 1);
    if (n->count == FIELD_NAMES_MAX || name.len == 0 || name.len > FIELD_NAME_SIZE ||
        memchr(name.p, '\0', name.len))
        return FIELD_NONE;
    add_name(n, slot, (struct str){arena_dup(n->arena, name.p, name.len), name.len});
    return (uint16_t)(n->count - 1);
}

uint16_t field_lookup(const struct field_names *n, struct str name)
{
    size_t slot = slot_of(n, name);

    return n->slots[slot] ? (uint16_t)(n->slots[slot] - 1) : FIELD_NONE;
}

struct str field_name(const struct field_names *n, uint16_t number)
{
    if (number >= n->count)
        BUG("a field number %u of %zu", number, n->count);
    return n->names[number];
}

size_t field_count(const struct field_names *n)
{
    return n->count;
}

const uint16_t *field_ranks(const struct field_names *n)
{
    return n->ranks;
}

void event_init(struct event *e)
{
    memset(e, 0, sizeof(*e));
    e->scratch =
        mem_resize(NULL, EVENT_SCRATCH_SIZE, 1); /* likewise mostly untouched: not cleared */
}

void event_release(struct event *e)
{
    free(e->scratch);
    e->scratch = NULL;
}

void event_begin(struct event *e)
{
    e->ns = 0;
    e->precision = TIME_NONE;
    e->doubt = 0;
    e->meaning = MEANING_LOGGED;
    e->at = 0;
    e->line = 0;
    e->count = 0;
    e->left_out = 0;
    memset(e->may_have, 0, sizeof(e->may_have));
    e->scratch_len = 0;
}

/* The last places are kept for what every event has once: its kind, its dataset, its message. */
static bool has_room(const struct event *e, uint16_t name)
{
    if (e->count < EVENT_FIELDS_MAX - EVENT_FIELDS_KEPT)
        return true;
    return e->count < EVENT_FIELDS_MAX && name < FIELD_KNOWN_COUNT_ &&
           event_value(e, name).len == 0;
}

void event_put(struct event *e, uint16_t name, struct str value)
{
    if (value.len == 0 || name == FIELD_NONE)
        return;
    if (!has_room(e, name)) {
        e->left_out++;
        return;
    }
    event_add(e, (struct event_field){.name = name, .value = value});
}

void event_put_again(struct event *e, uint16_t name, struct str value)
{
    if (value.len == 0 || name == FIELD_NONE)
        return;
    if (e->count == EVENT_FIELDS_MAX)
        e->left_out++;
    else
        event_add(e, (struct event_field){.name = name, .value = value});
}

struct str text_head(struct str text, size_t most)
{
    struct str head = str_head(text, most);

    for (int i = 0; i < 3 && head.len < text.len && head.len; i++, head.len--)
        if (((uint8_t)text.p[head.len] & 0xC0) != 0x80)
            break;
    return head;
}

struct str event_keep(struct event *e, struct str value)
{
    struct str head = text_head(value, EVENT_SCRATCH_SIZE - e->scratch_len);
    struct str kept = {e->scratch + e->scratch_len, head.len};

    if (kept.len)
        memcpy(e->scratch + e->scratch_len, head.p, kept.len);
    e->scratch_len += kept.len;
    return kept;
}

void event_put_u64(struct event *e, uint16_t name, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    event_put(e, name, event_keep(e, (struct str){digits + at, sizeof(digits) - at}));
}

void event_put_i64(struct event *e, uint16_t name, int64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%lld", (long long)value);

    event_put(e, name, event_keep(e, (struct str){text, (size_t)len}));
}

void event_put_address(struct event *e, uint16_t ip, uint16_t name, struct str value)
{
    uint8_t bytes[16];

    event_put(e, address_bytes(value, bytes) ? ip : name, value);
}

void event_small(struct event *e, uint16_t name)
{
    for (size_t i = 0; i < e->count; i++) {
        struct event_field *f = &e->fields[i];
        char *to = e->scratch + e->scratch_len;

        if (f->name != name)
            continue;
        f->value = event_keep(e, f->value);
        f->same = 0;
        for (size_t k = 0; k < f->value.len; k++)
            if (to[k] >= 'A' && to[k] <= 'Z')
                to[k] = (char)(to[k] | 0x20);
    }
}

struct str event_value(const struct event *e, uint16_t name)
{
    if (name < FIELD_KNOWN_COUNT_ && !(e->may_have[name / 64] >> name % 64 & 1))
        return STR("");
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == name)
            return e->fields[i].value;
    return STR("");
}

void event_rename(struct event *e, uint16_t from, uint16_t to)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == from) {
            e->fields[i].name = to;
            e->fields[i].same = 0;
            if (to < FIELD_KNOWN_COUNT_)
                e->may_have[to / 64] |= (uint64_t)1 << to % 64;
        }
}

void event_put_cut(struct event *e, struct str name, uint64_t whole)
{
    char text[FIELD_NAME_SIZE + 40];
    int len = snprintf(text, sizeof(text), STR_FMT ": %llu bytes", STR_ARG(name),
                       (unsigned long long)whole);

    event_put(e, FIELD_EVENT_CUT, event_keep(e, (struct str){text, (size_t)len}));
}

void event_cut(struct event *e, const struct field_names *names)
{
    char text[40];
    int len;

    for (size_t i = 0; i < e->count; i++) {
        struct event_field *f = &e->fields[i];
        size_t whole = f->value.len;

        if (whole <= EVENT_VALUE_SIZE)
            continue;
        f->value = text_head(f->value, EVENT_VALUE_SIZE);
        event_put_cut(e, field_name(names, f->name), whole);
    }
    if (e->left_out == 0)
        return;
    len = snprintf(text, sizeof(text), "%zu fields", e->left_out);
    e->left_out = 0;
    event_put(e, FIELD_EVENT_CUT, event_keep(e, (struct str){text, (size_t)len}));
}
