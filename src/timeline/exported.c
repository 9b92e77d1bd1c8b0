/* exported.c: spells events as Timesketch's CSV and JSON lines, and as JSON lines of the Elastic
 * Common Schema. */
#include "timeline/exported.h"
#include <stdlib.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/sink.h"
#include "base/utc.h"

enum { NS_OF_S = 1000000000, NS_OF_US = 1000, SECONDS_TEXT = 19 };

static const char *const reserved[] = {
    "@timestamp",       "datetime",     "timestamp",      "timestamp_desc", "ecs.version",
    EXPORTED_PRECISION, EXPORTED_DOUBT, EXPORTED_MEANING, EXPORTED_SEVERAL, EXPORTED_NO_MESSAGE,
};

bool exported_is_reserved(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (str_is(name, reserved[i]))
            return true;
    return str_starts(name, EXPORTED_FIELD_PREFIX);
}

/* Where an event lay first stands before its fields. */
static bool is_place(struct str name)
{
    return str_is(name, "timeline.source") || str_is(name, "timeline.place") ||
           str_is(name, "timeline.line");
}

void exported_sort(struct exported *x)
{
    for (size_t i = 1; i < x->count; i++) {
        struct exported_field f = x->fields[i];
        size_t to = i;

        while (to > 0 && str_cmp(x->fields[to - 1].name, f.name) > 0) {
            x->fields[to] = x->fields[to - 1];
            to--;
        }
        x->fields[to] = f;
    }
}

static size_t values_from(const struct exported *x, size_t i)
{
    size_t end = i + 1;

    while (end < x->count && str_eq(x->fields[end].name, x->fields[i].name))
        end++;
    return end - i;
}

static struct str value_of(const struct exported *x, const char *name)
{
    for (size_t i = 0; i < x->count; i++)
        if (str_is(x->fields[i].name, name))
            return x->fields[i].value;
    return STR("");
}

/* "2026-11-25T03:12:09.123456789" */
static void add_time(struct buf *out, int64_t ns)
{
    int64_t sec = ns / NS_OF_S - (ns % NS_OF_S < 0);
    struct utc t = {sec, (uint32_t)(ns - sec * NS_OF_S)};
    char text[UTC_TEXT_SIZE];

    utc_write(text, t);
    buf_add(out, text, SECONDS_TEXT);
    buf_addf(out, ".%09u", (unsigned)t.ns);
}

/* Timesketch takes no event without a message: what it is about is said in its place. */
static void make_message(struct buf *out, const struct exported *x)
{
    for (size_t i = 0; i < x->count; i++) {
        if (str_starts(x->fields[i].name, "timeline."))
            continue;
        if (out->len)
            buf_addc(out, ' ');
        buf_addstr(out, x->fields[i].name);
        buf_addc(out, '=');
        buf_addstr(out, x->fields[i].value);
    }
}

static int64_t micros(int64_t ns)
{
    return ns / NS_OF_US - (ns % NS_OF_US < 0);
}

/* A place that stands in the event is that of the evidence it came from first. */
struct place {
    struct str source, at, line;
    char at_text[24], line_text[24];
};

static struct str number_text(char out[24], uint64_t n)
{
    int len = snprintf(out, 24, "%llu", (unsigned long long)n);

    return (struct str){out, (size_t)len};
}

static void find_place(struct place *p, const struct exported *x)
{
    p->source = value_of(x, "timeline.source");
    p->at = value_of(x, "timeline.place");
    p->line = value_of(x, "timeline.line");
    if (p->source.len)
        return;
    p->source = x->source;
    p->at = number_text(p->at_text, x->at);
    p->line = x->line ? number_text(p->line_text, x->line) : STR("");
}

static void json_member(struct buf *out, struct str name)
{
    if (out->p[out->len - 1] != '{')
        buf_addc(out, ',');
    buf_addc(out, '"');
    if (exported_is_reserved(name))
        buf_adds(out, EXPORTED_FIELD_PREFIX);
    sink_json(out, name);
    buf_adds(out, "\":");
}

static void json_text_of(struct buf *out, struct str value)
{
    buf_addc(out, '"');
    sink_json(out, value);
    buf_addc(out, '"');
}

static void json_list(struct buf *out, const struct exported_field *f, size_t count)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_addc(out, ',');
        json_text_of(out, f[i].value);
    }
    buf_addc(out, ']');
}

static void json_own(struct buf *out, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    buf_addf(out, ",\"%s\":", name);
    json_text_of(out, value);
}

static void json_state(struct buf *out, const struct exported *x)
{
    struct place p;

    find_place(&p, x);
    json_own(out, EXPORTED_PRECISION, x->precision);
    json_own(out, EXPORTED_DOUBT, x->doubt);
    json_own(out, EXPORTED_MEANING, x->meaning);
    json_own(out, "timeline.source", p.source);
    json_own(out, "timeline.place", p.at);
    json_own(out, "timeline.line", p.line);
}

static void json_fields(struct buf *out, const struct exported *x, bool has_message)
{
    size_t count;

    for (size_t i = 0; i < x->count; i += count) {
        const struct exported_field *f = &x->fields[i];

        count = values_from(x, i);
        if (is_place(f->name) || (has_message && str_is(f->name, "message")))
            continue;
        json_member(out, f->name);
        if (count == 1)
            json_text_of(out, f->value);
        else
            json_list(out, f, count);
    }
}

/* The first value of several is the text of the line that Timesketch shows; the list of them all
 * stands there, too, so that nothing is lost. */
static void json_message(struct buf *out, const struct exported *x)
{
    CLEANUP_BUF struct buf made = {0};

    for (size_t i = 0; i < x->count; i++)
        if (str_is(x->fields[i].name, "message")) {
            size_t count = values_from(x, i);

            if (count == 1)
                json_text_of(out, x->fields[i].value);
            else
                json_list(out, &x->fields[i], count);
            return;
        }
    make_message(&made, x);
    json_text_of(out, buf_str(&made));
    json_own(out, EXPORTED_NO_MESSAGE, STR("message"));
}

static void timesketch_json(struct buf *out, const struct exported *x)
{
    buf_adds(out, "{\"message\":");
    json_message(out, x);
    buf_adds(out, ",\"datetime\":\"");
    add_time(out, x->ns);
    buf_addf(out, "+00:00\",\"timestamp\":%lld", (long long)micros(x->ns));
    json_own(out, "timestamp_desc", x->meaning);
    json_state(out, x);
    json_fields(out, x, true);
    buf_adds(out, "}\n");
}

static void ecs_json(struct buf *out, const struct exported *x)
{
    buf_adds(out, "{\"@timestamp\":\"");
    add_time(out, x->ns);
    buf_adds(out, "Z\",\"ecs.version\":\"8.11.0\"");
    json_state(out, x);
    json_fields(out, x, false);
    buf_adds(out, "}\n");
}

struct export_columns {
    struct field_names *names;
    uint16_t *order; /* of the columns: numbers of names */
    size_t count;
    bool is_column[FIELD_NAMES_MAX];
};

struct export_columns *export_columns_new(void)
{
    struct export_columns *c = mem_new(struct export_columns);

    c->names = field_names_new();
    return c;
}

void export_columns_free(struct export_columns *c)
{
    if (!c)
        return;
    field_names_free(c->names);
    free(c->order);
    free(c);
}

bool export_columns_add(struct export_columns *c, const struct exported *x)
{
    for (size_t i = 0; i < x->count; i++) {
        uint16_t number = field_number(c->names, x->fields[i].name);

        if (number == FIELD_NONE)
            return false;
        c->is_column[number] =
            !is_place(x->fields[i].name) && !str_is(x->fields[i].name, "message");
    }
    return true;
}

static int by_field(const void *a, const void *b, void *names)
{
    const uint16_t *ranks = field_ranks(names);

    return (int)ranks[*(const uint16_t *)a] - (int)ranks[*(const uint16_t *)b];
}

static void csv_cell(struct buf *out, struct str text)
{
    bool is_plain = true;

    for (size_t i = 0; i < text.len && is_plain; i++)
        is_plain = text.p[i] != '"' && text.p[i] != ',' && text.p[i] != '\n' && text.p[i] != '\r';
    if (is_plain) {
        buf_addstr(out, text);
        return;
    }
    buf_addc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '"')
            buf_addc(out, '"');
        buf_addc(out, text.p[i]);
    }
    buf_addc(out, '"');
}

static void csv_name(struct buf *out, struct str name)
{
    CLEANUP_BUF struct buf whole = {0};

    if (exported_is_reserved(name))
        buf_adds(&whole, EXPORTED_FIELD_PREFIX);
    buf_addstr(&whole, name);
    csv_cell(out, buf_str(&whole));
}

void export_head(struct buf *out, struct export_columns *c)
{
    buf_adds(out, "message,datetime,timestamp,timestamp_desc," EXPORTED_PRECISION "," EXPORTED_DOUBT
                  "," EXPORTED_MEANING "," EXPORTED_SEVERAL "," EXPORTED_NO_MESSAGE
                  ",timeline.source,timeline.place,timeline.line");
    c->order = mem_array(field_count(c->names), sizeof(c->order[0]));
    for (size_t i = 0; i < field_count(c->names); i++)
        if (c->is_column[i])
            c->order[c->count++] = (uint16_t)i;
    qsort_r(c->order, c->count, sizeof(c->order[0]), by_field, c->names);
    for (size_t i = 0; i < c->count; i++) {
        buf_addc(out, ',');
        csv_name(out, field_name(c->names, c->order[i]));
    }
    buf_addc(out, '\n');
}

static void csv_values(struct buf *out, const struct exported_field *f, size_t count)
{
    CLEANUP_BUF struct buf list = {0};

    if (count == 1) {
        csv_cell(out, f->value);
        return;
    }
    json_list(&list, f, count);
    csv_cell(out, buf_str(&list));
}

/* The names of the columns with several values, as a JSON list. */
static void csv_several(struct buf *out, const struct exported *x)
{
    CLEANUP_BUF struct buf list = {0};
    size_t count;

    for (size_t i = 0; i < x->count; i += count) {
        count = values_from(x, i);
        if (count == 1)
            continue;
        buf_adds(&list, list.len ? "," : "[");
        json_text_of(&list, x->fields[i].name);
    }
    if (list.len)
        buf_addc(&list, ']');
    buf_addc(out, ',');
    csv_cell(out, buf_str(&list));
}

static bool csv_message(struct buf *out, const struct exported *x)
{
    CLEANUP_BUF struct buf made = {0};

    for (size_t i = 0; i < x->count; i++)
        if (str_is(x->fields[i].name, "message")) {
            csv_values(out, &x->fields[i], values_from(x, i));
            return true;
        }
    make_message(&made, x);
    csv_cell(out, buf_str(&made));
    return false;
}

static void csv_state(struct buf *out, const struct exported *x, bool has_message)
{
    struct place p;

    find_place(&p, x);
    buf_addc(out, ',');
    add_time(out, x->ns);
    buf_addf(out, "+00:00,%lld", (long long)micros(x->ns));
    for (int i = 0; i < 4; i++) {
        buf_addc(out, ',');
        csv_cell(out, i == 1 ? x->precision : i == 2 ? x->doubt : x->meaning);
    }
    csv_several(out, x);
    buf_adds(out, has_message ? "," : ",message");
    for (int i = 0; i < 3; i++) {
        buf_addc(out, ',');
        csv_cell(out, i == 0 ? p.source : i == 1 ? p.at : p.line);
    }
}

static void timesketch_csv(struct buf *out, const struct export_columns *c,
                           const struct exported *x)
{
    bool has_message = csv_message(out, x);
    size_t at = 0;

    csv_state(out, x, has_message);
    for (size_t i = 0; i < c->count; i++) {
        struct str name = field_name(c->names, c->order[i]);
        size_t count;

        buf_addc(out, ',');
        while (at < x->count && str_cmp(x->fields[at].name, name) < 0)
            at++;
        if (at == x->count || !str_eq(x->fields[at].name, name))
            continue;
        count = values_from(x, at);
        csv_values(out, &x->fields[at], count);
        at += count;
    }
    buf_addc(out, '\n');
}

void export_event(struct buf *out, enum export_kind kind, const struct export_columns *columns,
                  const struct exported *x)
{
    if (kind == EXPORT_TIMESKETCH_CSV)
        timesketch_csv(out, columns, x);
    else if (kind == EXPORT_TIMESKETCH_JSON)
        timesketch_json(out, x);
    else
        ecs_json(out, x);
}
