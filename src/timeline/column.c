/* column.c: gathers the values of one field, each different one once while they are few. */
#include "timeline/column.h"
#include "base/mem.h"

enum {
    SLOTS = 1 << 14,
    FEW_MOST = SLOTS / 2, /* different values; more are not looked up any more */
    BYTE_MOST = 255,      /* different values whose numbers have one byte */
    TRIED = 1024,         /* rows after which it shows whether values repeat */
};

struct value {
    uint32_t off;
    uint32_t len;
};

struct column {
    struct buf bytes;     /* of the values, one after another */
    struct value *values; /* in the order of their first rows */
    size_t count, room;
    uint32_t *rows;        /* number of the row's value from 1; 0: it has none */
    size_t row_count;      /* rows that are set, those between counted */
    size_t added;          /* values that came */
    uint32_t last;         /* number of the one that came last; 0: none did */
    bool is_few;           /* each different value is there once */
    bool has_lists;        /* a row has several */
    struct buf lists;      /* then: row, number of value, u32 each, of all but each row's first */
    uint16_t slots[SLOTS]; /* number of a value; 0: free */
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

struct column *column_new(void)
{
    struct column *c = mem_new(struct column);

    c->rows = mem_array(BLOCK_EVENTS, sizeof(c->rows[0]));
    c->is_few = true;
    return c;
}

void column_free(struct column *c)
{
    if (!c)
        return;
    buf_release(&c->bytes);
    buf_release(&c->lists);
    free(c->values);
    free(c->rows);
    free(c);
}

/* The last bytes, up to eight, in some order; part after part has them before where there are more.
 */
static uint64_t last_bytes(struct str s)
{
    uint64_t all = 0;
    uint32_t first = 0, last = 0;

    if (s.len >= sizeof(all)) {
        memcpy(&all, s.p + s.len - sizeof(all), sizeof(all));
        return all;
    }
    if (s.len >= sizeof(first)) {
        memcpy(&first, s.p, sizeof(first));
        memcpy(&last, s.p + s.len - sizeof(last), sizeof(last));
        return first | (uint64_t)last << 32;
    }
    if (s.len)
        all = (uint8_t)s.p[0] | (uint64_t)(uint8_t)s.p[s.len / 2] << 8 |
              (uint64_t)(uint8_t)s.p[s.len - 1] << 16;
    return all;
}

/* Fast, and good enough for a table that is thrown away: who makes values collide makes reading
 * slow and nothing else, up to FEW_MOST. */
static uint64_t hash_of(struct str s)
{
    uint64_t h = s.len * 0x9E3779B97F4A7C15U, part = 0;
    size_t i = 0;

    for (; i + 8 <= s.len; i += 8) {
        memcpy(&part, s.p + i, 8);
        h = (h ^ part) * 0xD6E8FEB86659FD93U;
        h ^= h >> 32;
    }
    h = (h ^ last_bytes(s)) * 0xD6E8FEB86659FD93U;
    return h ^ h >> 29;
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
    return c->count >= FEW_MOST || (c->added >= TRIED && c->count > c->added / 4 * 3);
}

static uint32_t number_of(struct column *c, struct str value)
{
    size_t at;

    c->added++;
    if (!c->is_few)
        return add_value(c, value);
    if (c->last && is_value(c, c->last, value))
        return c->last;
    at = hash_of(value) % SLOTS;
    for (; c->slots[at]; at = (at + 1) % SLOTS)
        if (is_value(c, c->slots[at], value))
            return c->slots[at];
    c->is_few = !hardly_repeats(c);
    if (!c->is_few)
        return add_value(c, value);
    c->slots[at] = (uint16_t)add_value(c, value);
    return c->slots[at];
}

static void add_to_list(struct column *c, size_t row, uint32_t number)
{
    uint32_t entry[2] = {(uint32_t)row, number};

    c->has_lists = true;
    buf_add(&c->lists, entry, sizeof(entry));
}

void column_add(struct column *c, size_t row, struct str value)
{
    uint32_t number = number_of(c, value);

    c->last = number;
    if (row < c->row_count) {
        add_to_list(c, row, number);
        return;
    }
    while (c->row_count < row)
        c->rows[c->row_count++] = 0;
    c->rows[c->row_count++] = number;
}

static void put_few(const struct column *c, size_t rows, struct buf *out)
{
    char *to;

    add_varint(out, c->count);
    for (size_t i = 0; i < c->count; i++)
        add_varint(out, c->values[i].len);
    buf_add(out, c->bytes.p, c->bytes.len);
    to = buf_room(out, 2 * rows);
    for (size_t i = 0; i < rows; i++) {
        *to++ = (char)c->rows[i];
        if (c->count > BYTE_MOST)
            *to++ = (char)(c->rows[i] >> 8);
    }
    out->len += c->count > BYTE_MOST ? 2 * rows : rows;
}

static void put_size(const struct column *c, uint32_t number, struct buf *out)
{
    add_varint(out, number ? (uint64_t)c->values[number - 1].len + 1 : 0);
}

static void put_bytes(const struct column *c, uint32_t number, struct buf *out)
{
    if (number)
        buf_add(out, c->bytes.p + c->values[number - 1].off, c->values[number - 1].len);
}

static void put_many(const struct column *c, size_t rows, struct buf *out)
{
    for (size_t i = 0; i < rows; i++)
        put_size(c, c->rows[i], out);
    if (c->count == c->added) { /* none came twice: they stand as they came */
        buf_add(out, c->bytes.p, c->bytes.len);
        return;
    }
    for (size_t i = 0; i < rows; i++)
        put_bytes(c, c->rows[i], out);
}

/* The entries of lists stand in the order of rows. */
static void each_of_lists(const struct column *c, size_t rows, struct buf *out,
                          void (*put)(const struct column *c, uint32_t number, struct buf *out))
{
    size_t at = 0;
    uint32_t entry[2];

    for (size_t i = 0; i < rows; i++) {
        if (c->rows[i])
            put(c, c->rows[i], out);
        for (; at < c->lists.len; at += sizeof(entry)) {
            memcpy(entry, c->lists.p + at, sizeof(entry));
            if (entry[0] != i)
                break;
            put(c, entry[1], out);
        }
    }
}

static void put_lists(const struct column *c, size_t rows, struct buf *out)
{
    size_t at = 0;

    for (size_t i = 0; i < rows; i++) {
        uint64_t count = c->rows[i] != 0;
        uint32_t entry[2];

        for (; at < c->lists.len; at += sizeof(entry), count++) {
            memcpy(entry, c->lists.p + at, sizeof(entry));
            if (entry[0] != i)
                break;
        }
        add_varint(out, count);
    }
    each_of_lists(c, rows, out, put_size);
    each_of_lists(c, rows, out, put_bytes);
}

static void empty(struct column *c)
{
    buf_clear(&c->bytes);
    buf_clear(&c->lists);
    c->count = c->row_count = c->added = 0;
    c->last = 0;
    c->is_few = true;
    c->has_lists = false;
    memset(c->slots, 0, sizeof(c->slots));
}

enum column_kind column_end(struct column *c, size_t rows, struct buf *out)
{
    enum column_kind kind = c->has_lists ? COLUMN_LISTS : c->is_few ? COLUMN_FEW : COLUMN_MANY;

    while (c->row_count < rows)
        c->rows[c->row_count++] = 0;
    if (kind == COLUMN_LISTS)
        put_lists(c, rows, out);
    else if (kind == COLUMN_FEW)
        put_few(c, rows, out);
    else
        put_many(c, rows, out);
    empty(c);
    return kind;
}
