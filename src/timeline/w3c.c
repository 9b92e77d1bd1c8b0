/* w3c.c: logs of the W3C Extended Log File Format, whose #Fields line names the columns: IIS, the
 * firewall of Windows, and Exchange, which parts them by commas. */
#include "base/mem.h"
#include "timeline/format.h"
#include "timeline/members.h"
#include "timeline/transport.h"
#include "timeline/syslog_programs.h"
#include "timeline/w3c_service.h"

enum { COLUMNS_MAX = 128, BACK_MOST_S = 3600 };

static const struct member members[] = {
    {"c-ip", "source.ip", 0},
    {"src-ip", "source.ip", 0},
    {"c-port", "source.port", 0},
    {"src-port", "source.port", 0},
    {"s-ip", "destination.ip", 0},
    {"dst-ip", "destination.ip", 0},
    {"s-port", "destination.port", 0},
    {"dst-port", "destination.port", 0},
    {"s-computername", "host.name", 0},
    {"cs-method", "http.request.method", 0},
    {"cs-uri-stem", "url.path", 0},
    {"cs-uri-query", "url.query", 0},
    {"cs-uri", "url.original", 0},
    {"cs-username", "user.name", 0},
    {"cs-host", "url.domain", 0},
    {"cs(Host)", "url.domain", 0},
    {"cs(User-Agent)", "user_agent.original", 0},
    {"cs(Referer)", "http.request.referrer", 0},
    {"cs-version", "http.version", 0},
    {"cs-bytes", "http.request.bytes", 0},
    {"sc-bytes", "http.response.bytes", 0},
    {"sc-status", "http.response.status_code", 0},
    {"protocol", "network.transport", 0},
    {"action", "event.action", 0},
    {"pid", "process.pid", 0},
    /* Exchange's message tracking and protocol logs (Microsoft, "Fields in the message tracking log
     * files") */
    {"client-ip", "source.ip", 0},
    {"client-hostname", "source.domain", 0},
    {"original-client-ip", "related.ip", 0},
    {"server-ip", "destination.ip", 0},
    {"server-hostname", "destination.domain", 0},
    {"event-id", "event.action", 0},
    {"sender-address", "email.from.address", 0},
    {"recipient-address", "email.to.address", 0},
    {"message-subject", "email.subject", 0},
    {"message-id", "email.message_id", 0},
};
static const struct member_table table = {"w3c.", members, COUNT_OF(members), false};

enum column_kind { COLUMN_FIELD, COLUMN_DATE, COLUMN_TIME, COLUMN_BOTH };
struct state {
    struct members members;
    size_t count;
    struct {
        enum column_kind kind;
        uint16_t field;
    } columns[COLUMNS_MAX];
    bool has_headers;  /* of HTTP's requests, such as cs(User-Agent) */
    bool has_commas;   /* between values, as between the names */
    bool is_local;     /* times are those of the host's zone */
    struct stated day; /* of the #Date line; month 0: none */
    int64_t last_s;    /* the time of a line that had no date */
};

static enum column_kind kind_of(struct str name, struct state *s)
{
    if (str_is(name, "date-local") || str_is(name, "time-local"))
        s->is_local = true;
    return str_is(name, "date") || str_is(name, "date-local")      ? COLUMN_DATE
           : str_is(name, "time") || str_is(name, "time-local")    ? COLUMN_TIME
           : str_is(name, "datetime") || str_is(name, "date-time") ? COLUMN_BOTH
                                                                   : COLUMN_FIELD;
}

static struct str take_name(const struct state *s, struct str *line)
{
    return s->has_commas ? str_trim(str_cut(line, ',')) : str_field(line);
}

static void take_head(struct reader *r, struct state *s, struct str line)
{
    if (str_take(&line, "#Time Format: Local")) {
        s->is_local = true;
    } else if (str_take(&line, "#Date:") || str_take(&line, "#Start-Date:")) {
        line = str_trim(line);
        if (!when_iso(&line, &s->day))
            s->day = (struct stated){0};
        s->last_s = INT64_MIN;
    } else if (str_take(&line, "#Fields:")) {
        s->count = 0;
        s->has_headers = memmem(line.p, line.len, "cs(", 3) != NULL;
        s->has_commas = memchr(line.p, ',', line.len) != NULL;
        line = str_trim(line);
        for (struct str name = take_name(s, &line); name.len && s->count < COLUMNS_MAX;
             name = take_name(s, &line), s->count++) {
            s->columns[s->count].kind = kind_of(name, s);
            s->columns[s->count].field = member_field(&s->members, &table, r->names, name);
        }
    }
}

/* A word, or what stands in quotes; two quotes within are one, and stay two. */
static struct str take_value(struct str *rest)
{
    struct str value;
    size_t i = 1;

    while (rest->len && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = str_from(*rest, 1);
    if (rest->len == 0 || rest->p[0] != '"')
        return str_field(rest);
    while (i < rest->len && (rest->p[i] != '"' || (i + 1 < rest->len && rest->p[i + 1] == '"')))
        i += rest->p[i] == '"' ? 2 : 1;
    if (i >= rest->len)
        return str_field(rest);
    value = (struct str){rest->p + 1, i - 1};
    *rest = str_from(*rest, i + 1);
    return value;
}

/* Up to a comma; quoted where one is in it (RFC 4180). */
static struct str take_cell(struct str *rest)
{
    struct str at = *rest, value;

    if (at.len == 0 || at.p[0] != '"')
        return str_cut(rest, ',');
    value = take_value(&at);
    if (at.len && !str_take(&at, ","))
        return str_cut(rest, ',');
    *rest = at;
    return value;
}

/* "2026-11-20T09:00:01.123Z", or with a space. */
static struct str cut_day(struct str *value)
{
    return str_cut(value, memchr(value->p, ' ', value->len) ? ' ' : 'T');
}

/* A day behind the head's is not told where lines name none: time that goes back is no time. */
static bool day_holds(struct state *s, const struct stated *t)
{
    int64_t seconds = stated_seconds(t);

    if (s->day.month == 0 || (s->last_s != INT64_MIN && seconds < s->last_s - BACK_MOST_S))
        return false;
    if (seconds > s->last_s)
        s->last_s = seconds;
    return true;
}

static bool put_time(struct reader *r, struct event *e, struct str date, struct str time)
{
    struct state *s = r->state;
    char spelled[48];
    struct str text = {spelled, 0};
    struct stated t;
    int n = date.len ? snprintf(spelled, sizeof(spelled), STR_FMT " " STR_FMT, STR_ARG(date),
                                STR_ARG(time))
                     : snprintf(spelled, sizeof(spelled), "%04d-%02d-%02d " STR_FMT, s->day.year,
                                s->day.month, s->day.day, STR_ARG(time));

    if (n < 0 || (size_t)n >= sizeof(spelled))
        return false;
    text.len = (size_t)n;
    if (date.len == 0 && s->day.month == 0)
        text = STR("0000-00-00 00:00:00");
    if (!when_iso(&text, &t) || text.len)
        return false;
    if (date.len == 0 && s->day.month == 0)
        stated_keep(&t, time); /* no more than that was stated */
    t.has_zone = t.has_zone || !s->is_local;
    if (date.len || day_holds(s, &t))
        reader_time(r, e, &t);
    return true;
}

/* The firewall of Windows; other values of this column are their programs' own. */
static const struct {
    const char *word, *action;
} verdicts[] = {
    {"DROP", "firewall-deny"},
    {"ALLOW", "firewall-allow"},
    {"OPEN", "firewall-allow"}, /* before Windows Vista */
    {"CLOSE", "firewall-close"},
};

static void put_action(struct reader *r, struct event *e, struct str value)
{
    for (size_t i = 0; i < COUNT_OF(verdicts); i++)
        if (str_is(value, verdicts[i].word)) {
            event_put(e, field_number(r->names, STR("w3c.action")), value);
            firewall_action(e, verdicts[i].action);
            return;
        }
    event_put(e, FIELD_EVENT_ACTION, value);
}

static void put_value(struct reader *r, struct event *e, uint16_t field, struct str value)
{
    if (field == FIELD_HTTP_VERSION)
        (void)str_take(&value, "HTTP/");
    if (str_is(value, "-"))
        return;
    if (field == FIELD_EVENT_ACTION)
        put_action(r, e, value);
    else
        event_put(e, field, value);
}

static enum line_verdict take_row(struct reader *r, struct str line, struct event *e)
{
    struct state *s = r->state;
    struct str date = {0}, time = {0}, rest = str_trim(line);
    uint64_t status;
    size_t i = 0;

    for (; i < s->count && (rest.len || (s->has_commas && str_ends(line, ","))); i++) {
        struct str value = s->has_commas ? take_cell(&rest) : take_value(&rest);

        if (s->columns[i].kind == COLUMN_DATE)
            date = value;
        else if (s->columns[i].kind == COLUMN_TIME)
            time = value;
        else if (s->columns[i].kind == COLUMN_BOTH)
            date = cut_day(&value), time = value;
        else
            put_value(r, e, s->columns[i].field, value);
    }
    transport_spell(e);
    if (i != s->count || rest.len || time.len == 0 || !put_time(r, e, date, time))
        return LINE_FOREIGN;
    if (event_value(e, FIELD_HTTP_REQUEST_METHOD).len &&
        w3c_service_put(r, e, s->has_headers) != W3C_HTTP) {
        event_put(e, FIELD_MESSAGE, line);
        return LINE_EVENT;
    }
    if (str_u64(event_value(e, FIELD_HTTP_RESPONSE_STATUS), &status)) {
        event_puts(e, FIELD_EVENT_OUTCOME, status >= 400 ? "failure" : "success");
        event_puts(e, FIELD_EVENT_ACTION, "http-request");
        event_puts(e, FIELD_EVENT_CATEGORY, "web");
    }
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *s = r->state;

    if (line.p[0] == '#') {
        take_head(r, s, line);
        return LINE_COMMENT;
    }
    return s->count < 2 ? LINE_FOREIGN : take_row(r, line, e);
}

const struct format format_w3c = {
    .name = "w3c", .version = 6, .line = line_of, .state_size = sizeof(struct state)};
