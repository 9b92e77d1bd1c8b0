/* reader.c: what all formats share: times, kinds, counts, years, and which format a source has. */
#include "base/mem.h"
#include "timeline/format.h"
#include "timeline/pattern.h"

enum { CANDIDATE_PERCENT = 50, ZEROS_MOST = 64 << 20 };

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

struct sample {
    const struct format *format;
    unsigned lines, understood;
};

/* The next line of a head that is not empty; false: there is none, or it is cut. */
static bool take_line(struct str *head, bool is_all, struct str *line)
{
    while (head->len) {
        bool has_end = memchr(head->p, '\n', head->len) != NULL;

        *line = str_cut(head, '\n');
        if (!has_end && !is_all)
            return false;
        if (line->len && line->p[line->len - 1] == '\r')
            line->len--;
        if (line->len)
            return true;
    }
    return false;
}

static enum line_verdict try_line(struct reader *r, struct str line, struct event *e)
{
    event_begin(e);
    return reader_ask(r, r->format, line, e);
}

/* Lines of the head, of those that first declines where it is one. Names that a format that is not
 * taken would give are not kept. */
static struct sample try_lines(const struct format *format, const struct format *first,
                               struct str head, bool is_all, struct event *e)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    struct reader r = {.names = names}, before = {.names = names};
    struct sample s = {.format = format};
    struct str line;

    reader_begin(&r, format);
    if (first)
        reader_begin(&before, first);
    while (s.lines < READER_SAMPLE_LINES && take_line(&head, is_all, &line)) {
        enum line_verdict v;

        if (first && try_line(&before, line, e) != LINE_FOREIGN)
            continue;
        v = try_line(&r, line, e);
        s.lines += v != LINE_COMMENT && v != LINE_CONTINUES;
        s.understood += v == LINE_EVENT;
    }
    reader_end(&r);
    if (first)
        reader_end(&before);
    return s;
}

static bool is_better(const struct sample *s, const struct sample *best)
{
    return s->understood * 100 > s->lines * CANDIDATE_PERCENT && s->understood > best->understood;
}

const struct format *format_of(struct str head, bool is_all)
{
    CLEANUP(event_release) struct event e;
    struct sample best = {0};

    event_init(&e);
    for (size_t i = 0; i < FORMAT_COUNT_; i++)
        if (formats[i]->knows && formats[i]->knows(head))
            return formats[i];
    for (size_t i = 0; i < FORMAT_COUNT_; i++) {
        struct sample s = {0};

        if (formats[i]->line)
            s = try_lines(formats[i], NULL, head, is_all, &e);
        if (is_better(&s, &best))
            best = s;
    }
    return best.format;
}

/* As many as there are, up to READER_HEAD_SIZE. */
static int read_head(reader_bytes_at *bytes, void *context, uint64_t off, char *head, size_t *len,
                     struct err *e)
{
    size_t got = 1;
    int rc = 0;

    for (*len = 0; rc == 0 && got && *len < READER_HEAD_SIZE; *len += rc ? 0 : got)
        rc = bytes(context, off + *len, head + *len, READER_HEAD_SIZE - *len, &got, e);
    return rc;
}

static int try_records(const struct format **out, const struct format *f, uint64_t at, char *head,
                       reader_bytes_at *bytes, void *context, struct err *e)
{
    size_t len;
    int rc = read_head(bytes, context, at / f->record_size * f->record_size, head, &len, e);

    if (rc == 0 && f->knows((struct str){head, len}))
        *out = f;
    return rc;
}

int format_behind_zeros(const struct format **out, reader_bytes_at *bytes, void *context,
                        struct err *e)
{
    CLEANUP_FREE char *head = mem_alloc(READER_HEAD_SIZE);
    const struct format *found = NULL;
    size_t len = READER_HEAD_SIZE, zeros = READER_HEAD_SIZE;
    uint64_t at = 0;
    int rc = 0;

    while (rc == 0 && zeros == READER_HEAD_SIZE && at < ZEROS_MOST) {
        rc = read_head(bytes, context, at, head, &len, e);
        for (zeros = 0; rc == 0 && zeros < len && head[zeros] == 0;)
            zeros++;
        at += zeros;
    }
    for (size_t i = 0;
         rc == 0 && zeros < len && at >= READER_HEAD_SIZE && !found && i < FORMAT_COUNT_; i++)
        if (formats[i]->record_size)
            rc = try_records(&found, formats[i], at, head, bytes, context, e);
    if (rc == 0)
        *out = found;
    return rc;
}

/* Mostly there is no such line, and nothing more is tried then. */
static bool declines_any(const struct format *first, struct str head, bool is_all, struct event *e)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    struct reader r = {.names = names};
    bool found = false;
    struct str line;

    reader_begin(&r, first);
    while (!found && take_line(&head, is_all, &line))
        found = try_line(&r, line, e) == LINE_FOREIGN;
    reader_end(&r);
    return found;
}

static const struct format *find_second(const struct format *first, struct str head, bool is_all)
{
    CLEANUP(event_release) struct event e;
    struct sample best = {0};

    event_init(&e);
    if (!declines_any(first, head, is_all, &e))
        return NULL;
    for (size_t i = 0; i < FORMAT_COUNT_; i++) {
        const struct format *f = formats[i];
        struct sample s = {0};

        if (f->line && f != first && f->is_splittable && !f->is_export && f->state_size == 0)
            s = try_lines(f, first, head, is_all, &e);
        if (is_better(&s, &best))
            best = s;
    }
    return best.format;
}

const struct format *format_second(const struct format *first, struct str head, bool is_all)
{
    return first->line && first->is_splittable ? find_second(first, head, is_all) : NULL;
}
