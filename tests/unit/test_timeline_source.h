/* test_timeline_source.h: sources in memory, read by a format of the test into lists. */
#pragma once
#include "base/mem.h"
#include "test_timeline_seed.h"
#include "timeline/format.h"

/* A format for this test: "@SECONDS text" has a time, "- text" has none, a tab continues, # is a
 * comment, and a date without a year is one of RFC 3164. */
static enum line_verdict test_line(struct reader *r, struct str line, struct event *e)
{
    struct stated s;

    if (str_take(&line, "#"))
        return LINE_COMMENT;
    if (str_take(&line, "\t"))
        return LINE_CONTINUES;
    if (str_take(&line, "@")) {
        if (!when_epoch(&line, &s) || !str_take(&line, " "))
            return LINE_FOREIGN;
        reader_time(r, e, &s);
    } else if (when_bsd(&line, &s) && str_take(&line, " ")) {
        reader_time(r, e, &s);
    } else if (!str_take(&line, "- ")) {
        return LINE_FOREIGN;
    }
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

static const struct format test_format = {
    .name = "test", .version = 1, .is_splittable = true, .line = test_line};

/* What a test looks at of an event. */
struct seen {
    int64_t ns;
    uint8_t precision, doubt;
    uint64_t at, line;
    char *kind, *message, *cut, *bytes; /* of fields; ended by NUL */
    size_t message_size;
};
struct list {
    struct seen *events;
    size_t count, room;
};

static void list_release(struct list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->events[i].kind);
        free(l->events[i].message);
        free(l->events[i].cut);
        free(l->events[i].bytes);
    }
    free(l->events);
    *l = (struct list){0};
}

static char *copy_of(const struct event *e, uint16_t field)
{
    struct str v = event_value(e, field);

    return mem_dup(v.p, v.len);
}

static int keep(void *context, const struct event *e, struct err *err)
{
    struct list *l = context;
    struct seen *s;

    (void)err;
    l->events = mem_grow(l->events, l->count, &l->room, sizeof(l->events[0]));
    s = &l->events[l->count++];
    *s = (struct seen){.ns = e->ns,
                       .precision = e->precision,
                       .doubt = e->doubt,
                       .at = e->at,
                       .line = e->line,
                       .kind = copy_of(e, FIELD_EVENT_KIND),
                       .message = copy_of(e, FIELD_MESSAGE),
                       .cut = copy_of(e, FIELD_EVENT_CUT),
                       .bytes = copy_of(e, FIELD_EVENT_ORIGINAL_BYTES),
                       .message_size = event_value(e, FIELD_MESSAGE).len};
    assert_true(str_is(event_value(e, FIELD_EVENT_DATASET), "test"));
    return 0;
}

/* A source in memory, that gives as many bytes at a time as a seed says. */
struct memory {
    struct str bytes;
    uint64_t seed; /* 0: all that is asked for */
};

static int give(void *context, uint64_t off, void *bytes, size_t size, size_t *got, struct err *e)
{
    struct memory *m = context;
    struct str part = str_head(str_from(m->bytes, (size_t)off), size);

    (void)e;
    if (m->seed && part.len > 1)
        part.len = 1 + (size_t)seed_below(&m->seed, part.len);
    if (part.len)
        memcpy(bytes, part.p, part.len);
    *got = part.len;
    return 0;
}

static void add_counts(struct reader_counts *sum, const struct reader_counts *c)
{
    sum->lines += c->lines;
    sum->events += c->events;
    sum->unparsed += c->unparsed;
    sum->continued += c->continued;
    sum->comments += c->comments;
    sum->empty += c->empty;
}

/* Reads it in parts of that size; lines of events are those of the whole source. */
static void read_parts(struct list *out, struct str source, uint64_t part, uint64_t seed,
                       struct reader_counts *sum)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    struct memory m = {source, seed};
    size_t count = part > source.len ? 1 : (source.len + (size_t)part - 1) / (size_t)part;
    CLEANUP_FREE struct years *begin = mem_array(count, sizeof(begin[0]));
    struct year_breaks breaks;
    struct reader r = {.names = names,
                       .written_s = 1785542400, /* 2026-08-01 */
                       .bytes = give,
                       .bytes_context = &m,
                       .take = keep,
                       .take_context = out};

    *sum = (struct reader_counts){0};
    reader_begin(&r, &test_format, NULL);
    assert_int_equal(reader_find_years(&r, part, begin, count, &breaks, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        size_t before = out->count;

        r.years = begin[i];
        r.counts = (struct reader_counts){0};
        r.last_ns = 0;
        assert_int_equal(
            reader_lines(&r, i * part, i + 1 == count ? UINT64_MAX : (i + 1) * part, NULL), 0);
        for (size_t k = before; k < out->count; k++)
            out->events[k].line += sum->lines;
        add_counts(sum, &r.counts);
    }
    reader_end(&r);
    assert_int_equal(sum->lines,
                     sum->events + sum->unparsed + sum->continued + sum->comments + sum->empty);
}
