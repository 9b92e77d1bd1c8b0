/* timeline_show.c: events on a screen and as JSON. */
#include "practice/timeline_show.h"
#include "base/sink.h"
#include "render/wrap.h"
#include "timeline/event.h"

#define NS 1000000000LL

enum { HOST_COLUMNS = 12 };

struct utc event_utc(int64_t ns)
{
    int64_t sec = ns / NS - (ns % NS < 0);

    return (struct utc){sec, (uint32_t)(ns - sec * NS)};
}

void event_call(char out[EVENT_CALL_SIZE], const struct thing *item, uint64_t event)
{
    snprintf(out, EVENT_CALL_SIZE, "e%u.%llu", item->number, (unsigned long long)event + 1);
}

void event_json(struct json *j, const struct thing *const *items, const struct search_event *event)
{
    char call[EVENT_CALL_SIZE];
    struct str rest = event->fields, name, value;

    event_call(call, items[event->file], event->event);
    json_object_begin(j);
    json_put_text(j, "event", call);
    json_put_utc(j, "@timestamp", event_utc(event->ns));
    json_put_str(j, "precision", event->precision);
    json_put_str(j, "doubt", event->doubt);
    json_put_str(j, "meaning", event->meaning);
    json_put_str(j, "source", event->source);
    json_put_u64(j, "place", event->at);
    json_put_u64(j, "line", event->line);
    json_name(j, "fields");
    json_array_begin(j);
    while (search_field(&rest, &name, &value)) {
        json_object_begin(j);
        json_put_str(j, "name", name);
        json_put_str(j, "value", value);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

/* It states no time, and none was before it. */
static bool is_without_time(const struct search_event *event)
{
    return event->ns == 0 && str_is(event->precision, "none");
}

/* A heading for each day, so that lines need no date; and where clocks here are changed. */
static void show_day(struct event_show *k, const struct search_event *event)
{
    static const char *const days[] = {"Thursday", "Friday",  "Saturday", "Sunday",
                                       "Monday",   "Tuesday", "Wednesday"};
    int64_t ns = event->ns;
    int64_t day = is_without_time(event) ? INT64_MIN : ns / (86400 * NS) - (ns % (86400 * NS) < 0);
    CLEANUP_BUF struct buf line = {0};
    char text[UTC_PLAIN_SIZE], local[UTC_PLAIN_SIZE];
    const char *offset;

    utc_local(local, event_utc(ns));
    offset = strlen(local) < 25 ? "" : local + 20;
    if (k->shown && day == k->day && (day == INT64_MIN || strcmp(offset, k->offset) == 0))
        return;
    if (k->shown)
        screen_blank(k->screen);
    k->day = day;
    snprintf(k->offset, sizeof(k->offset), "%s", offset);
    if (is_without_time(event)) {
        screen_line(k->screen, SCREEN_BOLD, STR("Without a time"));
        return;
    }
    k->has_local = strcmp(offset, "+0000") != 0;
    buf_addf(&line, "%s %.10s (UTC", days[((day % 7) + 7) % 7], utc_plain(text, event_utc(ns)));
    if (k->has_local)
        buf_addf(&line, ", then here %s", offset[0] ? offset : local);
    buf_addc(&line, ')');
    screen_line(k->screen, SCREEN_BOLD, buf_str(&line));
}

static uint16_t doubts_of(struct str doubt)
{
    static const char letters[] = EVENT_DOUBT_LETTERS;
    uint16_t set = 0;

    for (size_t i = 0; letters[i]; i++)
        if (memchr(doubt.p, letters[i], doubt.len))
            set |= (uint16_t)(1U << i);
    return set;
}

static enum screen_style style_of(const struct search_event *event)
{
    if (str_is(search_value_of(event, "event.kind"), "unparsed"))
        return SCREEN_DIM;
    return str_is(search_value_of(event, "event.outcome"), "failure") ? SCREEN_WARN : SCREEN_NORMAL;
}

static void show_fields(struct event_show *k, const struct search_event *event)
{
    struct str rest = event->fields, name, value;

    while (search_field(&rest, &name, &value))
        screen_pair(k->screen, 4, 24, name, value);
}

/* Whether somebody said something of it. */
static bool is_tagged(const struct event_show *k, const struct search_event *event)
{
    const struct search_item *told = k->told ? &k->told[event->file] : NULL;
    size_t low = 0, high = told ? told->mark_count : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (told->marks[middle].event == event->event)
            return true;
        if (told->marks[middle].event < event->event)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* No more of it than the source states: "03:12", or nothing of a day. */
static void add_clock(struct buf *out, const struct event_show *k, const struct search_event *event)
{
    size_t digits = is_without_time(event)            ? 0
                    : str_is(event->precision, "day") ? 0
                    : str_is(event->precision, "min") ? 5
                                                      : 8;
    char utc[UTC_PLAIN_SIZE], local[UTC_PLAIN_SIZE];

    utc_plain(utc, event_utc(event->ns));
    utc_local(local, event_utc(event->ns));
    buf_add(out, utc + 11, digits);
    buf_addn(out, ' ', 8 - digits);
    if (k->has_local)
        buf_addf(out, " %.*s", 5, digits ? local + 11 : "     ");
}

void event_show(struct event_show *k, const struct search_event *event)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf words = {0};
    struct str host = search_value_of(event, "host.name");
    char call[EVENT_CALL_SIZE];
    uint16_t doubts = doubts_of(event->doubt);

    show_day(k, event);
    k->shown++;
    k->doubts |= doubts;
    event_call(call, k->items[event->file], event->event);
    buf_addc(&line, doubts ? '~' : ' ');
    add_clock(&line, k, event);
    buf_addf(&line, " %s%-9s ", is_tagged(k, event) ? "*" : " ", call);
    if (host.len) {
        wrap_cut(&line, host, HOST_COLUMNS, false);
        buf_addc(&line, ' ');
    }
    event_row_words(&words, event);
    buf_addstr(&line, buf_str(&words));
    screen_line(k->screen, style_of(event), buf_str(&line));
    if (k->with_fields)
        show_fields(k, event);
}

static void add_doubts(struct buf *out, uint16_t doubts, const char *before)
{
    static const char *const words[] = {
        "the year was not stated", "the zone was not stated, or by a name that several have",
        "the hour happened twice", "the hour did not happen",
        "a leap second",           "the time is that of the line before",
        "the time is no date",     "AM or PM may be no part of it",
        "the clock was corrected"};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (doubts & 1U << i) {
            buf_addf(out, "%s%s", before, words[i]);
            before = "; ";
        }
}

void event_doubts_say(struct buf *out, struct str doubt)
{
    add_doubts(out, doubts_of(doubt), "");
}

/* What ~ stands for, of what was shown. */
void event_explain(const struct event_show *k)
{
    CLEANUP_BUF struct buf text = {0};

    add_doubts(&text, k->doubts, "~  not as the log states it: ");
    if (text.len) {
        screen_blank(k->screen);
        screen_para(k->screen, 0, buf_str(&text));
    }
}

static void no_field_say(struct buf *out, struct str name, struct str alike)
{
    buf_adds(out, "No event has a field ");
    sink_terminal(out, name, false);
    if (alike.len) {
        buf_adds(out, "; there is ");
        sink_terminal(out, alike, false);
        buf_adds(out, ".\n");
    } else {
        buf_adds(out, ": calm analyse event e3.500 shows those of one.\n");
    }
}

void no_fields_say(struct answer *a, const struct search_result *r)
{
    struct str rest = buf_str(&r->no_fields);

    while (rest.len) {
        struct str name = str_cut(&rest, '\0'), alike = str_cut(&rest, '\0');

        no_field_say(a->wants_json ? &a->aside : &a->text, name, alike);
    }
}

void no_fields_json(struct json *j, const struct search_result *r)
{
    struct str rest = buf_str(&r->no_fields);

    if (rest.len == 0)
        return;
    json_name(j, "no_fields");
    json_array_begin(j);
    while (rest.len) {
        struct str name = str_cut(&rest, '\0'), alike = str_cut(&rest, '\0');

        json_object_begin(j);
        json_put_str(j, "name", name);
        if (alike.len)
            json_put_str(j, "alike", alike);
        json_object_end(j);
    }
    json_array_end(j);
}

void span_json(struct json *j, const struct search_value *span)
{
    if (span->count == span->timeless)
        return;
    json_put_utc(j, "first", event_utc(span->first_ns));
    json_put_utc(j, "last", event_utc(span->last_ns));
}
