/* block.c: puts events into columns, packs them, and takes the digest of what was put in. */
#include "timeline/block.h"
#include <zstd.h>
#include "base/mem.h"
#include "sys/clock.h"
#include "timeline/column.h"
#include "timeline/directory.h"

enum {
    LEVEL = 1,
    SPELLED_FLUSH = 64 << 10,
    RANKS = 64,           /* in a word of bits */
    SAMES = 8192,         /* a power of two */
    FIELDS_MOST = 1024,   /* of a block; each takes memory */
    TEXT_MOST = 64 << 20, /* bytes of a block's events; one of them may end past it */
    COLUMNS_KEPT = 256,   /* from one block to the next */
};

struct block_writer {
    const struct field_names *names;
    block_take *take;
    void *context;
    struct column *columns[FIELD_NAMES_MAX]; /* by field; NULL: never used */
    uint16_t used[FIELD_NAMES_MAX];          /* fields that this block has, as they came */
    bool is_used[FIELD_NAMES_MAX];
    size_t used_count;
    struct met {
        uint32_t same;     /* of a field (event.h); 0: none was met */
        uint32_t number;   /* of its value in its column */
    } met[SAMES];          /* in this block */
    bool has_met;          /* one */
    struct column *state;  /* precision, doubt, meaning */
    struct buf state_text; /* of the event before, whose key is */
    uint32_t state_key;
    int64_t *times;
    uint64_t *places, *lines;
    size_t rows;
    size_t text;      /* bytes of the rows' events as they are spelled */
    uint64_t written; /* events of blocks before */
    struct digest *digest;
    uint16_t numbers[FIELD_NAMES_MAX]; /* by field: its number from 1 in what is digested; 0: new */
    uint16_t number_count;
    uint16_t at_rank[FIELD_NAMES_MAX]; /* of the event at hand: its field whose name has it */
    struct buf spelled;                /* not digested yet */
    struct buf unpacked;               /* of a column */
    struct buf packed;                 /* of the block */
    struct buf about;                  /* its lines in the directory */
    struct keyed key;                  /* of the columns */
    ZSTD_CCtx *zstd;
};

struct block_writer *block_writer_new(const struct field_names *names, block_take *take,
                                      void *context)
{
    struct block_writer *w = mem_new(struct block_writer);

    w->names = names;
    w->take = take;
    w->context = context;
    random_bytes(&w->key, sizeof(w->key));
    w->state = column_new(&w->key);
    w->times = mem_array(BLOCK_EVENTS, sizeof(w->times[0]));
    w->places = mem_array(BLOCK_EVENTS, sizeof(w->places[0]));
    w->lines = mem_array(BLOCK_EVENTS, sizeof(w->lines[0]));
    w->digest = digest_new(DIGEST_SHA256);
    w->zstd = ZSTD_createCCtx();
    if (!w->zstd)
        BUG("out of memory, a packer was wanted");
    return w;
}

void block_writer_free(struct block_writer *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < FIELD_NAMES_MAX; i++)
        column_free(w->columns[i]);
    column_free(w->state);
    free(w->times);
    free(w->places);
    free(w->lines);
    digest_free(w->digest);
    buf_release(&w->state_text);
    buf_release(&w->spelled);
    buf_release(&w->unpacked);
    buf_release(&w->packed);
    buf_release(&w->about);
    ZSTD_freeCCtx(w->zstd);
    free(w);
}

static char *put_u32(char *to, uint32_t n)
{
    to[0] = (char)n;
    to[1] = (char)(n >> 8);
    to[2] = (char)(n >> 16);
    to[3] = (char)(n >> 24);
    return to + 4;
}

static char *put_u64(char *to, uint64_t n)
{
    to = put_u32(to, (uint32_t)n);
    return put_u32(to, (uint32_t)(n >> 32));
}

static char *put_str(char *to, struct str s)
{
    memcpy(to, s.p, s.len);
    return to + s.len;
}

static uint32_t state_key(const struct event *v)
{
    return (uint32_t)v->precision | (uint32_t)v->doubt << 8 | (uint32_t)v->meaning << 16 | 1U << 31;
}

/* precision NUL doubt NUL meaning NUL; it is mostly that of the event before. */
static struct str state_of(struct block_writer *w, const struct event *v)
{
    static const char letters[] = EVENT_DOUBT_LETTERS;
    struct buf *out = &w->state_text;

    if (w->state_key == state_key(v))
        return buf_str(out);
    w->state_key = state_key(v);
    buf_clear(out);
    buf_adds(out, event_precision_names[v->precision]);
    buf_addc(out, '\0');
    for (size_t i = 0; letters[i]; i++)
        if (v->doubt & 1 << i)
            buf_addc(out, letters[i]);
    buf_addc(out, '\0');
    buf_adds(out, event_meaning_names[v->meaning]);
    buf_addc(out, '\0');
    return buf_str(out);
}

/* False: it has several fields of one name. */
static bool order_by_rank(struct block_writer *w, const struct event *v, uint16_t *order)
{
    const uint16_t *ranks = field_ranks(w->names);
    size_t words = field_count(w->names) / RANKS + 1, count = 0;
    uint64_t has[FIELD_NAMES_MAX / RANKS + 1];

    memset(has, 0, words * sizeof(has[0]));
    for (size_t i = 0; i < v->count; i++) {
        uint16_t rank = ranks[v->fields[i].name];

        if (has[rank / RANKS] >> rank % RANKS & 1)
            return false;
        has[rank / RANKS] |= (uint64_t)1 << rank % RANKS;
        w->at_rank[rank] = (uint16_t)i;
    }
    for (size_t i = 0; i < words; i++)
        for (uint64_t left = has[i]; left; left &= left - 1)
            order[count++] = w->at_rank[i * RANKS + (size_t)__builtin_ctzll(left)];
    return true;
}

/* In the order of names, values of one name as they came. */
static void sort_fields(struct block_writer *w, const struct event *v, uint16_t *order)
{
    const uint16_t *ranks = field_ranks(w->names);

    if (order_by_rank(w, v, order))
        return;
    for (uint16_t i = 0; i < v->count; i++) {
        size_t at = i;

        for (; at && ranks[v->fields[order[at - 1]].name] > ranks[v->fields[i].name]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

static size_t spelled_size(const struct block_writer *w, const struct event *v, struct str state)
{
    size_t size = 8 + state.len + 8 + 8 + 4;

    for (size_t i = 0; i < v->count; i++) {
        const struct event_field *f = &v->fields[i];

        size += 2 + 4 + f->value.len;
        if (!w->numbers[f->name])
            size += field_name(w->names, f->name).len + 1;
    }
    return size;
}

/* A name that is new is spelled behind its number. */
static char *put_name(struct block_writer *w, char *to, uint16_t field)
{
    bool is_new = !w->numbers[field];

    if (is_new)
        w->numbers[field] = ++w->number_count;
    *to++ = (char)w->numbers[field];
    *to++ = (char)(w->numbers[field] >> 8);
    if (!is_new)
        return to;
    to = put_str(to, field_name(w->names, field));
    *to++ = '\0';
    return to;
}

static void spell(struct block_writer *w, const struct event *v, struct str state)
{
    uint16_t order[EVENT_FIELDS_MAX];
    struct buf *b = &w->spelled;
    char *to = buf_room(b, spelled_size(w, v, state));

    sort_fields(w, v, order);
    to = put_str(put_u64(to, (uint64_t)v->ns), state);
    to = put_u64(put_u64(to, v->at), v->line);
    to = put_u32(to, (uint32_t)v->count);
    for (size_t i = 0; i < v->count; i++) {
        const struct event_field *f = &v->fields[order[i]];

        to = put_name(w, to, f->name);
        to = put_str(put_u32(to, (uint32_t)f->value.len), f->value);
    }
    w->text += (size_t)(to - b->p) - b->len;
    b->len = (size_t)(to - b->p);
    if (b->len >= SPELLED_FLUSH) {
        digest_add(w->digest, b->p, b->len);
        buf_clear(b);
    }
}

static struct column *column_of(struct block_writer *w, uint16_t field)
{
    if (!w->columns[field])
        w->columns[field] = column_new(&w->key);
    if (!w->is_used[field]) {
        w->is_used[field] = true;
        w->used[w->used_count++] = field;
    }
    return w->columns[field];
}

/* Packs what is in unpacked, and writes its line of the directory. */
static void put_column(struct block_writer *w, char kind, struct str name)
{
    size_t bound = ZSTD_compressBound(w->unpacked.len);
    char *to = buf_room(&w->packed, bound);
    size_t size = ZSTD_compressCCtx(w->zstd, to, bound, w->unpacked.p, w->unpacked.len, LEVEL);

    if (ZSTD_isError(size))
        BUG("zstd: %s", ZSTD_getErrorName(size));
    buf_addf(&w->about, "column\t%c\t", kind);
    directory_add_text(&w->about, name);
    buf_addf(&w->about, "\t%zu\t%zu\t%zu\n", w->packed.len, size, w->unpacked.len);
    w->packed.len += size;
    buf_clear(&w->unpacked);
}

static void put_times(struct block_writer *w)
{
    char *to = buf_room(&w->unpacked, w->rows * VARINT_SIZE);
    int64_t before = 0;

    for (size_t i = 0; i < w->rows; i++) {
        to = varint_put_signed(to, (int64_t)((uint64_t)w->times[i] - (uint64_t)before));
        before = w->times[i];
    }
    w->unpacked.len = (size_t)(to - w->unpacked.p);
    put_column(w, COLUMN_TIMES, STR("time"));
}

static void put_numbers(struct block_writer *w, const uint64_t *numbers, struct str name)
{
    char *to = buf_room(&w->unpacked, w->rows * VARINT_SIZE);
    uint64_t before = 0;

    for (size_t i = 0; i < w->rows; i++) {
        to = varint_put_signed(to, (int64_t)(numbers[i] - before));
        before = numbers[i];
    }
    w->unpacked.len = (size_t)(to - w->unpacked.p);
    put_column(w, COLUMN_NUMBERS, name);
}

static void put_fields(struct block_writer *w)
{
    for (size_t i = 0; i < w->used_count; i++) {
        uint16_t field = w->used[i];
        enum column_kind kind = column_end(w->columns[field], w->rows, &w->unpacked);

        put_column(w, (char)kind, field_name(w->names, field));
        w->is_used[field] = false;
        if (i >= COLUMNS_KEPT) {
            column_free(w->columns[field]);
            w->columns[field] = NULL;
        }
    }
    w->used_count = 0;
}

static void find_span(const struct block_writer *w, struct block_made *m)
{
    m->first_ns = m->last_ns = w->times[0];
    for (size_t i = 1; i < w->rows; i++) {
        m->first_ns = w->times[i] < m->first_ns ? w->times[i] : m->first_ns;
        m->last_ns = w->times[i] > m->last_ns ? w->times[i] : m->last_ns;
    }
}

static int flush(struct block_writer *w, struct err *e)
{
    struct block_made m = {.first_event = w->written, .events = (uint32_t)w->rows};
    int rc;

    if (w->rows == 0)
        return 0;
    find_span(w, &m);
    put_times(w);
    put_column(w, (char)column_end(w->state, w->rows, &w->unpacked), STR("state"));
    put_numbers(w, w->places, STR("place"));
    put_numbers(w, w->lines, STR("line"));
    put_fields(w);
    m.bytes = buf_str(&w->packed);
    m.lines = buf_str(&w->about);
    rc = w->take(w->context, &m, e);
    w->written += w->rows;
    w->rows = 0;
    w->text = 0;
    if (w->has_met)
        memset(w->met, 0, sizeof(w->met));
    w->has_met = false;
    buf_clear(&w->packed);
    buf_clear(&w->about);
    return rc;
}

static void add_field(struct block_writer *w, const struct event_field *f)
{
    struct column *c = column_of(w, f->name);
    struct met *met = &w->met[f->same % SAMES];

    if (!f->same) {
        (void)column_add(c, w->rows, f->value);
    } else if (met->same == f->same) {
        column_add_again(c, w->rows, met->number);
    } else {
        *met = (struct met){f->same, column_add(c, w->rows, f->value)};
        w->has_met = true;
    }
}

int block_add(struct block_writer *w, const struct event *event, struct err *e)
{
    struct str state = state_of(w, event);

    spell(w, event, state);
    (void)column_add(w->state, w->rows, state);
    w->times[w->rows] = event->ns;
    w->places[w->rows] = event->at;
    w->lines[w->rows] = event->line;
    for (size_t i = 0; i < event->count; i++)
        add_field(w, &event->fields[i]);
    w->rows++;
    if (w->rows < BLOCK_EVENTS && w->used_count < FIELDS_MOST && w->text < TEXT_MOST)
        return 0;
    return flush(w, e);
}

int block_end(struct block_writer *w, struct hash *digest, struct err *e)
{
    uint8_t sum[64];
    int rc = flush(w, e);

    digest_add(w->digest, w->spelled.p, w->spelled.len);
    buf_clear(&w->spelled);
    (void)digest_end(w->digest, sum);
    if (rc == 0)
        memcpy(digest->b, sum, sizeof(digest->b));
    w->written = 0;
    memset(w->numbers, 0, sizeof(w->numbers));
    w->number_count = 0;
    return rc;
}
