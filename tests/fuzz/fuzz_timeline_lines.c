/* fuzz_timeline_lines.c: any bytes are read as a log, in one go and in parts: the counts add up,
 * and parts give the same events at the same places. Of the input the first byte chooses the zone
 * and the format, the second the size of parts; the rest is the log. */
#include "base/hash.h"
#include "base/mem.h"
#include "timeline/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reading costs a window for each part. */
enum { PARTS_MOST = 8, PART_LEAST = 16 };

/* A zone of one hour east of UTC, with the summer time of the European Union. */
static const char zone_bytes[] =
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
    "\0\0\0\0\0\0UTC\0"
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
    "\0\0\x0E\x10\0\0CET\0\nCET-1CEST,M3.5.0,M10.5.0/3\n";

static int give(void *context, uint64_t off, void *bytes, size_t size, size_t *got, struct err *e)
{
    const struct str *source = context;
    struct str part = str_head(off > source->len ? STR("") : str_from(*source, (size_t)off), size);

    (void)e;
    if (part.len)
        memcpy(bytes, part.p, part.len);
    *got = part.len;
    return 0;
}

static void add_number(struct digest *d, uint64_t n)
{
    digest_add(d, &n, sizeof(n));
}

struct taken {
    struct digest *digest;
    const struct field_names *names;
    uint64_t lines; /* of parts before */
    uint64_t size;
};

static int take(void *context, const struct event *v, struct err *e)
{
    struct taken *t = context;

    (void)e;
    if (v->at >= t->size || v->precision >= TIME_COUNT_ || v->meaning >= MEANING_COUNT_)
        BUG("an event outside of its source, or with a part that has no name");
    if (event_value(v, FIELD_EVENT_KIND).len == 0 || event_value(v, FIELD_EVENT_DATASET).len == 0)
        BUG("an event without a kind or a dataset");
    add_number(t->digest, (uint64_t)v->ns);
    add_number(t->digest, v->at);
    add_number(t->digest, v->line + t->lines);
    add_number(t->digest, v->precision | (uint64_t)v->doubt << 8 | (uint64_t)v->meaning << 16);
    for (size_t i = 0; i < v->count; i++) {
        const struct event_field *f = &v->fields[i];
        struct str name = field_name(t->names, f->name);

        if (f->value.len == 0 || f->value.len > EVENT_VALUE_SIZE || str_has_utf8_error(f->value) ||
            memchr(f->value.p, '\0', f->value.len))
            BUG("a value of " STR_FMT " that is empty, too long, or no text", STR_ARG(name));
        digest_add(t->digest, name.p, name.len);
        add_number(t->digest, f->value.len);
        digest_add(t->digest, f->value.p, f->value.len);
    }
    return 0;
}

/* False: what stands to and fro was left out of the years, which does depend on the parts. */
static bool read_parts(struct reader *r, struct taken *t, uint64_t part, struct hash *out)
{
    struct year_breaks breaks;
    size_t count = part > t->size ? 1 : (size_t)((t->size + part - 1) / part);
    CLEANUP_FREE struct years *begin = mem_array(count, sizeof(begin[0]));
    uint8_t sum[64];

    t->lines = 0;
    r->folds->count = 0;
    if (reader_find_years(r, part, begin, count, &breaks, NULL))
        BUG("memory cannot be read");
    for (size_t i = 0; i < count; i++) {
        struct reader_counts *c = &r->counts;

        r->years = begin[i];
        r->last_ns = 0;
        *c = (struct reader_counts){0};
        if (reader_lines(r, i * part, i + 1 == count ? UINT64_MAX : (i + 1) * part, NULL))
            BUG("memory cannot be read");
        if (c->lines != c->events + c->unparsed + c->continued + c->comments + c->empty)
            BUG("the lines do not add up");
        t->lines += c->lines;
    }
    (void)digest_end(t->digest, sum);
    memcpy(out->b, sum, sizeof(out->b));
    return breaks.strays == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(field_names_freep) struct field_names *names = NULL;
    CLEANUP(digest_freep) struct digest *digest = NULL;
    CLEANUP(zone_freep) struct zone *zone = NULL;
    CLEANUP(folds_release) struct folds folds = {0};
    size_t choice = size ? data[0] / 2 % (FORMAT_COUNT_ + 1) : 0;
    struct str source;
    struct taken t;
    struct reader r;
    struct recognised found = {0};
    const struct format *format;
    struct hash whole, parts;
    uint64_t part;
    bool is_exact;

    if (size < 2 || zone_read(&zone, (struct str){zone_bytes, sizeof(zone_bytes) - 1}, NULL))
        return 0;
    source = (struct str){(const char *)data + 2, size - 2};
    names = field_names_new();
    digest = digest_new(DIGEST_SHA256);
    t = (struct taken){.digest = digest, .names = names, .size = source.len};
    if (format_find(&found, give, &source, source.len, 1792890000, NULL))
        BUG("memory cannot be read");
    format = choice ? formats[choice - 1] : found.format;
    if (!format || !format->line)
        return 0;
    r = (struct reader){.names = names,
                        .zone = data[0] % 2 ? zone : NULL,
                        .folds = &folds,
                        .written_s = 1792890000,
                        .bytes = give,
                        .bytes_context = &source,
                        .take = take,
                        .take_context = &t};
    r.encoding = format == found.format ? found.encoding : TEXT_AS_IT_IS;
    r.frame = format == found.format ? found.frame : FRAME_LINES;
    reader_begin(&r, format, format == found.format ? &found.others : NULL);
    is_exact = read_parts(&r, &t, UINT64_MAX, &whole);
    part = PART_LEAST + source.len / PARTS_MOST + data[1];
    if (is_splittable(format, &r.others, r.frame)) {
        is_exact = read_parts(&r, &t, part, &parts) && is_exact;
        if (is_exact && !hash_eq(&whole, &parts))
            BUG("parts give other events");
    }
    reader_end(&r);
    return 0;
}
