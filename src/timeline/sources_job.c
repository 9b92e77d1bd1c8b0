/* sources_job.c: inside a worker: tells the sources that the directory of a timeline names. */
#include "timeline/segment_read.h"
#include "timeline/sources_wire.h"

enum { TEXT_MOST = 64 << 10 };

static int send_source(struct worker_channel *channel, const struct stored_source *s, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    struct str name = str_head(s->name, TEXT_MOST), format = str_head(s->format, TEXT_MOST);
    struct str remark = str_head(s->remark, TEXT_MOST);
    uint64_t of_lines = s->counts.events + s->counts.unparsed;
    struct sources_row row = {.size = s->size,
                              .notices = s->stored > of_lines ? s->stored - of_lines : 0,
                              .counts = s->counts,
                              .first_ns = s->first_ns,
                              .last_ns = s->last_ns,
                              .name_size = (uint32_t)name.len,
                              .format_size = (uint32_t)format.len,
                              .remark_size = (uint32_t)remark.len,
                              .has_events = s->stored > 0};

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
    int rc;

    if (argument.len != sizeof(directory.b))
        BUG("an argument of %zu bytes", argument.len);
    memcpy(directory.b, argument.p, sizeof(directory.b));
    rc = segment_open(&f, in, &directory, e);
    for (size_t i = 0; rc == 0 && i < segment_source_count(f); i++)
        rc = send_source(channel, segment_source_at(f, i), e);
    return rc;
}
