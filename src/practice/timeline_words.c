/* timeline_words.c: what an event says in a line. */
#include "base/mem.h"
#include "practice/timeline_show.h"

#define NS 1000000000LL

enum { DATE_MOST = 30 }; /* bytes before the clock of a text's own time */

static void add_value(struct buf *out, struct str name, struct str value)
{
    if (out->len && out->p[out->len - 1] != ' ')
        buf_addc(out, ' ');
    buf_addstr(out, name);
    buf_addc(out, '=');
    buf_addstr(out, value);
}

/* Who, with what, on what, from where: nothing else is said where there is any of it. */
static bool add_telling(struct buf *out, const struct search_event *event)
{
    static const char *const telling[] = {
        "rule.name",         "user.name",          "user.target.name",     "user.effective.name",
        "group.name",        "process.executable", "process.command_line", "process.parent.name",
        "service.name",      "registry.path",      "package.name",         "url.original",
        "dns.question.name", "source.ip",          "source.address",       "destination.ip",
        "destination.port",  "error.message"};
    struct str last = STR("");

    for (size_t i = 0; i < COUNT_OF(telling); i++) {
        struct str value = search_value_of(event, telling[i]);

        if (value.len == 0 || str_eq(value, last)) /* an address is its own name */
            continue;
        add_value(out, str_of(telling[i]), value);
        last = value;
    }
    return last.len > 0;
}

static void add_all(struct buf *out, const struct search_event *event)
{
    struct str rest = event->fields, name, value;

    while (search_field(&rest, &name, &value)) {
        if (str_starts(name, "event.") || str_is(name, "host.name") || str_is(name, "process.name"))
            continue;
        add_value(out, name, value);
    }
}

/* A line of a server's log of requests; what else names a request (an alert, an error) says more
 * than that. */
static bool is_request(const struct search_event *event)
{
    static const char *const more[] = {"rule.name", "event.reason", "error.message", "log.level"};

    if (!str_is(search_value_of(event, "event.action"), "http-request") ||
        search_value_of(event, "http.request.method").len == 0 ||
        search_value_of(event, "http.response.status_code").len == 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(more); i++)
        if (search_value_of(event, more[i]).len)
            return false;
    return true;
}

/* Who asked for what, and what was answered: its line begins with what a row has no room for. */
static bool add_request(struct buf *out, const struct search_event *event)
{
    static const char *const parts[] = {"source.ip", "user.name", "http.response.status_code",
                                        "http.request.method"};
    struct str what = search_value_of(event, "url.original");
    size_t before = out->len;

    if (what.len == 0)
        what = search_value_of(event, "url.path");
    if (what.len == 0 || !is_request(event))
        return false;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct str value = search_value_of(event, parts[i]);

        if (value.len)
            buf_addf(out, "%s" STR_FMT, out->len > before ? " " : "", STR_ARG(value));
    }
    buf_addf(out, " " STR_FMT, STR_ARG(what));
    return true;
}

static bool is_clock(struct str at)
{
    static const char layout[] = "00:00:00";

    if (at.len < sizeof(layout) - 1)
        return false;
    for (size_t i = 0; layout[i]; i++)
        if (layout[i] == ':' ? at.p[i] != ':' : !char_is_digit(at.p[i]))
            return false;
    return true;
}

static size_t length_of(struct str at, const char *set)
{
    size_t n = 0;

    while (n < at.len && at.p[n] && strchr(set, at.p[n]))
        n++;
    return n;
}

static size_t letters_of(struct str at)
{
    size_t n = 0;

    while (n < at.len && (at.p[n] | 0x20) >= 'a' && (at.p[n] | 0x20) <= 'z')
        n++;
    return n;
}

/* Whether a clock shows the time of the event, in whatever zone: their offsets are quarters of an
 * hour. */
static bool is_same_clock(struct str clock, int64_t ns)
{
    enum { QUARTER_S = 900, DAY_S = 86400 };
    static const uint8_t tens[] = {0, 1, 3, 4, 6, 7};
    static const int worth[] = {36000, 3600, 600, 60, 10, 1};
    int64_t seconds = ns / NS - (ns % NS < 0), said = 0;

    for (size_t i = 0; i < COUNT_OF(tens); i++)
        said += (clock.p[tens[i]] - '0') * worth[i];
    return (seconds % DAY_S + DAY_S - said) % QUARTER_S == 0;
}

/* The text behind its own date and clock time, which the row has in front; all of it, where it does
 * not begin so, or says another time. */
static struct str without_time(struct str text, const struct search_event *event)
{
    static const char numbers[] = "0123456789";
    struct str zone = search_value_of(event, "event.timezone");
    struct str at = text, begins;

    if (memchr(event->doubt.p, 'o', event->doubt.len)) /* of the line before */
        return text;
    (void)str_take(&at, "[");
    begins = at;
    while (begins.len - at.len < DATE_MOST && !is_clock(at)) {
        size_t letters = letters_of(at);

        if (letters ? letters != 1 && letters != 3 : length_of(at, "0123456789-/.,: ") == 0)
            return text;
        at = str_from(at, letters ? letters : 1);
    }
    if (!is_clock(at) || at.p == begins.p || !is_same_clock(at, event->ns))
        return text;
    at = str_from(at, 8);
    at = str_from(at, length_of(at, ".,") ? 1 + length_of(str_from(at, 1), numbers) : 0);
    if (!str_take(&at, "Z") && (str_starts(at, " +") || str_starts(at, " -")))
        at = str_from(at, 1);
    if (length_of(at, "+-"))
        at = str_from(at, 1 + length_of(str_from(at, 1), "0123456789:"));
    if (str_starts(at, " ") && zone.len && str_eq(str_head(str_from(at, 1), zone.len), zone))
        at = str_from(at, 1 + zone.len);
    at = str_from(at, length_of(at, "]"));
    at = str_from(at, length_of(at, " \t:|"));
    return at.len ? at : text;
}

static void add_about(struct buf *out, const struct search_event *event, bool is_row)
{
    struct str message = search_value_of(event, "message");

    if (is_row &&
        (add_request(out, event) || (str_starts(message, "{\"") && add_telling(out, event))))
        return;
    message = is_row ? without_time(message, event) : message;
    if (message.len == 0) {
        message = search_value_of(event, "file.path");
        if (is_row && message.len && search_value_of(event, "rule.name").len)
            buf_addf(out, STR_FMT " ", STR_ARG(search_value_of(event, "rule.name")));
    }
    if (message.len)
        buf_addstr(out, message);
    else if (!add_telling(out, event))
        add_all(out, event);
}

/* What has no text of its own: what was done, and whether it failed. */
static void add_deed(struct buf *out, const struct search_event *event, struct str who)
{
    struct str action = search_value_of(event, "event.action");

    if (search_value_of(event, "message").len)
        return;
    if (action.len && !str_eq(action, who))
        buf_addf(out, " " STR_FMT, STR_ARG(action));
    if (str_is(search_value_of(event, "event.outcome"), "failure"))
        buf_adds(out, action.len ? " failed" : " failure");
}

static void add_words(struct buf *out, const struct search_event *event, bool is_row)
{
    struct str who = search_value_of(event, "process.name");

    if (who.len == 0)
        who = search_value_of(event, "event.action");
    if (who.len == 0 && !str_is(event->meaning, "logged"))
        who = event->meaning;
    if (who.len == 0)
        who = search_value_of(event, "event.dataset");
    buf_addstr(out, who);
    if (is_row)
        add_deed(out, event, who);
    buf_adds(out, ": ");
    add_about(out, event, is_row);
}

void event_words(struct buf *out, const struct search_event *event)
{
    add_words(out, event, false);
}

void event_row_words(struct buf *out, const struct search_event *event)
{
    add_words(out, event, true);
}
