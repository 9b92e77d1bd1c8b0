/* nginx_error.c: the error log of nginx (ngx_log_error, ngx_http_log_error). */
#include "timeline/level.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"

enum {
    CANDIDATES_MAX = 4,
    RECORD_MOST = 2048, /* NGX_MAX_ERROR_STR: the server cuts what is longer */
};

static const struct str client_mark = {", client: ", 10};

/* Where clients are named: the last ones, and the best of them, which is the last that stands in no
 * quotes. */
static size_t find_clients(struct str message, size_t *found, size_t *best)
{
    bool is_quoted = false;
    size_t count = 0;

    *best = 0;
    for (size_t i = 0; i + client_mark.len <= message.len; i++) {
        is_quoted ^= message.p[i] == '"';
        if (memcmp(message.p + i, client_mark.p, client_mark.len) != 0)
            continue;
        if (count == CANDIDATES_MAX) {
            memmove(found, found + 1, (--count) * sizeof(found[0]));
            *best -= *best > 0;
        }
        if (!is_quoted)
            *best = count;
        found[count++] = i;
    }
    return count;
}

static struct str unquoted(struct str v)
{
    return v.len > 1 && v.p[0] == '"' && v.p[v.len - 1] == '"' ? (struct str){v.p + 1, v.len - 2}
                                                               : v;
}

static void put_request(struct event *e, struct str request)
{
    struct str method = str_cut(&request, ' ');
    struct str target = str_cut(&request, ' ');

    if (target.len == 0)
        return;
    event_put(e, FIELD_HTTP_REQUEST_METHOD, method);
    event_put(e, FIELD_URL_ORIGINAL, target);
    if (str_take(&request, "HTTP/"))
        event_put(e, FIELD_HTTP_VERSION, request);
}

/* The comma behind a value that is not within quotes. */
static struct str take_value(struct str *rest)
{
    struct str value = *rest;
    bool is_quoted = false;
    size_t i = 0;

    for (; i < rest->len; i++) {
        is_quoted ^= rest->p[i] == '"';
        if (!is_quoted && rest->p[i] == ',' && str_starts(str_from(*rest, i), ", "))
            break;
    }
    value.len = i;
    *rest = str_from(*rest, i + 2);
    return value;
}

/* ", client: 192.0.2.7, server: a, request: "GET / HTTP/1.1", host: "a"" */
static void put_tail(struct reader *r, struct event *e, struct str tail)
{
    while (tail.len) {
        struct str value = take_value(&tail);
        struct str key = str_cut(&value, ':');

        value = unquoted(str_trim(value));
        if (str_is(key, "client"))
            event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, value);
        else if (str_is(key, "server"))
            event_put(e, field_number(r->names, STR("nginx.server")), value);
        else if (str_is(key, "request"))
            put_request(e, value);
        else if (str_is(key, "host"))
            event_put(e, FIELD_URL_DOMAIN, value);
        else if (str_is(key, "referrer"))
            event_put(e, FIELD_HTTP_REQUEST_REFERRER, value);
        else if (str_is(key, "login")) /* of mail */
            event_put(e, FIELD_USER_NAME, value);
        else if (str_is(key, "upstream"))
            event_put(e, field_number(r->names, STR("nginx.upstream")), value);
    }
}

/* Names of users and requests may look like the rest of a line, quotes and all; nobody can tell
 * then which client is the real one, so all are named. */
static struct str take_tail(struct reader *r, struct event *e, struct str message)
{
    size_t found[CANDIDATES_MAX], best;
    size_t count = find_clients(message, found, &best);

    if (count == 0)
        return message;
    put_tail(r, e, str_from(message, found[best] + 2));
    for (size_t i = 0; i < count; i++) {
        struct str other = str_from(message, found[i] + client_mark.len);

        if (i != best)
            event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, str_cut(&other, ','));
    }
    if (count > 1)
        event_puts(e, field_number(r->names, STR("event.is_ambiguous")), "yes");
    return str_head(message, found[best]);
}

static bool take_number(struct str *rest, char end, struct str *out)
{
    uint64_t n;

    *out = str_cut(rest, end);
    return str_u64(*out, &n);
}

/* "2026/11/25 03:12:09 [error] 2865#2865: *66647 message": its front, and what stands at its end.
 */
static bool take_ends(struct reader *r, struct str *line, struct stated *s, struct event *e)
{
    struct str at = *line, level, pid, tid, connection;

    if (!when_slashes(&at, CLOCK_BY_LINE, s) || !str_take(&at, " ["))
        return false;
    level = str_cut(&at, ']');
    if (!str_take(&at, " ") || !take_number(&at, '#', &pid) || !take_number(&at, ':', &tid) ||
        !str_take(&at, " ") || !level_put(e, level))
        return false;
    event_put(e, FIELD_PROCESS_PID, pid);
    if (str_take(&at, "*") && take_number(&at, ' ', &connection))
        event_put(e, field_number(r->names, STR("nginx.connection")), connection);
    *line = take_tail(r, e, at);
    if (str_starts(*line, "[client ")) { /* ModSecurity's connector says it first, too */
        struct str behind = *line;

        (void)str_cut(&behind, ']');
        *line = str_take(&behind, " ") ? behind : *line;
    }
    return true;
}

struct str nginx_without_ends(struct reader *r, struct str sentence, struct event *e)
{
    bool has_level = event_value(e, FIELD_LOG_LEVEL).len > 0;
    size_t before = e->count;
    struct stated s;

    /* The level comes first; that of the line's head is that of syslog. */
    if (take_ends(r, &sentence, &s, e) && has_level) {
        memmove(&e->fields[before], &e->fields[before + 1],
                (e->count - before - 1) * sizeof(e->fields[0]));
        e->count--;
    }
    return sentence;
}

/* What a program behind it wrote ('FastCGI sent in stderr: "…" while reading …') has the line ends
 * that it had there, and the rest of the record stands behind the quote. */
static bool is_open(struct str line)
{
    static const char mark[] = " sent in stderr: \"", end[] = "\" while ";
    const char *begin = memmem(line.p, line.len, mark, sizeof(mark) - 1);

    return begin &&
           !memmem(begin + sizeof(mark) - 1,
                   (size_t)(line.p + line.len - begin) - (sizeof(mark) - 1), end, sizeof(end) - 1);
}

static enum line_verdict go_on(struct reader *r, struct str line)
{
    static const char end[] = "\" while ";

    if (r->open_record == 0 || r->open_record + line.len > RECORD_MOST)
        return LINE_FOREIGN;
    r->open_record =
        memmem(line.p, line.len, end, sizeof(end) - 1) ? 0 : r->open_record + line.len + 1;
    return LINE_CONTINUES;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line;
    struct stated s;

    if (!take_ends(r, &line, &s, e))
        return go_on(r, whole);
    r->open_record = is_open(whole) ? whole.len : 0;
    reader_time(r, e, &s);
    if (r->open_record) { /* the rest is not there yet */
        event_puts(e, FIELD_PROCESS_NAME, "nginx");
        event_put(e, FIELD_MESSAGE, whole);
        return LINE_EVENT;
    }
    event_puts(e, FIELD_PROCESS_NAME, "nginx");
    syslog_understand(r, e, line);
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

/* A record of several lines says what it is at its end. */
static void end_event(struct reader *r, struct event *e)
{
    struct str message = event_value(e, FIELD_MESSAGE), at = message;

    if (!is_open(str_cut(&at, '\n')) || at.len == 0)
        return;
    at = message;
    (void)str_cut(&at, '#');
    (void)str_cut(&at, ' ');
    if (str_starts(at, "*"))
        (void)str_cut(&at, ' ');
    syslog_understand(r, e, take_tail(r, e, at));
}

const struct format format_nginx_error = {.name = "nginx-error",
                                          .version = 3,
                                          .is_splittable = true,
                                          .line = line_of,
                                          .whole = end_event};
