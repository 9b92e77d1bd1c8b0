/* fortigate.c: logs of FortiGate firewalls: "date=… time=… key=value key="value" …", also behind a
 * collector's head (Fortinet, "FortiOS Log Message Reference"). */
#include "base/mem.h"
#include "timeline/appliance.h"
#include "timeline/format.h"
#include "timeline/level.h"
#include "timeline/quoted.h"
#include "timeline/syslog_programs.h"
#include "timeline/transport.h"

enum { HEAD_MOST = 160, KEY_MOST = 40, QUARTER_S = 900, ZONE_MOST_S = 14 * 3600 };

static const struct {
    const char *key;
    uint16_t field;
} known[] = {
    {"srcip", FIELD_SOURCE_IP},
    {"srcport", FIELD_SOURCE_PORT},
    {"dstip", FIELD_DESTINATION_IP},
    {"dstport", FIELD_DESTINATION_PORT},
    {"user", FIELD_USER_NAME},
    {"group", FIELD_GROUP_NAME},
    {"devname", FIELD_HOST_NAME},
    {"logid", FIELD_EVENT_CODE},
    {"srcintf", FIELD_INGRESS_INTERFACE},
    {"dstintf", FIELD_EGRESS_INTERFACE},
    {"service", FIELD_SERVICE_NAME},
    {"url", FIELD_URL_ORIGINAL},
    {"hostname", FIELD_URL_DOMAIN},
    {"attack", FIELD_RULE_NAME},
    {"agent", FIELD_USER_AGENT},
    {"reason", FIELD_EVENT_REASON},
};

struct pair {
    struct str key, value;
};

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The next pair off *rest. *is_odd becomes true where something else stood before it, as of a value
 * that has quotes of its own. False: there is none any more. */
static bool take_pair(struct str *rest, struct pair *out, bool *is_odd)
{
    while (rest->len) {
        size_t len = 0;

        while (len < rest->len && len < KEY_MOST && is_key_char(rest->p[len]))
            len++;
        if (len && len < rest->len && rest->p[len] == '=') {
            out->key = str_head(*rest, len);
            *rest = str_from(*rest, len + 1);
            out->value = quoted_take(rest);
            return true;
        }
        *is_odd = str_cut(rest, ' ').len > 0 || *is_odd;
    }
    return false;
}

static struct str value_of(struct str pairs, const char *key)
{
    bool is_odd = false;
    struct pair p;

    while (take_pair(&pairs, &p, &is_odd))
        if (str_is(p.key, key))
            return p.value;
    return STR("");
}

/* "date=2025-11-24 time=03:12:09 ", which begins each. */
static bool take_clock(struct str *rest, struct stated *s)
{
    struct str at = *rest;

    *s = (struct stated){.precision = TIME_S};
    if (!str_take(&at, "date=") || !when_digits(&at, 4, &s->year) || !str_take(&at, "-") ||
        !when_digits(&at, 2, &s->month) || !str_take(&at, "-") || !when_digits(&at, 2, &s->day) ||
        !str_take(&at, " time=") || !when_digits(&at, 2, &s->hour) || !str_take(&at, ":") ||
        !when_digits(&at, 2, &s->minute) || !str_take(&at, ":") ||
        !when_digits(&at, 2, &s->second) || !str_take(&at, " "))
        return false;
    *rest = at;
    return true;
}

/* eventtime is seconds since 1970, or a thousandth, millionth or billionth of them, by version. */
static bool seconds_of(struct str eventtime, int64_t *out)
{
    uint64_t n;

    if (eventtime.len < 10 || (eventtime.len - 10) % 3 || !str_u64(eventtime, &n))
        return false;
    for (size_t i = 10; i < eventtime.len; i += 3)
        n /= 1000;
    *out = (int64_t)n;
    return true;
}

/* tz states the zone since 6.2. Before, eventtime tells it: what the clock is ahead of it is whole
 * quarters of an hour, but for a second or two. */
static void put_zone(struct str pairs, struct stated *s)
{
    struct str tz = value_of(pairs, "tz");
    int64_t at, ahead;

    if (when_zone(&tz, s) || !stated_is_date(s) || !seconds_of(value_of(pairs, "eventtime"), &at))
        return;
    ahead = stated_seconds(s) - at;
    if (ahead < -ZONE_MOST_S - 2 || ahead > ZONE_MOST_S + 2)
        return;
    for (int64_t zone = -ZONE_MOST_S; zone <= ZONE_MOST_S; zone += QUARTER_S)
        if (ahead >= zone - 2 && ahead <= zone + 2) {
            s->has_zone = true;
            s->zone_s = (int)zone;
        }
}

/* "<189>", and the time and host of a collector, before the pairs. */
static struct str without_head(struct str line, struct stated *head, bool *has_head)
{
    struct str front = str_head(line, HEAD_MOST), at = line;
    const char *found = memmem(front.p, front.len, "date=", 5);

    *has_head = false;
    if (str_take(&at, "<") && str_cut(&at, '>').len <= 3 && at.len)
        line = at;
    at = line;
    if (!found || (!when_bsd(&at, head) && !when_iso(&at, head)) || found[-1] != ' ' ||
        found < at.p || !appliance_is_behind_hosts(str_head(at, (size_t)(found - at.p))))
        return line;
    *has_head = true;
    return str_from(line, (size_t)(found - line.p));
}

/* What stands where there is nothing to say. */
static bool is_none(struct str value)
{
    return value.len == 0 || str_is(value, "N/A");
}

static void put_end(struct event *e, bool is_source, struct str ip, struct str port)
{
    if (is_none(ip))
        return;
    event_put(e, is_source ? FIELD_SOURCE_IP : FIELD_DESTINATION_IP, ip);
    if (!is_none(port))
        event_put(e, is_source ? FIELD_SOURCE_PORT : FIELD_DESTINATION_PORT, port);
}

/* Of a tunnel: the other end asked for it, unless this one did (init=local). */
static void put_tunnel(struct event *e, struct str pairs)
{
    bool is_source = !str_is(value_of(pairs, "init"), "local");

    if (value_of(pairs, "srcip").len || value_of(pairs, "dstip").len)
        return;
    put_end(e, is_source, value_of(pairs, "remip"), value_of(pairs, "remport"));
    put_end(e, !is_source, value_of(pairs, "locip"), value_of(pairs, "locport"));
}

static void put_known(struct reader *r, struct event *e, const struct pair *p, bool *is_twice)
{
    char name[KEY_MOST + 16];

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is(p->key, known[i].key)) {
            struct str before = event_value(e, known[i].field);

            *is_twice = *is_twice || (before.len && !str_eq(before, p->value));
            if (!is_none(p->value))
                event_put(e, known[i].field, p->value);
            return;
        }
    (void)snprintf(name, sizeof(name), "fortigate." STR_FMT, STR_ARG(p->key));
    event_put(e, field_number(r->names, str_of(name)), p->value);
}

/* What people did. A tunnel of IPsec comes up between gateways, and the user there is the other
 * one, so the kind of a tunnel is the second sign. */
static const struct {
    const char *action, *key, *begins; /* key: of a value that begins so; NULL: none */
    const char *category, *outcome;    /* outcome NULL: status says it */
} doings[] = {
    {"login", NULL, NULL, "authentication", NULL},
    {"logout", NULL, NULL, "authentication", NULL},
    {"ssl-login-fail", NULL, NULL, "authentication", "failure"},
    {"tunnel-up", "tunneltype", "ssl-", "authentication", "success"},
    {"tunnel-up", NULL, NULL, NULL, "success"},
    {"tunnel-down", "tunneltype", "ssl-", "session", NULL},
    {"auth-logon", "subtype", "user", "authentication", "success"},
    {"auth-logout", "subtype", "user", "authentication", NULL},
    {"authentication", "subtype", "user", "authentication", NULL},
    {"FSSO-logon", "subtype", "user", "authentication", "success"},
    {"FSSO-logoff", "subtype", "user", "authentication", NULL},
};

static size_t doing_of(struct str action, struct str pairs)
{
    size_t i = 0;

    while (i < COUNT_OF(doings) &&
           !(str_is(action, doings[i].action) &&
             (!doings[i].key || str_starts(value_of(pairs, doings[i].key), doings[i].begins))))
        i++;
    return i;
}

static const char *outcome_of(struct str status)
{
    if (str_is(status, "success"))
        return "success";
    return str_is(status, "failed") || str_is(status, "failure") ? "failure" : NULL;
}

/* Of traffic the action says how a flow ended, and only "deny" that there was none. */
static void put_meaning(struct event *e, struct str pairs)
{
    struct str action = value_of(pairs, "action");
    const char *outcome = outcome_of(value_of(pairs, "status"));
    size_t doing;

    if (str_is(value_of(pairs, "type"), "traffic") && action.len) {
        bool is_denied = str_is(action, "deny");

        firewall_action(e, is_denied ? "firewall-deny" : "firewall-allow");
        return;
    }
    event_put(e, FIELD_EVENT_ACTION, action);
    doing = doing_of(action, pairs);
    if (doing < COUNT_OF(doings)) {
        event_puts(e, FIELD_EVENT_CATEGORY, doings[doing].category);
        outcome = doings[doing].outcome ? doings[doing].outcome : outcome;
    }
    event_puts(e, FIELD_EVENT_OUTCOME, outcome);
}

static void put_all(struct reader *r, struct event *e, struct str pairs)
{
    bool is_odd = false, is_twice = false;
    struct str rest = pairs;
    struct pair p;

    while (take_pair(&rest, &p, &is_odd))
        put_known(r, e, &p, &is_twice);
    if (event_value(e, FIELD_LOG_LEVEL).len == 0)
        (void)level_put(e, value_of(pairs, "level"));
    event_put(e, FIELD_NETWORK_TRANSPORT, transport_name(value_of(pairs, "proto")));
    put_tunnel(e, pairs);
    put_meaning(e, pairs);
    if (is_odd || is_twice)
        event_puts(e, field_number(r->names, STR("event.is_ambiguous")), "yes");
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct stated s, head;
    bool has_head;
    struct str text = without_head(line, &head, &has_head), pairs = text;

    if (!take_clock(&pairs, &s) ||
        (value_of(pairs, "logid").len == 0 && value_of(pairs, "devid").len == 0))
        return LINE_FOREIGN;
    put_zone(pairs, &s);
    if (has_head && stated_is_date(&s))
        appliance_put_settled(r, e, &s, &head, str_head(text, text.len - pairs.len - 1));
    else
        reader_time(r, e, &s);
    put_all(r, e, pairs);
    event_put(e, FIELD_MESSAGE, text);
    return LINE_EVENT;
}

/* What the head of the line says of host and level stays. */
bool fortigate_understand(struct reader *r, struct str message, struct event *e)
{
    struct str pairs = message, host = event_value(e, FIELD_HOST_NAME), text;
    uint16_t kept = field_number(r->names, STR("fortigate.relay"));
    struct stated s;

    if (!take_clock(&pairs, &s) || value_of(pairs, "logid").len == 0 ||
        (value_of(pairs, "devname").len == 0 && value_of(pairs, "devid").len == 0))
        return false;
    text = str_head(message, message.len - pairs.len - 1);
    put_zone(pairs, &s);
    if (stated_is_date(&s))
        appliance_put_time(r, e, &s, text);
    event_rename(e, FIELD_HOST_NAME, kept);
    put_all(r, e, pairs);
    if (host.len)
        event_rename(e, FIELD_HOST_NAME, field_number(r->names, STR("observer.hostname")));
    event_rename(e, kept, FIELD_HOST_NAME);
    return true;
}

const struct format format_fortigate = {
    .name = "fortigate", .version = 3, .is_splittable = true, .line = line_of, .has_heads = true};
