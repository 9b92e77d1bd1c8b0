/* column.c: gathers the values of one field, each different one once while they are few. */
#include "timeline/column.h"
#include "base/mem.h"

enum {
    SLOTS_LEAST = 64,
    SLOTS_MOST = 1 << 14,
    FEW_MOST = SLOTS_MOST / 2, /* different values; more are not looked up any more */
    BYTE_MOST = 255,           /* different values whose numbers have one byte */
    TRIED = 1024,              /* values after which it shows whether they repeat */
};

struct value {
    uint32_t off;
    uint32_t len;
};

/* That a row has a value. */
struct entry {
    uint32_t row;
    uint32_t number; /* of the value, from 1 */
};

struct column {
    struct buf bytes;     /* of the values, one after another */
    struct value *values; /* in the order of their first rows */
    size_t count, room;
    struct entry *entries; /* as they came: rows ascend */
    size_t entry_count, entry_room;
    bool is_few;    /* each different value is there once */
    bool has_lists; /* a row has several */
    struct slot {
        uint16_t number; /* of a value; 0: free */
        uint16_t tag;    /* of its hash */
    } * slots;           /* by hash */
    struct keyed key;
    size_t slot_count; /* a power of two */
};

char *varint_put(char *p, uint64_t n)
{
    while (n >= 0x80) {
        *p++ = (char)(n | 0x80);
        n >>= 7;
    }
    *p++ = (char)n;
    return p;
}

char *varint_put_signed(char *p, int64_t n)
{
    return varint_put(p, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
}

static void add_varint(struct buf *out, uint64_t n)
{
    char *p = buf_room(out, VARINT_SIZE);

    out->len += (size_t)(varint_put(p, n) - p);
}

bool varint_take(struct str *rest, uint64_t *n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < rest->len && i < 10; i++) {
        uint64_t part = (uint8_t)rest->p[i] & 0x7f;

        if (i == 9 && part > 1)
            return false;
        value |= part << 7 * i;
        if (!((uint8_t)rest->p[i] & 0x80)) {
            *n = value;
            *rest = str_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

bool varint_take_signed(struct str *rest, int64_t *n)
{
    uint64_t value;

    if (!varint_take(rest, &value))
        return false;
    *n = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
    return true;
}

struct column *column_new(const struct keyed *key)
{
    struct column *c = mem_new(struct column);

    c->is_few = true;
    c->key = *key;
    return c;
}

void column_free(struct column *c)
{
    if (!c)
        return;
    buf_release(&c->bytes);
    free(c->values);
    free(c->entries);
    free(c->slots);
    free(c);
}

static bool is_value(const struct column *c, uint32_t number, struct str value)
{
    const struct value *v = &c->values[number - 1];

    return v->len == value.len && memcmp(c->bytes.p + v->off, value.p, value.len) == 0;
}

static uint32_t add_value(struct column *c, struct str value)
{
    c->values = mem_grow(c->values, c->count, &c->room, sizeof(c->values[0]));
    c->values[c->count] = (struct value){(uint32_t)c->bytes.len, (uint32_t)value.len};
    buf_addstr(&c->bytes, value);
    return (uint32_t)++c->count;
}

/* Values that hardly repeat are not looked for. */
static bool hardly_repeats(const struct column *c)
{
    return c->count >= FEW_MOST || (c->entry_count >= TRIED && c->count > c->entry_count / 4 * 3);
}

/* Where the value's number is, or would be. */
static struct slot *slot_of(const struct column *c, struct str value)
{
    uint64_t hash = keyed_hash(&c->key, value);
    uint16_t tag = (uint16_t)(hash >> 48);
    size_t last = c->slot_count - 1, at = hash & last;

    while (c->slots[at].number &&
           (c->slots[at].tag != tag || !is_value(c, c->slots[at].number, value)))
        at = (at + 1) & last;
    c->slots[at].tag = tag;
    return &c->slots[at];
}

static void grow_slots(struct column *c)
{
    c->slot_count = c->slot_count ? 4 * c->slot_count : SLOTS_LEAST;
    free(c->slots);
    c->slots = mem_array(c->slot_count, sizeof(c->slots[0]));
    for (size_t i = 0; i < c->count; i++) {
        struct str value = {c->bytes.p + c->values[i].off, c->values[i].len};

        slot_of(c, value)->number = (uint16_t)(i + 1);
    }
}

static uint32_t number_of(struct column *c, struct str value)
{
    uint32_t last = c->entry_count ? c->entries[c->entry_count - 1].number : 0;
    struct slot *slot;

    if (!c->is_few)
        return add_value(c, value);
    if (last && is_value(c, last, value))
        return last;
    if (2 * c->count >= c->slot_count && c->slot_count < SLOTS_MOST)
        grow_slots(c);
    slot = slot_of(c, value);
    if (slot->number)
        return slot->number;
    c->is_few = !hardly_repeats(c);
    if (!c->is_few)
        return add_value(c, value);
    slot->number = (uint16_t)add_value(c, value);
    return slot->number;
}

uint32_t column_add(struct column *c, size_t row, struct str value)
{
    uint32_t number = number_of(c, value);

    column_add_again(c, row, number);
    return number;
}

void column_add_again(struct column *c, size_t row, uint32_t number)
{
    c->has_lists =
        c->has_lists || (c->entry_count && c->entries[c->entry_count - 1].row == (uint32_t)row);
    if (c->entry_count == c->entry_room)
        c->entries = mem_grow(c->entries, c->entry_count, &c->entry_room, sizeof(c->entries[0]));
    c->entries[c->entry_count++] = (struct entry){(uint32_t)row, number};
}

static void put_few(const struct column *c, size_t rows, struct buf *out)
{
    size_t each = c->count > BYTE_MOST ? 2 : 1;
    char *to;

    add_varint(out, c->count);
    for (size_t i = 0; i < c->count; i++)
        add_varint(out, c->values[i].len);
    buf_add(out, c->bytes.p, c->bytes.len);
    to = buf_room(out, each * rows);
    memset(to, 0, each * rows);
    for (size_t i = 0; i < c->entry_count; i++) {
        const struct entry *entry = &c->entries[i];

        to[each * entry->row] = (char)entry->number;
        if (each == 2)
            to[2 * entry->row + 1] = (char)(entry->number >> 8);
    }
    out->len += each * rows;
}

static const struct value *value_of(const struct column *c, size_t entry)
{
    return &c->values[c->entries[entry].number - 1];
}

static void put_bytes(const struct column *c, struct buf *out)
{
    if (c->count == c->entry_count) { /* none came twice: they stand as they came */
        buf_add(out, c->bytes.p, c->bytes.len);
        return;
    }
    for (size_t i = 0; i < c->entry_count; i++)
        buf_add(out, c->bytes.p + value_of(c, i)->off, value_of(c, i)->len);
}

static void put_many(const struct column *c, size_t rows, struct buf *out)
{
    char *to = buf_room(out, rows + c->entry_count * VARINT_SIZE);
    size_t row = 0;

    for (size_t i = 0; i < c->entry_count; i++) {
        for (; row < c->entries[i].row; row++)
            *to++ = 0;
        to = varint_put(to, (uint64_t)value_of(c, i)->len + 1);
        row++;
    }
    for (; row < rows; row++)
        *to++ = 0;
    out->len = (size_t)(to - out->p);
    put_bytes(c, out);
}

static void put_lists(const struct column *c, size_t rows, struct buf *out)
{
    size_t at = 0;

    for (size_t row = 0; row < rows; row++) {
        size_t from = at;

        while (at < c->entry_count && c->entries[at].row == row)
            at++;
        add_varint(out, at - from);
    }
    for (size_t i = 0; i < c->entry_count; i++)
        add_varint(out, (uint64_t)value_of(c, i)->len + 1);
    put_bytes(c, out);
}

static void empty(struct column *c)
{
    buf_clear(&c->bytes);
    c->count = c->entry_count = 0;
    c->is_few = true;
    c->has_lists = false;
    if (c->slots)
        memset(c->slots, 0, c->slot_count * sizeof(c->slots[0]));
}

enum column_kind column_end(struct column *c, size_t rows, struct buf *out)
{
    enum column_kind kind = c->has_lists ? COLUMN_LISTS : c->is_few ? COLUMN_FEW : COLUMN_MANY;

    if (kind == COLUMN_LISTS)
        put_lists(c, rows, out);
    else if (kind == COLUMN_FEW)
        put_few(c, rows, out);
    else
        put_many(c, rows, out);
    empty(c);
    return kind;
}
