/* reader.c: what all formats share: times, kinds, counts and years. */
#include "base/mem.h"
#include "timeline/format.h"
#include "timeline/pattern.h"

const struct format *const formats[FORMAT_COUNT_] = {
#define FORMAT(id) &format_##id,
#include "timeline/formats.def"
#undef FORMAT
};

uint64_t format_part_size(const struct format *f)
{
    return f->part_size ? f->part_size : PART_SIZE;
}

void reader_begin(struct reader *r, const struct format *format)
{
    r->format = format;
    r->state = mem_alloc(format->state_size);
    r->from = 0;
    r->to = UINT64_MAX;
}

void reader_end(struct reader *r)
{
    free(r->state);
    pattern_set_free(r->patterns);
    r->state = NULL;
    r->patterns = NULL;
}

void reader_time(struct reader *r, struct event *e, const struct stated *s)
{
    if (r->is_counting_years && s->year == 0 && stated_is_date(s))
        r->last_stated = *s;
    when_set(e, s, r->zone, &r->years);
    r->has_inferred_years = r->has_inferred_years || (e->doubt & DOUBT_YEAR);
}

void reader_part_years(struct reader *r, uint64_t at)
{
    struct counted_years *c = &r->counted;

    while (c->next < c->count && at >= c->next * c->part_size)
        c->begin[c->next++] = r->years;
}

int reader_event(struct reader *r, struct event *e, struct err *err)
{
    struct str kind;

    event_cut(e, r->names);
    kind = event_value(e, FIELD_EVENT_KIND);

    if (kind.len == 0)
        event_puts(e, FIELD_EVENT_KIND, "event");
    if (!(r->second || r->format->is_export) || event_value(e, FIELD_EVENT_DATASET).len == 0)
        event_puts(e, FIELD_EVENT_DATASET, r->format->name);
    if (e->precision == TIME_NONE && !(r->format->is_export && e->doubt & DOUBT_ORDER)) {
        e->ns = r->last_ns;
        e->doubt |= DOUBT_ORDER;
    }
    r->last_ns = e->ns;
    r->counts.unparsed += str_is(kind, "unparsed");
    r->counts.notices += str_is(kind, "notice");
    r->counts.events += kind.len == 0 || str_is(kind, "event");
    return r->is_counting_years ? 0 : r->take(r->take_context, e, err);
}

int reader_notice(struct reader *r, uint64_t at, const char *words, struct err *err)
{
    CLEANUP(event_release) struct event e;

    event_init(&e);
    e.at = at;
    event_puts(&e, FIELD_EVENT_KIND, "notice");
    event_put(&e, FIELD_MESSAGE, event_keep(&e, str_of(words)));
    return reader_event(r, &e, err);
}

/* A year of 29 February must be one that has it, or it is no date; so whole leap cycles are passed
 * while nobody knows the year. */
enum { YEAR_WHILE_COUNTING = 2000 };

int reader_find_years(struct reader *r, uint64_t part_size, struct years *begin, size_t count,
                      struct err *e)
{
    struct years first = {.year = YEAR_WHILE_COUNTING};
    int rc = 0, shift;

    r->is_counting_years = true;
    r->years = first;
    r->counted = (struct counted_years){begin, count, 0, part_size};
    rc = reader_lines(r, 0, UINT64_MAX, e);
    reader_part_years(r, UINT64_MAX);
    r->is_counting_years = false;
    if (r->format->state_size)
        memset(r->state, 0, r->format->state_size);
    r->counts = (struct reader_counts){0};
    r->counted = (struct counted_years){0};
    if (rc)
        return rc;
    shift = r->last_stated.month
                ? years_first(&r->years, &r->last_stated, r->written_s) - YEAR_WHILE_COUNTING
                : 0;
    for (size_t i = 0; i < count; i++)
        begin[i].year += shift;
    r->last_ns = 0;
    return 0;
}
