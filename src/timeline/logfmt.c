/* logfmt.c: lines of pairs, as Go's programs write them ("time=\"2026-11-25T03:12:09Z\"
 * level=warning msg=\"…\" remote_ip=203.0.113.9"): the time, the level, and of usual names who
 * asked for what. */
#include "base/mem.h"
#include "timeline/app.h"
#include "timeline/dated.h"
#include "timeline/level.h"
#include "timeline/syslog_programs.h"
#include "timeline/address.h"

enum {
    TIME_BYTES = 512, /* in which the pair with the time stands */
    PAIRS_MOST = 64,  /* that are looked at */
    FRONT_BYTES = 64, /* of what docker compose puts in front */
};

/* What a pair is for; the first of each counts. FROM is who asked; NEAR says of no direction, and
 * URL may be what was asked of another host. */
enum part {
    PART_LEVEL,
    PART_TEXT,
    PART_FROM,
    PART_NEAR,
    PART_USER,
    PART_METHOD,
    PART_TARGET,
    PART_URL,
    PART_STATUS,
    PART_AGENT,
    PARTS
};

struct pairs {
    struct str part[PARTS];
    struct dated time;
    bool has_time;
};

static const struct {
    const char *key;
    enum part part;
} keys[] = {
    {"level", PART_LEVEL},       {"lvl", PART_LEVEL},
    {"severity", PART_LEVEL},    {"msg", PART_TEXT},
    {"message", PART_TEXT},      {"remote_ip", PART_FROM},
    {"remote_addr", PART_FROM},  {"remoteAddr", PART_FROM},
    {"client_ip", PART_FROM},    {"clientIP", PART_FROM},
    {"source_ip", PART_FROM},    {"src_ip", PART_FROM},
    {"remote", PART_NEAR},       {"ip", PART_NEAR},
    {"username", PART_USER},     {"user", PART_USER},
    {"User", PART_USER},         {"uname", PART_USER},
    {"user_name", PART_USER},    {"method", PART_METHOD},
    {"path", PART_TARGET},       {"uri", PART_TARGET},
    {"url", PART_URL},           {"status", PART_STATUS},
    {"httpStatus", PART_STATUS}, {"status_code", PART_STATUS},
    {"user_agent", PART_AGENT},  {"userAgent", PART_AGENT},
};

static bool is_key(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* The next pair of key=value, key="a \" b"; false: what stands there is none. */
static bool take_pair(struct str *rest, struct str *key, struct str *value)
{
    struct str at = *rest;
    size_t n = 0;

    while (n < at.len && (is_key(at.p[n]) || char_is_digit(at.p[n]) || strchr("_.-@/", at.p[n])))
        n++;
    *key = str_head(at, n);
    at = str_from(at, n);
    if (n == 0 || !str_take(&at, "="))
        return false;
    n = 0;
    if (str_take(&at, "\"")) {
        while (n < at.len && at.p[n] != '"')
            n += at.p[n] == '\\' ? 2 : 1;
        *value = str_head(at, n);
        at = str_from(at, n + 1);
    } else {
        while (n < at.len && !char_is_blank(at.p[n]))
            n++;
        *value = str_head(at, n);
        at = str_from(at, n);
    }
    str_skip_blanks(&at);
    *rest = at;
    return true;
}

static bool take_time(struct str value, struct dated *d)
{
    return (dated_iso(&value, d) || dated_slashes(&value, d) || dated_epoch(&value, d)) &&
           value.len == 0;
}

static bool is_time_key(struct str key)
{
    static const char *const times[] = {"time", "ts", "t", "timestamp", "@timestamp", "datetime"};

    for (size_t i = 0; i < COUNT_OF(times); i++)
        if (str_is(key, times[i]))
            return true;
    return false;
}

static void put_pair(struct pairs *p, struct str key, struct str value)
{
    if (value.len == 0)
        return;
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (p->part[keys[i].part].len == 0 && str_is(key, keys[i].key)) {
            p->part[keys[i].part] = value;
            return;
        }
}

static void read_pairs(struct str line, struct pairs *p)
{
    struct str rest = line, key, value;

    for (int i = 0; i < PAIRS_MOST && (p->has_time || line.len - rest.len < TIME_BYTES) &&
                    take_pair(&rest, &key, &value);
         i++) {
        if (!p->has_time && is_time_key(key))
            p->has_time = take_time(value, &p->time);
        put_pair(p, key, value);
    }
}

/* "203.0.113.9:5000", "[2001:db8::9]:5000" and either without a port. */
static struct str address_of(struct str value)
{
    uint8_t bytes[16];
    struct str at = value;

    if (str_take(&at, "["))
        at = str_cut(&at, ']');
    else if (!address_bytes(at, bytes))
        at = str_cut(&at, ':');
    return address_bytes(at, bytes) ? at : STR("");
}

static bool is_method(struct str s)
{
    static const char *const methods[] = {"GET",    "POST",    "HEAD",  "PUT",
                                          "DELETE", "OPTIONS", "PATCH", "CONNECT"};

    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (str_is(s, methods[i]))
            return true;
    return false;
}

/* "HTTP: POST https://example.com/auth/login", of Navidrome. */
static void split_request(struct pairs *p)
{
    struct str target = p->part[PART_TEXT], method;

    if (p->part[PART_METHOD].len || !str_take(&target, "HTTP: "))
        return;
    method = str_cut(&target, ' ');
    if (!is_method(method) || target.len == 0)
        return;
    p->part[PART_METHOD] = method;
    p->part[PART_TARGET] = target;
}

/* Of one's own: beside an address that asked it is a login. */
static bool is_refusal(struct str text)
{
    return str_is(text, "Invalid username or password") ||
           str_is(text, "Incorrect username or password") || str_is(text, "Unauthorized");
}

static bool put_login(struct reader *r, struct event *e, const struct pairs *p)
{
    if (app_understand(r, e, p->part[PART_TEXT]))
        return true;
    if (!is_refusal(p->part[PART_TEXT]) || address_of(p->part[PART_FROM]).len == 0)
        return false;
    event_puts(e, FIELD_EVENT_ACTION, "login");
    event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
    event_puts(e, FIELD_EVENT_OUTCOME, "failure");
    return true;
}

static void put_request(struct event *e, const struct pairs *p, bool has_action)
{
    uint64_t code;

    access_put_target(e, p->part[PART_METHOD], p->part[PART_TARGET]);
    event_put(e, FIELD_USER_AGENT, p->part[PART_AGENT]);
    if (p->part[PART_STATUS].len != 3 || !str_u64(p->part[PART_STATUS], &code) || code < 100)
        return;
    event_put(e, FIELD_HTTP_RESPONSE_STATUS, p->part[PART_STATUS]);
    if (!has_action)
        access_put_answer(e, p->part[PART_STATUS]);
}

/* An address is that of who asked where it stands beside who that was, what was asked for, or a
 * sentence that is known; else it may be any machine's. */
static void put_parts(struct reader *r, struct event *e, struct pairs *p)
{
    bool is_known = put_login(r, e, p), is_request;
    struct str from = address_of(p->part[PART_FROM]);

    if (is_known && from.len == 0)
        from = address_of(p->part[PART_NEAR]);
    split_request(p);
    if (p->part[PART_TARGET].len == 0 && str_starts(p->part[PART_URL], "/"))
        p->part[PART_TARGET] = p->part[PART_URL];
    is_request = is_method(p->part[PART_METHOD]) && p->part[PART_TARGET].len;
    if (from.len && (is_known || is_request || p->part[PART_USER].len) &&
        event_value(e, FIELD_SOURCE_IP).len == 0)
        event_put(e, FIELD_SOURCE_IP, from);
    if (event_value(e, FIELD_USER_NAME).len == 0)
        event_put(e, FIELD_USER_NAME, p->part[PART_USER]);
    if (is_request)
        put_request(e, p, is_known);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str at = line, front;
    struct pairs p = {0};

    read_pairs(line, &p);
    if (!p.has_time) { /* "web-1  | time=…": what docker compose puts in front */
        front = str_cut(&at, '|');
        str_skip_blanks(&at);
        if (at.len && front.len < FRONT_BYTES)
            read_pairs(at, &p);
    }
    if (!p.has_time)
        return dated_other(line);
    p.time.time.half = 0; /* what ends a value is no word of a text */
    dated_put(r, e, &p.time);
    if (r->counting)
        return LINE_EVENT;
    (void)level_put(e, p.part[PART_LEVEL]);
    put_parts(r, e, &p);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_dated_pairs = {.name = "dated",
                                          .version = 3,
                                          .is_splittable = true,
                                          .is_last = true,
                                          .may_be_indented = true,
                                          .line = line_of};
