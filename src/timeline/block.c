/* block.c: puts events into columns, takes their digest, and packs them. */
#include "timeline/block.h"
#include <zstd.h>
#include "base/mem.h"
#include "sys/clock.h"
#include "timeline/column.h"
#include "timeline/directory.h"

enum {
    LEVEL = 1,
    SAMES = 8192,         /* a power of two */
    FIELDS_MOST = 1024,   /* of a block; each takes memory */
    TEXT_MOST = 64 << 20, /* bytes of a block's values; those of one event may end past it */
    COLUMNS_KEPT = 256,   /* from one block to the next */
};

struct block_writer {
    const struct field_names *names;
    block_take *take;
    void *context;
    struct column *columns[FIELD_NAMES_MAX]; /* by field; NULL: never used */
    uint16_t used[FIELD_NAMES_MAX];          /* fields that this block has */
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
    size_t text;      /* bytes of the rows' values */
    uint64_t written; /* events of blocks before */
    struct digest *digest;
    struct buf unpacked; /* of a column */
    struct buf packed;   /* of the block */
    struct buf about;    /* its lines in the directory */
    struct keyed key;    /* of the columns */
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
    buf_release(&w->unpacked);
    buf_release(&w->packed);
    buf_release(&w->about);
    ZSTD_freeCCtx(w->zstd);
    free(w);
}

static uint32_t state_key(const struct event *v)
{
    return (uint32_t)v->precision | (uint32_t)v->meaning << 8 | (uint32_t)v->doubt << 16 | 1U << 31;
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

static void digest_number(struct digest *d, uint64_t n)
{
    char bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(n >> 8 * i);
    digest_add(d, bytes, sizeof(bytes));
}

static void digest_column(struct block_writer *w, char kind, struct str name)
{
    digest_add(w->digest, &kind, 1);
    digest_add(w->digest, name.p, name.len);
    digest_add(w->digest, "", 1);
    digest_number(w->digest, w->unpacked.len);
    digest_add(w->digest, w->unpacked.p, w->unpacked.len);
}

/* Packs what is in unpacked, and writes its line of the directory. */
static void pack_column(struct block_writer *w, char kind, struct str name)
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
}

static void put_column(struct block_writer *w, char kind, struct str name)
{
    digest_column(w, kind, name);
    pack_column(w, kind, name);
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

/* In the order of their names, in whatever order events had them. */
static void sort_used(struct block_writer *w)
{
    const uint16_t *ranks = field_ranks(w->names);

    for (size_t i = 1; i < w->used_count; i++) {
        uint16_t field = w->used[i];
        size_t at = i;

        for (; at && ranks[w->used[at - 1]] > ranks[field]; at--)
            w->used[at] = w->used[at - 1];
        w->used[at] = field;
    }
}

static void put_fields(struct block_writer *w)
{
    sort_used(w);
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
    digest_number(w->digest, w->rows);
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

    w->text += f->value.len;
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

    (void)digest_end(w->digest, sum);
    if (rc == 0)
        memcpy(digest->b, sum, sizeof(digest->b));
    w->written = 0;
    return rc;
}
