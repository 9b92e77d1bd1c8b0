/* segment_write.c: writes the file of a timeline: blocks as they come, then the directory. */
#include "timeline/segment_write.h"
#include <zstd.h>
#include "base/mem.h"
#include "timeline/directory.h"

#define MAGIC "calm-tl1\n"

enum {
    DIRECTORY_LEVEL = 3,
    ESCAPED = 4,      /* bytes of one, at most */
    LINE_MOST = 1024, /* of a source, besides its texts */
};

struct segment_writer {
    segment_put *put;
    void *context;
    uint64_t at; /* bytes that were put */
    struct buf directory;
    struct buf blocks; /* lines of the source that is open */
    struct segment_source source;
    struct buf name, remark; /* of it */
    struct reader_counts counts;
    struct digest *parts; /* of its parts' digests */
    struct digest *whole;
    uint64_t events; /* before the source that is open, and in it so far */
    bool is_open;
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
                  const struct hash *evidence, struct str zone, struct err *e)
{
    CLEANUP(segment_writer_freep) struct segment_writer *s = mem_new(struct segment_writer);
    int rc;

    s->put = put_bytes;
    s->context = context;
    s->parts = digest_new(DIGEST_SHA256);
    s->whole = digest_new(DIGEST_SHA256);
    buf_adds(&s->directory, "timeline\t1\t");
    add_hash(&s->directory, evidence);
    buf_addc(&s->directory, '\t');
    directory_add_text(&s->directory, zone);
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

static void add_source_line(struct segment_writer *s)
{
    const struct reader_counts *c = &s->counts;
    struct buf *d = &s->directory;
    const struct format *f = s->source.format, *second = s->source.second;

    buf_adds(d, "source\t");
    directory_add_text(d, buf_str(&s->name));
    buf_addf(d, "\t%s", f ? f->name : "-");
    if (f && second)
        buf_addf(d, "+%s", second->name);
    buf_addf(d, "\t%u", f ? f->version : 0);
    if (f && second)
        buf_addf(d, "+%u", second->version);
    buf_addf(d, "\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%lld\t%lld\t",
             (unsigned long long)s->source.size, (unsigned long long)c->lines,
             (unsigned long long)c->events, (unsigned long long)c->unparsed,
             (unsigned long long)c->continued, (unsigned long long)(c->empty + c->comments),
             (long long)s->first_ns, (long long)s->last_ns);
    directory_add_text(d, buf_str(&s->remark));
    buf_addc(d, '\n');
    buf_addstr(d, buf_str(&s->blocks));
}

static void close_source(struct segment_writer *s)
{
    uint8_t digest[64];

    if (!s->is_open)
        return;
    s->is_open = false;
    add_source_line(s);
    (void)digest_end(s->parts, digest);
    digest_add(s->whole, s->name.p, s->name.len);
    digest_add(s->whole, "", 1);
    digest_add(s->whole, digest, sizeof(struct hash));
    add_counts(&s->sum.counts, &s->counts);
    s->sum.sources += !s->source.is_about;
    s->sum.recognised += s->source.format && s->source.format != &format_text;
    if (s->has_events)
        widen(&s->sum_has_events, &s->sum.first_ns, &s->sum.last_ns, s->first_ns, s->last_ns);
}

static int check_room(const struct segment_writer *s, size_t more, struct err *e)
{
    size_t most = DIRECTORY_MOST - LINE_MOST;

    if (s->directory.len + s->blocks.len + s->name.len * ESCAPED + s->remark.len * ESCAPED + more <=
        most)
        return 0;
    return err_set(e, ERR_LIMIT,
                   "it has too many sources, or too many different fields: the directory of its "
                   "timeline would be larger than %d MiB",
                   DIRECTORY_MOST >> 20);
}

int segment_source(struct segment_writer *s, const struct segment_source *source, struct err *e)
{
    int rc = check_room(s, (source->name.len + source->remark.len) * ESCAPED, e);

    if (rc)
        return rc;
    close_source(s);
    s->is_open = true;
    s->source = *source;
    buf_clear(&s->name);
    buf_addstr(&s->name, source->name);
    buf_clear(&s->remark);
    buf_addstr(&s->remark, source->remark);
    buf_clear(&s->blocks);
    s->counts = (struct reader_counts){0};
    s->has_events = false;
    s->first_ns = s->last_ns = 0;
    return 0;
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

int segment_block(struct segment_writer *s, const struct segment_block *block, struct err *e)
{
    struct hash sum = hash_bytes(block->bytes.p, block->bytes.len);
    uint64_t at = s->at;
    int rc;

    if (!are_columns(block->columns) || block->first_ns > block->last_ns || block->events == 0)
        return err_set(e, ERR_TAMPER, "the worker sent what no sound one sends");
    rc = check_room(s, block->columns.len, e);
    if (rc == 0)
        rc = put(s, block->bytes, e);
    if (rc)
        return rc;
    buf_addf(&s->blocks, "block\t%llu\t%zu\t%llu\t%llu\t%lld\t%lld\t", (unsigned long long)at,
             block->bytes.len, (unsigned long long)s->events, (unsigned long long)block->events,
             (long long)block->first_ns, (long long)block->last_ns);
    add_hash(&s->blocks, &sum);
    buf_addc(&s->blocks, '\n');
    buf_addstr(&s->blocks, block->columns);
    s->events += block->events;
    s->sum.blocks++;
    widen(&s->has_events, &s->first_ns, &s->last_ns, block->first_ns, block->last_ns);
    return 0;
}

void segment_part(struct segment_writer *s, const struct reader_counts *counts,
                  const struct hash *digest)
{
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
    rc = put_directory(s, e);
    if (rc)
        return rc;
    (void)digest_end(s->whole, digest);
    memcpy(s->sum.digest.b, digest, sizeof(s->sum.digest.b));
    *out = s->sum;
    return 0;
}
