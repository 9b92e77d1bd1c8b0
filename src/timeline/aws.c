/* aws.c: logs of Amazon Web Services whose lines are values between blanks, in quotes or brackets:
 * S3's server access ("Amazon S3 server access log format"), access of load balancers ("Access logs
 * for your Application Load Balancer"), and flows of a VPC ("Flow log records"). */
#include "base/mem.h"
#include "timeline/format.h"
#include "timeline/members.h"
#include "timeline/transport.h"
#include "timeline/value_test.h"

enum kind { TEXT, TIME, SECONDS, REQUEST, END, REQUESTER, VERDICT };

/* By the names of the documents; those of flows are in a head of their file, too. */
static const struct member members[] = {
    {"time", NULL, TIME},
    {"bucket", "aws.s3access.bucket", TEXT},
    {"remote-ip", "source.ip", TEXT},
    {"requester", "aws.s3access.requester", REQUESTER},
    {"operation", "event.action", TEXT},
    {"key", "aws.s3access.key", TEXT},
    {"request", NULL, REQUEST},
    {"status", "http.response.status_code", TEXT},
    {"error-code", "error.code", TEXT},
    {"bytes-sent", "http.response.body.bytes", TEXT},
    {"referer", "http.request.referrer", TEXT},
    {"user-agent", "user_agent.original", TEXT},
    {"host-header", "url.domain", TEXT},
    {"domain-name", "url.domain", TEXT},
    {"client:port", NULL, END},
    {"srcaddr", "source.ip", TEXT},
    {"dstaddr", "destination.ip", TEXT},
    {"srcport", "source.port", TEXT},
    {"dstport", "destination.port", TEXT},
    {"protocol", "network.transport", TEXT},
    {"bytes", "network.bytes", TEXT},
    {"packets", "network.packets", TEXT},
    {"start", NULL, SECONDS},
    {"action", NULL, VERDICT},
    {"account-id", "cloud.account.id", TEXT},
    {"instance-id", "cloud.instance.id", TEXT},
    {"interface-id", "aws.interface-id", TEXT},
};
static const struct member_table table = {"aws.", members, COUNT_OF(members), false};

static const char s3[] =
    "bucket-owner bucket time remote-ip requester request-id operation key request status "
    "error-code bytes-sent object-size total-time turn-around-time referer user-agent version-id "
    "host-id signature-version cipher-suite authentication-type host-header tls-version "
    "access-point-arn acl-required";
static const char alb[] =
    "type time elb client:port target:port request-processing-time target-processing-time "
    "response-processing-time status target-status received-bytes bytes-sent request user-agent "
    "ssl-cipher ssl-protocol target-group-arn trace-id domain-name chosen-cert-arn "
    "matched-rule-priority request-creation-time actions-executed redirect-url error-reason "
    "target:port-list target-status-list classification classification-reason conn-trace-id";
static const char elb[] =
    "time elb client:port target:port request-processing-time target-processing-time "
    "response-processing-time status target-status received-bytes bytes-sent request user-agent "
    "ssl-cipher ssl-protocol";
static const char flow[] = "version account-id interface-id srcaddr dstaddr srcport dstport "
                           "protocol packets bytes start end action log-status";

static const struct layout {
    const char *columns;
    size_t least; /* so many are there */
    const char *category;
} layouts[] = {{s3, 18, "web"}, {alb, 16, "web"}, {elb, 12, "web"}, {flow, 14, "network"}};

struct state {
    struct members members;
    char names[1024]; /* of the head of flows; empty: there is none */
};

/* A word, or what stands in quotes or brackets. False: there is none, or it has no end. */
static bool take_value(struct str *rest, struct str *out)
{
    char end = ' ';
    size_t i = 0;

    while (str_take(rest, " "))
        ;
    if (rest->len == 0)
        return false;
    if (rest->p[0] == '"' || rest->p[0] == '[') {
        end = (char)(rest->p[0] == '"' ? '"' : ']');
        i = 1;
    }
    while (i < rest->len &&
           (rest->p[i] != end || (end == '"' && i + 1 < rest->len && rest->p[i + 1] != ' ')))
        i++;
    if (end == ' ') {
        *out = str_cut(rest, ' ');
        return true;
    }
    if (i == rest->len)
        return false;
    *out = (struct str){rest->p + 1, i - 1};
    *rest = str_from(*rest, i + 1);
    return true;
}

static bool is_hex(struct str s, size_t count)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_digit(s.p[i]) && !((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'f'))
            return false;
    return s.len == count;
}

static bool is_iso(struct str s)
{
    struct stated t;

    return when_iso(&s, &t) && s.len == 0;
}

static bool is_number(struct str s)
{
    uint64_t n;

    return str_u64(s, &n);
}

/* "203.0.113.9:5000": the host; empty: it is none. */
static struct str host_of_end(struct str value)
{
    struct str host = value;
    uint8_t bytes[16];

    while (host.len && host.p[host.len - 1] != ':')
        host.len--;
    host.len -= host.len > 0;
    return address_bytes(host, bytes) && is_number(str_from(value, host.len + 1)) ? host : STR("");
}

/* Which of the layouts a line has; NULL: none. */
static const struct layout *layout_of(struct str line)
{
    struct str words[4] = {{0}}, rest = line;

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (!take_value(&rest, &words[i]))
            return NULL;
    if (is_hex(words[0], 64) && memchr(words[2].p, '/', words[2].len) && words[2].p[-1] == '[')
        return &layouts[0];
    if (is_iso(words[1]) && memchr(words[2].p, '/', words[2].len) && host_of_end(words[3]).len)
        return &layouts[1];
    if (is_iso(words[0]) && host_of_end(words[2]).len &&
        (host_of_end(words[3]).len || str_is(words[3], "-")))
        return &layouts[2];
    if (is_number(words[0]) && words[0].len == 1 && words[1].len == 12 && is_number(words[1]) &&
        str_starts(words[2], "eni-"))
        return &layouts[3];
    return NULL;
}

static void put_end(struct event *e, struct str value)
{
    struct str host = host_of_end(value);

    if (host.len == 0)
        return;
    event_put(e, FIELD_SOURCE_IP, host);
    event_put(e, FIELD_SOURCE_PORT, str_from(value, host.len + 1));
}

/* "GET https://www.example.org:443/x?y HTTP/1.1" */
static void put_request(struct event *e, struct str value)
{
    struct str method = str_cut(&value, ' '), target = str_cut(&value, ' '), rest = target;

    event_put(e, FIELD_HTTP_REQUEST_METHOD, method);
    event_put(e, FIELD_URL_ORIGINAL, target);
    if (str_take(&rest, "http://") || str_take(&rest, "https://")) {
        (void)str_cut(&rest, '/');
        target = (struct str){rest.p - 1, rest.len + 1};
    }
    event_put(e, FIELD_URL_PATH, str_cut(&target, '?'));
    event_put(e, FIELD_URL_QUERY, target);
    if (str_take(&value, "HTTP/"))
        event_put(e, FIELD_HTTP_VERSION, value);
}

static void put_verdict(struct event *e, struct str value)
{
    bool is_allowed = str_is(value, "ACCEPT");

    if (!is_allowed && !str_is(value, "REJECT"))
        return;
    event_puts(e, FIELD_EVENT_ACTION, is_allowed ? "firewall-allow" : "firewall-deny");
    event_puts(e, FIELD_EVENT_OUTCOME, is_allowed ? "success" : "failure");
}

static void put_user(struct event *e, struct str arn)
{
    const char *p = memmem(arn.p, arn.len, ":user/", 6);

    if (p)
        event_put(e, FIELD_USER_NAME, str_from(arn, (size_t)(p - arn.p) + 6));
}

static bool read_time(enum kind kind, struct str value, struct stated *s)
{
    bool is_read = kind == SECONDS ? when_epoch(&value, s)
                   : char_is_digit(value.p[0]) && value.len > 4 && value.p[4] == '-'
                       ? when_iso(&value, s)
                       : when_clf(&value, s);

    return is_read && value.len == 0;
}

/* False: it is none of the layout. */
static bool put_value(struct reader *r, struct event *e, struct member_found to, struct str value)
{
    struct stated s;

    if (to.kind == TIME || to.kind == SECONDS) {
        if (!read_time((enum kind)to.kind, value, &s))
            return false;
        reader_time(r, e, &s);
        return true;
    }
    if (str_is(value, "-"))
        return true;
    if (to.kind == REQUEST)
        put_request(e, value);
    else if (to.kind == END)
        put_end(e, value);
    else if (to.kind == VERDICT)
        put_verdict(e, value);
    else
        event_put(e, to.field, value);
    if (to.kind == REQUESTER)
        put_user(e, value);
    return true;
}

static void put_outcome(struct event *e)
{
    struct str status = event_value(e, FIELD_HTTP_RESPONSE_STATUS);

    if (status.len == 3)
        event_puts(e, FIELD_EVENT_OUTCOME, status.p[0] >= '4' ? "failure" : "success");
}

/* Of a load balancer that does not tell it apart. */
static void put_domain(struct event *e)
{
    struct str rest = event_value(e, FIELD_URL_ORIGINAL), host;

    if (event_value(e, FIELD_URL_DOMAIN).len ||
        (!str_take(&rest, "http://") && !str_take(&rest, "https://")))
        return;
    host = str_cut(&rest, '/');
    event_put(e, FIELD_URL_DOMAIN, str_cut(&host, ':'));
}

static bool is_head(struct str line)
{
    return str_starts(line, "version ") && memmem(line.p, line.len, " srcaddr ", 9) &&
           memmem(line.p, line.len, " start ", 7);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *s = r->state;
    const struct layout *layout;
    struct str names, rest = line, value;
    size_t count = 0;

    if (is_head(line) && line.len < sizeof(s->names)) {
        memcpy(s->names, line.p, line.len);
        s->names[line.len] = '\0';
        return LINE_COMMENT;
    }
    layout = layout_of(line);
    if (!layout && s->names[0])
        layout = &layouts[3]; /* its columns in an order of their own */
    if (!layout)
        return LINE_FOREIGN;
    names = str_of(layout == &layouts[3] && s->names[0] ? s->names : layout->columns);
    for (; names.len && take_value(&rest, &value); count++)
        if (!put_value(r, e, member_find(&s->members, &table, r->names, str_cut(&names, ' ')),
                       value))
            return LINE_FOREIGN;
    if (count < layout->least && (names.len || str_trim(rest).len || !s->names[0]))
        return LINE_FOREIGN;
    put_domain(e);
    transport_spell(e);
    put_outcome(e);
    if (layout != &layouts[0] && layout != &layouts[3])
        event_puts(e, FIELD_EVENT_ACTION, "http-request");
    event_puts(e, FIELD_EVENT_CATEGORY, layout->category);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_aws = {
    .name = "aws", .version = 1, .line = line_of, .state_size = sizeof(struct state)};
