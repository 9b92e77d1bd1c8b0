/* block_read.c: unpacks the columns of a block as they are asked for, and believes none of it. */
#include "timeline/block_read.h"
#include <zstd.h>
#include "base/mem.h"
#include "timeline/directory.h"

enum { UNPACKED_MOST = 1 << 28, COLUMNS_MOST = FIELD_NAMES_MAX + 8 };

struct packed {
    char kind;
    struct str name;
    uint64_t at, size, unpacked;
    struct buf bytes; /* unpacked */
    bool is_unpacked;
    struct values values; /* once asked for */
    bool is_ready;
    int64_t *numbers; /* of times and numbers */
};

struct block {
    struct arena *arena; /* of names */
    struct str bytes;
    size_t rows;
    struct packed *columns;
    size_t count;
    size_t field_from; /* the first column that is a field's */
    ZSTD_DCtx *zstd;
};

static int damaged(struct err *e)
{
    return err_set(e, ERR_FORMAT, "a block of the timeline is damaged");
}

static bool take_u64(struct str *line, uint64_t *out)
{
    return str_u64(str_cut(line, '\t'), out);
}

static struct str name_of(struct arena *arena, struct str text)
{
    CLEANUP_BUF struct buf name = {0};

    if (text.len == 0 || !memchr(text.p, '\\', text.len))
        return text;
    directory_read_text(&name, text);
    return (struct str){arena_dup(arena, name.p, name.len), name.len};
}

static bool take_column(struct arena *arena, struct str line, struct str bytes, struct packed *c)
{
    struct str kind;

    if (!str_take(&line, "column\t"))
        return false;
    kind = str_cut(&line, '\t');
    *c = (struct packed){.name = name_of(arena, str_cut(&line, '\t'))};
    c->kind = kind.len == 1 ? kind.p[0] : 0;
    return take_u64(&line, &c->at) && take_u64(&line, &c->size) && take_u64(&line, &c->unpacked) &&
           c->name.len && c->unpacked <= UNPACKED_MOST && c->at <= bytes.len &&
           c->size <= bytes.len - c->at;
}

static bool begins_right(const struct block *b)
{
    static const struct {
        const char *kinds;
        const char *name;
    } first[] = {{"T", "time"}, {"DV", "state"}, {"N", "place"}, {"N", "line"}};

    for (size_t i = 0; i < COUNT_OF(first); i++)
        if (i >= b->count || !b->columns[i].kind || !strchr(first[i].kinds, b->columns[i].kind) ||
            !str_is(b->columns[i].name, first[i].name))
            return false;
    return true;
}

int block_open(struct block **out, struct str bytes, struct str lines, size_t rows, struct err *e)
{
    CLEANUP(block_closep) struct block *b = mem_new(struct block);
    size_t room = 0;

    b->arena = arena_new();
    b->bytes = bytes;
    b->rows = rows;
    b->field_from = 4;
    b->zstd = ZSTD_createDCtx();
    if (!b->zstd)
        BUG("out of memory, an unpacker was wanted");
    while (lines.len) {
        struct packed c;

        if (b->count == COLUMNS_MOST || !take_column(b->arena, str_cut(&lines, '\n'), bytes, &c))
            return damaged(e);
        b->columns = mem_grow(b->columns, b->count, &room, sizeof(b->columns[0]));
        b->columns[b->count++] = c;
    }
    if (rows == 0 || rows > BLOCK_EVENTS || !begins_right(b))
        return damaged(e);
    *out = MOVE(b);
    return 0;
}

static void column_empty(struct packed *c)
{
    buf_release(&c->bytes);
    free(c->values.values);
    free(c->values.first);
    free(c->values.items);
    free(c->numbers);
    c->values = (struct values){0};
    c->numbers = NULL;
    c->is_unpacked = false;
}

void block_close(struct block *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->count; i++)
        column_empty(&b->columns[i]);
    free(b->columns);
    arena_free(b->arena);
    ZSTD_freeDCtx(b->zstd);
    free(b);
}

size_t block_rows(const struct block *b)
{
    return b->rows;
}

static int unpack(struct block *b, struct packed *c, struct err *e)
{
    size_t size = (size_t)c->unpacked, got;
    char *to;

    if (c->is_unpacked)
        return 0;
    to = buf_room(&c->bytes, size + 1);
    got = ZSTD_decompressDCtx(b->zstd, to, size, b->bytes.p + c->at, (size_t)c->size);
    if (ZSTD_isError(got) || got != size)
        return damaged(e);
    c->bytes.len = size;
    c->is_unpacked = true;
    return 0;
}

/* Their bytes stand one after another; the sizes are known. */
static void lay_values(struct values *v, struct str bytes)
{
    v->bytes = bytes;
    for (size_t i = 0, at = 0; i < v->count; at += v->values[i++].len)
        v->values[i].p = bytes.p + at;
}

/* Sizes of so many values, and then their bytes. */
static bool take_values(struct values *v, struct str *rest)
{
    uint64_t sum = 0, size;

    v->values = mem_array(v->count ? v->count : 1, sizeof(v->values[0]));
    for (size_t i = 0; i < v->count; i++) {
        if (!varint_take(rest, &size) || size > UNPACKED_MOST)
            return false;
        v->values[i].len = (size_t)size;
        sum += size;
    }
    if (sum > rest->len)
        return false;
    lay_values(v, str_head(*rest, (size_t)sum));
    *rest = str_from(*rest, (size_t)sum);
    return true;
}

static bool read_few(struct block *b, struct values *v, struct str rest)
{
    uint64_t count;
    size_t each, items = 0;

    if (!varint_take(&rest, &count) || count > b->rows)
        return false;
    v->count = (size_t)count;
    each = count > 255 ? 2 : 1;
    if (!take_values(v, &rest) || rest.len != each * b->rows)
        return false;
    v->first = mem_array(b->rows + 1, sizeof(v->first[0]));
    v->items = mem_array(b->rows, sizeof(v->items[0]));
    for (size_t i = 0; i < b->rows; i++) {
        size_t n = (uint8_t)rest.p[each * i];

        if (each == 2)
            n |= (size_t)(uint8_t)rest.p[2 * i + 1] << 8;
        if (n > count)
            return false;
        v->first[i] = (uint32_t)items;
        if (n)
            v->items[items++] = (uint16_t)(n - 1);
    }
    v->first[b->rows] = (uint32_t)items;
    return true;
}

/* Each row's size and 1, or 0; values of no row take no place among them. */
static bool read_many(struct block *b, struct values *v, struct str rest)
{
    uint64_t sum = 0, size;

    v->first = mem_array(b->rows + 1, sizeof(v->first[0]));
    v->values = mem_array(b->rows, sizeof(v->values[0]));
    for (size_t i = 0; i < b->rows; i++) {
        if (!varint_take(&rest, &size) || size > UNPACKED_MOST)
            return false;
        v->first[i] = (uint32_t)v->count;
        if (size) {
            v->values[v->count++].len = (size_t)size - 1;
            sum += size - 1;
        }
    }
    v->first[b->rows] = (uint32_t)v->count;
    if (sum != rest.len)
        return false;
    lay_values(v, rest);
    return true;
}

static bool read_lists(struct block *b, struct values *v, struct str rest)
{
    uint64_t count, sum = 0, size, all = 0;

    v->first = mem_array(b->rows + 1, sizeof(v->first[0]));
    for (size_t i = 0; i < b->rows; i++) {
        if (!varint_take(&rest, &count) || count > EVENT_FIELDS_MAX)
            return false;
        v->first[i] = (uint32_t)all;
        all += count;
    }
    v->first[b->rows] = (uint32_t)all;
    if (all > rest.len) /* each has a size */
        return false;
    v->count = (size_t)all;
    v->values = mem_array(v->count ? v->count : 1, sizeof(v->values[0]));
    for (size_t i = 0; i < v->count; i++) {
        if (!varint_take(&rest, &size) || size == 0 || size > UNPACKED_MOST)
            return false;
        v->values[i].len = (size_t)size - 1;
        sum += size - 1;
    }
    if (sum != rest.len)
        return false;
    lay_values(v, rest);
    return true;
}

static struct packed *find(struct block *b, struct str name, bool is_field)
{
    size_t from = is_field ? b->field_from : 0, to = is_field ? b->count : b->field_from;

    for (size_t i = from; i < to; i++)
        if (str_eq(b->columns[i].name, name))
            return &b->columns[i];
    return NULL;
}

static int make_ready(struct block *b, struct packed *c, struct err *e)
{
    struct str bytes;
    bool is_sound;
    int rc;

    if (c->is_ready)
        return 0;
    rc = unpack(b, c, e);
    if (rc)
        return rc;
    bytes = buf_str(&c->bytes);
    c->values.name = c->name;
    is_sound = c->kind == COLUMN_FEW ? read_few(b, &c->values, bytes)
               : c->kind == COLUMN_MANY
                   ? read_many(b, &c->values, bytes)
                   : c->kind == COLUMN_LISTS && read_lists(b, &c->values, bytes);
    if (!is_sound) {
        column_empty(c);
        return damaged(e);
    }
    c->is_ready = true;
    return 0;
}

int block_values(struct block *b, struct str field, const struct values **out, struct err *e)
{
    struct packed *c = find(b, field, true);
    int rc = c ? make_ready(b, c, e) : 0;

    if (rc == 0)
        *out = c ? &c->values : NULL;
    return rc;
}

int block_bytes(struct block *b, struct str field, struct str *out, struct err *e)
{
    struct packed *c = find(b, field, true);
    int rc = c ? unpack(b, c, e) : 0;

    if (rc == 0)
        *out = c ? buf_str(&c->bytes) : STR("");
    return rc;
}

int block_states(struct block *b, const struct values **out, struct err *e)
{
    int rc = make_ready(b, &b->columns[1], e);

    if (rc == 0)
        *out = &b->columns[1].values;
    return rc;
}

static bool read_numbers(const struct block *b, struct packed *c, struct str rest)
{
    int64_t before = 0, step;

    c->numbers = mem_array(b->rows, sizeof(c->numbers[0]));
    for (size_t i = 0; i < b->rows; i++) {
        if (!varint_take_signed(&rest, &step))
            return false;
        before = (int64_t)((uint64_t)before + (uint64_t)step);
        c->numbers[i] = before;
    }
    return rest.len == 0;
}

static int make_numbers(struct block *b, struct packed *c, struct err *e)
{
    int rc;

    if (c->is_ready)
        return 0;
    rc = unpack(b, c, e);
    if (rc)
        return rc;
    c->is_ready = read_numbers(b, c, buf_str(&c->bytes));
    buf_release(&c->bytes);
    c->is_unpacked = false;
    if (c->is_ready)
        return 0;
    column_empty(c);
    return damaged(e);
}

int block_times(struct block *b, const int64_t **out, struct err *e)
{
    int rc = make_numbers(b, &b->columns[0], e);

    if (rc == 0)
        *out = b->columns[0].numbers;
    return rc;
}

int block_numbers(struct block *b, const char *name, const uint64_t **out, struct err *e)
{
    struct packed *c = find(b, str_of(name), false);
    int rc = make_numbers(b, c, e);

    if (rc == 0)
        *out = (const uint64_t *)c->numbers;
    return rc;
}

size_t block_field_count(const struct block *b)
{
    return b->count - b->field_from;
}

struct str block_field(const struct block *b, size_t i)
{
    return b->columns[b->field_from + i].name;
}
