/* fast_alert.c: alerts as a line each: Suricata's fast.log (alert-fastlog.c), Snort's alert_fast,
 * and what both send to syslog. */
#include <stdio.h>
#include "base/mem.h"
#include "timeline/format.h"
#include "timeline/syslog_programs.h"
#include "timeline/transport.h"
#include "timeline/value_test.h"

enum { DATE_SIZE = 16, CLOCK_MOST = 24 };

/* "203.0.113.9:5000", "2001:0db8:0000:0000:0000:0000:0000:0007:5000"; of Snort without a port where
 * there is none. */
static bool put_end(struct event *e, struct str text, uint16_t ip, uint16_t port)
{
    uint8_t bytes[16];
    struct str host = text;
    uint64_t n;

    while (host.len && host.p[host.len - 1] != ':')
        host.len--;
    host.len -= host.len > 0;
    if (address_bytes(host, bytes) && str_u64(str_from(text, host.len + 1), &n) && n <= 65535) {
        event_put(e, port, str_from(text, host.len + 1));
    } else {
        host = text;
        if (!address_bytes(host, bytes))
            return false;
    }
    event_put(e, ip, host);
    return true;
}

/* "{TCP} 203.0.113.9:5000 -> 10.0.0.5:1433"; behind it Suricata may name a file. */
static bool put_ends(struct event *e, struct str text)
{
    struct str transport, source, destination;

    if (!str_take(&text, "{"))
        return false;
    transport = str_cut(&text, '}');
    if (!str_take(&text, " "))
        return false;
    source = str_cut(&text, ' ');
    if (!str_take(&text, "-> "))
        return false;
    destination = str_cut(&text, ' ');
    if (!put_end(e, source, FIELD_SOURCE_IP, FIELD_SOURCE_PORT) ||
        !put_end(e, destination, FIELD_DESTINATION_IP, FIELD_DESTINATION_PORT))
        return false;
    event_put(e, FIELD_NETWORK_TRANSPORT, transport);
    transport_spell(e);
    return true;
}

/* "[Classification: Potentially Bad Traffic] ": its value; empty where it is not there. */
static struct str take_part(struct str *rest, const char *name)
{
    struct str at = *rest, value;

    if (!str_take(&at, name))
        return STR("");
    value = str_cut(&at, ']');
    (void)str_take(&at, ":"); /* Snort, to syslog */
    (void)str_take(&at, " ");
    *rest = at;
    return value;
}

/* "1:2010935:3" */
static bool put_rule(struct event *e, struct reader *r, struct str text)
{
    uint64_t n;
    struct str generator = str_cut(&text, ':'), id = str_cut(&text, ':');

    if (!str_u64(generator, &n) || !str_u64(id, &n) || !str_u64(text, &n))
        return false;
    event_put(e, field_number(r->names, STR("rule.id")), id);
    event_put(e, field_number(r->names, STR("rule.version")), text);
    event_put(e, field_number(r->names, STR("suricata.generator")), generator);
    return true;
}

/* Where the name ends: at what is behind it. */
static struct str take_name(struct str *rest)
{
    static const char *const ends[] = {" [**] ", " [Classification: ", " [Priority: ", " {"};

    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        const char *p = memmem(rest->p, rest->len, ends[i], strlen(ends[i]));
        struct str name;

        if (!p)
            continue;
        name = str_head(*rest, (size_t)(p - rest->p));
        *rest = str_from(*rest, name.len + 1);
        (void)str_take(rest, "[**] ");
        return name;
    }
    return STR("");
}

bool fast_alert_understand(struct reader *r, struct str sentence, struct event *e)
{
    size_t before = e->count;
    struct str name, category, priority, rest = sentence;

    if (!str_take(&rest, "[") || !put_rule(e, r, str_cut(&rest, ']')) || !str_take(&rest, " ")) {
        e->count = before;
        return false;
    }
    name = take_name(&rest);
    category = take_part(&rest, "[Classification: ");
    priority = take_part(&rest, "[Priority: ");
    if (name.len == 0 || !put_ends(e, rest)) {
        e->count = before;
        return false;
    }
    event_put(e, FIELD_RULE_NAME, name);
    if (!str_is(category, "(null)"))
        event_put(e, field_number(r->names, STR("rule.category")), category);
    event_put(e, field_number(r->names, STR("event.severity")), priority);
    event_puts(e, FIELD_EVENT_ACTION, "alert");
    event_puts(e, FIELD_EVENT_CATEGORY, "intrusion_detection");
    return true;
}

/* "11/20/2026-10:00:01.123456", of Snort "11/20-10:00:01.123456" or, with -y, "11/20/26-…": the
 * month is first. */
static bool take_time(struct str *rest, struct stated *s)
{
    char spelled[DATE_SIZE + CLOCK_MOST];
    struct str at = *rest, clock, iso;
    int month, day, year = 0, digits, size;

    if (!when_digits(&at, 2, &month) || !str_take(&at, "/") || !when_digits(&at, 2, &day))
        return false;
    digits =
        str_take(&at, "/") ? (when_digits(&at, 4, &year) ? 4 : when_digits(&at, 2, &year) * 2) : -1;
    if (digits == 0 || !str_take(&at, "-"))
        return false;
    clock = str_cut(&at, ' ');
    if (clock.len > CLOCK_MOST)
        return false;
    size = snprintf(spelled, sizeof(spelled), "%04d-%02d-%02dT" STR_FMT,
                    digits == 4 ? year : 2000 + year, month, day, STR_ARG(clock));
    iso = (struct str){spelled, (size_t)size};
    if (!when_iso(&iso, s) || iso.len)
        return false;
    if (digits < 0)
        s->year = 0;
    s->is_of_century = digits == 2;
    if (!stated_is_date(s))
        stated_keep(s, str_head(*rest, rest->len - at.len));
    *rest = at;
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct stated s;
    struct str rest = line, action = STR("");

    if (!take_time(&rest, &s))
        return LINE_FOREIGN;
    while (str_take(&rest, " "))
        ;
    if (!str_starts(rest, "[**] ") && str_take(&rest, "[")) {
        action = str_cut(&rest, ']');
        (void)str_take(&rest, " ");
    }
    if (!str_take(&rest, "[**] ") || !fast_alert_understand(r, rest, e))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_put(e, field_number(r->names, STR("suricata.action")), action);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_fast_alert = {
    .name = "fast-alert", .version = 1, .is_splittable = true, .line = line_of};
