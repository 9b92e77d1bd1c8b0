/* leef.c: the Log Event Extended Format (IBM, "LEEF: QRadar Log Event Extended Format"): in a file
 * of its own, or behind the head of a line of syslog. */
#include <stdio.h>
#include <strings.h>
#include "base/mem.h"
#include "timeline/appliance.h"
#include "timeline/json_when.h"
#include "timeline/level.h"
#include "timeline/syslog_programs.h"
#include "timeline/transport.h"
#include "timeline/value_test.h"

enum { KEY_MOST = 64, SEPARATOR_MOST = 5 };

static const char *const head[] = {NULL, "observer.vendor", "observer.product", "observer.version",
                                   "event.code"};

static const struct attribute {
    const char *key, *field;
    bool is_address;
} attributes[] = {
    {"src", "source.ip", true},
    {"srcPort", "source.port", false},
    {"srcMAC", "source.mac", false},
    {"dst", "destination.ip", true},
    {"dstPort", "destination.port", false},
    {"dstMAC", "destination.mac", false},
    {"usrName", "user.name", false},
    {"accountName", "user.name", false},
    {"domain", "user.domain", false},
    {"proto", "network.transport", false},
    {"srcBytes", "source.bytes", false},
    {"dstBytes", "destination.bytes", false},
    {"action", "event.action", false},
    {"policy", "rule.name", false},
    {"url", "url.original", false},
    {"identHostName", "host.hostname", false},
    {"sev", "event.severity", false},
};

/* Of a line, while it is read. */
struct leef {
    struct reader *r;
    struct event *e;
    struct str time;
    bool is_twice; /* it has two different times */
};

static void put(struct leef *l, const char *field, struct str value)
{
    event_put(l->e, field_number(l->r->names, str_of(field)), value);
}

static void put_own(struct leef *l, struct str key, struct str value)
{
    char name[KEY_MOST + sizeof("leef.")];
    int len = snprintf(name, sizeof(name), "leef." STR_FMT, STR_ARG(str_head(key, KEY_MOST)));

    event_put(l->e, field_number(l->r->names, (struct str){name, (size_t)len}), value);
}

static void put_attribute(struct leef *l, struct str key, struct str value)
{
    uint8_t bytes[16];

    if (str_is(key, "devTime")) {
        l->is_twice = l->is_twice || (l->time.len && !str_eq(l->time, value));
        l->time = value;
    }
    for (size_t i = 0; i < COUNT_OF(attributes); i++)
        if (str_is(key, attributes[i].key)) {
            if (attributes[i].is_address && !address_bytes(value, bytes))
                break;
            put(l, attributes[i].field, value);
            return;
        }
    put_own(l, key, value);
}

/* "^", "x5E", "0x09" behind the event's number, since version 2; else a tab. */
static char take_separator(struct str version, struct str *rest)
{
    struct str at = *rest, text;
    unsigned n = 0;

    if (!str_starts(version, "2"))
        return '\t';
    text = str_cut(&at, '|');
    if (text.len == rest->len || text.len > SEPARATOR_MOST || memchr(text.p, '=', text.len))
        return '\t';
    *rest = at;
    if (text.len <= 1)
        return (char)(text.len ? text.p[0] : '\t');
    (void)str_take(&text, "0");
    if (!str_take(&text, "x") || text.len == 0)
        return '\t';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        n = n * 16 + (unsigned)(char_is_digit(c) ? c - '0' : ((c | 0x20) - 'a' + 10) & 15);
    }
    return (char)(n & 0x7F);
}

/* Behind "LEEF:". */
static bool take_all(struct leef *l, struct str rest)
{
    struct str parts[COUNT_OF(head)];
    char separator;

    for (size_t i = 0; i < COUNT_OF(head); i++) {
        size_t before = rest.len;

        parts[i] = str_cut(&rest, '|');
        if (parts[i].len == before)
            return false;
    }
    if (parts[0].len == 0 || !char_is_digit(parts[0].p[0]))
        return false;
    for (size_t i = 1; i < COUNT_OF(head); i++)
        put(l, head[i], parts[i]);
    separator = take_separator(parts[0], &rest);
    while (rest.len) {
        struct str value = str_trim(str_cut(&rest, separator)), key = str_cut(&value, '=');

        if (key.len && value.len && key.len <= KEY_MOST)
            put_attribute(l, key, value);
    }
    transport_spell(l->e);
    return true;
}

static bool own_time(const struct leef *l, struct stated *s)
{
    return !l->is_twice && json_time(l->time, s, NULL) && s->year > 0 && stated_is_date(s);
}

bool leef_understand(struct reader *r, struct str sentence, struct event *e)
{
    struct leef l = {.r = r, .e = e};
    struct stated s;

    if (!str_take(&sentence, "LEEF:") || !take_all(&l, sentence))
        return false;
    if (own_time(&l, &s))
        appliance_put_time(r, e, &s, l.time);
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct leef l = {.r = r, .e = e};
    struct str rest = line;
    struct stated s;

    if (!str_take(&rest, "LEEF:") || !take_all(&l, rest))
        return LINE_FOREIGN;
    if (own_time(&l, &s))
        reader_time(r, e, &s);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_leef = {
    .name = "leef", .version = 1, .is_splittable = true, .line = line_of};
