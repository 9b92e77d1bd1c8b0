/* squid.c: the access log of Squid in its native layout (squid.conf, logformat squid: "%ts.%03tu
 * %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt"). */
#include "timeline/format.h"
#include "timeline/syslog_programs.h"
#include "timeline/value_test.h"

enum { NS_OF_MS = 1000000 };

struct row {
    struct str elapsed, client, code, status, size, method, url, user, peer_code, peer, type;
};

/* The name of a result or of a way to a peer: "TCP_MISS", "HIER_DIRECT". */
static bool is_code(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.p[i] < 'A' || s.p[i] > 'Z') && !char_is_digit(s.p[i]) && s.p[i] != '_')
            return false;
    return s.len > 2 && !char_is_digit(s.p[0]);
}

/* "TCP_MISS_ABORTED/000" */
static bool take_result(struct str word, struct row *out)
{
    uint64_t n;

    out->code = str_cut(&word, '/');
    out->status = word;
    return is_code(out->code) && word.len == 3 && str_u64(word, &n);
}

/* "HIER_DIRECT/192.0.2.7", "NONE/-", "FIRSTUP_PARENT/proxy.example.org" */
static bool take_peer(struct str word, struct row *out)
{
    out->peer_code = str_cut(&word, '/');
    out->peer = word;
    return is_code(out->peer_code) && word.len && !memchr(word.p, '/', word.len);
}

/* "text/html", "-" */
static bool is_type(struct str word)
{
    return str_is(word, "-") || (word.len > 2 && memchr(word.p, '/', word.len));
}

static bool is_method(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] <= ' ' || (s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == ':' || s.p[i] == '/')
            return false;
    return s.len > 0 && s.len <= 32;
}

/* Behind the time. Blanks in what was asked for are %20. */
static bool take_row(struct str rest, struct row *out)
{
    uint64_t n;

    str_skip_blanks(&rest);
    out->elapsed = str_cut(&rest, ' ');
    (void)str_take(&out->elapsed, "-"); /* the clock was set meanwhile */
    out->client = str_cut(&rest, ' ');
    if (!str_u64(out->elapsed, &n) || !take_result(str_cut(&rest, ' '), out))
        return false;
    out->size = str_cut(&rest, ' ');
    out->method = str_cut(&rest, ' ');
    out->url = str_cut(&rest, ' ');
    out->user = str_cut(&rest, ' ');
    if (!str_u64(out->size, &n) || !(is_method(out->method) || str_is(out->method, "-")) ||
        out->url.len == 0 || out->user.len == 0 || !take_peer(str_cut(&rest, ' '), out))
        return false;
    out->type = str_cut(&rest, ' ');
    return is_type(out->type);
}

/* "1795576329.123" */
static bool take_time(struct str *rest, struct stated *s)
{
    struct str at = *rest, number = str_cut(&at, ' ');

    if (number.len != 14 || number.p[10] != '.' || !when_epoch(&number, s) || number.len)
        return false;
    *rest = at;
    return true;
}

static void put(struct event *e, uint16_t field, struct str value)
{
    if (!str_is(value, "-"))
        event_put(e, field, value);
}

static void put_named(struct reader *r, struct event *e, const char *name, struct str value)
{
    put(e, field_number(r->names, str_of(name)), value);
}

/* Who asked a cache beside it by ICP or HTCP (UDP_…) made no request. */
static void put_meaning(struct event *e, const struct row *row)
{
    if (str_starts(row->code, "UDP_")) {
        event_puts(e, FIELD_EVENT_ACTION, "cache-query");
        event_puts(e, FIELD_EVENT_CATEGORY, "network");
        event_puts(e, FIELD_EVENT_OUTCOME, "unknown");
        return;
    }
    event_puts(e, FIELD_EVENT_ACTION, "http-request");
    event_puts(e, FIELD_EVENT_CATEGORY, "web");
    event_puts(e, FIELD_EVENT_OUTCOME,
               str_starts(row->code, "TCP_DENIED") || row->status.p[0] >= '4' ? "failure"
               : row->status.p[0] == '0'                                      ? "unknown"
                                                                              : "success");
}

static void put_row(struct reader *r, struct event *e, const struct row *row)
{
    uint64_t ms;

    put_meaning(e, row);
    if (!str_is(row->client, "-"))
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, row->client);
    if (str_u64(row->elapsed, &ms) && ms < UINT64_MAX / NS_OF_MS)
        event_put_u64(e, field_number(r->names, STR("event.duration")), ms * NS_OF_MS);
    put_named(r, e, "squid.result_code", row->code);
    if (!str_is(row->status, "000"))
        event_put(e, FIELD_HTTP_RESPONSE_STATUS, row->status);
    put_named(r, e, "http.response.bytes", row->size);
    if (!str_is(row->method, "-"))
        access_put_target(e, row->method, row->url);
    else
        put(e, FIELD_URL_ORIGINAL, row->url);
    put(e, FIELD_USER_NAME, row->user);
    put_named(r, e, "squid.hierarchy_code", row->peer_code);
    if (!str_is(row->peer, "-"))
        event_put_address(e, FIELD_DESTINATION_IP,
                          field_number(r->names, STR("destination.address")), row->peer);
    put_named(r, e, "http.response.mime_type", row->type);
}

bool squid_understand(struct reader *r, struct str sentence, struct event *e)
{
    struct stated s;
    struct row row;

    if (!take_time(&sentence, &s) || !take_row(sentence, &row))
        return false;
    put_row(r, e, &row);
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str rest = line;
    struct stated s;
    struct row row;

    if (!take_time(&rest, &s) || !take_row(rest, &row))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    put_row(r, e, &row);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_squid = {
    .name = "squid", .version = 1, .is_splittable = true, .line = line_of};
