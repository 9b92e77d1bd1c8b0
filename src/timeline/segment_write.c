/* segment_write.c: writes the file of a timeline: blocks as they come, then the directory. */
#include "timeline/segment_write.h"
#include <zstd.h>
#include "base/mem.h"
#include "timeline/segment_room.h"

#define MAGIC "calm-tl1\n"

enum {
    DIRECTORY_LEVEL = 3,
};

/* Blocks that no end of a part has come for yet. */
struct open_part {
    struct buf lines;
    uint64_t events, blocks;
    bool has_events;
    int64_t first_ns, last_ns;
};

struct segment_writer {
    segment_put *put;
    void *context;
    uint64_t at; /* bytes that were put */
    struct buf directory;
    struct buf blocks; /* lines of the source that is open, of its whole parts */
    struct open_part part;
    struct segment_room room;
    struct segment_source source;
    struct buf name, remark; /* of it */
    struct reader_counts counts;
    struct digest *parts; /* of its parts' digests */
    struct digest *whole;
    uint64_t events; /* before the source that is open, and in it so far */
    bool is_open;
    bool is_cut;     /* the source: there was no room for a part of it, nor is there for others */
    bool is_told;    /* what was said of that */
    bool is_full;    /* there was no room for a source */
    bool has_events; /* the source */
    int64_t first_ns, last_ns;
    struct segment_result sum;
    bool sum_has_events;
};

static int put(struct segment_writer *s, struct str bytes, struct err *e)
{
    int rc = s->put(s->context, bytes, e);

    if (rc == 0)
        s->at += bytes.len;
    return rc;
}

static void add_hash(struct buf *out, const struct hash *h)
{
    hex_add(out, h->b, sizeof(h->b));
}

int segment_begin(struct segment_writer **out, segment_put *put_bytes, void *context,
                  const struct segment_head *head, struct err *e)
{
    CLEANUP(segment_writer_freep) struct segment_writer *s = mem_new(struct segment_writer);
    int rc;

    room_begin(&s->room, head->directory_most);
    s->put = put_bytes;
    s->context = context;
    s->parts = digest_new(DIGEST_SHA256);
    s->whole = digest_new(DIGEST_SHA256);
    buf_adds(&s->directory, "timeline\t1\t");
    add_hash(&s->directory, head->evidence);
    buf_addc(&s->directory, '\t');
    directory_add_text(&s->directory, head->zone);
    buf_addc(&s->directory, '\n');
    rc = put(s, STR(MAGIC), e);
    if (rc == 0)
        *out = MOVE(s);
    return rc;
}

void segment_writer_free(struct segment_writer *s)
{
    if (!s)
        return;
    buf_release(&s->directory);
    buf_release(&s->blocks);
    buf_release(&s->part.lines);
    buf_release(&s->name);
    buf_release(&s->remark);
    digest_free(s->parts);
    digest_free(s->whole);
    free(s);
}

static void widen(bool *has, int64_t *first, int64_t *last, int64_t from, int64_t to)
{
    *first = !*has || from < *first ? from : *first;
    *last = !*has || to > *last ? to : *last;
    *has = true;
}

static void add_counts(struct reader_counts *to, const struct reader_counts *more)
{
    to->lines += more->lines;
    to->events += more->events;
    to->unparsed += more->unparsed;
    to->continued += more->continued;
    to->comments += more->comments;
    to->empty += more->empty;
    to->notices += more->notices;
}

static void add_source_line(struct segment_writer *s, const struct hash *digest)
{
    const struct reader_counts *c = &s->counts;
    struct buf *d = &s->directory;
    const struct format *f = s->source.format;
    const struct others *others = &s->source.others;

    buf_adds(d, "source\t");
    directory_add_text(d, buf_str(&s->name));
    buf_addf(d, "\t%s", f ? f->name : "-");
    for (size_t i = 0; f && i < OTHERS_MOST && others->of[i]; i++)
        buf_addf(d, "+%s", others->of[i]->name);
    buf_addf(d, "\t%u", f ? f->version : 0);
    for (size_t i = 0; f && i < OTHERS_MOST && others->of[i]; i++)
        buf_addf(d, "+%u", others->of[i]->version);
    buf_addf(d, "\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%lld\t%lld\t",
             (unsigned long long)s->source.size, (unsigned long long)c->lines,
             (unsigned long long)c->events, (unsigned long long)c->unparsed,
             (unsigned long long)c->continued, (unsigned long long)(c->empty + c->comments),
             (long long)s->first_ns, (long long)s->last_ns);
    add_hash(d, digest);
    buf_addc(d, '\t');
    if (s->source.head.is_there)
        add_hash(d, &s->source.head.sum);
    else
        buf_addc(d, '-');
    buf_addc(d, '\t');
    directory_add_text(d, buf_str(&s->remark));
    buf_addc(d, '\n');
    buf_addstr(d, buf_str(&s->blocks));
}

static void close_source(struct segment_writer *s)
{
    uint8_t sum[64];
    struct hash digest;

    if (!s->is_open)
        return;
    s->is_open = false;
    room_source_end(&s->room, s->is_told);
    (void)digest_end(s->parts, sum);
    memcpy(digest.b, sum, sizeof(digest.b));
    add_source_line(s, &digest);
    digest_add(s->whole, s->name.p, s->name.len);
    digest_add(s->whole, "", 1);
    digest_add(s->whole, digest.b, sizeof(digest.b));
    add_counts(&s->sum.counts, &s->counts);
    s->sum.sources += !s->source.is_about;
    s->sum.recognised += s->source.format && s->source.format != &format_text;
    if (s->has_events)
        widen(&s->sum_has_events, &s->sum.first_ns, &s->sum.last_ns, s->first_ns, s->last_ns);
}

static int unsound(struct err *e)
{
    return err_set(e, ERR_TAMPER, "the worker sent what no sound one sends");
}

static void part_clear(struct segment_writer *s)
{
    buf_clear(&s->part.lines);
    s->part.events = s->part.blocks = 0;
    s->part.has_events = false;
}

int segment_source(struct segment_writer *s, const struct segment_source *source, struct err *e)
{
    close_source(s);
    if (!room_source(&s->room, source->name, source->remark, source->is_alone)) {
        s->is_full = true;
        return 0;
    }
    if (s->directory.len > DIRECTORY_MOST) /* lines that are longer than they say */
        return unsound(e);
    s->is_open = true;
    s->is_cut = s->is_told = false;
    s->source = *source;
    buf_clear(&s->name);
    buf_addstr(&s->name, source->name);
    buf_clear(&s->remark);
    buf_addstr(&s->remark, source->remark);
    buf_clear(&s->blocks);
    part_clear(s);
    s->counts = (struct reader_counts){0};
    s->has_events = false;
    s->first_ns = s->last_ns = 0;
    return 0;
}

struct segment_state segment_state_of(const struct segment_writer *s)
{
    return (struct segment_state){.is_cut = s->is_cut,
                                  .is_full = s->is_full,
                                  .directory_most = s->room.most,
                                  .sources = s->sum.sources,
                                  .events = s->counts.events + s->counts.unparsed,
                                  .has_events = s->has_events,
                                  .last_ns = s->last_ns};
}

void segment_remark(struct segment_writer *s, const char *words)
{
    if (s->remark.len)
        buf_adds(&s->remark, "; ");
    buf_adds(&s->remark, words);
    room_open_notice(&s->room);
    s->is_cut = false;
    s->is_told = true;
}

int segment_last_source(struct segment_writer *s, const struct segment_source *source,
                        struct err *e)
{
    room_open_rest(&s->room);
    s->is_full = false;
    return segment_source(s, source, e);
}

/* They come from a worker, which may have been taken over: nothing but lines of columns. */
static bool are_columns(struct str lines)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        if (!str_starts(line, "column\t"))
            return false;
        for (size_t i = 0; i < line.len; i++)
            if ((uint8_t)line.p[i] < 0x20 && line.p[i] != '\t')
                return false;
    }
    return true;
}

/* Its lines so far are let go with the part; that its bytes lie in the file does no harm. */
static void cut(struct segment_writer *s)
{
    s->is_cut = true;
    room_part_drop(&s->room);
    part_clear(s);
}

int segment_block(struct segment_writer *s, const struct segment_block *block, struct err *e)
{
    struct hash sum = hash_bytes(block->bytes.p, block->bytes.len);
    struct open_part *p = &s->part;
    uint64_t at = s->at, size;
    int rc;

    if (!s->is_open || !are_columns(block->columns) || !room_of_block(block->columns, &size) ||
        block->first_ns > block->last_ns || block->events == 0 ||
        block->columns.len > DIRECTORY_MOST - p->lines.len ||
        p->lines.len > DIRECTORY_MOST - s->blocks.len)
        return unsound(e);
    if (s->is_cut)
        return 0;
    if (!room_take(&s->room, size)) {
        cut(s);
        return 0;
    }
    rc = put(s, block->bytes, e);
    if (rc)
        return rc;
    buf_addf(&p->lines, "block\t%llu\t%zu\t%llu\t%llu\t%lld\t%lld\t", (unsigned long long)at,
             block->bytes.len, (unsigned long long)(s->events + p->events),
             (unsigned long long)block->events, (long long)block->first_ns,
             (long long)block->last_ns);
    add_hash(&p->lines, &sum);
    buf_addc(&p->lines, '\n');
    buf_addstr(&p->lines, block->columns);
    p->events += block->events;
    p->blocks++;
    widen(&p->has_events, &p->first_ns, &p->last_ns, block->first_ns, block->last_ns);
    return 0;
}

void segment_part(struct segment_writer *s, const struct reader_counts *counts,
                  const struct hash *digest)
{
    struct open_part *p = &s->part;

    if (!s->is_open || s->is_cut)
        return;
    room_part_end(&s->room);
    buf_addstr(&s->blocks, buf_str(&p->lines));
    s->events += p->events;
    s->sum.blocks += p->blocks;
    if (p->has_events)
        widen(&s->has_events, &s->first_ns, &s->last_ns, p->first_ns, p->last_ns);
    part_clear(s);
    add_counts(&s->counts, counts);
    digest_add(s->parts, digest->b, sizeof(digest->b));
}

static int put_directory(struct segment_writer *s, struct err *e)
{
    CLEANUP_BUF struct buf packed = {0};
    struct hash sum = hash_bytes(s->directory.p, s->directory.len);
    size_t bound = ZSTD_compressBound(s->directory.len);
    size_t size = ZSTD_compress(buf_room(&packed, bound), bound, s->directory.p, s->directory.len,
                                DIRECTORY_LEVEL);
    uint64_t at = s->at;
    uint32_t packed_size = (uint32_t)size;
    int rc;

    if (ZSTD_isError(size))
        BUG("zstd: %s", ZSTD_getErrorName(size));
    packed.len = size;
    s->sum.directory = sum;
    rc = put(s, buf_str(&packed), e);
    buf_clear(&packed);
    for (size_t i = 0; i < 8; i++)
        buf_addc(&packed, (char)(at >> 8 * i));
    for (size_t i = 0; i < 4; i++)
        buf_addc(&packed, (char)(packed_size >> 8 * i));
    buf_add(&packed, sum.b, sizeof(sum.b));
    buf_adds(&packed, MAGIC);
    return rc ? rc : put(s, buf_str(&packed), e);
}

int segment_end(struct segment_writer *s, struct segment_result *out, struct err *e)
{
    uint8_t digest[64];
    int rc;

    close_source(s);
    rc = s->directory.len > DIRECTORY_MOST ? unsound(e) : put_directory(s, e);
    if (rc)
        return rc;
    (void)digest_end(s->whole, digest);
    memcpy(s->sum.digest.b, digest, sizeof(s->sum.digest.b));
    *out = s->sum;
    return 0;
}
