/* segment_read.c: reads the directory of a timeline's file, and its blocks. */
#include "timeline/segment_read.h"
#include <errno.h>
#include <unistd.h>
#include <zstd.h>
#include "base/mem.h"
#include "timeline/directory.h"

#define MAGIC "calm-tl1\n"

enum {
    MAGIC_SIZE = sizeof(MAGIC) - 1,
    TAIL_SIZE = 8 + 4 + 32 + MAGIC_SIZE,
};

struct segment_file {
    int in;
    struct buf directory;
    struct arena *arena;
    struct stored_block *blocks;
    size_t count, room;
    struct stored_source **sources; /* in the arena */
    size_t source_count, source_room;
};

static int damaged(struct err *e)
{
    return err_set(e, ERR_FORMAT, "the file of the timeline is damaged: make it again");
}

static int read_at(int in, uint64_t off, void *bytes, size_t size, struct err *e)
{
    char *p = bytes;

    while (size) {
        ssize_t n = pread(in, p, size, (off_t)off);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "the timeline cannot be read");
        if (n == 0)
            return damaged(e);
        p += n;
        off += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

static uint64_t little(const uint8_t *p, size_t size)
{
    uint64_t n = 0;

    for (size_t i = size; i-- > 0;)
        n = n << 8 | p[i];
    return n;
}

static int altered(struct err *e)
{
    return err_set(e, ERR_TAMPER,
                   "the file of the timeline is not as it was made: calm analyse timeline --again");
}

static int read_directory(struct segment_file *f, const struct hash *wanted, struct err *e)
{
    off_t end = lseek(f->in, 0, SEEK_END);
    uint8_t tail[TAIL_SIZE];
    CLEANUP_BUF struct buf packed = {0};
    struct hash sum;
    uint64_t at, size;
    unsigned long long whole;
    int rc;

    if (end < TAIL_SIZE + MAGIC_SIZE)
        return damaged(e);
    rc = read_at(f->in, (uint64_t)end - TAIL_SIZE, tail, TAIL_SIZE, e);
    if (rc)
        return rc;
    at = little(tail, 8);
    size = little(tail + 8, 4);
    if (memcmp(tail + 44, MAGIC, MAGIC_SIZE) != 0 || size > DIRECTORY_MOST ||
        at != (uint64_t)end - TAIL_SIZE - size)
        return damaged(e);
    rc = read_at(f->in, at, buf_room(&packed, (size_t)size), (size_t)size, e);
    if (rc)
        return rc;
    whole = ZSTD_getFrameContentSize(packed.p, (size_t)size);
    if (whole > DIRECTORY_MOST) /* errors are large numbers */
        return damaged(e);
    if (ZSTD_decompress(buf_room(&f->directory, (size_t)whole + 1), (size_t)whole, packed.p,
                        (size_t)size) != whole)
        return damaged(e);
    f->directory.len = (size_t)whole;
    sum = hash_bytes(f->directory.p, f->directory.len);
    return hash_eq(&sum, wanted) && memcmp(sum.b, tail + 12, sizeof(sum.b)) == 0 ? 0 : altered(e);
}

static bool take_u64(struct str *line, uint64_t *out)
{
    return str_u64(str_cut(line, '\t'), out);
}

static bool take_i64(struct str *line, int64_t *out)
{
    struct str s = str_cut(line, '\t');
    bool is_negative = str_take(&s, "-");
    uint64_t n;

    if (!str_u64(s, &n) || n > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = is_negative ? (int64_t)-n : (int64_t)n;
    return true;
}

static bool take_block(struct str line, struct stored_block *b, uint64_t end)
{
    uint64_t events;

    if (!take_u64(&line, &b->at) || !take_u64(&line, &b->size) ||
        !take_u64(&line, &b->first_event) || !take_u64(&line, &events) ||
        !take_i64(&line, &b->first_ns) || !take_i64(&line, &b->last_ns) ||
        !hex_read(b->sum.b, sizeof(b->sum.b), line))
        return false;
    b->events = (uint32_t)events;
    return events && events <= BLOCK_EVENTS && b->at <= end && b->size <= end - b->at &&
           b->size < BUF_LIMIT && b->first_ns <= b->last_ns;
}

static struct str unescape(struct segment_file *f, struct str text)
{
    CLEANUP_BUF struct buf read = {0};

    directory_read_text(&read, text);
    return (struct str){arena_dup(f->arena, read.p, read.len), read.len};
}

static bool take_head(struct str text, struct source_head *head)
{
    head->is_there = !str_is(text, "-");
    return !head->is_there || hex_read(head->sum.b, sizeof(head->sum.b), text);
}

/* NULL: no line of a source. */
static struct stored_source *take_source(struct segment_file *f, struct str line)
{
    struct stored_source *s = arena_new_in(f->arena, struct stored_source);
    struct reader_counts *c = &s->counts;

    *s = (struct stored_source){.name = unescape(f, str_cut(&line, '\t'))};
    s->format = str_cut(&line, '\t');
    (void)str_cut(&line, '\t'); /* the format's version */
    if (!take_u64(&line, &s->size) || !take_u64(&line, &c->lines) || !take_u64(&line, &c->events) ||
        !take_u64(&line, &c->unparsed) || !take_u64(&line, &c->continued) ||
        !take_u64(&line, &c->empty) || !take_i64(&line, &s->first_ns) ||
        !take_i64(&line, &s->last_ns) ||
        !hex_read(s->digest.b, sizeof(s->digest.b), str_cut(&line, '\t')) ||
        !take_head(str_cut(&line, '\t'), &s->head))
        return NULL;
    s->remark = unescape(f, line);
    f->sources = mem_grow((void *)f->sources, f->source_count, &f->source_room,
                          sizeof(struct stored_source *));
    f->sources[f->source_count++] = s;
    return s;
}

static bool take_lines(struct segment_file *f, uint64_t end)
{
    struct str rest = buf_str(&f->directory);
    struct stored_source *source = NULL;

    if (!str_take(&rest, "timeline\t1\t"))
        return false;
    (void)str_cut(&rest, '\n');
    while (rest.len) {
        struct str before = rest, line = str_cut(&rest, '\n');

        if (str_take(&line, "source\t")) {
            source = take_source(f, line);
            if (!source)
                return false;
        } else if (str_take(&line, "block\t")) {
            struct stored_block b = {.source = source};

            if (!source || !take_block(line, &b, end))
                return false;
            b.columns = str_head(rest, 0);
            source->stored += b.events;
            f->blocks = mem_grow(f->blocks, f->count, &f->room, sizeof(f->blocks[0]));
            f->blocks[f->count++] = b;
        } else if (str_starts(line, "column\t") && f->count) {
            struct str *columns = &f->blocks[f->count - 1].columns;

            columns->len = (size_t)(before.p + line.len + 1 - columns->p);
        } else {
            return false;
        }
    }
    return true;
}

int segment_open(struct segment_file **out, int in, const struct hash *directory, struct err *e)
{
    CLEANUP(segment_closep) struct segment_file *f = mem_new(struct segment_file);
    int rc;

    f->in = in;
    f->arena = arena_new();
    rc = read_directory(f, directory, e);
    if (rc == 0 && !take_lines(f, (uint64_t)lseek(in, 0, SEEK_END)))
        rc = damaged(e);
    if (rc == 0)
        *out = MOVE(f);
    return rc;
}

void segment_close(struct segment_file *f)
{
    if (!f)
        return;
    buf_release(&f->directory);
    arena_free(f->arena);
    free((void *)f->sources);
    free(f->blocks);
    free(f);
}

size_t segment_source_count(const struct segment_file *f)
{
    return f->source_count;
}

const struct stored_source *segment_source_at(const struct segment_file *f, size_t i)
{
    return f->sources[i];
}

size_t segment_block_count(const struct segment_file *f)
{
    return f->count;
}

const struct stored_block *segment_block_at(const struct segment_file *f, size_t i)
{
    return &f->blocks[i];
}

int segment_read_block(const struct segment_file *f, size_t i, struct buf *bytes,
                       struct block **out, struct err *e)
{
    const struct stored_block *b = &f->blocks[i];
    int rc;

    buf_clear(bytes);
    rc = read_at(f->in, b->at, buf_room(bytes, (size_t)b->size), (size_t)b->size, e);
    bytes->len = (size_t)b->size;
    if (rc == 0) {
        struct hash sum = hash_bytes(bytes->p, bytes->len);

        rc = hash_eq(&sum, &b->sum) ? 0 : altered(e);
    }
    return rc ? rc : block_open(out, buf_str(bytes), b->columns, b->events, e);
}
