/* netscaler.c: reads messages of NetScaler ("NetScaler syslog message reference"); in a file of
 * their own (ns.log without a head), or behind that of a line of syslog. */
#include "timeline/netscaler.h"
#include "base/mem.h"
#include "timeline/appliance.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"

enum { STAMP_SIZE = 19, DAY_S = 86400 };

struct message {
    struct stated time;
    bool is_either; /* both numbers of its date could be a month */
    struct str stamp, host, engine, text;
};

/* "11/25/2026:03:12:09", as it is set up by default; the day or the year may stand first. */
static bool take_date(struct str *rest, struct stated *s, bool *is_either)
{
    int a, b, c;

    *is_either = false;
    if (rest->len > 4 && rest->p[4] == '/') {
        if (!when_digits(rest, 4, &s->year) || !str_take(rest, "/") ||
            !when_digits(rest, 2, &s->month) || !str_take(rest, "/") ||
            !when_digits(rest, 2, &s->day))
            return false;
        return true;
    }
    if (!when_digits(rest, 2, &a) || !str_take(rest, "/") || !when_digits(rest, 2, &b) ||
        !str_take(rest, "/") || !when_digits(rest, 4, &c))
        return false;
    *is_either = a <= 12 && b <= 12 && a != b;
    s->year = c;
    s->month = a <= 12 ? a : b;
    s->day = a <= 12 ? b : a;
    return true;
}

static bool take_stamp(struct str *rest, struct message *m)
{
    struct str at = *rest;
    struct stated *s = &m->time;

    *s = (struct stated){.precision = TIME_S};
    if (at.len < STAMP_SIZE || !char_is_digit(at.p[0]) || !take_date(&at, s, &m->is_either) ||
        !str_take(&at, ":") || !when_digits(&at, 2, &s->hour) || !str_take(&at, ":") ||
        !when_digits(&at, 2, &s->minute) || !str_take(&at, ":") ||
        !when_digits(&at, 2, &s->second) || !str_take(&at, " ") || !stated_is_date(s))
        return false;
    m->stamp = str_head(*rest, STAMP_SIZE);
    s->has_zone = str_take(&at, "GMT ");
    str_skip_blanks(&at);
    *rest = at;
    return true;
}

/* "ns1 0-PPE-0 : default SSLVPN LOGIN 7 0 :  Context …" */
static bool read_message(struct str text, struct message *m)
{
    struct str at = text;

    if (!take_stamp(&at, m))
        return false;
    m->host = str_cut(&at, ' ');
    m->engine = str_cut(&at, ' ');
    if (!memmem(m->engine.p, m->engine.len, "PPE", 3) || !str_take(&at, ": "))
        return false;
    (void)str_take(&at, "default ");
    m->text = at;
    return at.len > 0;
}

/* By the head, or else by when the file was written. */
static void turn_date(const struct reader *r, const struct event *e, struct message *m,
                      bool has_head)
{
    struct stated other = m->time;
    int64_t own = stated_seconds(&m->time), turned, near;

    if (!m->is_either)
        return;
    other.month = m->time.day;
    other.day = m->time.month;
    turned = stated_seconds(&other);
    near = has_head ? e->ns / 1000000000 : r->written_s;
    if (has_head ? llabs(turned - near) < llabs(own - near)
                 : near > 0 && own > near + DAY_S && turned <= near + DAY_S)
        m->time = other;
}

static void put_all(struct reader *r, struct event *e, const struct message *m)
{
    struct str host = event_value(e, FIELD_HOST_NAME);
    struct str words = m->text, module = str_cut(&words, ' '), what = str_cut(&words, ' ');

    if (!str_eq(host, m->host))
        event_put(e, FIELD_HOST_NAME, m->host);
    event_puts(e, field_number(r->names, STR("observer.vendor")), "Citrix");
    event_put(e, field_number(r->names, STR("netscaler.engine")), m->engine);
    event_put(e, field_number(r->names, STR("netscaler.module")), module);
    event_put(e, FIELD_EVENT_CODE, what);
    (void)pattern_match(syslog_patterns(r), STR(NETSCALER), m->text, e);
}

bool netscaler_understand(struct reader *r, struct str message, struct event *e)
{
    struct message m;

    if (!read_message(message, &m))
        return false;
    turn_date(r, e, &m, true);
    appliance_put_time(r, e, &m.time, m.stamp);
    put_all(r, e, &m);
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct message m;
    struct str at = line, digits;
    uint64_t n;

    if (str_take(&at, "<")) {
        digits = str_cut(&at, '>');
        if (!str_u64(digits, &n) || n >> 3 >= SYSLOG_FACILITIES)
            return LINE_FOREIGN;
        event_puts(e, FIELD_LOG_LEVEL, syslog_levels[n & 7]);
        event_puts(e, FIELD_FACILITY, syslog_facilities[n >> 3]);
    }
    str_skip_blanks(&at);
    if (!read_message(at, &m))
        return LINE_FOREIGN;
    turn_date(r, e, &m, false);
    reader_time(r, e, &m.time);
    if (r->counting || r->folding)
        return LINE_EVENT;
    if (m.is_either)
        event_put(e, FIELD_EVENT_STATED_TIME, m.stamp);
    put_all(r, e, &m);
    event_put(e, FIELD_MESSAGE, m.text);
    return LINE_EVENT;
}

const struct format format_netscaler = {
    .name = "netscaler", .version = 1, .is_splittable = true, .line = line_of};
