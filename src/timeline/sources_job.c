/* sources_job.c: inside a worker: tells the sources that the directory of a timeline names. */
#include "base/mem.h"
#include "timeline/segment_read.h"
#include "timeline/sources_wire.h"
#include "timeline/timeless.h"

enum { TEXT_MOST = 64 << 10 };

/* Of events that have a time. */
struct span {
    bool has_times;
    int64_t first_ns, last_ns;
};

static void widen(struct span *s, int64_t first_ns, int64_t last_ns)
{
    s->first_ns = !s->has_times || first_ns < s->first_ns ? first_ns : s->first_ns;
    s->last_ns = !s->has_times || last_ns > s->last_ns ? last_ns : s->last_ns;
    s->has_times = true;
}

static int widen_by_rows(struct span *out, const struct segment_file *f, size_t i, struct err *e)
{
    CLEANUP_FREE struct rows *timeless = mem_new(struct rows);
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP(block_closep) struct block *b = NULL;
    const int64_t *times;
    int rc = segment_read_block(f, i, &bytes, &b, e);

    if (rc == 0)
        rc = block_timeless(b, timeless, e);
    if (rc == 0)
        rc = block_times(b, &times, e);
    for (size_t row = 0; rc == 0 && row < block_rows(b); row++)
        if (!rows_has(timeless, row))
            widen(out, times[row], times[row]);
    return rc;
}

/* The source's blocks begin at *at. What has no time lies at 0: only such blocks are read. */
static int find_span(struct span *out, const struct segment_file *f, const struct stored_source *s,
                     size_t *at, struct err *e)
{
    int rc = 0;

    for (; rc == 0 && *at < segment_block_count(f); ++*at) {
        const struct stored_block *b = segment_block_at(f, *at);

        if (b->source != s)
            break;
        if (b->first_ns > 0 || b->last_ns < 0)
            widen(out, b->first_ns, b->last_ns);
        else
            rc = widen_by_rows(out, f, *at, e);
    }
    return rc;
}

static int send_source(struct worker_channel *channel, const struct stored_source *s,
                       const struct span *span, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    struct str name = str_head(s->name, TEXT_MOST), format = str_head(s->format, TEXT_MOST);
    struct str remark = str_head(s->remark, TEXT_MOST);
    uint64_t of_lines = s->counts.events + s->counts.unparsed;
    struct sources_row row = {.size = s->size,
                              .notices = s->stored > of_lines ? s->stored - of_lines : 0,
                              .counts = s->counts,
                              .first_ns = span->first_ns,
                              .last_ns = span->last_ns,
                              .has_times = span->has_times,
                              .name_size = (uint32_t)name.len,
                              .format_size = (uint32_t)format.len,
                              .remark_size = (uint32_t)remark.len,
                              .has_events = s->stored > 0,
                              .digest = s->digest,
                              .head = s->head};

    buf_add(&message, &row, sizeof(row));
    buf_addstr(&message, name);
    buf_addstr(&message, format);
    buf_addstr(&message, remark);
    return worker_send(channel, SOURCES_ROW, buf_str(&message), e);
}

int timeline_sources_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP(segment_closep) struct segment_file *f = NULL;
    struct hash directory;
    size_t at = 0;
    int rc;

    if (argument.len != sizeof(directory.b))
        BUG("an argument of %zu bytes", argument.len);
    memcpy(directory.b, argument.p, sizeof(directory.b));
    rc = segment_open(&f, in, &directory, e);
    for (size_t i = 0; rc == 0 && i < segment_source_count(f); i++) {
        const struct stored_source *s = segment_source_at(f, i);
        struct span span = {0};

        rc = find_span(&span, f, s, &at, e);
        if (rc == 0)
            rc = send_source(channel, s, &span, e);
    }
    return rc;
}
