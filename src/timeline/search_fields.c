/* search_fields.c: which fields that a query names no event has. */
#include "timeline/search_fields.h"
#include <strings.h>
#include "timeline/directory.h"
#include "timeline/search_wire.h"

enum { OWN_COLUMNS = 4, TOLD_MOST = 16 };

struct sought {
    struct str name;
    bool is_there;
    struct buf alike; /* a field whose name differs in capital letters alone */
};

static void compare(struct sought *s, struct str name)
{
    CLEANUP_BUF struct buf read = {0};

    if (name.len < s->name.len)
        return;
    if (memchr(name.p, '\\', name.len)) {
        directory_read_text(&read, name);
        name = buf_str(&read);
    }
    if (str_eq(name, s->name)) {
        s->is_there = true;
    } else if (name.len == s->name.len && strncasecmp(name.p, s->name.p, name.len) == 0) {
        buf_clear(&s->alike);
        buf_addstr(&s->alike, name);
    }
}

/* Behind the columns that each block has come those of its fields. */
static void seek_in(struct sought *s, struct str columns)
{
    for (size_t i = 0; columns.len && !s->is_there; i++) {
        struct str line = str_cut(&columns, '\n');

        (void)str_cut(&line, '\t');
        (void)str_cut(&line, '\t');
        if (i >= OWN_COLUMNS)
            compare(s, str_cut(&line, '\t'));
    }
}

static int tell(struct worker_channel *channel, const struct sought *s, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};

    buf_addstr(&message, s->name);
    buf_addc(&message, '\0');
    buf_addstr(&message, buf_str(&s->alike));
    return worker_send(channel, SEARCH_NO_FIELD, buf_str(&message), e);
}

int search_tell_fields(struct worker_channel *channel, const struct query *q,
                       struct segment_file *const *files, size_t count, struct err *e)
{
    struct str name;
    size_t at = 0;
    int rc = 0;

    for (int told = 0; rc == 0 && told < TOLD_MOST && query_next_field(q, &at, &name);) {
        struct sought s = {.name = name};

        for (size_t i = 0; i < count && !s.is_there; i++)
            for (size_t b = 0; b < segment_block_count(files[i]) && !s.is_there; b++)
                seek_in(&s, segment_block_at(files[i], b)->columns);
        if (!s.is_there) {
            rc = tell(channel, &s, e);
            told++;
        }
        buf_release(&s.alike);
    }
    return rc;
}
